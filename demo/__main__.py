"""A ser, an office of simulated phones, and the dashboard on them: `make demo`.

All on 127.0.0.1, at a free port and in a directory of its own. When the dashboard is left, the
phones log off and ser is stopped; nothing stays.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress

import click

from demo.office import Office
from demo.proxy import Proxy


@click.command()
@click.option("--phones", default=24, show_default=True, type=click.IntRange(2, 200))
@click.option("--theme", default="", metavar="NAME", help="Colours of the dashboard.")
@click.option("--plain", is_flag=True, help="No dashboard: until Ctrl-C, for serctl and the like.")
def main(phones: int, theme: str, plain: bool) -> None:
    """See the product in a minute."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    with Proxy() as proxy, Office(proxy.port, phones):
        if plain:
            click.echo(f"serctl --run-dir {proxy.run_directory} ul show")
            with suppress(KeyboardInterrupt):
                signal.pause()
            return
        command = [sys.executable, "-m", "sertui", "--run-dir", str(proxy.run_directory)]
        subprocess.run([*command, *(["--theme", theme] if theme else [])], check=False)


def _leave(number: int, _: object) -> None:
    """Somebody has closed the terminal: what was started ends, too."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    main()
