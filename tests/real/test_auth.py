"""etc/ser-auth.cfg as it is shipped: who gets in, and who doesn't."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core.fifo.client import FifoClient
from ser_core.server.call_id import owner_of
from tests.real.conftest import check
from tests.support.auth_ser import (
    CONFIG,
    GuardedPeer,
    add_subscribers,
    challenge_in,
    challenges_in,
    config_with,
    guarded_ser,
)
from tests.support.daemon import Ser, wait_for
from tests.support.databases import database_server
from tests.support.sip_peer import Peer

pytestmark = pytest.mark.real

RECEIVERS = 2


@pytest.fixture(scope="module")
def ser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ser]:
    with guarded_ser(tmp_path_factory.mktemp("auth"), children=RECEIVERS) as running:
        yield running


@pytest.fixture
def target(ser: Ser) -> str:
    return f"127.0.0.1:{ser.port}"


@pytest.fixture
def alice(target: str) -> Iterator[GuardedPeer]:
    with GuardedPeer(target, "alice") as peer:
        yield peer


@pytest.fixture
def bob(target: str) -> Iterator[GuardedPeer]:
    """Registered while the test runs."""
    with GuardedPeer(target, "bob") as peer:
        assert peer.logs_in().status == 200
        yield peer
        assert peer.logs_in(expires=0).status == 200


@pytest.fixture
def stranger(target: str) -> Iterator[GuardedPeer]:
    """Somebody from elsewhere; what he sends comes from another address, and says so."""
    with GuardedPeer(target, "trudy", host="127.0.0.2") as peer:
        yield peer


def foreign(text: str, target: str) -> str:
    """The request with a From that isn't ours."""
    return text.replace(f"From: <sip:trudy@{target}>", "From: <sip:trudy@elsewhere.example>")


# The file itself


def test_ser_says_that_the_file_is_good(tmp_path: Path) -> None:
    checked = check(tmp_path, CONFIG.read_text())
    assert (checked.returncode, checked.stderr) == (0, "config file ok, exiting...\n"), checked


def test_hello_world_is_in_it_line_for_line() -> None:
    """What it shares with etc/ser.cfg is the same; it adds, and takes nothing away."""
    shared = (CONFIG.parent / "ser.cfg").read_text()
    ours = CONFIG.read_text()
    changed = ("fork=", "log_stderror=", 'modparam("usrloc", "db_mode"')
    for line in shared.splitlines():
        code = line.partition("#")[0].strip()
        if code and not code.startswith(changed) and "REGISTER" not in code:
            assert code in ours, code


# Registering


def test_who_registers_is_asked_for_a_password(alice: GuardedPeer) -> None:
    response = alice.registers()
    strong, weak = challenges_in(response)
    assert response.status == 401
    assert (strong.algorithm, weak.algorithm) == ("SHA-256", "MD5")
    assert strong.params["realm"] == "127.0.0.1"
    assert strong.params["qop"] == "auth"
    assert not strong.is_stale


def test_the_right_password_is_enough(alice: GuardedPeer) -> None:
    response = alice.logs_in()
    assert response.status == 200
    assert alice.uri in response.header("contact")


def test_a_phone_that_knows_md5_only_gets_in(alice: GuardedPeer) -> None:
    weak = challenges_in(alice.registers())[1]
    header = alice.credentials(weak, "REGISTER", f"sip:{alice.proxy}")
    assert alice.registers(headers=[header]).status == 200


def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(
    alice: GuardedPeer, target: str
) -> None:
    with GuardedPeer(target, "nobody") as nobody:
        answers = [alice.logs_in(password="guess"), nobody.logs_in()]
    assert [answer.status for answer in answers] == [401, 401]
    shapes = []
    for answer in answers:
        challenge = challenge_in(answer)
        del challenge.params["nonce"]
        shapes.append((sorted(name for name, _ in answer.fields), challenge.params))
    assert shapes[0] == shapes[1]
    assert "stale" not in shapes[0][1]


def test_nobody_registers_somebody_else(alice: GuardedPeer) -> None:
    uri = f"sip:{alice.proxy}"
    victim = f"<sip:bob@{alice.proxy}>"
    challenge = challenge_in(alice.registers(to=victim))
    response = alice.registers(to=victim, headers=[alice.credentials(challenge, "REGISTER", uri)])
    assert (response.status, response.reason) == (403, "Register Yourself Only")


def test_nobody_is_registered_here_who_belongs_elsewhere(alice: GuardedPeer) -> None:
    """RFC 3261 §10.3 step 5; his realm wouldn't be one of ours either."""
    response = alice.registers(to="<sip:alice@elsewhere.example>")
    assert (response.status, response.reason) == (404, "Not Our User")


def test_a_register_that_gets_lost_on_its_way_back_is_answered_again(alice: GuardedPeer) -> None:
    challenge = challenge_in(alice.registers())
    header = alice.credentials(challenge, "REGISTER", f"sip:{alice.proxy}")
    text = alice.written(
        "REGISTER",
        f"sip:{alice.proxy}",
        headers=[header, f"Contact: <{alice.uri}>"],
        to=f"<sip:alice@{alice.proxy}>",
    )
    assert [alice.exchanged(text).status for _ in range(3)] == [200, 200, 200]


def test_a_phone_uses_a_nonce_again_by_counting_it_up(alice: GuardedPeer) -> None:
    challenge = challenge_in(alice.registers())
    for _ in range(3):
        header = alice.credentials(challenge, "REGISTER", f"sip:{alice.proxy}")
        assert alice.registers(headers=[header]).status == 200


# What somebody could do who listens on the way


def call_id_for(receiver: int) -> str:
    """A Call-ID whose messages go to that receiver."""
    return next(
        call_id
        for number in itertools.count()
        if owner_of((call_id := f"replay{number}").encode(), RECEIVERS) == receiver
    )


def test_a_replayed_register_is_refused_by_each_receiver(alice: GuardedPeer, ser: Ser) -> None:
    challenge = challenge_in(alice.registers())
    header = alice.credentials(challenge, "REGISTER", f"sip:{alice.proxy}")
    assert alice.registers(headers=[header], call_id=call_id_for(0)).status == 200
    for receiver in range(RECEIVERS):
        hostile = [header, "Contact: <sip:mallory@198.51.100.66>"]
        response = alice.registers(headers=hostile, call_id=call_id_for(receiver))
        assert response.status == 401
        assert challenge_in(response).is_stale


def test_credentials_overheard_are_no_good_elsewhere(alice: GuardedPeer, target: str) -> None:
    challenge = challenge_in(alice.registers())
    header = alice.credentials(challenge, "REGISTER", f"sip:{target}")
    with GuardedPeer(target, "alice", host="127.0.0.3") as thief:
        assert thief.registers(headers=[header]).status == 401
    assert alice.registers(headers=[header]).status == 200, "the thief has used nothing up"


def test_a_nonce_belongs_to_the_first_who_used_it_rightly(alice: GuardedPeer, target: str) -> None:
    challenge = challenge_in(alice.registers())
    header = alice.credentials(challenge, "REGISTER", f"sip:{target}")
    assert alice.registers(headers=[header]).status == 200
    with GuardedPeer(target, "carol") as carol:
        header = carol.credentials(challenge, "REGISTER", f"sip:{target}")
        response = carol.registers(headers=[header])
        assert response.status == 401
        assert challenge_in(response).is_stale


def test_credentials_for_one_method_are_no_good_for_another(
    alice: GuardedPeer, bob: GuardedPeer
) -> None:
    uri = f"sip:bob@{alice.proxy}"
    challenge = challenge_in(alice.asks("MESSAGE", uri))
    header = alice.credentials(challenge, "MESSAGE", uri)
    assert alice.asks("INVITE", uri, headers=[header]).status == 407
    assert bob.nothing_comes()


# Calling


def test_one_of_our_users_calls_another(alice: GuardedPeer, bob: GuardedPeer) -> None:
    uri = f"sip:bob@{alice.proxy}"
    asked = alice.asks("INVITE", uri)
    assert asked.status == 407
    header = alice.credentials(challenge_in(asked), "INVITE", uri)
    alice.send(alice.written("INVITE", uri, headers=[header]))
    invite = bob.receive("INVITE")
    assert not [name for name, _ in invite.fields if name == "proxy-authorization"]
    bob.reply(invite, 486)
    assert alice.final_response().status == 486


def test_credentials_for_somebody_else_on_the_way_are_passed_on(
    alice: GuardedPeer, bob: GuardedPeer
) -> None:
    uri = f"sip:bob@{alice.proxy}"
    challenge = challenge_in(alice.asks("INVITE", uri))
    theirs = f"Proxy-Authorization: {challenge.answer('INVITE', uri, realm='elsewhere.example')}"
    header = alice.credentials(challenge, "INVITE", uri)
    alice.send(alice.written("INVITE", uri, headers=[theirs, header]))
    invite = bob.receive("INVITE")
    assert "elsewhere.example" in invite.header("proxy-authorization")
    bob.reply(invite, 486)
    assert alice.final_response().status == 486


def test_nobody_calls_in_the_name_of_another_user(alice: GuardedPeer, bob: GuardedPeer) -> None:
    uri = f"sip:bob@{alice.proxy}"
    challenge = challenge_in(alice.asks("INVITE", uri, sender="carol"))
    header = alice.credentials(challenge, "INVITE", uri)
    response = alice.asks("INVITE", uri, headers=[header], sender="carol")
    assert (response.status, response.reason) == (403, "Use Your Own Address")
    assert bob.nothing_comes()


def test_a_stranger_calls_one_of_our_users(
    stranger: GuardedPeer, bob: GuardedPeer, target: str
) -> None:
    stranger.send(foreign(stranger.written("INVITE", f"sip:bob@{target}"), target))
    invite = bob.receive("INVITE")
    bob.reply(invite, 486)
    assert stranger.final_response().status == 486


@pytest.mark.parametrize(
    ("route", "reason"),
    [
        ((), "Relaying Denied"),
        (("Route: <sip:{target};lr>, <sip:127.0.0.9:{elsewhere};lr>",), "Preloaded Route Not"),
        (("Route: <sip:127.0.0.9:{elsewhere};lr>",), "Preloaded Route Not"),
    ],
)
def test_a_stranger_calls_nobody_elsewhere_through_us(
    stranger: GuardedPeer, target: str, route: tuple[str, ...], reason: str
) -> None:
    with Peer(target, "victim", host="127.0.0.9") as victim:
        headers = [x.format(target=target, elsewhere=victim.port) for x in route]
        text = stranger.written("INVITE", f"sip:victim@127.0.0.9:{victim.port}", headers=headers)
        response = stranger.exchanged(foreign(text, target))
        assert response.status == 403
        assert response.reason.startswith(reason)
        for method in ("ACK", "CANCEL", "MESSAGE", "REGISTER"):
            uri = f"sip:victim@127.0.0.9:{victim.port}"
            stranger.send(foreign(stranger.written(method, uri, headers=headers), target))
        assert victim.nothing_comes()


@pytest.mark.parametrize("host", ["{target}", "SER.test:5070", "ser.test.", "ser.test;x=y"])
def test_no_spelling_of_our_domain_gets_around_the_password(
    stranger: GuardedPeer, bob: GuardedPeer, target: str, host: str
) -> None:
    text = stranger.written("MESSAGE", f"sip:bob@{target}")
    mine = f"From: <sip:alice@{host.format(target=target)}>"
    assert stranger.exchanged(text.replace(f"From: <sip:trudy@{target}>", mine)).status == 407
    assert bob.nothing_comes(0.05)


def test_nobody_says_for_us_who_is_calling(
    stranger: GuardedPeer, alice: GuardedPeer, bob: GuardedPeer, target: str
) -> None:
    """Phones show these headers instead of From (RFC 3325 §5)."""
    uri = f"sip:bob@{target}"
    lies = [
        f"P-Asserted-Identity: <sip:carol@{target}>",
        "P-Asserted-Identity: <tel:+431234>",
        f"Remote-Party-ID: <sip:carol@{target}>;party=calling;screen=yes",
    ]
    stranger.send(foreign(stranger.written("MESSAGE", uri, headers=lies), target))
    header = alice.credentials(challenge_in(alice.asks("MESSAGE", uri)), "MESSAGE", uri)
    alice.send(alice.written("MESSAGE", uri, headers=[header, *lies]))
    for peer in (stranger, alice):
        message = bob.receive("MESSAGE")
        names = {name for name, _ in message.fields}
        assert not names & {"p-asserted-identity", "remote-party-id"}
        bob.reply(message, 200)
        assert peer.final_response().status == 200


@pytest.mark.parametrize("method", ["REFER", "NOTIFY"])
def test_a_stranger_has_no_phone_call_anybody_or_restart(
    stranger: GuardedPeer, alice: GuardedPeer, bob: GuardedPeer, target: str, method: str
) -> None:
    uri = f"sip:bob@{target}"
    headers = ["Refer-To: <sip:0900@expensive.example>", "Event: check-sync"]
    for to in ("", f"<{uri}>;tag=made-up"):
        response = stranger.exchanged(
            foreign(stranger.written(method, uri, headers=headers, to=to), target)
        )
        assert (response.status, response.reason) == (403, "Not From Strangers")
    assert bob.nothing_comes(0.05)
    header = alice.credentials(challenge_in(alice.asks(method, uri)), method, uri)
    alice.send(alice.written(method, uri, headers=[*headers, header]))
    bob.reply(bob.receive(method), 202)
    assert alice.final_response().status == 202, "one of our users may"


def test_a_to_tag_that_is_made_up_opens_no_way_for_a_register(
    stranger: GuardedPeer, target: str
) -> None:
    with Peer(target, "victim", host="127.0.0.9") as victim:
        text = stranger.written(
            "REGISTER",
            f"sip:127.0.0.9:{victim.port}",
            headers=[f"Route: <sip:{target};lr>"],
            to="<sip:victim@elsewhere.example>;tag=made-up",
        )
        assert stranger.exchanged(foreign(text, target)).status == 403
        assert victim.nothing_comes(0.05)


def test_a_stranger_who_says_he_is_one_of_us_is_asked_for_a_password(
    stranger: GuardedPeer, bob: GuardedPeer, target: str
) -> None:
    assert stranger.asks("INVITE", f"sip:bob@{target}", sender="alice").status == 407
    assert stranger.asks("MESSAGE", "sip:a@elsewhere.example", sender="alice").status == 407
    assert bob.nothing_comes()


def test_unreadable_credentials_are_answered_400_and_go_nowhere(
    alice: GuardedPeer, bob: GuardedPeer
) -> None:
    headers = ['Proxy-Authorization: Digest realm="127.0.0.1", username="alice"']
    assert alice.asks("INVITE", f"sip:bob@{alice.proxy}", headers=headers).status == 400
    assert bob.nothing_comes()


# When things go wrong


def test_while_the_database_is_down_nobody_gets_in_and_all_are_asked_to_come_back() -> None:
    with database_server("postgresql") as server:
        url = server.new_database("ser")
        add_subscribers(url)
        with Ser(config_with(url), children=1) as ser:
            target = f"127.0.0.1:{ser.port}"
            with GuardedPeer(target, "alice") as alice, GuardedPeer(target, "bob") as bob:
                assert bob.logs_in().status == 200
                server.stop()
                for method, uri in (("REGISTER", f"sip:{target}"), ("INVITE", f"sip:bob@{target}")):
                    challenge = challenge_in(alice.asks(method, uri))
                    header = alice.credentials(challenge, method, uri)
                    asked_at = time.monotonic()
                    response = alice.asks(method, uri, headers=[header])
                    assert time.monotonic() - asked_at < 2
                    assert response.status == 500
                    assert response.header("retry-after") == "10"
                assert bob.nothing_comes()
                server.start()
                wait_for(lambda: alice.logs_in().status == 200, "alice to get in")


def test_a_nonce_from_before_a_restart_only_needs_another_one(tmp_path: Path) -> None:
    with guarded_ser(tmp_path) as ser, GuardedPeer(f"127.0.0.1:{ser.port}", "alice") as alice:
        challenge = challenge_in(alice.registers())
        header = alice.credentials(challenge, "REGISTER", f"sip:{alice.proxy}")
        assert alice.registers(headers=[header]).status == 200
        ser.stop()
        ser.start()
        header = alice.credentials(challenge, "REGISTER", f"sip:{alice.proxy}")
        response = alice.registers(headers=[header])
        assert response.status == 401
        assert challenge_in(response).is_stale
        header = alice.credentials(challenge_in(response), "REGISTER", f"sip:{alice.proxy}")
        assert alice.registers(headers=[header]).status == 200


def test_a_receiver_that_dies_takes_no_nonce_with_it(tmp_path: Path) -> None:
    with (
        guarded_ser(tmp_path, children=1) as ser,
        GuardedPeer(f"127.0.0.1:{ser.port}", "alice") as alice,
    ):
        challenge = challenge_in(alice.registers())
        header = alice.credentials(challenge, "REGISTER", f"sip:{alice.proxy}")
        assert alice.registers(headers=[header]).status == 200
        (dead,) = ser.receivers()
        os.kill(dead, signal.SIGKILL)
        wait_for(lambda: ser.receivers() not in ([], [dead]), "another receiver")
        response = alice.registers(headers=[header])
        assert response.status == 401, "it remembers that the nonce was used"
        header = alice.credentials(challenge, "REGISTER", f"sip:{alice.proxy}")
        assert alice.registers(headers=[header]).status == 200, "and knows it as its own"


def test_a_reload_keeps_nonces_and_knows_which_were_used(ser: Ser, alice: GuardedPeer) -> None:
    challenge = challenge_in(alice.registers())
    header = alice.credentials(challenge, "REGISTER", f"sip:{alice.proxy}")
    assert alice.registers(headers=[header]).status == 200
    with FifoClient(ser.fifo) as client:
        assert client.ask("reload", "").code == 200
    assert alice.registers(headers=[header]).status == 401, "it was used"
    header = alice.credentials(challenge, "REGISTER", f"sip:{alice.proxy}")
    assert alice.registers(headers=[header]).status == 200
