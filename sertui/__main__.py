"""The `sertui` command: the dashboard of a running ser."""

from __future__ import annotations

import os
import shlex
import sys
import threading

import click

from sertui.place import Place

GRACE = 4.0
"""Seconds to leave in good order after a signal: more than calls get to end."""


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
    from sertui.app import SertuiApp
    from sertui.feed import Feed
    from sertui.state_files import state_directory
    from sertui.themes import DEFAULT, WITHOUT_COLOR, names

    if theme and theme not in names():
        raise click.UsageError(f"there is no theme {theme}; there are {', '.join(names())}")
    if not has_terminal():
        raise click.ClickException(
            "sertui needs a terminal; serctl stats and serctl log -f need none"
        )
    app = SertuiApp(
        lambda post: Feed(place.connect, post),
        theme=theme or (WITHOUT_COLOR if os.environ.get("NO_COLOR") else DEFAULT),
        state=state_directory(os.environ),
    )
    app.last_resort = end_in_any_case
    app.run()


def has_terminal() -> bool:
    """Where Textual reads and writes; the server of --web says that it stands in for one.

    From /dev/null or a pipe that has ended Textual reads on and on, with a whole core.
    """
    if "TEXTUAL_DRIVER" in os.environ:
        return True
    return all(file is not None and file.isatty() for file in (sys.__stdin__, sys.__stderr__))


def end_in_any_case(seconds: float = GRACE) -> None:
    """End this program after a while, whatever it waits for by then.

    Textual writes to the terminal in a thread. When the terminal has gone that thread ends by an
    error, and whoever has more to write may wait for it for ever.
    """
    guard = threading.Timer(seconds, os._exit, (0,))
    guard.daemon = True
    guard.start()


if __name__ == "__main__":
    main()
