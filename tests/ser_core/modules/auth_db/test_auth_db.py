from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from ser_core.database import subscribers
from ser_core.database.engine import make_engine
from ser_core.database.errors import DatabaseDown, DatabaseError, NoSuchCharacters
from ser_core.database.straight import Plain
from ser_core.database.url import DatabaseUrl
from ser_core.modules.auth.arguments import Realm
from ser_core.modules.auth.authorized import authorized
from ser_core.modules.auth.results import ANSWERED, AUTHORIZED, CHALLENGE
from ser_core.modules.auth_db.arguments import TableName
from ser_core.modules.auth_db.auth_db import LOOK_AGAIN, LOOK_INTERVAL, AuthDb
from tests.support.auth_world import FROM_TO, PROXY, REALM, AuthWorld
from tests.support.script_messages import in_script

TABLE = TableName("subscriber")


class FakeDatabase:
    """Does the work at once; `error` is what it raises instead."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.error: DatabaseError | None = None
        self.runs = 0

    def run(self, work: Callable[[Connection], Any], *, timeout: float = 2.0) -> Any:
        self.runs += 1
        if self.error is not None:
            raise self.error
        with self.engine.begin() as connection:
            return work(connection)

    run_plain = run


class World(AuthWorld):
    """auth and auth_db at work, with joe of example.org in the database."""

    def __init__(self, directory: Path, url: DatabaseUrl, **params: int | str) -> None:
        super().__init__(directory, algorithms=params.pop("algorithms", ""))
        self.engine = make_engine(url)
        self.database = FakeDatabase(self.engine)
        self.core.database = lambda url: self.database  # type: ignore[attr-defined]
        self.auth_db = AuthDb()
        for name, value in params.items():
            assert hasattr(self.auth_db, name)
            setattr(self.auth_db, name, value)
        self.auth_db.check()
        self.auth_db.check_beside({"auth": self.auth})
        self.auth_db.start(self.core)  # type: ignore[arg-type]
        self.add("joe", "example.org")

    def add(self, user: str, domain: str, password: str = "secret", **values: Any) -> None:
        with self.engine.begin() as connection:
            hashes = subscribers.hashes_of(user, domain, password, clear=True)
            subscribers.add(connection, user, domain, hashes, email="", now=1.0)
            if values:
                subscribers.change(connection, user, domain, 1.0, **values)

    def change(self, user: str, **values: Any) -> None:
        with self.engine.begin() as connection:
            subscribers.change(connection, user, "example.org", 1.0, **values)

    def authorize(self, msg: Any, realm: Realm = REALM) -> int:
        return self.auth_db.www_authorize(msg, realm, TABLE)

    def log_in(self, user: str = "joe", password: str = "secret", **more: Any) -> int:
        """What the answer to new credentials is."""
        return self.authorize(self.answered(self.challenge(), user=user, password=password, **more))

    def close(self) -> None:
        super().close()
        self.engine.dispose()


MakeWorld = Callable[..., World]


@pytest.fixture
def make_world(tmp_path: Path, database_url: DatabaseUrl) -> Iterator[MakeWorld]:
    made: list[World] = []

    def make(**params: int | str) -> World:
        made.append(World(tmp_path, database_url, **params))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def file_world(tmp_path: Path, databases: Any) -> Iterator[World]:
    """For rules that no database decides."""
    with databases.prepared("sqlite") as url:
        world = World(tmp_path, url)
        yield world
        world.close()


def test_the_right_password_is_let_in_and_no_other(make_world: MakeWorld) -> None:
    world = make_world()
    assert world.authorize(world.request()) is CHALLENGE
    assert world.challenge().algorithm == "SHA-256", "our table has hashes for it"
    assert world.log_in() is AUTHORIZED
    assert world.log_in(password="wrong") is CHALLENGE
    assert world.log_in("nobody") is CHALLENGE
    assert world.log_in("JOE") is CHALLENGE
    assert (world.auth.accepted.value, world.auth.wrong.value) == (1, 3)


def test_a_phone_that_knows_md5_only_is_let_in(make_world: MakeWorld) -> None:
    world = make_world(algorithms="MD5")
    assert world.log_in() is AUTHORIZED
    assert world.log_in(password="wrong") is CHALLENGE


def test_a_proxy_asks_for_its_own_header(file_world: World) -> None:
    challenge = file_world.challenge(kind=PROXY)
    value = challenge.answer("INVITE", "sip:bob@example.org")
    msg = file_world.request(f"Proxy-Authorization: {value}", method="INVITE")
    assert file_world.auth_db.www_authorize(msg, REALM, TABLE) is CHALLENGE
    assert file_world.auth_db.proxy_authorize(msg, REALM, TABLE) is AUTHORIZED


@pytest.mark.parametrize("method", ["ACK", "CANCEL"])
def test_an_ack_and_a_cancel_need_no_credentials(file_world: World, method: str) -> None:
    msg = file_world.request(method=method)
    assert file_world.auth_db.www_authorize(msg, REALM, TABLE) is AUTHORIZED
    assert file_world.auth_db.proxy_authorize(msg, REALM, TABLE) is AUTHORIZED
    assert authorized(msg) is None
    assert file_world.database.runs == 0


def test_a_username_with_a_domain_has_hashes_of_its_own(make_world: MakeWorld) -> None:
    for params in ({}, {"algorithms": "MD5"}, {"use_domain": 1}):
        world = make_world(**params)
        world.authorize(world.request())
        assert world.log_in("joe@example.org") is AUTHORIZED
        assert world.log_in("joe@elsewhere.example") is CHALLENGE
        with world.engine.begin() as connection:
            subscribers.remove(connection, "joe", "example.org")
        world.auth.stop()
        (world.core.directory / "nonces.mdb").unlink(missing_ok=True)


def test_with_use_domain_the_realm_is_the_domain(file_world: World) -> None:
    file_world.auth_db.use_domain = 1
    file_world.add("ann", "example.com", "another")
    assert file_world.log_in("ann", "another") is CHALLENGE
    challenge = file_world.challenge(realm=Realm(b"example.com"))
    msg = file_world.answered(challenge, user="ann", password="another")
    assert file_world.authorize(msg, Realm(b"example.com")) is AUTHORIZED


def test_without_use_domain_users_of_a_name_have_each_their_password(file_world: World) -> None:
    file_world.add("joe", "example.com", "other", rpid="+2")
    file_world.change("joe", rpid="+1")
    realm = Realm(b"example.com")
    msg = file_world.answered(file_world.challenge(realm=realm), password="other")
    assert file_world.authorize(msg, realm) is AUTHORIZED
    assert msg.state["avps"] == {"rpid": b"+2"}


def test_an_empty_realm_is_that_of_the_request(file_world: World) -> None:
    msg = file_world.answered(file_world.challenge(realm=FROM_TO))
    assert file_world.authorize(msg, FROM_TO) is AUTHORIZED


def test_passwords_may_stand_in_the_table(make_world: MakeWorld) -> None:
    world = make_world(calculate_ha1=1, password_column="password")
    world.authorize(world.request())
    assert world.challenge().algorithm == "SHA-256"
    assert world.log_in() is AUTHORIZED
    assert world.log_in("joe@example.org") is AUTHORIZED
    assert world.log_in(password="wrong") is CHALLENGE


@pytest.mark.parametrize("hash_", ["", "0" * 63, "secret"])
def test_nobody_comes_in_by_a_hash_that_is_none(file_world: World, hash_: str) -> None:
    """Else the response to an empty HA1 could be computed by everybody."""
    file_world.authorize(file_world.request())
    file_world.change("joe", ha1_sha256=hash_)
    assert file_world.log_in() is CHALLENGE
    assert file_world.auth.wrong.value == 1


def test_a_new_password_holds_at_once(file_world: World) -> None:
    assert file_world.log_in() is AUTHORIZED
    hashes = subscribers.hashes_of("joe", "example.org", "changed")
    file_world.change("joe", **hashes)
    assert file_world.log_in() is CHALLENGE
    assert file_world.log_in(password="changed") is AUTHORIZED


def test_sha_256_is_offered_when_all_subscribers_have_a_hash_for_it(file_world: World) -> None:
    file_world.authorize(file_world.request())
    assert file_world.challenge().algorithm == "SHA-256"
    file_world.add("old", "example.org", ha1_sha256="")
    file_world.core.elapsed += LOOK_INTERVAL
    file_world.authorize(file_world.request())
    assert file_world.challenge().algorithm == "MD5"
    assert file_world.log_in("old") is AUTHORIZED
    file_world.change("old", **subscribers.hashes_of("old", "example.org", "secret"))
    file_world.authorize(file_world.request())
    assert file_world.challenge().algorithm == "MD5", "not looked at each time"
    file_world.core.elapsed += LOOK_INTERVAL
    file_world.authorize(file_world.request())
    assert file_world.challenge().algorithm == "SHA-256"


def test_a_phone_that_has_begun_with_sha_256_may_go_on_with_it(file_world: World) -> None:
    file_world.authorize(file_world.request())
    challenge = file_world.challenge()
    file_world.add("old", "example.org", ha1_sha256="")
    file_world.core.elapsed += LOOK_INTERVAL
    assert challenge.algorithm == "SHA-256"
    assert file_world.authorize(file_world.answered(challenge)) is AUTHORIZED


def test_a_table_of_old_without_hashes_for_sha_256_works(make_world: MakeWorld) -> None:
    world = make_world(sha256_column="nowhere")
    world.database.error = DatabaseError("no such column: nowhere")
    assert world.authorize(world.request()) is CHALLENGE
    world.database.error = None
    assert world.challenge().algorithm == "MD5"
    assert world.log_in() is AUTHORIZED
    assert (2, "auth_db: SHA-256 isn't offered: no such column: nowhere") in world.core.logged


def test_attributes_of_the_user_go_with_the_request(make_world: MakeWorld) -> None:
    world = make_world(avps_column_str="rpid|email_address|timezone", avps_column_int="allow_find")
    world.change("joe", rpid="+431234", allow_find="1")
    msg = world.answered(world.challenge())
    assert world.authorize(msg) is AUTHORIZED
    assert msg.state["avps"] == {"rpid": b"+431234", "allow_find": 1}
    assert world.auth.is_rpid_user_e164(msg) is False, "a bare number is no URI"


def test_while_the_database_is_down_phones_are_asked_to_come_back(file_world: World) -> None:
    challenge = file_world.challenge()
    file_world.database.error = DatabaseDown("refused")
    msg = file_world.answered(challenge)
    assert file_world.authorize(msg) is ANSWERED
    (reply,) = file_world.core.take_replies()
    assert reply.status == 500
    assert reply.headers == [b"Retry-After: 10\r\n"]
    assert authorized(msg) is None
    assert file_world.auth.failures.value == 1
    file_world.database.error = None
    assert file_world.authorize(file_world.answered(challenge, count=1)) is AUTHORIZED


def test_a_name_that_the_table_cannot_have_is_an_unknown_users(file_world: World) -> None:
    challenge = file_world.challenge()
    file_world.database.error = NoSuchCharacters("no such character in latin1")
    msg = file_world.answered(challenge)
    assert file_world.authorize(msg) is CHALLENGE
    assert authorized(msg) is None
    assert file_world.auth.failures.value == 0


def test_a_challenge_needs_no_database(file_world: World) -> None:
    file_world.database.error = DatabaseDown("refused")
    assert file_world.authorize(file_world.request()) is CHALLENGE
    assert file_world.challenge().algorithm == "MD5"


def test_what_is_offered_stays_when_nobody_can_tell(file_world: World) -> None:
    file_world.authorize(file_world.request())
    file_world.core.elapsed += LOOK_INTERVAL
    file_world.database.error = DatabaseDown("refused")
    file_world.authorize(file_world.request())
    assert file_world.challenge().algorithm == "SHA-256"


def test_a_look_at_all_subscribers_that_takes_too_long_does_not_hold_up_everybody(
    file_world: World,
) -> None:
    run, timeouts = file_world.database.run, []

    def slow_look(work: Callable[[Connection], Any], *, timeout: float = 2.0) -> Any:
        timeouts.append(timeout)
        raise DatabaseDown("no answer in time")

    def ask(work: Callable[[Plain], Any], *, timeout: float = 2.0) -> Any:
        timeouts.append(timeout)
        return run(work, timeout=timeout)

    file_world.database.run = slow_look  # type: ignore[method-assign]
    file_world.database.run_plain = ask  # type: ignore[method-assign,assignment]
    for _ in range(3):
        assert file_world.log_in() is AUTHORIZED
    assert len(timeouts) == 4
    assert sum(timeouts[:2]) < 2.0, "a phone has its answer within two seconds"
    file_world.core.elapsed += LOOK_AGAIN + 1
    assert file_world.log_in() is AUTHORIZED
    assert len(timeouts) == 6


@pytest.mark.parametrize("text", ["many", "1.5", "0x1", "9" * 50])
def test_an_attribute_that_is_no_number_is_left_out(file_world: World, text: str) -> None:
    file_world.change("joe", greeting=text, first_name="5")
    file_world.auth_db.avps_column_int = "greeting|first_name"
    file_world.auth_db.check()
    msg = file_world.answered(file_world.challenge())
    assert file_world.authorize(msg) is AUTHORIZED
    assert msg.state["avps"]["first_name"] == 5
    assert "greeting" not in msg.state["avps"]


@pytest.mark.parametrize("user", [b"", b"a\\\0b", b"x" * 300, b"jo\xff"])
def test_names_that_cannot_be_are_refused_without_asking(file_world: World, user: bytes) -> None:
    file_world.authorize(file_world.request())
    runs = file_world.database.runs
    data = file_world.answered(file_world.challenge()).message.buffer
    msg = in_script(data.replace(b'username="joe"', b'username="%b"' % user), file_world.core)
    assert file_world.authorize(msg) is (CHALLENGE if user else ANSWERED)
    assert file_world.database.runs == runs


def test_an_unknown_user_and_a_wrong_password_cost_the_same_queries(file_world: World) -> None:
    runs = []
    for user in ("joe", "nobody", "nobody@example.org"):
        before = file_world.database.runs
        assert file_world.log_in(user, "wrong") is CHALLENGE
        runs.append(file_world.database.runs - before)
    assert runs[1:] == [1, 1]
    assert runs[0] == 2, "the first one looked for SHA-256, too"


def test_rubbish_costs_no_query(file_world: World) -> None:
    challenge = file_world.challenge()
    file_world.core.now += 1000
    file_world.authorize(file_world.request())  # looks for SHA-256
    runs = file_world.database.runs
    file_world.authorize(file_world.answered(challenge))
    file_world.authorize(file_world.request("Authorization: Digest rubbish"))
    file_world.authorize(file_world.request("Authorization: Basic x"))
    assert file_world.database.runs == runs
