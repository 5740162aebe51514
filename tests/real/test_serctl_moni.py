"""`serctl moni` beside a ser that works, stops and comes back."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.real.conftest import CONFIG
from tests.support.daemon import PROJECT, Ser
from tests.support.serctl_process import COMMAND, Serctl, environment
from tests.support.sip_peer import Peer

pytestmark = pytest.mark.real


@pytest.fixture
def ser() -> Iterator[Ser]:
    with Ser(CONFIG) as running:
        yield running


@pytest.fixture
def serctl(ser: Ser) -> Serctl:
    return Serctl(ser.directory / "run")


def test_it_shows_what_sers_did(serctl: Serctl) -> None:
    shown = serctl.out("-F", "raw", "moni")
    first = "[cycle #: 1; if constant make sure server lives and fifo is on]\nServer: "
    assert shown.startswith(first)
    for line in ("Up time: ", "Transaction Statistics", "Replied localy: ", "UsrLoc Stats"):
        assert f"\n{line}" in shown


def test_it_counts(ser: Ser, serctl: Serctl) -> None:
    with Peer(f"{ser.host}:{ser.port}", "alice") as alice:
        alice.register()
    told = json.loads(serctl.out("-F", "json", "moni"))
    numbers = {(each["section"], each["name"]): each["value"] for each in told}
    assert numbers["UsrLoc Stats", "location users"] == 1
    assert numbers["Stateless Server Statistics", "200"] >= 1


def test_on_a_terminal_it_draws_one_picture_over_the_other(serctl: Serctl) -> None:
    status, shown = serctl.on_terminal("moni", "3", WATCH_PERIOD="0.05")
    assert status == 0
    assert shown.count("\x1b[H") == 3
    assert "[cycle #: 3;" in shown


def cycles(process: subprocess.Popen[str]) -> Iterator[int]:
    """Their numbers, as they come."""
    assert process.stdout is not None
    for line in process.stdout:
        found = re.match(r"\[cycle #: (\d+);", line)
        if found:
            yield int(found[1])


def test_a_ser_that_comes_back_is_found_again(ser: Ser) -> None:
    """While it is away its cycles pass unseen, which makes a gap in their numbers."""
    run_dir = str(ser.directory / "run")
    with subprocess.Popen(
        [*COMMAND, "--run-dir", run_dir, "-F", "raw", "moni", "100000"],
        cwd=PROJECT,
        env=environment(WATCH_PERIOD="0.05"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            numbers = cycles(process)
            before = next(numbers)
            ser.stop()
            assert process.stderr is not None
            assert "serctl: " in process.stderr.readline()
            ser.start()
            for number in numbers:
                if number > before + 1:
                    break
                before = number
            assert process.poll() is None
        finally:
            process.kill()
