from __future__ import annotations

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ser_core.database import db_aliases
from ser_core.database.db_aliases import Alias
from ser_core.database.url import DatabaseUrl
from tests.support.databases import run_work

ALIAS = Alias("1234", "d", "joe", "d")


def test_an_alias_from_beginning_to_end(database_url: DatabaseUrl) -> None:
    def work(connection: Connection) -> None:
        db_aliases.add(connection, ALIAS)
        db_aliases.add(connection, Alias("5678", "d", "bob", "d"))
        assert db_aliases.find(connection, "1234", "d") == ALIAS
        assert db_aliases.find(connection, "1234", "e") is None
        assert len(db_aliases.aliases(connection)) == 2
        assert db_aliases.aliases(connection, "joe", "d") == [ALIAS]
        with pytest.raises(IntegrityError), connection.begin_nested():
            db_aliases.add(connection, ALIAS)
        assert db_aliases.remove_of(connection, "joe", "d") == 1
        assert db_aliases.remove(connection, "5678", "d")
        assert not db_aliases.remove(connection, "5678", "d")

    run_work(database_url, work)
