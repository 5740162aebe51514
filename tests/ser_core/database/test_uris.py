from __future__ import annotations

from sqlalchemy import Connection

from ser_core.database import uris
from ser_core.database.url import DatabaseUrl
from tests.support.databases import run_work


def test_a_uri_from_beginning_to_end(database_url: DatabaseUrl) -> None:
    def work(connection: Connection) -> None:
        assert uris.add(connection, "joe", "d", "joe", 1.0)
        assert uris.add(connection, "joe", "d", "1234", 1.0)
        assert not uris.add(connection, "joe", "d", "joe", 1.0)
        assert uris.uris_of(connection, "joe", "d") == ["1234", "joe"]
        assert uris.remove_all(connection, "joe", "d") == 2
        assert uris.uris_of(connection, "joe", "d") == []

    run_work(database_url, work)
