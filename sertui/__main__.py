"""The `sertui` command: the dashboard of a running ser."""

from __future__ import annotations

import shlex
import sys

import click

from sertui.place import Place


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--fifo", metavar="PATH", default="", help="FIFO of the ser to watch.")
@click.option("--unix-socket", metavar="PATH", default="", help="Its command socket, instead.")
@click.option("--instance", metavar="NAME", default="", help="One of several that run.")
@click.option(
    "--run-dir", metavar="DIR", default="", help="Where the directories of instances are."
)
@click.option("--theme", metavar="NAME", default="", help="Colours; ansi-dark: the terminal's own.")
@click.option("--web", is_flag=True, help="Serve it to a browser on this machine.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8000,
    show_default=True,
    help="For --web.",
)
@click.version_option(None, "-V", "--version", package_name="ser", prog_name="sertui")
def main(
    fifo: str, unix_socket: str, instance: str, run_dir: str, theme: str, web: bool, port: int
) -> None:
    """Watch a running ser.

    Finds the one that runs, and waits for it when none does. 1 to 5 choose the screen, ? tells the
    keys, q quits.
    """
    if web:
        from sertui.web import serve

        serve(web_command(sys.argv), port)
        return
    _run(Place(fifo, unix_socket, instance, run_dir), theme)


def web_command(arguments: list[str]) -> str:
    """What the web server runs for each browser: the same command line, without --web."""
    options = list(arguments[1:])
    options.remove("--web")
    return shlex.join([sys.executable, "-m", "sertui", *options])


def _run(place: Place, theme: str) -> None:
    # Imported here: --help needn't wait for Textual.
    from textual.theme import BUILTIN_THEMES

    from sertui.app import THEME, SertuiApp
    from sertui.feed import Feed

    if theme and theme not in BUILTIN_THEMES:
        names = ", ".join(sorted(BUILTIN_THEMES))
        raise click.UsageError(f"there is no theme {theme}; there are {names}")
    SertuiApp(lambda post: Feed(place.connect, post), theme=theme or THEME).run()


if __name__ == "__main__":
    main()
