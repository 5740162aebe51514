"""The root of `serctl`: options that all commands share, and the list of commands."""

from __future__ import annotations

import click


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="This version has no commands yet. What ser is doing stands in its log: `ser -E -dd`.",
)
@click.version_option(None, "-V", "--version", package_name="ser", prog_name="serctl")
@click.pass_context
def main(context: click.Context) -> None:
    """Look after a running ser from the shell."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
