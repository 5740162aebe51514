"""One call, one receiver: with four receivers no message of a call overtakes another.

What proves it is SIPp's log of messages. A busy machine loses datagrams, as a network does; a
message that is missing has not been overtaken, and one that was sent twice may come late.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from tests.real.conftest import CONFIG
from tests.support.daemon import Ser
from tests.support.sip_peer import Peer
from tests.support.sipp import LoggedMessage, Sipp

pytestmark = [pytest.mark.real, pytest.mark.needs("sipp")]

CALLS = 10_000
RATE = 400
AT_CALLER = ("100 INVITE", "180 INVITE", "200 INVITE", "200 BYE")
AT_CALLEE = ("INVITE", "ACK", "BYE")
INCOMPLETE = CALLS // 50
"""Calls that may have lost a message or sent one twice, and so prove little."""
LOG = ("-trace_shortmsg",)


@pytest.mark.long
def test_no_message_of_10000_calls_overtakes_another(tmp_path: Path) -> None:
    """SIPp sends 180 and 200, ACK and BYE back to back."""
    with Ser(CONFIG, children=4) as ser:
        target = f"127.0.0.1:{ser.port}"
        with Sipp(
            "callee_in_order.xml", tmp_path, calls=CALLS, limit=CALLS, options=LOG, timeout=90
        ) as callee:
            with Peer(target, "bob") as bob:
                bob.register(contact=f"<sip:bob@127.0.0.1:{callee.port}>")
            with Sipp(
                "caller_in_order.xml",
                tmp_path,
                target=target,
                calls=CALLS,
                rate=RATE,
                limit=CALLS,
                options=("-s", "bob", *LOG),
                timeout=90,
            ) as caller:
                outcome = caller.wait(100)
            callee.finish_or_kill()
    logs = caller.messages(), callee.messages()
    resent = sent_twice(logs[0]) | sent_twice(logs[1])
    complete = 0
    for log, order in zip(logs, (AT_CALLER, AT_CALLEE), strict=True):
        arrived = arrivals(log)
        assert not disordered(arrived, order, resent)
        complete += sum(len(kinds) == len(order) for kinds in arrived.values())
    assert complete >= 2 * CALLS - INCOMPLETE
    assert len(resent) <= INCOMPLETE
    outcome.require_success(CALLS)


def test_the_check_tells_overtaking_from_loss() -> None:
    log = [
        LoggedMessage(False, call_id, "INVITE", f"SIP/2.0 {status} x")
        for call_id, statuses in (("good", (100, 180, 180, 200)), ("lost", (180, 200)))
        for status in statuses
    ]
    late = [LoggedMessage(False, "late", "INVITE", f"SIP/2.0 {x} x") for x in (200, 180)]
    assert disordered(arrivals(log), AT_CALLER, set()) == {}
    assert disordered(arrivals(late), AT_CALLER, set()) == {"late": ["200 INVITE", "180 INVITE"]}
    assert disordered(arrivals(late), AT_CALLER, {"late"}) == {}
    asked = [LoggedMessage(True, "twice", "BYE", "BYE sip:a SIP/2.0")] * 2
    assert sent_twice([*asked, *log]) == {"twice"}


def arrivals(log: list[LoggedMessage]) -> dict[str, list[str]]:
    """By call, the kinds of messages received, each where it came first."""
    calls: defaultdict[str, list[str]] = defaultdict(list)
    for message in log:
        kinds = calls[message.call_id]
        if not message.sent and message.kind not in kinds:
            kinds.append(message.kind)
    return calls


def disordered(
    arrived: dict[str, list[str]], order: tuple[str, ...], resent: set[str]
) -> dict[str, list[str]]:
    """The calls, but for those in `resent`, whose messages did not arrive in `order`."""
    return {
        call_id: kinds
        for call_id, kinds in arrived.items()
        if call_id not in resent and kinds != [kind for kind in order if kind in kinds]
    }


def sent_twice(log: list[LoggedMessage]) -> set[str]:
    """The calls in which the writer of the log has sent a message more than once."""
    sent = Counter((message.call_id, message.kind) for message in log if message.sent)
    return {call_id for (call_id, _), number in sent.items() if number > 1}
