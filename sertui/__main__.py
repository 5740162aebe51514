"""The `sertui` command: the dashboard of a running ser."""

from __future__ import annotations

import click


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(None, "-V", "--version", package_name="ser", prog_name="sertui")
def main() -> None:
    """Watch a running ser. This version has no screens yet."""
    raise click.ClickException("there are no screens yet; to see what ser is doing, read its log")


if __name__ == "__main__":
    main()
