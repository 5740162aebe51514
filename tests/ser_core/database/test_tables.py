from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from ser_core.database import tables
from ser_core.database.engine import make_engine
from ser_core.database.url import DatabaseUrl
from ser_core.registrar.rules import MAX_AOR, MAX_CALL_ID, MAX_CONTACT_URI, MAX_USER_AGENT

SER_09 = {
    "version": "table_name table_version",
    "subscriber": "username domain password first_name last_name phone email_address "
    "datetime_created datetime_modified confirmation flag sendnotification greeting ha1 ha1b "
    "allow_find timezone rpid phplib_id",
    "location": "username domain contact received expires q callid cseq last_modified replicate "
    "state flags user_agent",
    "uri": "username domain uri_user last_modified",
    "grp": "username domain grp last_modified",
    "domain": "domain last_modified",
    "acc": "sip_from sip_to sip_status sip_method i_uri o_uri from_uri to_uri sip_callid username "
    "domain fromtag totag time timestamp caller_deleted callee_deleted",
    "missed_calls": "sip_from sip_to sip_status sip_method i_uri o_uri from_uri to_uri sip_callid "
    "username domain fromtag totag time timestamp",
}


@pytest.mark.parametrize("name", sorted(SER_09))
def test_a_table_has_the_columns_of_ser(name: str) -> None:
    there = set(tables.metadata.tables[name].columns.keys())
    assert set(SER_09[name].split()) <= there


def test_aliases_are_kept_as_locations_are() -> None:
    assert tables.aliases.columns.keys() == tables.location.columns.keys()


@pytest.mark.parametrize(
    "seconds", [0.0, 1_700_000_000.0, 1_700_000_000.123456, 4_102_444_800.5, -1.0]
)
def test_a_time_comes_back_to_the_microsecond(database_url: DatabaseUrl, seconds: float) -> None:
    engine = make_engine(database_url)
    with engine.begin() as connection:
        connection.execute(insert(tables.domain).values(domain="x", last_modified=seconds))
        [found] = connection.execute(select(tables.domain.c.last_modified)).scalars()
    engine.dispose()
    assert found == pytest.approx(seconds, abs=1e-6)


def test_the_longest_registration_fits_with_every_byte_escaped(database_url: DatabaseUrl) -> None:
    row = {
        "username": "\\xff" * MAX_AOR,
        "domain": "",
        "contact": "\\xff" * MAX_CONTACT_URI,
        "received": None,
        "expires": None,
        "q": -1.0,
        "callid": "\\xff" * MAX_CALL_ID,
        "cseq": 2**31,
        "last_modified": None,
        "replicate": 0,
        "state": 0,
        "flags": 384,
        "user_agent": "\\xff" * MAX_USER_AGENT,
        "method": None,
        "since": 1.5,
    }
    engine = make_engine(database_url)
    with engine.begin() as connection:
        connection.execute(insert(tables.location).values(**row))
        [found] = connection.execute(select(tables.location)).mappings()
    engine.dispose()
    assert {key: found[key] for key in row} == row


@pytest.mark.parametrize("name", ["o'hara", '";drop table location;--', "100%", "jö", "\\", "a  "])
def test_names_are_data_and_compared_byte_by_byte(database_url: DatabaseUrl, name: str) -> None:
    engine = make_engine(database_url)
    column = tables.grp.c
    with engine.begin() as connection:
        connection.execute(insert(tables.grp).values(username=name, domain="d", grp="g"))
        for other in (name.upper() + "X", name.strip() + " ", name + "\u0308", f"{name}%"):
            found = connection.execute(select(column.grp).where(column.username == other)).all()
            assert not found, other
        assert connection.execute(select(column.grp).where(column.username == name)).all()
    engine.dispose()


def test_a_location_table_may_have_other_names_for_itself_and_its_columns() -> None:
    table = tables.location_table("phones", {"username": "user", "callid": "call"})
    assert table.c.username.name == "user"
    assert table.c.callid.name == "call"
    assert table.c.contact.name == "contact"


@pytest.mark.parametrize("columns", [{"nonsense": "x"}, {"username": "domain"}, {"q": "id"}])
def test_column_names_that_cant_be_are_refused(columns: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="column"):
        tables.location_table("phones", columns)
