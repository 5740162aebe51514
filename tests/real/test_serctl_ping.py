"""`serctl ping` through a ser that runs, to real phones and to nobody."""

from __future__ import annotations

import json
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.real.conftest import CONFIG, RECEIVERS
from tests.support.baresip import Baresip
from tests.support.daemon import Ser, wait_for
from tests.support.phone import Phone
from tests.support.serctl_process import Serctl
from tests.support.sip_peer import Peer
from tests.support.sip_reading import Message

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def ser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ser]:
    socket = tmp_path_factory.mktemp("socket") / "ser.sock"
    with Ser(CONFIG, "-x", str(socket), children=RECEIVERS) as running:
        yield running


@pytest.fixture
def serctl(ser: Ser) -> Serctl:
    return Serctl(ser.directory / "run")


@contextmanager
def peer(ser: Ser, user: str) -> Iterator[Peer]:
    with Peer(f"{ser.host}:{ser.port}", user) as made:
        yield made


@contextmanager
def answering(phone: Peer, status: int = 200, together: int = 1) -> Iterator[None]:
    """Answers requests until the end, `together` of them at a time."""
    over = threading.Event()

    def answer() -> None:
        while not over.is_set():
            waiting: list[Message] = []
            while len(waiting) < together and not over.is_set():
                waiting += phone.arrived(0.01)
            for request in waiting:
                phone.reply(request, status, "OK" if status == 200 else "No")

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def pipes_left(ser: Ser) -> list[Path]:
    """Reply pipes that a client has left behind."""
    return [path for path in ser.fifo.parent.iterdir() if path.is_fifo() and path != ser.fifo]


@pytest.mark.needs("baresip")
def test_baresip_answers(ser: Ser, serctl: Serctl, tmp_path: Path) -> None:
    with Baresip("barry", f"{ser.host}:{ser.port}", tmp_path):
        run = serctl("-F", "table", "ping", "-c", "3", "-i", "0.1", "barry")
    assert run.returncode == 0, run
    line = r"^200 OK from sip:barry-\S+: seq=\d time=[\d.]+ ms$"
    assert len(re.findall(line, run.stdout, re.M)) == 3, run.stdout
    assert "3 packets transmitted, 3 received, 0% packet loss" in run.stdout


@pytest.mark.needs("pjsua2")
def test_pjsua2_answers(ser: Ser, serctl: Serctl, tmp_path: Path) -> None:
    with Phone("paula", f"{ser.host}:{ser.port}", tmp_path) as paula:
        paula.register()
        run = serctl("-F", "json", "ping", "-c", "2", "-i", "0.1", "paula")
    assert [probe["outcome"] for probe in json.loads(run.stdout)] == ["ok", "ok"]
    assert run.returncode == 0


def test_nobody_answers(ser: Ser, serctl: Serctl) -> None:
    with peer(ser, "nobody") as silent:
        run = serctl("-F", "table", "ping", "-c", "2", "-i", "0.1", "-W", "1", silent.uri)
    assert run.returncode == 4
    line = rf"^no answer from {re.escape(silent.uri)}: seq=\d within ([\d.]+) s$"
    waited = [float(seconds) for seconds in re.findall(line, run.stdout, re.M)]
    assert len(waited) == 2, run.stdout
    assert min(waited) >= 1
    assert "2 packets transmitted, 0 received, 100% packet loss" in run.stdout


def test_probes_dont_wait_for_each_other(ser: Ser, serctl: Serctl) -> None:
    """The phone answers when it has all five, long after the next one was due."""
    with peer(ser, "slow") as slow, answering(slow, together=5):
        run = serctl("ping", "-c", "5", "-i", "0.02", "-W", "10", slow.uri)
    assert run.returncode == 0
    assert sorted(line.split("\t")[1] for line in run.stdout.splitlines()) == [*"12345"]


def test_an_answer_that_is_an_error(ser: Ser, serctl: Serctl) -> None:
    with peer(ser, "busy") as busy, answering(busy, 486):
        run = serctl("-F", "raw", "ping", busy.uri)
    assert (run.returncode, run.stdout) == (1, "486\n")


def test_every_contact_of_a_user_is_pinged(ser: Ser, serctl: Serctl) -> None:
    with peer(ser, "twice") as first, peer(ser, "twice") as second:
        first.register(call_id="twice-1")
        second.register(call_id="twice-2")
        with answering(first):
            run = serctl("ping", "-W", "1", "twice")
    outcomes = {line.split("\t")[0]: line.split("\t")[2] for line in run.stdout.splitlines()}
    assert outcomes == {first.uri: "ok", second.uri: "silence"}
    assert run.returncode == 0


def test_somebody_who_isnt_registered(serctl: Serctl) -> None:
    run = serctl("ping", "stranger")
    assert run.returncode == 5
    assert run.stdout == ""


def test_a_name_that_cant_be_resolved(serctl: Serctl) -> None:
    run = serctl("-F", "table", "ping", "-c", "1", "sip:joe@nowhere.invalid")
    assert run.returncode == 1
    assert "(says ser) for sip:joe@nowhere.invalid: seq=1" in run.stdout


def test_ctrl_c_gives_the_summary_and_leaves_nothing_behind(ser: Ser, serctl: Serctl) -> None:
    with peer(ser, "endless") as phone, answering(phone):
        arguments = ("-F", "table", "ping", "-c", "1000", "-i", "0.05", phone.uri)
        with serctl.running(*arguments) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(3)]
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read()
            assert process.wait(10) == 0
    assert lines[2].startswith(f"200 OK from {phone.uri}: seq=2")
    assert re.search(r"^\d+ packets transmitted, \d+ received", rest, re.M)
    wait_for(lambda: not pipes_left(ser), "reply pipes to be removed")


def test_ctrl_c_doesnt_wait_for_those_that_are_silent(ser: Ser, serctl: Serctl) -> None:
    with peer(ser, "mute") as mute:
        arguments = ("-F", "table", "ping", "-c", "9", "-i", "0.05", "-W", "60", mute.uri)
        with serctl.running(*arguments) as process:
            mute.receive("OPTIONS")
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 4
    wait_for(lambda: not pipes_left(ser), "reply pipes to be removed")


def test_over_the_unix_socket(ser: Ser, serctl: Serctl) -> None:
    socket = ser.arguments[ser.arguments.index("-x") + 1]
    with peer(ser, "socket") as phone, answering(phone, together=3):
        run = serctl("--unix-socket", socket, "ping", "-c", "3", "-i", "0.02", phone.uri)
    assert run.returncode == 0, run
    assert len(run.stdout.splitlines()) == 3


def test_a_script_of_2004_gets_what_it_expects(ser: Ser, serctl: Serctl) -> None:
    """SER's serctl wrote the code and nothing else."""
    with peer(ser, "old") as old, answering(old):
        run = serctl("-F", "raw", "ping", old.uri)
    assert run.stdout == "200 OK\n"
