"""What anyone may send to a SIP port, sent to a running proxy: refused, dropped and counted, or
passed on, but never read in another way than the next hop would read it."""

from __future__ import annotations

import os

import pytest

from tests.conformance.far_end import Torture
from tests.conformance.forwarded import as_it_came, without_hops
from tests.conformance.proxy import RunningProxy, come_by_now, comes_until_marker
from tests.conformance.streams import Stream, request
from tests.support.hostile import HOSTILE, NOT_SIP, READABLE
from tests.support.hostile import request as honest
from tests.support.sip_case import Case

REFUSED = [case for case in HOSTILE if isinstance(case.owed, int)]
UNCHANGED = [case for case in READABLE if case.name not in ("no-max-forwards", "bare-lf")]
ABOUT_UNREADABLE = ("core.unreadable", "core.unanswerable", "transport.udp_")
SENT = ("transport.udp_received", "transport.udp_sent")

CPU_BUDGET = 60e-6
"""Seconds of CPU that a datagram which isn't SIP may cost, with its way through the kernel."""
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def of_its_own(case: Case) -> bytes:
    """The message, with a branch and a Call-ID that no other case has, where it has any."""
    name = case.name.encode()
    return case.data.replace(b"hostile-1", b"hostile-" + name)


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_can_be_read_in_two_ways_is_refused(torture: Torture, case: Case) -> None:
    data = of_its_own(case)
    torture.send(data)
    assert torture.forwarded(data) == []
    assert [reply.status for reply in torture.replies(data)] == [case.owed]


@pytest.mark.parametrize("case", NOT_SIP, ids=str)
def test_what_is_not_sip_is_dropped_and_counted(torture: Torture, case: Case) -> None:
    before = dropped(torture.proxy)
    data = of_its_own(case)
    torture.send(data)
    assert torture.replies(data) == []
    assert torture.forwarded(data) == []
    assert dropped(torture.proxy) > before


def dropped(proxy: RunningProxy) -> int:
    """All counters together that tell of messages which aren't handled."""
    return sum(
        value
        for name, value in proxy.counters().items()
        if name.startswith(ABOUT_UNREADABLE) and name not in SENT
    )


@pytest.mark.parametrize("case", UNCHANGED, ids=str)
def test_what_is_only_unusual_is_passed_on_as_it_is(torture: Torture, case: Case) -> None:
    data = of_its_own(case)
    torture.send(data)
    forwarded = torture.next_hop_gets(data)
    torture.next_hop.reply(forwarded, 480)
    assert [reply.status for reply in torture.replies(data)] == [480]
    raw = forwarded.raw.replace(b";rport=5060", b";rport", 1)
    assert as_it_came(raw, torture.proxy.target, torture.address) == without_hops(data)


def spread(text: str) -> str:
    """LF alone behind every line."""
    return text.replace("\r\n", "\n")


def one_only(text: str) -> str:
    """LF alone behind one line in the middle."""
    return text.replace("\r\nCSeq", "\nCSeq")


def test_one_lf_among_crlfs_is_refused(proxy: RunningProxy) -> None:
    with proxy.peer() as callee, proxy.peer() as caller:
        caller.send(one_only(caller.request("MESSAGE", callee.uri, body="a\nb")))
        assert caller.next_message().status == 400


def test_lines_that_end_in_lf_only_leave_with_crlf(proxy: RunningProxy) -> None:
    # They are read as lines, so the next hop must see the same lines.
    with proxy.peer() as callee, proxy.peer() as caller:
        caller.send(spread(caller.request("MESSAGE", callee.uri, body="a\nb")))
        message = callee.next_message()
        callee.send_back(message, "SIP/2.0 200 OK\r\n" + kept_for_answer(message.raw))
        head = message.raw[: -len("a\nb")]
        assert b"\n" not in head.replace(b"\r\n", b"")
        assert message.body == b"a\nb"


def kept_for_answer(raw: bytes) -> str:
    """The lines of a request that its answer repeats."""
    lines = raw.decode().replace("\r", "").split("\n")
    kept = [x for x in lines if x.startswith(("Via:", "From:", "To:", "Call-ID:", "CSeq:"))]
    return "\r\n".join([*kept, "Content-Length: 0", "", ""])


@pytest.mark.parametrize("name", ["stun", "tls", "http", "rtp", "dns", "keep-alive", "all-bytes"])
def test_what_is_not_sip_costs_next_to_nothing(proxy: RunningProxy, name: str) -> None:
    data = next(case.data for case in NOT_SIP if case.name == name)
    rounds, batch = 20, 100
    (receiver,) = proxy.ser.receivers()
    with proxy.peer() as stranger:
        before = cpu_seconds(receiver)
        for _ in range(rounds):
            for _ in range(batch):
                stranger.send(data)
            comes_until_marker(stranger)
        spent = cpu_seconds(receiver) - before
    assert spent / (rounds * batch) < CPU_BUDGET


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


@pytest.mark.parametrize("name", ["stun", "tls", "http", "rtp", "all-bytes", "one-nul"])
def test_over_tcp_what_is_not_sip_ends_the_connection(proxy: RunningProxy, name: str) -> None:
    data = next(case.data for case in NOT_SIP if case.name == name)
    with Stream(proxy.target) as stream:
        stream.send(data + b"\r\n\r\n")
        assert stream.wait_for_end() == b""


def test_a_second_message_cannot_hide_behind_a_lying_length(proxy: RunningProxy) -> None:
    # Two readers of a stream must never disagree about where a message ends.
    with Stream(proxy.target) as stream:
        inner = request(call_id="inner")
        stream.send(request(call_id="outer", length=str(len(inner))) + inner)
        stream.send(request(call_id="behind"))
        came = stream.wait_for(b"\r\n\r\n", times=2)
    assert b"Call-ID: outer" in came
    assert b"Call-ID: behind" in came
    assert b"Call-ID: inner" not in came


def test_a_message_above_64_kib_ends_the_connection(proxy: RunningProxy) -> None:
    with Stream(proxy.target) as stream:
        stream.send(request(call_id="giant", length="70000"))
        assert b"SIP/2.0 483" not in stream.wait_for_end()


def test_a_head_without_end_ends_the_connection(proxy: RunningProxy) -> None:
    with Stream(proxy.target) as stream:
        stream.send(request(call_id="endless")[:-2] + b"X: y\r\n" * 20_000)
        assert b"SIP/2.0 483" not in stream.wait_for_end()


def test_very_many_headers_are_not_read(proxy: RunningProxy) -> None:
    before = proxy.count_of("core.unreadable")
    with proxy.peer() as callee, proxy.peer() as caller:
        headers = [f"X-{number}: y" for number in range(1000)]
        caller.send(caller.request("OPTIONS", callee.uri, headers=headers))
        assert come_by_now(proxy, callee) == []
    assert proxy.count_of("core.unreadable") == before + 1


def test_the_largest_datagram_does_no_harm(proxy: RunningProxy) -> None:
    with proxy.peer() as caller:
        text = caller.request("OPTIONS", f"sip:nobody@{proxy.target}", body="x" * 64_000)
        caller.send(text)
        assert caller.final_response().status in (404, 400, 513)


def test_control_bytes_never_reach_the_log_as_they_are(proxy: RunningProxy) -> None:
    # Whoever could write lines into the log could hide in it.
    fake = "2026-01-01 00:00:00.000 ALERT  0(1) attendant: forged"
    with proxy.peer() as caller:
        for name in ("Call-ID", "From", "To", "CSeq", "Via", "Max-Forwards", "Contact"):
            for spoiled in (f"\x1b[2Jx\r{fake}", f"x\x00\x07{fake}", f"x\x85\u2028{fake}"):
                text = caller.request("REGISTER", f"sip:{proxy.target}", headers=["Contact: <"])
                lines = text.split("\r\n")
                lines = [f"{name}: {spoiled}" if x.startswith(name) else x for x in lines]
                caller.send("\r\n".join(lines))
        caller.send(f"OPTIONS sip:\x1b[2J@x\r{fake} SIP/2.0\r\nVia: x\r\n\r\n")
        comes_until_marker(caller)
    log = proxy.ser.log_text()
    assert all(char.isprintable() or char == "\n" for char in log)
    assert not any(line.startswith(fake) for line in log.split("\n"))


COMPLAINTS = {
    "unreadable": honest(Content_Length=b" -1"),
    "ack": honest(start=b"ACK sip:nobody@{proxy} SIP/2.0", CSeq=b" 1 ACK"),
    "ack-nowhere": honest(start=b"ACK nonsense:x SIP/2.0", CSeq=b" 1 ACK"),
    "route-uri": honest(b"Route: <sip:a b;lr>"),
    "route-quotes": honest(b'Route: "open <sip:{proxy};lr>'),
    "send": honest(start=b"OPTIONS sip:x@224.0.0.1 SIP/2.0"),
    "unresolvable": honest(start=b"OPTIONS sip:x@[::g] SIP/2.0"),
    "contact": honest(
        b"Contact: <sip:a b>", start=b"REGISTER sip:{proxy} SIP/2.0", CSeq=b" 1 REGISTER"
    ),
    "stray": honest(start=b"SIP/2.0 200 OK"),
    "max-forwards": honest(Max_Forwards=b" x"),
    "cancel": honest(start=b"CANCEL sip:nobody@{proxy} SIP/2.0", CSeq=b" 1 CANCEL"),
}
"""What makes the proxy complain, one kind each."""


@pytest.mark.parametrize("kind", sorted(COMPLAINTS))
def test_a_flood_of_complaints_is_told_once_a_second(proxy: RunningProxy, kind: str) -> None:
    data = COMPLAINTS[kind].replace(b"{proxy}", proxy.target.encode())
    with proxy.peer() as stranger:
        before = len(proxy.ser.log_text().splitlines())
        for batch in range(6):
            for number in range(25):
                own = f"-{kind}-{batch}-{number}@".encode()
                stranger.send(data.replace(b"-1@192.0.2.7", own).replace(b"hostile-1;", own + b";"))
            comes_until_marker(stranger)
        told = len(proxy.ser.log_text().splitlines()) - before
    assert told <= 10


def test_after_all_this_it_has_never_failed(proxy: RunningProxy, torture: Torture) -> None:
    # An exception that a guard has caught is a fault of ours, though nobody noticed.
    for each in (proxy, torture.proxy):
        assert "Traceback" not in each.ser.log_text()
        assert each.count_of("core.failures") == 0
