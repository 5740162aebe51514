"""A ser whose receivers send every datagram back, with their pid in front.

It shows what server/ does by itself, without ser.cfg, script or SIP. Special datagrams make a
receiver misbehave: `die`, `hang`, `exit`. With ECHO_BROKEN=1 no receiver gets ready at all.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from ser_core import command_line, log
from ser_core.errors import SerError
from ser_core.exit_codes import ExitCode
from ser_core.script.settings import Settings
from ser_core.server import attendant
from ser_core.server.child import Side
from ser_core.server.plan import Plan
from ser_core.server.privileges import become
from ser_core.server.start import Roles, run
from ser_core.sip.hop import LocalAddresses


@dataclass
class EchoProgram:
    """As much of a Program as the server needs."""

    settings: Settings = field(default_factory=Settings)
    modules: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def unknown_sockets(self, local: LocalAddresses) -> list[Any]:
        return []


def serve(plan: Plan, side: Side) -> int:
    """Echo until told to stop."""
    if os.environ.get("ECHO_BROKEN"):
        raise OSError("this receiver is broken")
    import gevent  # behind the fork, as in a real receiver
    from gevent.event import Event

    loop = gevent.get_hub().loop
    become(plan.identity)
    plan.attach_counters(side.index)
    heart = plan.pages.heartbeat_cell(side.index)
    over = Event()
    signal.signal(signal.SIGTERM, lambda *_: loop.run_callback_threadsafe(over.set))
    watchers = []

    def beat() -> None:
        heart[0] += 1
        side.beat()

    def answer(sock: Any) -> None:
        data, peer = sock.recvfrom(65536)
        plan.counters.driver.requests.add()
        if data == b"die":
            os.kill(os.getpid(), signal.SIGKILL)
        if data == b"exit":
            os._exit(5)
        if data == b"hang":
            log.notice("hanging now")
        while data == b"hang":
            time.sleep(0.1)
        if data.startswith(b"log "):
            log.notice("%s", data[4:])
        sock.sendto(b"%d %b" % (os.getpid(), data), peer)

    timer = loop.timer(0.0, 0.1)
    timer.start(beat)
    for listener, sock in plan.sockets[side.index]:
        if listener.transport == "udp":
            watcher = loop.io(sock.fileno(), 1)
            watcher.start(answer, sock)
            watchers.append(watcher)
    if side.life >= 0:
        life = loop.io(side.life, 1)
        life.start(over.set)
    side.ready()
    over.wait()
    return ExitCode.OK


def _hurry() -> None:
    """Let the attendant look at hearts more often, as ECHO_TICK says."""
    if "ECHO_TICK" in os.environ:
        attendant.TICK = float(os.environ["ECHO_TICK"])


def main() -> int:
    _hurry()
    options = command_line.parse(sys.argv[1:])
    program = EchoProgram()
    options.apply(program.settings)
    try:
        return run(program, options, Roles(serve, None))  # type: ignore[arg-type]
    except (SerError, OSError) as error:
        sys.stderr.write(f"ser: {error}\n")
        return ExitCode.CANNOT_START


if __name__ == "__main__":
    sys.exit(main())
