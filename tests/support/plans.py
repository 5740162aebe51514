"""Plans of a running ser, without its processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ser_core.database.worker import Database
from ser_core.fifo.about import About
from ser_core.script.loader import load_program
from ser_core.server.control_files import ControlFiles
from ser_core.server.plan import Plan, make_plan
from ser_core.server.privileges import Identity
from ser_core.server.sockets import BoundSocket
from ser_core.sip.hop import Listener, LocalAddresses

TEXT = 'debug=4 loadmodule "sl.so" route { sl_send_reply("404", "no"); }'
ABOUT = About(
    1000.0, ("ser", "-D"), "/run/ser/x", "/run/ser/x/ser_fifo", "", ("udp:127.0.0.1:5060",)
)
CONTROL = ControlFiles(None, None, None)
"""Commands are taken, though nowhere yet."""


def no_database(url: str) -> Database:
    """For a `Control` whose commands need none."""
    raise AssertionError(f"nobody should ask for {url}")


@contextmanager
def plan_of(
    receivers: int = 3,
    control: ControlFiles | None = None,
    *,
    text: str = TEXT,
    location: Path = Path("x"),
    listeners: int = 1,
) -> Iterator[Plan]:
    """A plan for so many receivers, with listeners on 127.0.0.1 that nobody has bound."""
    program = load_program("ser.cfg", text=text)
    local = LocalAddresses([Listener("udp", "127.0.0.1", 5060 + x) for x in range(listeners)])
    sockets: list[list[BoundSocket]] = [[] for _ in range(receivers)]
    made = make_plan(program, local, sockets, location, Identity(), ABOUT, control)
    try:
        yield made
    finally:
        made.bus.close()
