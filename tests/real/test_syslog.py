"""The log of a real ser at /dev/log: what a syslog daemon gets, and that it holds nobody up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.daemon import Ser
from tests.support.sip_peer import Peer
from tests.support.syslog import Line, Syslog, needs_own_dev

pytestmark = [pytest.mark.real, needs_own_dev()]

LOCAL3 = 16 + 3
ERR, NOTICE, INFO = 3, 5, 6
CONFIG = """\
debug=3
log_facility=LOG_LOCAL3
loadmodule "sl.so"
loadmodule "maxfwd.so"
loadmodule "xlog.so"
modparam("xlog", "buf_size", 20000)
route {
    mf_process_maxfwd_header("10");
    xlog("L_ERR", "asked for %ru\\n");
    if (method=="MESSAGE") { xlog("L_INFO", "%mb"); };
    sl_send_reply("404", "Not Found");
}
"""


@contextmanager
def logging_ser(syslog: Syslog) -> Iterator[tuple[Ser, Peer]]:
    with (
        Ser(CONFIG, "--log-syslog", command=syslog.command) as ser,
        Peer(f"127.0.0.1:{ser.port}", "alice") as alice,
    ):
        yield ser, alice


@pytest.fixture
def syslog(tmp_path: Path) -> Iterator[Syslog]:
    with Syslog(tmp_path / "log") as made:
        yield made


def asks(alice: Peer, method: str = "OPTIONS", body: str = "") -> str:
    """Send a request, wait for its response; the Call-ID."""
    text = alice.request(method, f"sip:bob@{alice.proxy}")
    head, _, _ = text.partition("\r\n\r\n")
    head = re.sub(r"Content-Length: \d+", f"Content-Length: {len(body)}", head)
    alice.send(f"{head}\r\n\r\n{body}")
    response = alice.final_response()
    assert response.status == 404
    return response.header("call-id")


def test_each_line_says_facility_severity_program_process_and_call(syslog: Syslog) -> None:
    with logging_ser(syslog) as (ser, alice):
        ready = syslog.line_with("ready: 1 receiver")
        assert ready == Line(
            LOCAL3, NOTICE, "ser", ser.pid, f"NOTICE  0({ser.pid}) attendant: ready: 1 receiver"
        )
        call_id = asks(alice)
        (receiver,) = ser.receivers()
        line = syslog.line_with("asked for")
        assert (line.facility, line.severity, line.ident) == (LOCAL3, ERR, "ser")
        assert line.pid == receiver
        assert line.text.startswith(f"ERR  1({receiver}) receiver 0: ")
        assert line.text.endswith(f"asked for sip:bob@{alice.proxy} [{call_id}]")
        assert "asked for" not in ser.log_text()
    assert syslog.line_with("stopping").pid == ser.pid


def test_a_long_text_comes_in_several_lines_and_nothing_of_it_is_missing(syslog: Syslog) -> None:
    with logging_ser(syslog) as (_, alice):
        body = "".join(f"{number:06d}." for number in range(1200))
        call_id = asks(alice, "MESSAGE", body)
        first = syslog.line_with("MESSAGE sip:")
        pieces = [first, syslog.line(), syslog.line()]
        assert {(x.facility, x.severity, x.pid) for x in pieces} == {(LOCAL3, INFO, first.pid)}
        assert all(x.text.endswith(f" [{call_id}]") for x in pieces)
        heading = first.text.index("MESSAGE sip:")
        texts = [x.text[heading:].removesuffix(f" [{call_id}]") for x in pieces]
        assert [text.startswith("... ") for text in texts] == [False, True, True]
        texts = [text.removeprefix("... ") for text in texts]
        assert f"\\r\\n{body}" in "".join(texts)


def test_while_the_daemon_is_away_ser_serves_and_finds_it_again(syslog: Syslog) -> None:
    with logging_ser(syslog) as (_, alice):
        asks(alice)
        syslog.line_with("asked for")
        syslog.stop()
        for _ in range(3):
            asks(alice)
        syslog.start()
        lost = None
        while lost is None:  # it tries once a second
            asks(alice)
            for line in syslog.waiting():
                lost = lost or re.search(r"(\d+) lines of the log were lost$", line.text)
        assert int(lost[1]) >= 3
        call_id = asks(alice)
        syslog.line_with(f"[{call_id}]")


def test_a_daemon_that_reads_nothing_holds_up_no_receiver(syslog: Syslog) -> None:
    with logging_ser(syslog) as (_, alice):
        longest_queue = int(Path("/proc/sys/net/unix/max_dgram_qlen").read_text())
        for _ in range(min(longest_queue, 1000) + 100):
            asks(alice)  # answered, whether its line was taken or not
        kept = list(syslog.waiting())
        assert len(kept) <= longest_queue + 1
        call_id = asks(alice)
        assert re.search(r" \d+ lines of the log were lost$", syslog.line_with("lost").text)
        syslog.line_with(f"[{call_id}]")
