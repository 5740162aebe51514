from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from ser_core.database.engine import make_engine
from ser_core.database.tables import grp
from ser_core.database.url import DatabaseUrl
from ser_core.errors import ParseError
from ser_core.modules.api import FAILURE
from ser_core.modules.asking import (
    Answer,
    AsksDatabase,
    Question,
    cant_tell,
    domain_in,
    sip_uri,
    user_in,
)
from ser_core.sip.uri import parse_uri
from tests.support.asking_core import AskingCore, asking_core, core_without_database, started
from tests.support.script_messages import FakeCore, in_script, request_bytes, request_in_script


class Asking(AsksDatabase):
    name = "asking"


@pytest.fixture
def core(database_url: DatabaseUrl) -> Iterator[AskingCore]:
    with asking_core(database_url) as made:
        yield made


@pytest.fixture
def no_database() -> AskingCore:
    return core_without_database()


def test_a_question_is_about_rows_with_all_these_values(core: AskingCore) -> None:
    core.direct.fill(
        grp,
        {"username": "joe", "domain": "a", "grp": "pstn"},
        {"username": "JIM", "domain": "b", "grp": "pstn"},
        {"username": "jane", "domain": "C", "grp": "pstn"},
    )

    def ask(question: Question, *values: str, domain: str = "a") -> bool:
        with core.direct.engine.connect() as connection:
            return question.ask(connection, *values, domain=domain)

    question = Question("grp", "username", "grp")
    assert ask(question, "joe", "pstn")
    assert not ask(question, "joe", "voicemail")
    assert not ask(question, "JOE", "pstn")
    assert not ask(question, "jim", "pstn")
    assert not ask(question, "joe ", "pstn")
    assert not ask(question, "' OR 1=1 --", "pstn")
    with_domain = Question("grp", "username", "grp", domain="domain")
    assert ask(with_domain, "joe", "pstn")
    assert ask(with_domain, "jane", "pstn", domain="c"), "domains have no case (RFC 3261 §19.1.4)"
    assert not ask(with_domain, "joe", "pstn", domain="b")
    nowhere = Question("nowhere", "username")
    msg = request_in_script(core=core)
    module = started(Asking(), core)
    assert module.ask(msg, lambda rows: nowhere.ask(rows, "x", domain=""), nothing=False) is None
    assert core.replies[0].status == 500


@pytest.mark.parametrize("empty_database_url", ["mysql"], indirect=True)
def test_nobody_is_in_a_table_of_sers_whose_name_it_cant_write(
    empty_database_url: DatabaseUrl,
) -> None:
    """SER made its tables in latin1. That is a no, and nothing that the operator must hear of."""
    with asking_core(empty_database_url) as core:
        with core.direct.engine.begin() as connection:
            columns = "username varchar(64), grp varchar(64)"
            connection.execute(text(f"CREATE TABLE grp ({columns}) CHARACTER SET latin1"))
            connection.execute(text("INSERT INTO grp VALUES ('jos\xe9', 'pstn')"))
        module = started(Asking(), core)
        msg = request_in_script(core=core)
        question = Question("grp", "username", "grp")

        def is_in_group(user: str) -> object:
            return module.ask(
                msg, lambda rows: question.ask(rows, user, "pstn", domain=""), nothing=False
            )

        assert [is_in_group(x) for x in ("jos\xe9", "\u0142ukasz", "\U0001f600")] == [
            True,
            False,
            False,
        ]
        assert core.replies == []
        assert core.logged == []


def test_a_wrong_db_url_stops_the_start() -> None:
    module = Asking()
    module.db_url = "oracle://x"
    with pytest.raises(ValueError, match="a db_url begins with"):
        module.check()


def test_ser_starts_with_a_database_that_has_its_tables(tmp_path: Path) -> None:
    module = Asking()
    module.db_url = f"sqlite:///{tmp_path}/ser.db"
    assert module.has_errands()
    module.before_all("")
    engine = make_engine(DatabaseUrl.parse(module.db_url))
    with engine.connect() as connection:
        assert not Question("grp", "username").ask(connection, "joe", domain="")
    engine.dispose()


def test_a_request_that_cant_be_judged_gets_500(no_database: AskingCore) -> None:
    core = no_database
    module = started(Asking(), core)
    msg = request_in_script(core=core)
    assert module.ask(msg, lambda connection: True, nothing=False) is None
    assert cant_tell(msg) is Answer.CANT_TELL
    assert [(sent.status, sent.headers) for sent in core.replies] == [
        (500, [b"Retry-After: 10\r\n"])
    ]
    assert core.logged == [(-1, "asking: nobody there")]
    assert module.unanswered.value == 1


def test_retry_after_can_be_left_out(no_database: AskingCore) -> None:
    module = started(Asking(), no_database, retry_after=0)
    module.ask(request_in_script(core=no_database), lambda connection: True, nothing=False)
    assert no_database.replies[0].headers == []


def test_an_ack_gets_no_answer(no_database: AskingCore) -> None:
    module = started(Asking(), no_database)
    msg = request_in_script(core=no_database, method="ACK")
    assert module.ask(msg, lambda connection: True, nothing=False) is None
    assert no_database.replies == []
    assert cant_tell(msg) is Answer.CANT_TELL


def test_in_a_failure_route_it_is_a_no(no_database: AskingCore) -> None:
    module = started(Asking(), no_database)
    msg = in_script(request_bytes(), no_database, kind=FAILURE)
    assert module.ask(msg, lambda connection: True, nothing=False) is None
    assert no_database.replies == []
    assert cant_tell(msg) is Answer.NO


@pytest.mark.parametrize(
    ("uri", "user"),
    [
        (b"sip:joe@example.com", "joe"),
        (b"sip:j%6Fe@example.com", "joe"),
        (b"sip:j%C3%B6@example.com", "jö"),
        (b"sip:example.com", None),
        (b"sip:%00@example.com", None),
        (b"sip:%FF@example.com", None),
        (b"sip:" + b"j" * 300 + b"@example.com", None),
    ],
)
def test_the_user_is_the_one_that_the_database_knows(uri: bytes, user: str | None) -> None:
    assert user_in(parse_uri(uri)) == user


def test_the_domain_is_in_lower_case() -> None:
    assert domain_in(parse_uri(b"sip:joe@EXAMPLE.com:5070")) == "example.com"


def test_a_dot_behind_a_domain_changes_nothing() -> None:
    assert domain_in(parse_uri(b"sip:joe@example.com.")) == "example.com"
    assert domain_in(parse_uri(b"sip:joe@[2001:DB8::1]")) == "[2001:db8::1]"


def test_only_sip_uris_have_what_is_looked_up() -> None:
    def broken() -> bytes:
        raise ParseError("no To header")

    core = FakeCore()
    msg = request_in_script(core=core)
    assert sip_uri(msg, lambda: b"tel:+49", "f") is None
    assert core.logged == []
    assert sip_uri(msg, broken, "f") is None
    assert sip_uri(msg, lambda: b"nonsense", "f") is None
    assert [text for _, text in core.logged] == ["f: no To header", "f: the URI can't be read"]
