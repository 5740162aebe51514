from __future__ import annotations

from sqlalchemy import Connection

from ser_core.database import groups
from ser_core.database.url import DatabaseUrl
from tests.support.databases import run_work


def test_a_membership_from_beginning_to_end(database_url: DatabaseUrl) -> None:
    def work(connection: Connection) -> None:
        assert groups.grant(connection, "joe", "d", "ld", 1.0)
        assert not groups.grant(connection, "joe", "d", "ld", 2.0)
        assert groups.grant(connection, "joe", "d", "int", 2.0)
        assert groups.grant(connection, "bob", "d", "ld", 2.0)
        assert [each.group for each in groups.memberships(connection, "joe", "d")] == ["int", "ld"]
        assert len(groups.memberships(connection)) == 3
        assert groups.revoke(connection, "joe", "d", "ld") == 1
        assert groups.revoke(connection, "joe", "d", "ld") == 0
        assert groups.revoke(connection, "joe", "d") == 1
        assert groups.memberships(connection) == [groups.Membership("bob", "d", "ld", 2.0)]

    run_work(database_url, work)
