from __future__ import annotations

from sqlalchemy import Connection

from ser_core.database import domains
from ser_core.database.url import DatabaseUrl
from tests.support.databases import run_work


def test_a_domain_from_beginning_to_end(database_url: DatabaseUrl) -> None:
    def work(connection: Connection) -> None:
        assert domains.add(connection, "example.org", 1.0)
        assert domains.add(connection, "example.com", 2.0)
        assert not domains.add(connection, "example.com", 3.0)
        assert domains.domains(connection) == [("example.com", 2.0), ("example.org", 1.0)]
        assert domains.remove(connection, "example.org")
        assert not domains.remove(connection, "example.org")

    run_work(database_url, work)
