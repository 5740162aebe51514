"""The registrar on the wire (RFC 3261 §10.3)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence

import pytest

from tests.conformance.proxy import RunningProxy, comes_until_marker
from tests.support.daemon import wait_for
from tests.support.sip_peer import Peer, new_call_id
from tests.support.sip_reading import Message

STAR = "*"


class Phone:
    """One user agent: its REGISTERs share a Call-ID and count up (§10.2)."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.call_id = new_call_id()
        self.cseq = 0

    def register(
        self,
        *contacts: str,
        expires: int | str | None = None,
        cseq: int = 0,
        headers: Sequence[str] = (),
        user: str = "",
    ) -> Message:
        """The answer to a REGISTER with these Contact lines."""
        self.cseq = cseq or self.cseq + 1
        lines = [f"Contact: {contact}" for contact in contacts]
        lines += [f"Expires: {expires}"] if expires is not None else []
        text = self.peer.request(
            "REGISTER",
            f"sip:{self.peer.proxy}",
            to=f"<sip:{user or self.peer.user}@{self.peer.proxy}>",
            call_id=self.call_id,
            cseq=self.cseq,
            headers=[*lines, *headers],
        )
        self.peer.send(text)
        return self.peer.final_response()

    def bindings(self) -> dict[str, dict[str, str]]:
        """What the registrar knows of our user: parameters by URI. Asked under a Call-ID of its
        own, so that it changes nothing in the order of ours."""
        return bindings_in(Phone(self.peer).register())


def bindings_in(reply: Message) -> dict[str, dict[str, str]]:
    """The Contacts of a 200."""
    assert reply.status == 200
    found = {}
    for uri, params in re.findall(r"<([^>]*)>([^,]*)", ", ".join(reply.headers("contact"))):
        pairs = (param.partition("=") for param in params.split(";") if param.strip())
        found[uri] = {name.strip(): value.strip() for name, _, value in pairs}
    return found


@pytest.fixture
def phone(proxy: RunningProxy) -> Iterator[Phone]:
    """A phone of a new user at hello world as it is."""
    with proxy.peer() as peer:
        yield Phone(peer)


@pytest.fixture
def hasty(hasty_proxy: RunningProxy) -> Iterator[Phone]:
    """A phone where a registration may last for a second only."""
    with hasty_proxy.peer() as peer:
        yield Phone(peer)


ONE, TWO, THREE = "sip:one@192.0.2.1", "sip:two@192.0.2.2:5070", "sip:three@192.0.2.3"


def test_a_registration_is_answered_with_all_bindings(phone: Phone) -> None:
    phone.register(f"<{ONE}>", expires=600)
    reply = phone.register(f"<{TWO}>;expires=300")
    known = bindings_in(reply)
    assert set(known) == {ONE, TWO}
    assert 595 <= int(known[ONE]["expires"]) <= 600
    assert known[TWO]["expires"] == "300"


def test_the_answer_has_a_to_tag_and_the_request_its_headers_back(phone: Phone) -> None:
    reply = phone.register(f"<{ONE}>", expires=600)
    assert reply.to_tag
    assert reply.header("call-id") == phone.call_id
    assert reply.header("cseq") == "1 REGISTER"


def test_no_contact_asks_and_changes_nothing(phone: Phone) -> None:
    phone.register(f"<{ONE}>", expires=600)
    assert set(bindings_in(phone.register())) == {ONE}
    assert set(bindings_in(phone.register(expires=0))) == {ONE}


def test_nobody_registered_is_answered_200_without_contact(phone: Phone) -> None:
    assert bindings_in(phone.register()) == {}


def test_several_contacts_in_one_request_are_all_taken(phone: Phone) -> None:
    known = bindings_in(phone.register(f"<{ONE}>;q=0.5, <{TWO}>", f"{THREE};q=1", expires=600))
    assert set(known) == {ONE, TWO, THREE}


def test_q_is_kept(phone: Phone) -> None:
    known = bindings_in(phone.register(f"<{ONE}>;q=0.25, <{TWO}>;q=0.7, <{THREE}>", expires=600))
    assert float(known[ONE]["q"]) == 0.25
    assert float(known[TWO]["q"]) == 0.7
    assert "q" not in known[THREE]


@pytest.mark.parametrize("q", ["1.1", "2", "-0.5", "0.1234", "x", ""])
def test_a_q_that_is_none_is_a_bad_request(phone: Phone, q: str) -> None:
    assert phone.register(f"<{ONE}>;q={q}", expires=600).status == 400
    assert phone.bindings() == {}


def test_the_parameter_counts_more_than_the_header(phone: Phone) -> None:
    known = bindings_in(phone.register(f"<{ONE}>;expires=100, <{TWO}>", expires=200))
    assert (known[ONE]["expires"], known[TWO]["expires"]) == ("100", "200")


def test_without_any_expires_it_is_an_hour(phone: Phone) -> None:
    assert bindings_in(phone.register(f"<{ONE}>"))[ONE]["expires"] == "3600"


def test_a_malformed_expires_counts_as_an_hour(phone: Phone) -> None:
    # §10.2.1.1: "Malformed values SHOULD be treated as equivalent to 3600."
    assert bindings_in(phone.register(f"<{ONE}>;expires=soon"))[ONE]["expires"] == "3600"


def test_expires_0_removes_that_binding(phone: Phone) -> None:
    phone.register(f"<{ONE}>, <{TWO}>", expires=600)
    assert set(bindings_in(phone.register(f"<{ONE}>;expires=0"))) == {TWO}
    assert set(bindings_in(phone.register(f"<{TWO}>", expires=0))) == set()


def test_star_removes_all(phone: Phone) -> None:
    phone.register(f"<{ONE}>, <{TWO}>", expires=600)
    assert bindings_in(phone.register(STAR, expires=0)) == {}


@pytest.mark.parametrize(
    ("contacts", "expires"),
    [
        ([STAR], None),
        ([STAR], 600),
        ([STAR, f"<{ONE}>"], 0),
        ([f"<{ONE}>", STAR], 0),
        ([STAR, STAR], 0),
        ([f"<{ONE}>, *"], 0),
        ([f"{STAR};expires=0"], None),
    ],
)
def test_star_with_anything_else_is_a_bad_request(
    phone: Phone, contacts: list[str], expires: int | None
) -> None:
    # §10.3 step 6
    phone.register(f"<{THREE}>", expires=600)
    assert phone.register(*contacts, expires=expires).status == 400
    assert set(phone.bindings()) == {THREE}


def test_too_short_a_time_is_answered_423(phone: Phone) -> None:
    # §10.3 step 7: with Min-Expires, and nothing changes.
    reply = phone.register(f"<{ONE}>", expires=5)
    assert reply.status == 423
    assert int(reply.header("min-expires")) == 60
    assert phone.bindings() == {}


def test_one_contact_too_short_leaves_the_others_out_too(phone: Phone) -> None:
    assert phone.register(f"<{ONE}>;expires=600, <{TWO}>;expires=5").status == 423
    assert phone.bindings() == {}


def test_a_lower_cseq_in_the_same_call_changes_nothing(phone: Phone) -> None:
    # §10.3 step 7: "the request MUST fail".
    phone.register(f"<{ONE}>", expires=600, cseq=10)
    assert phone.register(f"<{ONE}>", expires=0, cseq=9).status >= 400
    assert set(phone.bindings()) == {ONE}


def test_a_retransmission_is_answered_as_the_first_time(phone: Phone) -> None:
    phone.register(f"<{ONE}>", expires=600, cseq=10)
    assert set(bindings_in(phone.register(f"<{ONE}>", expires=600, cseq=10))) == {ONE}


def test_an_older_star_removes_nothing(phone: Phone) -> None:
    phone.register(f"<{ONE}>", expires=600, cseq=10)
    assert phone.register(STAR, expires=0, cseq=9).status >= 400
    assert set(phone.bindings()) == {ONE}


def test_another_call_starts_counting_anew(phone: Phone) -> None:
    # A phone that has been switched off and on again
    phone.register(f"<{ONE}>", expires=600, cseq=10)
    rebooted = Phone(phone.peer)
    assert bindings_in(rebooted.register(f"<{ONE}>", expires=900, cseq=1))[ONE]["expires"] == "900"


@pytest.mark.parametrize(
    "spelling",
    ["sip:one@HOST.example", "SIP:one@host.example", "sip:%6fne@host.example"],
)
def test_the_same_uri_in_another_spelling_is_the_same_binding(phone: Phone, spelling: str) -> None:
    # §10.3 step 7 with §19.1.4
    phone.register("<sip:one@host.example>", expires=600)
    assert len(bindings_in(phone.register(f"<{spelling}>", expires=900))) == 1


@pytest.mark.parametrize(
    "other",
    ["sip:ONE@host.example", "sip:one@host.example:5060", "sip:one@host.example;transport=udp"],
)
def test_another_uri_is_another_binding(phone: Phone, other: str) -> None:
    phone.register("<sip:one@host.example>", expires=600)
    assert len(bindings_in(phone.register(f"<{other}>", expires=900))) == 2


def test_an_error_in_one_contact_leaves_all_as_it_was(phone: Phone) -> None:
    phone.register(f"<{ONE}>", expires=600)
    assert phone.register(f"<{TWO}>, <{THREE}>;q=7", f"<{ONE}>;expires=0").status == 400
    assert set(phone.bindings()) == {ONE}


def test_an_unsupported_require_is_answered_420(phone: Phone) -> None:
    # §10.3 step 2
    reply = phone.register(f"<{ONE}>", expires=600, headers=["Require: gruu, path"])
    assert reply.status == 420
    assert reply.values("unsupported") == ["gruu", "path"]
    assert phone.bindings() == {}


def test_user_names_differ_in_nothing_but_escapes_and_case(phone: Phone) -> None:
    name = phone.peer.user
    phone.register(f"<{ONE}>", expires=600)
    escaped = f"%{ord(name[0]):02x}{name[1:]}"
    asked = Phone(phone.peer).register(user=escaped)
    assert set(bindings_in(asked)) == {ONE}


def test_a_contact_that_is_no_uri_is_a_bad_request(phone: Phone) -> None:
    for contact in ("<>", "<sip:>", "<nonsense>", '"open <sip:a@b>', "<sip:a@b", "<sip:a@b:99999>"):
        assert phone.register(contact, expires=600).status == 400, contact
    assert phone.bindings() == {}


def test_at_most_ten_contacts_are_kept(phone: Phone) -> None:
    for number in range(10):
        phone.register(f"<sip:p{number}@192.0.2.1>", expires=600)
    assert phone.register("<sip:p10@192.0.2.1>", expires=600).status in (403, 503)
    assert len(phone.bindings()) == 10
    phone.register("<sip:p0@192.0.2.1>", expires=0)
    assert len(bindings_in(phone.register("<sip:p10@192.0.2.1>", expires=600))) == 10


def test_eleven_contacts_at_once_are_refused_whole(phone: Phone) -> None:
    many = ", ".join(f"<sip:p{number}@192.0.2.1>" for number in range(11))
    assert phone.register(many, expires=600).status >= 400
    assert phone.bindings() == {}


def test_a_binding_is_called_as_soon_as_it_is_answered(phone: Phone) -> None:
    with Peer(phone.peer.proxy, phone.peer.user) as callee, Peer(phone.peer.proxy, "x") as caller:
        phone.register(f"<{callee.uri}>", expires=600)
        caller.send(caller.request("MESSAGE", f"sip:{phone.peer.user}@{phone.peer.proxy}"))
        callee.reply(callee.receive("MESSAGE"), 200)
        phone.register(f"<{callee.uri}>", expires=0)
        caller.send(caller.request("MESSAGE", f"sip:{phone.peer.user}@{phone.peer.proxy}"))
        caller.response(404)


def test_a_binding_is_gone_within_a_second_of_its_time(hasty: Phone) -> None:
    hasty.register(f"<{ONE}>", expires=2)
    began = time.monotonic()
    wait_for(lambda: not hasty.bindings(), "the end of the binding")
    assert 1.5 < time.monotonic() - began < 3.1


def test_an_expired_binding_is_not_called(hasty: Phone) -> None:
    with Peer(hasty.peer.proxy, hasty.peer.user) as callee, Peer(hasty.peer.proxy, "x") as caller:
        hasty.register(f"<{callee.uri}>", expires=1)
        wait_for(lambda: not hasty.bindings(), "the end of the binding")
        caller.send(caller.request("MESSAGE", f"sip:{hasty.peer.user}@{hasty.peer.proxy}"))
        assert caller.final_response().status == 404


def test_the_remaining_time_counts_down(hasty: Phone) -> None:
    hasty.register(f"<{ONE}>", expires=3)
    wait_for(lambda: int(hasty.bindings()[ONE]["expires"]) <= 2, "a second to pass", 2)


def test_a_refresh_prolongs(hasty: Phone) -> None:
    hasty.register(f"<{ONE}>", expires=1)
    assert bindings_in(hasty.register(f"<{ONE}>", expires=600))[ONE]["expires"] == "600"


def test_a_register_over_tcp_is_answered_on_its_connection(proxy: RunningProxy) -> None:
    with proxy.peer(transport="tcp") as peer:
        assert set(bindings_in(Phone(peer).register(f"<{ONE}>", expires=600))) == {ONE}


def test_a_register_for_another_domain_is_passed_on(proxy: RunningProxy) -> None:
    # §10.3 step 1
    with proxy.peer() as elsewhere, proxy.peer() as peer:
        peer.send(peer.request("REGISTER", f"sip:{elsewhere.host_port}"))
        request = elsewhere.receive("REGISTER")
        assert request.headers("record-route") == []
        elsewhere.reply(request, 200)
        peer.response(200, "REGISTER")


def test_a_register_is_answered_once(phone: Phone) -> None:
    phone.register(f"<{ONE}>", expires=600)
    assert comes_until_marker(phone.peer) == []
