from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ser_core.modules.auth.arguments import Realm
from ser_core.modules.auth.authorized import authorized
from ser_core.modules.auth.nonce_table import NonceTableError
from ser_core.modules.auth.presented import PROXY, WWW, Kind
from ser_core.modules.auth.results import ANSWERED, AUTHORIZED, CHALLENGE, NOT_SENT
from tests.support.auth_world import FROM_TO, NO_QOP, QOP, REALM, AuthWorld, made
from tests.support.digest_client import Challenge, ha1
from tests.support.script_messages import PROXY_TCP, leaving


@pytest.fixture
def world(tmp_path: Path) -> Iterator[AuthWorld]:
    running = AuthWorld(tmp_path)
    yield running
    running.close()


def challenge_values(world: AuthWorld, **how: Any) -> list[str]:
    world.auth.www_challenge(world.request(), how.get("realm", REALM), how.get("qop", QOP))
    (reply,) = world.core.take_replies()
    return [line.decode() for line in reply.headers]


# Challenges


def test_a_challenge_of_a_server(world: AuthWorld) -> None:
    assert world.auth.www_challenge(world.request(), REALM, QOP) == 0
    (reply,) = world.core.replies
    assert (reply.status, reply.reason) == (401, b"Unauthorized")
    (line,) = reply.headers
    assert line.startswith(b'WWW-Authenticate: Digest realm="example.org", nonce="')
    assert line.endswith(b'", qop="auth", algorithm=MD5\r\n')
    assert world.auth.challenges.value == 1


def test_a_challenge_of_a_proxy(world: AuthWorld) -> None:
    assert world.auth.proxy_challenge(world.request(method="INVITE"), REALM, NO_QOP) == 0
    (reply,) = world.core.replies
    assert (reply.status, reply.reason) == (407, b"Proxy Authentication Required")
    (line,) = reply.headers
    assert line.startswith(b'Proxy-Authenticate: Digest realm="example.org", nonce="')
    assert b"qop" not in line


@pytest.mark.parametrize("method", ["ACK", "CANCEL"])
def test_nobody_can_answer_the_challenge_to_an_ack_or_a_cancel(
    world: AuthWorld, method: str
) -> None:
    msg = world.request(method=method)
    assert world.auth.www_challenge(msg, REALM, QOP) is NOT_SENT
    assert world.auth.proxy_challenge(msg, REALM, QOP) is NOT_SENT
    assert not world.core.replies


def test_a_challenge_that_cannot_be_sent(world: AuthWorld) -> None:
    world.core.can_send = False
    assert world.auth.www_challenge(world.request(), REALM, QOP) is NOT_SENT


@pytest.mark.parametrize(
    ("method", "realm"), [("REGISTER", "callee.example"), ("INVITE", "caller.example")]
)
def test_an_empty_realm_is_the_host_of_to_in_a_register_and_of_from_else(
    world: AuthWorld, method: str, realm: str
) -> None:
    msg = world.request(
        method=method, from_="<sip:a@Caller.example>;tag=1", to="<sip:b@Callee.Example:5080>"
    )
    assert world.challenge(msg, realm=FROM_TO).params["realm"] == realm


def test_a_dot_behind_the_domain_makes_no_other_realm(world: AuthWorld) -> None:
    msg = world.request(method="INVITE", from_="<sip:a@example.org.>;tag=1")
    assert world.challenge(msg, realm=FROM_TO).params["realm"] == "example.org"


def test_realm_prefix_is_taken_off(tmp_path: Path) -> None:
    world = AuthWorld(tmp_path, realm_prefix="sip.")
    msg = world.request(to="<sip:b@sip.example.org>")
    assert world.challenge(msg, realm=FROM_TO).params["realm"] == "example.org"
    assert world.challenge(msg, realm=Realm(b"sip.x")).params["realm"] == "sip.x"
    world.close()


def test_without_a_host_there_is_no_realm(world: AuthWorld) -> None:
    msg = world.request(to="<tel:+431234>")
    assert world.auth.www_challenge(msg, FROM_TO, QOP) == 0
    assert world.auth.examine(msg, WWW, FROM_TO) is ANSWERED
    assert [reply.status for reply in world.core.replies] == [400, 400]
    assert world.auth.malformed.value == 2


def test_a_realm_with_quotes_can_be_answered(world: AuthWorld) -> None:
    realm = Realm(b'the "inner" \\ ring')
    (line,) = challenge_values(world, realm=realm)
    assert 'realm="the \\"inner\\" \\\\ ring"' in line


def test_algorithms_are_offered_as_the_parameter_says(tmp_path: Path) -> None:
    world = AuthWorld(tmp_path, algorithms="MD5, SHA-256")
    first, second = challenge_values(world)
    assert "algorithm=SHA-256" in first
    assert "algorithm=MD5" in second
    world.close()


def test_a_phone_that_fails_on_two_algorithms_gets_one(world: AuthWorld) -> None:
    world.auth.offer.tell_of_sha_256("subscriber", True)
    assert world.challenge().algorithm == "SHA-256"
    msg = world.request("User-Agent: baresip v1.0.0 (x86_64/Linux)")
    assert world.challenge(msg).algorithm == "MD5"


# Credentials


@pytest.mark.parametrize("kind", [WWW, PROXY])
def test_the_right_password_is_let_in(world: AuthWorld, kind: Kind) -> None:
    challenge = world.challenge(kind=kind)
    name = "Authorization" if kind is WWW else "Proxy-Authorization"
    msg = world.request(f"{name}: {challenge.answer('REGISTER', 'sip:example.org')}")
    assert world.judged(msg, kind=kind) is AUTHORIZED
    assert world.auth.accepted.value == 1
    found = authorized(msg)
    assert found is not None
    assert (found.user, found.domain, found.realm) == (b"joe", b"", b"example.org")
    assert msg.state["authorized_user"] == b"joe"


def test_the_header_of_the_other_kind_does_not_count(world: AuthWorld) -> None:
    msg = world.answered(world.challenge())
    assert world.judged(msg, kind=PROXY) is CHALLENGE


def test_without_credentials_there_is_a_challenge(world: AuthWorld) -> None:
    assert world.judged(world.request()) is CHALLENGE
    assert world.judged(world.request("Authorization: Basic am9lOnNlY3JldA==")) is CHALLENGE
    assert world.auth.wrong.value == 0


def test_sha_256_is_taken_when_it_is_offered(tmp_path: Path) -> None:
    world = AuthWorld(tmp_path, algorithms="SHA-256,MD5")
    challenge = world.challenge()
    assert challenge.algorithm == "SHA-256"
    assert world.judged(world.answered(challenge)) is AUTHORIZED
    world.close()


@pytest.mark.parametrize("password", ["Secret", "", "secret "])
def test_a_wrong_password_is_refused_and_told(world: AuthWorld, password: str) -> None:
    msg = world.answered(world.challenge(), password=password)
    assert world.judged(msg) is CHALLENGE
    assert authorized(msg) is None
    assert world.auth.wrong.value == 1
    text = "auth: wrong credentials of joe of example.org from 192.0.2.101"
    assert (2, text) in world.core.logged
    assert not world.challenge(msg).is_stale


def test_an_unknown_user_gets_the_answer_of_a_wrong_password(world: AuthWorld) -> None:
    answers = []
    for user, password in (("joe", "wrong"), ("nobody", "wrong"), ("nobody", "secret")):
        msg = world.answered(world.challenge(), user=user, password=password)
        assert world.judged(msg) is CHALLENGE
        challenge = world.challenge(msg)
        del challenge.params["nonce"]
        answers.append(challenge.params)
    assert answers[0] == answers[1] == answers[2]


def test_an_empty_hash_lets_nobody_in(world: AuthWorld) -> None:
    challenge = world.challenge()
    msg = world.answered(challenge)
    found = world.auth.examine(msg, WWW, REALM)
    assert isinstance(found, tuple)
    presented, algorithm = found
    assert world.auth.right_one(msg, presented, algorithm, [b"", b"0" * 32]) == -1
    assert world.auth.right_one(msg, presented, algorithm, []) == -1


def test_of_several_users_of_a_name_the_one_with_that_password_is_found(world: AuthWorld) -> None:
    msg = world.answered(world.challenge())
    found = world.auth.examine(msg, WWW, REALM)
    assert isinstance(found, tuple)
    presented, algorithm = found
    ours = ha1("joe", "example.org", "secret").encode()
    assert world.auth.right_one(msg, presented, algorithm, [b"0" * 32, ours]) == 1


def test_credentials_hold_for_their_method_only(world: AuthWorld) -> None:
    value = world.challenge().answer("REGISTER", "sip:example.org")
    msg = world.request(f"Authorization: {value}", method="INVITE")
    assert world.judged(msg) is CHALLENGE
    assert world.auth.wrong.value == 1


def test_credentials_for_another_uri_are_answered_400(world: AuthWorld) -> None:
    """A phone sends credentials within a dialog, too, and whoever it talks to can read them."""
    value = world.challenge().answer("REGISTER", "sip:joe@198.51.100.66")
    assert world.judged(world.request(f"Authorization: {value}")) is ANSWERED
    assert world.core.take_replies()[0].status == 400
    world.auth.check_uri = 0
    assert world.judged(world.request(f"Authorization: {value}")) is AUTHORIZED


@pytest.mark.parametrize(
    ("method", "seconds", "answer"),
    [("INVITE", 4, AUTHORIZED), ("INVITE", 6, CHALLENGE), ("REGISTER", 31, AUTHORIZED)],
)
def test_how_late_a_repetition_may_come(
    world: AuthWorld, method: str, seconds: int, answer: int
) -> None:
    value = world.challenge().answer(method, "sip:example.org")
    assert world.judged(world.request(f"Authorization: {value}", method=method)) is AUTHORIZED
    world.core.now += seconds
    assert world.judged(world.request(f"Authorization: {value}", method=method)) is answer


@pytest.mark.parametrize("method", ["MESSAGE", "REGISTER"])
def test_over_tcp_nothing_is_repeated_and_all_is_replayed(world: AuthWorld, method: str) -> None:
    value = world.challenge().answer(method, "sip:example.org")
    answers = []
    for _ in range(2):
        msg = world.request(f"Authorization: {value}", method=method)
        msg.source = msg.source._replace(transport="tcp", listener=PROXY_TCP)
        answers += [world.judged(msg), world.judged(msg)]
    assert answers == [AUTHORIZED, AUTHORIZED, CHALLENGE, CHALLENGE]
    assert world.auth.accepted.value == 1


def test_unreadable_credentials_are_answered_400(world: AuthWorld) -> None:
    msg = world.request('Authorization: Digest realm="example.org", username=')
    assert world.judged(msg) is ANSWERED
    (reply,) = world.core.replies
    assert reply.status == 400
    assert world.auth.malformed.value == 1


@pytest.mark.parametrize("qop", ["auth-int", "auth,auth-int", "none"])
def test_a_quality_of_protection_that_was_not_offered_is_refused(
    world: AuthWorld, qop: str
) -> None:
    value = world.challenge().answer("REGISTER", "sip:example.org")
    value = value.replace("qop=auth", f'qop="{qop}"')
    msg = world.request(f"Authorization: {value}")
    assert world.judged(msg) is CHALLENGE
    assert world.auth.wrong.value == 1


@pytest.mark.parametrize("algorithm", ["MD5-sess", "SHA-512-256", "ROT13"])
def test_an_algorithm_that_was_not_offered_is_refused(world: AuthWorld, algorithm: str) -> None:
    value = world.challenge().answer("REGISTER", "sip:example.org")
    if algorithm == "SHA-512-256":
        value = value.replace('response="', 'response="' + "0" * 32)
    value = value.replace("=MD5", f"={algorithm}")
    msg = world.request(f"Authorization: {value}")
    assert world.judged(msg) is CHALLENGE


def test_a_phone_that_knows_no_qop_is_let_in_once_a_nonce(world: AuthWorld) -> None:
    challenge = world.challenge(qop=NO_QOP)
    assert world.judged(world.answered(challenge)) is AUTHORIZED
    again = world.answered(challenge, cnonce="x")
    again.message.buffer += b"another request"
    assert world.judged(again) is CHALLENGE
    assert world.auth.replayed.value == 1
    assert world.challenge(again).is_stale


def test_a_phone_of_rfc_2069_may_ignore_the_offer_of_qop(world: AuthWorld) -> None:
    assert world.judged(world.answered(world.challenge(), qop=False)) is AUTHORIZED


def test_require_qop_refuses_phones_of_rfc_2069(tmp_path: Path) -> None:
    world = AuthWorld(tmp_path, require_qop=1)
    assert world.judged(world.answered(world.challenge(), qop=False)) is CHALLENGE
    assert world.judged(world.answered(world.challenge())) is AUTHORIZED
    world.close()


# Nonces


def assert_only_the_nonce_is_wrong(world: AuthWorld, msg: Any) -> None:
    assert world.judged(msg) is CHALLENGE
    challenge = world.challenge(msg)
    assert challenge.is_stale
    assert world.judged(world.answered(challenge)) is AUTHORIZED


def test_a_nonce_can_be_used_again_with_the_next_count(world: AuthWorld) -> None:
    challenge = world.challenge()
    for _ in range(5):
        assert world.judged(world.answered(challenge)) is AUTHORIZED


def test_an_expired_nonce_is_stale(world: AuthWorld) -> None:
    challenge = world.challenge()
    world.core.now += 301
    assert_only_the_nonce_is_wrong(world, world.answered(challenge))
    assert world.auth.stale.value == 1


def test_a_stale_nonce_is_told_before_anybody_looks_the_user_up(world: AuthWorld) -> None:
    challenge = world.challenge()
    world.core.now += 301
    assert world.auth.examine(world.answered(challenge, user="x"), WWW, REALM) is CHALLENGE


def test_a_nonce_that_somebody_else_overheard_is_stale(world: AuthWorld) -> None:
    challenge = world.challenge()
    msg = world.answered(challenge, source="198.51.100.66")
    assert world.judged(msg) is CHALLENGE
    assert world.challenge(msg).is_stale


def test_bind_source_can_be_switched_off(tmp_path: Path) -> None:
    world = AuthWorld(tmp_path, bind_source=0)
    challenge = world.challenge()
    assert world.judged(world.answered(challenge, source="198.51.100.66")) is AUTHORIZED
    world.close()


def test_a_nonce_made_up_or_of_another_life_is_stale(world: AuthWorld) -> None:
    challenge = Challenge({"realm": "example.org", "nonce": "41ab9", "qop": "auth"})
    assert_only_the_nonce_is_wrong(world, world.answered(challenge))


def test_a_nonce_of_another_realm_is_stale(world: AuthWorld) -> None:
    challenge = world.challenge(realm=Realm(b"example.com"))
    assert_only_the_nonce_is_wrong(world, world.answered(challenge, realm="example.org"))


def test_stale_is_told_to_the_realm_that_it_is_about(world: AuthWorld) -> None:
    challenge = world.challenge()
    world.core.now += 301
    msg = world.answered(challenge)
    world.judged(msg)
    assert not world.challenge(msg, kind=PROXY).is_stale
    assert not world.challenge(msg, realm=Realm(b"example.com")).is_stale
    assert world.challenge(msg).is_stale


def test_a_retransmission_gets_the_same_answer(world: AuthWorld) -> None:
    challenge = world.challenge()
    for _ in range(3):
        assert world.judged(world.answered(challenge, count=1)) is AUTHORIZED
    assert world.auth.replayed.value == 0


def test_a_replayed_request_is_refused(world: AuthWorld) -> None:
    challenge = world.challenge()
    value = challenge.answer("REGISTER", "sip:example.org")
    assert world.judged(world.request(f"Authorization: {value}")) is AUTHORIZED
    contact = "Contact: <sip:mallory@198.51.100.66>"
    replay = world.request(f"Authorization: {value}", contact)
    assert world.judged(replay) is CHALLENGE
    assert authorized(replay) is None
    assert world.auth.replayed.value == 1
    assert world.challenge(replay).is_stale, "the phone may have counted wrongly; it can try again"


def test_two_processes_share_what_was_used(world: AuthWorld, tmp_path: Path) -> None:
    """Another instance on the same table, as it is in another receiver."""
    other = made()
    other.take_over(world.auth)
    other.start(world.core)  # type: ignore[arg-type]
    challenge = world.challenge()
    value = challenge.answer("REGISTER", "sip:example.org")
    assert world.judged(world.request(f"Authorization: {value}")) is AUTHORIZED
    world.auth = other
    assert world.judged(world.request(f"Authorization: {value}", "X: y")) is CHALLENGE
    assert other.replayed.value == 1


def test_a_reload_keeps_nonces_and_what_was_used(world: AuthWorld) -> None:
    challenge = world.challenge()
    assert world.judged(world.answered(challenge)) is AUTHORIZED
    old, new = world.auth, made()
    new.take_over(old)
    new.start(world.core)  # type: ignore[arg-type]
    old.keeps_open = True
    old.stop()
    world.auth = new
    assert world.judged(world.answered(challenge, count=1, cnonce="other")) is CHALLENGE
    assert world.judged(world.answered(challenge)) is AUTHORIZED


def test_servers_with_the_same_secret_know_each_others_nonces(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = AuthWorld(tmp_path / "a", secret="between us")
    two = AuthWorld(tmp_path / "b", secret="between us")
    assert two.judged(two.answered(one.challenge())) is AUTHORIZED
    one.close()
    two.close()


def test_a_restart_with_the_same_secret_makes_no_replay_possible(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    before = AuthWorld(tmp_path / "a", secret="written in ser.cfg")
    value = before.challenge().answer("REGISTER", "sip:example.org")
    assert before.judged(before.request(f"Authorization: {value}")) is AUTHORIZED
    before.close()
    after = AuthWorld(tmp_path / "b", now=before.core.now + 1, secret="written in ser.cfg")
    replay = after.request(f"Authorization: {value}")
    assert after.judged(replay) is CHALLENGE
    assert after.challenge(replay).is_stale
    assert after.auth.stale.value == 1
    after.close()


def test_when_the_table_fails_the_phone_is_asked_to_come_back(
    world: AuthWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise NonceTableError("the disk is full")

    monkeypatch.setattr(world.auth._table, "use", fail)
    challenge = world.challenge()
    assert world.judged(world.answered(challenge)) is ANSWERED
    (reply,) = world.core.replies
    assert reply.status == 500
    assert reply.headers == [b"Retry-After: 10\r\n"]
    assert world.auth.failures.value == 1


def test_no_retry_after_when_it_is_not_wanted(tmp_path: Path) -> None:
    world = AuthWorld(tmp_path, retry_after=0)
    assert world.auth.answer_failure(world.request(), "because") is ANSWERED
    assert world.core.replies[0].headers == []
    world.close()


# Consuming


def test_the_credentials_that_were_right_are_taken_out(world: AuthWorld) -> None:
    challenge = world.challenge()
    theirs = challenge.answer("REGISTER", "sip:example.org", realm="example.com")
    ours = challenge.answer("REGISTER", "sip:example.org")
    msg = world.request(f"Authorization: {theirs}", "One: 1", f"Authorization: {ours}", "Two: 2")
    assert world.judged(msg) is AUTHORIZED
    assert world.auth.consume_credentials(msg)
    left = leaving(msg)
    assert left.headers(b"authorization") == [theirs.encode()]
    assert left.header(b"one") == b"1"
    assert left.header(b"two") == b"2"


def test_nothing_is_taken_out_when_nobody_was_let_in(world: AuthWorld) -> None:
    msg = world.answered(world.challenge(), password="wrong")
    world.judged(msg)
    assert not world.auth.consume_credentials(msg)
    assert leaving(msg).header(b"authorization")


def test_credentials_for_a_server_and_for_a_proxy_are_both_taken_out(world: AuthWorld) -> None:
    one, two = world.challenge(), world.challenge(kind=PROXY)
    msg = world.request(
        f"Authorization: {one.answer('REGISTER', 'sip:example.org')}",
        f"Proxy-Authorization: {two.answer('REGISTER', 'sip:example.org')}",
    )
    assert world.judged(msg) is AUTHORIZED
    assert world.judged(msg, kind=PROXY) is AUTHORIZED
    assert world.auth.consume_credentials(msg)
    assert leaving(msg).header(b"authorization") is None
    assert leaving(msg).header(b"proxy-authorization") is None


def test_asking_twice_about_one_request_is_no_replay(world: AuthWorld) -> None:
    msg = world.answered(world.challenge())
    assert world.judged(msg) is AUTHORIZED
    assert world.judged(msg) is AUTHORIZED
    assert world.auth.consume_credentials(msg)
    assert leaving(msg).header(b"authorization") is None
