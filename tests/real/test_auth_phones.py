"""Real phones and etc/ser-auth.cfg: they register with a password and call each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.auth_ser import DOMAIN, PASSWORDS, guarded_ser
from tests.support.baresip import Baresip
from tests.support.daemon import Ser
from tests.support.phone import Phone

pytestmark = [pytest.mark.real, pytest.mark.needs("pjsua2")]


def pjsua2(
    user: str, target: str, directory: Path, password: str = "", *, transport: str = "udp"
) -> Phone:
    """A phone that knows its password, or another one."""
    password = password or PASSWORDS[user]
    return Phone(user, target, directory, transport=transport, password=password, domain=DOMAIN)


@pytest.fixture(scope="module")
def ser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ser]:
    with guarded_ser(tmp_path_factory.mktemp("phones")) as running:
        yield running


@pytest.fixture(scope="module")
def target(ser: Ser) -> str:
    return f"127.0.0.1:{ser.port}"


@pytest.fixture
def alice(target: str, tmp_path: Path) -> Iterator[Phone]:
    """pjsua2, registered while the test runs."""
    with pjsua2("alice", target, tmp_path) as phone:
        phone.register()
        yield phone
        phone.unregister()


@pytest.fixture(params=["udp", "tcp"])
def bob(request: pytest.FixtureRequest, target: str, tmp_path: Path) -> Iterator[Phone]:
    """pjsua2, registered while the test runs."""
    with pjsua2("bob", target, tmp_path, transport=request.param) as phone:
        phone.register()
        yield phone
        phone.unregister()


def test_pjsua2_registers_again_and_again(alice: Phone) -> None:
    """The second time it uses the nonce of the first, and counts it up."""
    for _ in range(3):
        assert alice.try_to_register() == 200


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_pjsua2_with_a_wrong_password_is_refused(
    target: str, tmp_path: Path, transport: str
) -> None:
    with pjsua2("carol", target, tmp_path, "guess", transport=transport) as carol:
        assert carol.try_to_register() == 401


def test_pjsua2_without_a_password_is_refused(target: str, tmp_path: Path) -> None:
    with Phone("carol", target, tmp_path, domain=DOMAIN) as carol:
        assert carol.try_to_register() == 401


def test_a_pjsua2_phone_calls_another_after_proving_who_it_is(alice: Phone, bob: Phone) -> None:
    outgoing = bob.call("alice")
    incoming = alice.incoming_call()
    incoming.ring()
    incoming.answer()
    outgoing.wait_for("CONFIRMED")
    outgoing.hang_up()
    incoming.wait_for("DISCONNECTED")


def test_a_caller_with_a_wrong_password_reaches_nobody(
    alice: Phone, target: str, tmp_path: Path
) -> None:
    with pjsua2("carol", target, tmp_path, "guess") as carol:
        assert carol.call("alice").ended_with() == 407
    assert not alice.has_incoming_call()


def test_who_gives_up_cancels_without_a_password(alice: Phone, bob: Phone) -> None:
    outgoing = bob.call("alice")
    incoming = alice.incoming_call()
    incoming.ring()
    outgoing.wait_for("EARLY")
    outgoing.hang_up()
    assert incoming.ended_with() == 487
    assert outgoing.ended_with() == 487


@pytest.mark.needs("baresip")
def test_baresip_and_pjsua2_call_each_other(target: str, alice: Phone, tmp_path: Path) -> None:
    with Baresip("dave", target, tmp_path, password=PASSWORDS["dave"], domain=DOMAIN) as dave:
        dave.call("alice")
        incoming = alice.incoming_call()
        incoming.answer()
        dave.wait_for("CALL_ESTABLISHED")
        dave.hang_up()
        incoming.wait_for("DISCONNECTED")
        outgoing = alice.call("dave")
        dave.incoming_call()
        dave.answer()
        outgoing.wait_for("CONFIRMED")
        outgoing.hang_up()
        dave.ended_with()


@pytest.mark.needs("baresip")
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_baresip_with_a_wrong_password_is_refused(
    target: str, tmp_path: Path, transport: str
) -> None:
    with Baresip(
        "dave",
        target,
        tmp_path,
        transport=transport,
        password="guess",
        domain=DOMAIN,
        is_let_in=False,
    ) as dave:
        assert dave.refused_with().startswith("401 Unauthorized")


@pytest.mark.needs("baresip")
def test_a_call_and_its_phones_survive_a_restart_of_ser(tmp_path: Path) -> None:
    """The call goes on; their nonces are of another life, and nobody is asked for a password."""
    with guarded_ser(tmp_path) as ser, ExitStack() as phones:
        target = f"127.0.0.1:{ser.port}"
        alice = pjsua2("alice", target, tmp_path)
        phones.enter_context(alice).register()
        dave = Baresip("dave", target, tmp_path, password=PASSWORDS["dave"], domain=DOMAIN)
        phones.enter_context(dave)
        outgoing = alice.call("dave")
        dave.incoming_call()
        dave.answer()
        outgoing.wait_for("CONFIRMED")
        ser.stop()
        ser.start()
        dave.hang_up()
        outgoing.wait_for("DISCONNECTED")
        again = alice.call("dave")
        dave.incoming_call()
        dave.hang_up()
        assert again.ended_with() == 486
        assert alice.try_to_register() == 200
