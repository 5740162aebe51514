from __future__ import annotations

from sqlalchemy import Connection

from ser_core.database import registered
from ser_core.database.tables import location
from ser_core.database.url import DatabaseUrl
from tests.support.databases import run_work


def test_registrations_seen_from_outside(database_url: DatabaseUrl) -> None:
    def work(connection: Connection) -> None:
        rows = [("joe", "", "sip:joe@192.0.2.1"), ("bob", "d", "sip:bob@192.0.2.2")]
        for username, domain, contact in rows:
            connection.execute(
                location.insert().values(
                    username=username, domain=domain, contact=contact, expires=9.0, q=-1.0
                )
            )
        assert len(list(registered.contacts(connection, "location"))) == 2
        [joe] = registered.contacts(connection, "location", "Joe", "d")
        assert (joe.contact, joe.expires, joe.q) == ("sip:joe@192.0.2.1", 9.0, -1.0)
        assert list(registered.contacts(connection, "location", "bob", "e")) == []
        assert list(registered.contacts(connection, "absent")) == []
        assert registered.remove(connection, "absent", "joe", "d") == 0
        assert registered.remove(connection, "location", "joe", "d") == 1
        assert registered.remove(connection, "location", "bob", "e") == 0

    run_work(database_url, work)
