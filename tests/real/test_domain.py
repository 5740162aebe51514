"""A real ser with its domains in memory: domain_reload reaches every receiver."""

from __future__ import annotations

from pathlib import Path

from ser_core.database import domains
from ser_core.database.engine import make_engine
from ser_core.database.schema import prepare
from ser_core.database.url import DatabaseUrl
from ser_core.fifo.client import FifoClient
from tests.support.daemon import Ser
from tests.support.sip_peer import Peer

SCRIPT = """
loadmodule "sl.so"
loadmodule "domain.so"
modparam("domain", "db_mode", 1)
modparam("domain", "db_url", "{url}")
route {
    if (is_uri_host_local()) {
        sl_send_reply("200", "Ours");
        break;
    };
    sl_send_reply("404", "Not ours");
}
"""


def answers(phone: Peer, host: str) -> set[int]:
    """What enough requests get that each receiver has answered some."""
    for _ in range(24):
        phone.send(phone.request("OPTIONS", f"sip:joe@{host}"))
    return {phone.final_response().status for _ in range(24)}


def test_all_receivers_read_the_table_again(tmp_path: Path) -> None:
    url = DatabaseUrl("sqlite", str(tmp_path / "ser.db"))
    engine = make_engine(url)
    prepare(engine)
    with engine.begin() as connection:
        domains.add(connection, "example.com", 0.0)
    with (
        Ser(SCRIPT.replace("{url}", str(url)), children=3) as ser,
        Peer(f"127.0.0.1:{ser.port}") as phone,
        FifoClient(ser.fifo) as fifo,
    ):
        assert answers(phone, "EXAMPLE.com") == {200}
        with engine.begin() as connection:
            domains.add(connection, "example.org", 0.0)
            domains.remove(connection, "example.com")
        assert answers(phone, "example.org") == {404}
        assert fifo.ask("domain_reload").to_bytes() == b"200 OK\n"
        assert answers(phone, "example.org") == {200}
        assert answers(phone, "example.com") == {404}
        assert fifo.ask("domain_dump").body == b"   1 example.org\n"
    engine.dispose()
