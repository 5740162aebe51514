from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from sqlalchemy import delete

from ser_core.database.tables import domain as table
from ser_core.database.url import DatabaseUrl
from ser_core.fifo.declarations import Where, fifo_commands_of
from ser_core.fifo.protocol import FifoError, Reply
from ser_core.modules import domain as package
from ser_core.modules.api import REQUEST, commands_of, params_of
from ser_core.modules.asking import CANT_TELL, NO, YES
from ser_core.modules.domain import domain as module
from ser_core.modules.domain.domain import Domain
from tests.support.asking_core import AskingCore, asking_core, core_without_database, started
from tests.support.script_messages import request_in_script as request

CONTROL: Any = None


@pytest.fixture
def core(database_url: DatabaseUrl) -> Iterator[AskingCore]:
    with asking_core(database_url) as made:
        made.direct.fill(table, {"domain": "example.com"}, {"domain": "EXAMPLE.net."})
        yield made


@pytest.fixture
def no_database() -> AskingCore:
    return core_without_database()


def test_declarations_are_those_of_ser() -> None:
    assert package.MODULE is Domain
    assert {made.name: made.routes for made in commands_of(Domain)} == {
        "is_from_local": REQUEST,
        "is_uri_host_local": REQUEST,
    }
    defaults = {made.name: made.default for made in params_of(Domain)}
    assert (
        defaults.items()
        >= {
            "db_mode": 0,
            "domain_table": "domain",
            "domain_col": "domain",
        }.items()
    )
    assert {made.name: made.where for made in fifo_commands_of(Domain)} == {
        "domain_reload": Where.ALL,
        "domain_dump": Where.OWNER,
    }


def test_with_the_table_in_memory_no_message_waits() -> None:
    made = Domain()
    assert made.waits()
    made.db_mode = 1
    assert not made.waits()


def test_a_domain_is_ours_when_the_table_has_it(core: AskingCore) -> None:
    for mode in (0, 1):
        made = started(Domain(), core, db_mode=mode)
        for uri, answer in [
            ("sip:bob@example.com", YES),
            ("sip:bob@EXAMPLE.com.:5070", YES),
            ("sip:bob@example.org", NO),
            ("sip:bob@sub.example.com", NO),
            ("tel:+49", NO),
        ]:
            assert made.is_uri_host_local(request(core=core, uri=uri)) is answer, uri
        assert made.is_from_local(request(core=core, from_="<sip:a@example.com>;tag=1")) is YES
        assert made.is_from_local(request(core=core, from_="<sip:a@evil.org>;tag=1")) is NO
        assert made.is_from_local(request(core=core, from_="<<")) is NO
        assert made.is_uri_host_local(request(core=core, uri="sip:bob@example.net")) is YES


def test_the_table_in_memory_is_asked_once_and_again_upon_domain_reload(core: AskingCore) -> None:
    made = started(Domain(), core, db_mode=1)
    msg = request(core=core, uri="sip:bob@example.com")
    assert made.is_uri_host_local(msg) is YES
    assert core.direct.asked == 1
    with core.direct.engine.begin() as connection:
        connection.execute(delete(table).where(table.c.domain == "example.com"))
    assert made.is_uri_host_local(msg) is YES
    assert made.domain_dump(CONTROL).to_bytes() == (b"200 OK\n   1 example.com\n   2 example.net\n")
    assert made.domain_reload(CONTROL) == Reply(text="OK")
    assert made.is_uri_host_local(msg) is NO
    assert made.domain_dump(CONTROL).body == b"   1 example.net\n"


def test_a_domain_reload_that_fails_leaves_all_as_it_was(core: AskingCore) -> None:
    made = started(Domain(), core, db_mode=1)
    core.direct.is_down = True
    with pytest.raises(FifoError, match="400 Domain table reload failed"):
        made.domain_reload(CONTROL)
    assert made.is_uri_host_local(request(core=core, uri="sip:bob@example.com")) is YES


def test_one_process_that_fails_is_told() -> None:
    (command,) = [made for made in fifo_commands_of(Domain) if made.name == "domain_reload"]
    assert command.merge is not None
    good, bad = Reply(text="OK"), Reply(400, "Domain table reload failed")
    assert command.merge([good, bad, good]) == bad
    assert command.merge([good, good]) == good


def test_without_a_copy_there_is_nothing_to_reload_or_show(no_database: AskingCore) -> None:
    made = started(Domain(), no_database)
    for command in (made.domain_reload, made.domain_dump):
        with pytest.raises(FifoError, match="400 db_mode of domain is 0"):
            command(CONTROL)


@pytest.mark.parametrize("mode", [0, 1])
def test_without_a_database_nobody_is_taken_for_a_stranger(
    no_database: AskingCore, mode: int
) -> None:
    made = started(Domain(), no_database, db_mode=mode)
    assert made.is_from_local(request(core=no_database)) is CANT_TELL
    assert no_database.replies[0].status == 500
    made.stop()


def test_a_database_that_comes_later_is_read_then(
    core: AskingCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.001)
    core.direct.is_down = True
    made = started(Domain(), core, db_mode=1)
    msg = request(core=core, uri="sip:bob@example.com")
    assert made.is_uri_host_local(msg) is CANT_TELL
    core.direct.is_down = False
    with gevent.Timeout(5):
        while made.is_uri_host_local(msg) is not YES:
            gevent.sleep(0.001)
    assert core.logged[-1] == (2, "domain: the table has been read")


def test_a_reload_of_the_script_keeps_the_table_while_the_database_is_away(
    core: AskingCore,
) -> None:
    previous = started(Domain(), core, db_mode=1)
    core.direct.is_down = True
    made = Domain()
    made.take_over(previous)
    started(made, core, db_mode=1)
    assert made.is_uri_host_local(request(core=core, uri="sip:bob@example.com")) is YES


@pytest.mark.parametrize("name", ["domain_table", "domain_col"])
def test_what_is_no_name_stops_the_start(name: str) -> None:
    made = Domain()
    made.__dict__[name] = "a b"
    with pytest.raises(ValueError, match="is not the name of a"):
        made.check()
