"""One call, one receiver: with four receivers no message of a call overtakes another."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.real.conftest import CONFIG
from tests.support.daemon import Ser
from tests.support.sip_peer import Peer
from tests.support.sipp import Sipp

pytestmark = [pytest.mark.real, pytest.mark.needs("sipp")]

CALLS = 10_000
RATE = 600


def test_no_message_of_10000_calls_overtakes_another(tmp_path: Path) -> None:
    """SIPp fails a call that has 200 before 180, or BYE before ACK, which are sent back to back."""
    with Ser(CONFIG, children=4) as ser:
        target = f"127.0.0.1:{ser.port}"
        with Sipp("callee_in_order.xml", tmp_path, calls=CALLS, limit=CALLS, timeout=90) as callee:
            with Peer(target, "bob") as bob:
                bob.register(contact=f"<sip:bob@127.0.0.1:{callee.port}>")
            with Sipp(
                "caller_in_order.xml",
                tmp_path,
                target=target,
                calls=CALLS,
                rate=RATE,
                limit=CALLS,
                options=("-s", "bob"),
                timeout=90,
            ) as caller:
                caller.wait(100).require_success(CALLS)
            callee.wait(20).require_success(CALLS)
