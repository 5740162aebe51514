"""Users and groups: who may give commands, and what else they can't do."""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ser_core.fifo.client import FifoClient
from ser_core.fifo.protocol import Reply
from ser_core.server.run_dir import TABLES
from tests.real.conftest import CONFIG
from tests.support.daemon import Ser, wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")
MEMBER = pwd.getpwnam("nobody")
GROUP = grp.getgrgid(MEMBER.pw_gid).gr_name
SETUPS = {
    "ser's own group": ("", ["-u", "daemon", "-g", GROUP]),
    "another group": (f'fifo_group="{GROUP}"\n', ["-u", "daemon"]),
    "ser is root": (f'fifo_group="{GROUP}"\n', []),
}


def status_as_member(work: Callable[[], bool]) -> int:
    """0 when `work`, done by a member of the group, is true."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    status = 1
    try:
        os.setgroups([])
        os.setresgid(*[MEMBER.pw_gid] * 3)
        os.setresuid(*[MEMBER.pw_uid] * 3)
        status = 0 if work() else 1
    finally:
        os._exit(status)


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("setup", SETUPS)
def test_members_of_the_group_are_answered(setup: str, alone: bool) -> None:
    directives, options = SETUPS[setup]
    with Ser(directives + CONFIG, *options, alone=alone) as ser:
        fifo = ser.fifo
        served = fifo.stat()

        def ask() -> bool:
            with FifoClient(fifo) as client:
                return client.ask("print", "hello") == Reply(200, "ok", b"hello\n")

        assert status_as_member(ask) == 0
        fifo.unlink()
        wait_for(fifo.exists, "the FIFO", 2.0)
        assert fifo.stat().st_gid == served.st_gid
        assert status_as_member(ask) == 0, "also by one that was made again"


@pytest.mark.parametrize(
    "plant", ["touch {place}", "ln -s {target} {place}"], ids=["a file of theirs", "a link"]
)
def test_what_they_put_there_is_not_taken_for_the_location_table(
    plant: str, tmp_path: Path
) -> None:
    """A member waits for the start, to be there before the receivers open their table."""
    ser = Ser(f'fifo_group="{GROUP}"\n{CONFIG}')
    run = ser.directory / "run" / f"udp-127.0.0.1-{ser.port}"
    place, target = run / "location.mdb", tmp_path / "target"
    script = f"until {plant.format(place=place, target=target)}; do :; done 2>/dev/null"
    with as_member(script), ser:
        wait_for(lambda: os.path.lexists(place), "what the member puts there")
        with FifoClient(ser.fifo) as client:
            assert client.ask("ul_add", "location", "joe", "sip:joe@h", "60", "1", "0", "0").is_ok
        assert not target.exists()
        assert not place.exists() or place.read_bytes() == b""
        assert {x.stat().st_uid for x in (run / TABLES).iterdir()} == {0}


@contextmanager
def as_member(script: str) -> Iterator[None]:
    """A shell script that a member of the group runs meanwhile."""
    with subprocess.Popen(
        ["sh", "-c", script], user=MEMBER.pw_uid, group=MEMBER.pw_gid, extra_groups=[], cwd="/",
        stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        yield
        process.terminate()
