"""A real ser with two receivers, and modules whose state they share: gflags and pike; options."""

from __future__ import annotations

from ser_core.fifo.client import FifoClient
from tests.support.daemon import Ser
from tests.support.sip_peer import Peer

SCRIPT = """
loadmodule "sl.so"
loadmodule "options.so"
loadmodule "gflags.so"
loadmodule "pike.so"
modparam("gflags", "initial", 2)
modparam("pike", "sampling_time_unit", 1000000000)
route {
    if (method == "OPTIONS") {
        options_reply();
        break;
    };
    if (method == "INFO" && !pike_check_req()) {
        sl_send_reply("503", "Too much");
        break;
    };
    if (is_gflag("1")) {
        sl_send_reply("480", "Closed");
        break;
    };
    sl_send_reply("200", "Open");
}
"""


def statuses(phone: Peer, method: str, count: int) -> list[int]:
    """What requests of many calls get, some in each receiver."""
    for _ in range(count):
        phone.send(phone.request(method, "sip:joe@example.com"))
    return [phone.final_response().status for _ in range(count)]


def test_receivers_share_flags_and_counts() -> None:
    with (
        Ser(SCRIPT, children=2) as ser,
        Peer(f"127.0.0.1:{ser.port}") as phone,
        FifoClient(ser.fifo) as fifo,
    ):
        phone.send(phone.request("OPTIONS", f"sip:127.0.0.1:{ser.port}"))
        assert phone.response(200).header("accept") == "*/*"
        assert set(statuses(phone, "MESSAGE", 16)) == {480}
        assert fifo.ask("is_gflag", "1").body == b"TRUE\n"
        assert fifo.ask("reset_gflag", "1").to_bytes() == b"200 OK\n"
        assert set(statuses(phone, "MESSAGE", 16)) == {200}
        # One by one: of two that are counted at the same moment, one may be lost.
        counted = [status for _ in range(40) for status in statuses(phone, "INFO", 1)]
        assert (counted.count(200), counted.count(503)) == (30, 10)
