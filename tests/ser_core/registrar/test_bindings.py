from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.registrar.bindings import (
    Registration,
    find,
    insert,
    is_same_contact,
    permanent,
    put,
    replace,
)
from ser_core.registrar.contacts import WantedContact
from ser_core.registrar.location import NAT, NEVER, PERMANENT, Binding
from ser_core.registrar.rules import Refused, Rules
from tests.support.registrar import START, binding

NOW = START + 100
A, B, C = b"sip:joe@10.0.0.1", b"sip:joe@10.0.0.2", b"sip:joe@10.0.0.3"


def wanted(uri: bytes, expires: int = 600, q: int = -1, received: bytes = b"") -> WantedContact:
    return WantedContact(uri, expires, q, received)


def registration(
    *contacts: WantedContact,
    rules: Rules = Rules(),  # noqa: B008  frozen
    call_id: bytes = b"phone-1",
    cseq: int = 2,
    remove_all: bool = False,
    flags: int = 0,
) -> Registration:
    return Registration(
        rules,
        NOW,
        call_id,
        cseq,
        list(contacts),
        remove_all=remove_all,
        user_agent=b"Phone/1",
        flags=flags,
    )


def uris(bindings: list[Binding]) -> list[bytes]:
    return [binding.uri for binding in bindings]


def test_a_new_contact_is_added_with_all_that_is_known_of_it() -> None:
    made = registration(wanted(A, 600, 500, b"sip:192.0.2.1:5"), flags=NAT).apply([])
    assert made == [
        Binding(A, NOW + 600, 500, b"phone-1", 2, b"Phone/1", b"sip:192.0.2.1:5", NAT, NOW)
    ]


def test_a_refresh_moves_the_expiry_and_keeps_the_first_time() -> None:
    stored = [binding(A, call_id=b"phone-1", cseq=1)]
    (made,) = registration(wanted(A)).apply(stored)
    assert (made.expires_at, made.cseq, made.since) == (NOW + 600, 2, START)


def test_without_contacts_nothing_changes() -> None:
    stored = [binding(A)]
    assert registration().apply(stored) is stored


def test_expires_0_removes_that_contact_only() -> None:
    stored = [binding(A), binding(B)]
    assert uris(registration(wanted(A, 0)).apply(stored)) == [B]


def test_removing_an_unknown_contact_is_no_error() -> None:
    stored = [binding(A)]
    assert registration(wanted(B, 0)).apply(stored) is stored


def test_several_contacts_are_added_updated_and_removed_at_once() -> None:
    stored = [binding(A), binding(B)]
    made = registration(wanted(A, 0), wanted(B, 900), wanted(C)).apply(stored)
    assert uris(made) == [B, C]
    assert made[0].expires_at == NOW + 900


def test_what_has_expired_is_left_out_and_does_not_count() -> None:
    stored = [binding(A, expires_at=NOW, call_id=b"phone-1", cseq=99), binding(B)]
    made = registration(wanted(A)).apply(stored)
    assert uris(made) == [B, A]
    assert made[1].since == NOW


# -- §19.1.4 --


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (b"sip:joe@h", b"sip:joe@h", True),
        (b"sip:joe@Host", b"SIP:joe@hOST", True),
        (b"sip:j%6Fe@h", b"sip:joe@h", True),
        (b"sip:Joe@h", b"sip:joe@h", False),
        (b"sip:joe@h", b"sip:joe@h:5060", False),
        (b"sip:joe@h", b"sip:joe@h;transport=udp", False),
        (b"sip:joe@h;a=1;b=2", b"sip:joe@h;B=2;A=1", True),
        (b"sip:joe@h", b"sips:joe@h", False),
        (b"no uri", b"no uri", True),
        (b"no uri", b"sip:joe@h", False),
    ],
)
def test_contacts_compare_as_uris(first: bytes, second: bytes, same: bool) -> None:
    assert is_same_contact(first, second) is same
    assert is_same_contact(second, first) is same


def test_a_contact_written_otherwise_replaces_the_stored_text() -> None:
    stored = [binding(b"sip:joe@HOST;x=1;y=2")]
    assert uris(registration(wanted(b"sip:joe@host;y=2;x=1")).apply(stored)) == [
        b"sip:joe@host;y=2;x=1"
    ]


def test_a_contact_that_is_no_uri_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        registration(wanted(b"sip:joe@")).apply([])
    assert (caught.value.status, caught.value.text) == (400, b"Contact parse error")


# -- Call-ID and CSeq (§10.3 step 7) --


@pytest.mark.parametrize("expires", [0, 600])
def test_an_older_request_of_the_same_call_id_fails_with_500(expires: int) -> None:
    stored = [binding(A, call_id=b"phone-1", cseq=3)]
    with pytest.raises(Refused) as caught:
        registration(wanted(A, expires), cseq=2).apply(stored)
    assert (caught.value.status, caught.value.reason) == (500, b"Server Internal Error")
    assert uris(stored) == [A]


def test_one_contact_out_of_order_undoes_all_of_the_request() -> None:
    stored = [binding(A, call_id=b"phone-1", cseq=1), binding(B, call_id=b"phone-1", cseq=9)]
    before = list(stored)
    with pytest.raises(Refused):
        registration(wanted(A, 0), wanted(C), wanted(B)).apply(stored)
    assert stored == before


def test_a_retransmission_changes_nothing_and_is_no_error() -> None:
    request = registration(wanted(A), wanted(B), cseq=2)
    stored = request.apply([])
    assert registration(wanted(A), wanted(B), cseq=2).apply(stored) is stored


def test_another_call_id_wins_whatever_its_cseq() -> None:
    stored = [binding(A, call_id=b"phone-before-it-restarted", cseq=4711)]
    (made,) = registration(wanted(A), cseq=1).apply(stored)
    assert (made.call_id, made.cseq) == (b"phone-1", 1)
    assert registration(wanted(A, 0), cseq=1).apply(stored) == []


# -- Contact: * (§10.3 step 6) --


def test_star_removes_everything() -> None:
    stored = [binding(A), binding(B), permanent(C, START)]
    assert registration(remove_all=True).apply(stored) == []


def test_star_on_nothing_changes_nothing() -> None:
    stored: list[Binding] = []
    assert registration(remove_all=True).apply(stored) is stored


@pytest.mark.parametrize("cseq", [2, 3])
def test_star_fails_when_a_binding_is_not_older(cseq: int) -> None:
    stored = [binding(A), binding(B, call_id=b"phone-1", cseq=cseq)]
    with pytest.raises(Refused) as caught:
        registration(remove_all=True, cseq=2).apply(stored)
    assert caught.value.status == 500


def test_star_does_not_mind_the_order_of_what_has_expired() -> None:
    stored = [binding(A, call_id=b"phone-1", cseq=9, expires_at=NOW)]
    assert registration(remove_all=True).apply(stored) == []


# -- max_contacts --

TWO = Rules(max_contacts=2)


def test_more_than_max_contacts_are_refused_and_nothing_changes() -> None:
    stored = [binding(A)]
    with pytest.raises(Refused) as caught:
        registration(wanted(B), wanted(C), rules=TWO).apply(stored)
    assert (caught.value.status, caught.value.reason) == (503, b"Service Unavailable")
    assert caught.value.text == b"Too many registered contacts"
    assert uris(stored) == [A]


def test_what_the_same_request_removes_makes_room_whatever_the_order() -> None:
    stored = [binding(A), binding(B)]
    assert uris(registration(wanted(C), wanted(A, 0), rules=TWO).apply(stored)) == [B, C]


def test_what_has_expired_makes_room() -> None:
    stored = [binding(A), binding(B, expires_at=NOW)]
    assert uris(registration(wanted(C), rules=TWO).apply(stored)) == [A, C]


def test_a_refresh_passes_where_the_operator_has_stored_more() -> None:
    stored = [binding(A), binding(B), binding(C)]
    assert len(registration(wanted(B), rules=TWO).apply(stored)) == 3


def test_ten_is_the_default_and_0_lifts_the_limit() -> None:
    eleven = [wanted(b"sip:joe@10.0.0.%d" % n) for n in range(11)]
    assert len(registration(*eleven[:10]).apply([])) == 10
    with pytest.raises(Refused):
        registration(*eleven).apply([])
    assert len(registration(*eleven, rules=Rules(max_contacts=0)).apply([])) == 11


# -- order --


def test_bindings_stand_by_q_and_equal_ones_in_the_order_they_came() -> None:
    made = registration(
        wanted(b"sip:none@h"), wanted(b"sip:half@h", q=500), wanted(b"sip:one@h", q=1000)
    ).apply([])
    made = registration(wanted(b"sip:half2@h", q=500), wanted(b"sip:zero@h", q=0)).apply(made)
    assert uris(made) == [
        b"sip:one@h",
        b"sip:half@h",
        b"sip:half2@h",
        b"sip:zero@h",
        b"sip:none@h",
    ]


def test_a_refresh_keeps_its_place_unless_q_changes() -> None:
    stored = [binding(A, q=500), binding(B, q=500)]
    assert uris(registration(wanted(A, q=500)).apply(stored)) == [A, B]
    assert uris(registration(wanted(A, q=400)).apply(stored)) == [B, A]
    assert uris(registration(wanted(B, q=600)).apply(stored)) == [B, A]


def test_desc_time_order_puts_the_newest_first_whatever_its_q() -> None:
    rules = Rules(desc_time_order=True)
    made = registration(wanted(A, q=1000), wanted(B, q=0), rules=rules).apply([])
    assert uris(made) == [B, A]
    made = registration(wanted(A, q=0), cseq=3, rules=rules).apply(made)
    assert uris(made) == [A, B]


# -- permanent bindings --


def test_a_permanent_binding_never_expires() -> None:
    made = permanent(A, START, q=300)
    assert made.is_valid(START + 1e9)
    assert (made.expires_at, made.flags, made.q, made.since) == (NEVER, PERMANENT, 300, START)


def test_a_refresh_leaves_a_permanent_binding_permanent() -> None:
    (made,) = registration(wanted(A, 600), flags=NAT).apply([permanent(A, START)])
    assert (made.expires_at, made.flags) == (NEVER, PERMANENT | NAT)


def test_insert_finds_the_place_of_what_the_operator_adds() -> None:
    bindings = [binding(A, q=1000), binding(B)]
    insert(bindings, permanent(C, START, q=500), desc_time_order=False)
    assert uris(bindings) == [A, C, B]


# -- whatever phones send --


REQUESTS = st.lists(
    st.builds(
        Registration,
        st.builds(Rules, max_contacts=st.just(3), desc_time_order=st.booleans()),
        st.integers(0, 300).map(lambda seconds: START + seconds),
        st.sampled_from([b"phone-1", b"phone-2"]),
        st.integers(1, 5),
        st.lists(
            st.builds(
                WantedContact,
                st.sampled_from(
                    [A, b"sip:joe@10.0.0.1;x", b"SIP:JO%65@h", b"sip:joe@H", B, C, b"?"]
                ),
                st.sampled_from([0, 0, 60, 600]),
                st.sampled_from([-1, 0, 500, 1000]),
                st.just(b""),
            ),
            max_size=4,
        ),
        remove_all=st.booleans(),
    ),
    max_size=12,
)


@given(requests=REQUESTS)
def test_a_record_is_always_in_order_and_changed_as_a_whole(requests: list[Registration]) -> None:
    stored: list[Binding] = []
    for request in requests:
        before = list(stored)
        valid = sum(binding.is_valid(request.now) for binding in before)
        try:
            after = request.apply(stored)
        except Refused:
            assert stored == before
            continue
        assert stored == before  # the list that came in is the store's own
        assert len(after) <= max(3, valid, len(stored) if after is stored else 0)
        for one, other in itertools.combinations(after, 2):
            assert not is_same_contact(one.uri, other.uri)
        if not request.rules.desc_time_order and not any(r.rules.desc_time_order for r in requests):
            assert [b.q for b in after] == sorted((b.q for b in after), reverse=True)
        stored = after


# -- finding and putting --

LOWER, UPPER = b"sip:joe@host.example", b"sip:joe@HOST.example"


def test_a_contact_is_found_by_its_text_before_one_that_is_only_equal() -> None:
    stored = [binding(UPPER), binding(LOWER)]
    assert find(stored, LOWER) == 1
    assert find(stored, b"sip:joe@Host.Example") == 0
    assert find(stored, A) == -1


def test_a_register_renews_the_contact_with_its_very_text() -> None:
    stored = [binding(UPPER), binding(LOWER)]
    bindings = registration(wanted(LOWER)).apply(stored)
    assert bindings[0] == stored[0]
    assert bindings[1].expires_at == NOW + 600


def test_a_replaced_binding_keeps_its_place_unless_its_q_is_another() -> None:
    bindings = [binding(A, q=500), binding(B, q=300), binding(C, q=100)]
    replace(bindings, 1, binding(B, q=300, cseq=7), desc_time_order=False)
    assert [each.cseq for each in bindings] == [1, 7, 1]
    replace(bindings, 2, binding(C, q=900), desc_time_order=False)
    assert [each.uri for each in bindings] == [C, A, B]
    replace(bindings, 2, binding(B, q=300), desc_time_order=True)
    assert [each.uri for each in bindings] == [B, C, A]


def test_put_inserts_a_new_contact_where_its_q_belongs() -> None:
    bindings = [binding(A, q=500), binding(C, q=100)]
    put(bindings, binding(B, q=300), desc_time_order=False)
    assert [each.uri for each in bindings] == [A, B, C]


def test_put_renews_a_contact_and_keeps_what_only_the_phone_could_tell() -> None:
    bindings = [binding(UPPER, received=b"sip:1.2.3.4", flags=NAT, since=START - 9)]
    put(bindings, binding(LOWER, expires_at=NOW + 60, q=700, flags=2), desc_time_order=False)
    assert bindings == [
        binding(
            LOWER,
            expires_at=NOW + 60,
            q=700,
            received=b"sip:1.2.3.4",
            flags=NAT | 2,
            since=START - 9,
        )
    ]


def test_put_leaves_a_permanent_contact_permanent() -> None:
    bindings = [permanent(A, START)]
    put(bindings, binding(A, expires_at=NOW + 60), desc_time_order=False)
    assert bindings[0].expires_at == NEVER
    assert bindings[0].flags == PERMANENT
