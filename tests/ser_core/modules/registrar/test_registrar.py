"""The registrar's functions as ser.cfg calls them: replies, return codes, and what is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ser_core.modules import registrar as package
from ser_core.modules.api import FAILURE, REQUEST, commands_of, params_of
from ser_core.modules.patience import patience
from ser_core.modules.registrar import LookupResult, Registrar, SaveResult
from ser_core.modules.usrloc import Domain, Usrloc
from ser_core.registrar.bindings import permanent
from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.registrar.location import (
    MEMORY_ONLY,
    NAT,
    LocationError,
    LocationFull,
    MemoryLocation,
    Totals,
)
from ser_core.script.runtime import Branch, ScriptMessage
from tests.support.registrar import (
    START,
    BrokenLocation,
    FakeCore,
    binding,
    invite,
    put,
    register,
    started,
)

LOCATION = Domain.from_script("location")
ALIASES = Domain.from_script("aliases")
CONTACT = b"<sip:joe@10.0.0.1:5062>"


@pytest.fixture
def core() -> FakeCore:
    return FakeCore(location=MemoryLocation("location", "aliases"))


def stored(core: FakeCore, aor: bytes = b"joe") -> list[bytes]:
    return [binding.uri for binding in core.location.get("location", aor)]


# -- declarations --


def test_the_package_shows_the_module() -> None:
    assert package.MODULE is Registrar
    assert (Registrar.name, Registrar.needs) == ("registrar", ("usrloc",))


def test_parameters_and_defaults_are_those_of_ser_but_for_max_contacts() -> None:
    assert {made.name: made.default for made in params_of(Registrar)} == {
        "default_expires": 3600,
        "default_q": -1,
        "append_branches": 1,
        "case_sensitive": 0,
        "desc_time_order": 0,
        "nat_flag": 4,
        "realm_prefix": "",
        "min_expires": 60,
        "max_expires": 0,
        "received_param": "received",
        "received_avp": 42,
        "use_domain": 0,
        "max_contacts": 10,
        "retry_after": 0,
    }


def test_functions_stand_in_the_route_kinds_of_ser() -> None:
    assert {made.name: made.routes for made in commands_of(Registrar)} == {
        "save": REQUEST,
        "save_noreply": REQUEST,
        "save_memory": REQUEST,
        "lookup": REQUEST | FAILURE,
        "registered": REQUEST | FAILURE,
    }


def test_return_codes_are_those_of_ser() -> None:
    assert {result.name: result.value for result in SaveResult} == {
        "SAVED": 1,
        "REFUSED": 0,
        "NOT_SENT": -1,
    }
    assert {result.name: result.value for result in LookupResult} == {
        "FOUND": 1,
        "BAD_AOR": -1,
        "LOCATION_FAILED": -2,
        "NOT_FOUND": -3,
        "BAD_CONTACT": -4,
        "EXPIRED": -5,
    }


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"min_expires": 600, "max_expires": 300}, "max_expires 300 is less than min_expires 600"),
        ({"received_param": "two words"}, "received_param must be the name"),
        ({"received_param": ""}, "received_param must be the name"),
        ({"received_param": "a=b"}, "received_param must be the name"),
        ({"received_param": "expires"}, "received_param must be the name"),
    ],
)
def test_parameters_that_contradict_are_refused(params: dict[str, Any], problem: str) -> None:
    registrar = Registrar()
    for name, value in params.items():
        setattr(registrar, name, value)
    with pytest.raises(ValueError, match=problem):
        registrar.check()


def test_use_domain_must_be_that_of_usrloc(core: FakeCore) -> None:
    registrar, usrloc = Registrar(), Usrloc()
    registrar.check_beside({"usrloc": usrloc})
    usrloc.use_domain = 1
    with pytest.raises(ValueError, match="use_domain is 0 here and 1 in usrloc"):
        registrar.check_beside({"usrloc": usrloc})
    core.modules["usrloc"] = usrloc
    with pytest.raises(ValueError, match="they must be the same"):
        registrar.start(core)  # type: ignore[arg-type]  # as much of Core as it asks for


# -- save: what is stored, and the 200 --


def test_save_stores_the_contact_and_answers_200(core: FakeCore) -> None:
    registrar = started(core)
    msg = register(CONTACT, extra=[b"User-Agent: Phone/1.0"])
    assert registrar.save(msg, LOCATION) is SaveResult.SAVED
    (reply,) = core.replies
    assert (reply.status, reply.reason) == (200, b"OK")
    assert reply.headers == [b"Contact: <sip:joe@10.0.0.1:5062>;expires=3600\r\n"]
    (made,) = core.location.get("location", b"joe")
    assert made.expires_at == START + 3600
    assert (made.call_id, made.cseq, made.user_agent) == (b"a84b4c76e66710", 1, b"Phone/1.0")
    assert (made.q, made.received, made.flags, made.since) == (-1, b"", 0, START)
    assert (registrar.accepted.value, registrar.refused.value) == (1, 0)


def test_without_user_agent_it_is_unknown(core: FakeCore) -> None:
    started(core).save(register(CONTACT), LOCATION)
    assert core.location.get("location", b"joe")[0].user_agent == b"Unknown"


def test_a_long_user_agent_is_cut(core: FakeCore) -> None:
    started(core).save(register(CONTACT, extra=[b"User-Agent: " + b"x" * 500]), LOCATION)
    assert core.location.get("location", b"joe")[0].user_agent == b"x" * 128


def test_the_aor_is_that_of_to_and_not_of_the_request_uri(core: FakeCore) -> None:
    started(core).save(register(CONTACT, to=b"Ann <sip:Ann@elsewhere.org>"), LOCATION)
    assert stored(core, b"ann") == [b"sip:joe@10.0.0.1:5062"]


def test_use_domain_makes_the_host_part_of_the_aor(core: FakeCore) -> None:
    registrar = started(core, use_domain=1, realm_prefix="SIP.")
    registrar.save(register(CONTACT, to=b"<sip:Joe@sip.Example.com:5080>"), LOCATION)
    assert stored(core, b"joe@example.com") == [b"sip:joe@10.0.0.1:5062"]


def test_case_sensitive_keeps_the_users_case(core: FakeCore) -> None:
    started(core, case_sensitive=1).save(register(CONTACT, to=b"<sip:Joe@h>"), LOCATION)
    assert stored(core, b"Joe") == [b"sip:joe@10.0.0.1:5062"]


def test_an_aor_without_a_user_is_no_error(core: FakeCore) -> None:
    assert started(core).save(register(CONTACT, to=b"<sip:example.com>"), LOCATION) == 1
    assert stored(core, b"") == [b"sip:joe@10.0.0.1:5062"]


def test_the_method_is_not_looked_at(core: FakeCore) -> None:
    msg = invite(b"sip:joe@example.com")
    assert started(core).save(msg, LOCATION) == 1
    assert core.replies[0].headers == []


def test_tables_are_apart(core: FakeCore) -> None:
    started(core).save(register(CONTACT), ALIASES)
    assert stored(core) == []
    assert len(core.location.get("aliases", b"joe")) == 1


def test_a_query_lists_the_bindings_and_changes_nothing(core: FakeCore) -> None:
    put(core.location, "location", b"joe", binding(), binding(b"sip:old@h", expires_at=START))
    before = core.location.get("location", b"joe")
    assert started(core).save(register(), LOCATION) == 1
    assert core.replies[0].headers == [b"Contact: <sip:joe@10.0.0.1:5062>;expires=3600\r\n"]
    assert core.location.get("location", b"joe") == before


def test_a_query_of_nothing_has_no_contact_header(core: FakeCore) -> None:
    assert started(core).save(register(), LOCATION) == 1
    assert core.replies[0].headers == []


def test_all_bindings_stand_in_one_header_the_best_first(core: FakeCore) -> None:
    put(core.location, "location", b"joe", binding(b"sip:other@10.9.9.9", q=300))
    msg = register(
        b"<sip:a@10.0.0.1>;q=0.25;expires=120, <sip:b@10.0.0.2>;q=1",
        b'"J" <sip:c@10.0.0.3>',
        expires=b"600",
    )
    started(core).save(msg, LOCATION)
    assert core.replies[0].headers == [
        b"Contact: <sip:b@10.0.0.2>;q=1;expires=600, <sip:other@10.9.9.9>;q=0.3;expires=3600, "
        b"<sip:a@10.0.0.1>;q=0.25;expires=120, <sip:c@10.0.0.3>;expires=600\r\n"
    ]


def test_compact_contact_and_expires_0_remove(core: FakeCore) -> None:
    put(core.location, "location", b"joe", binding(), binding(b"sip:other@h"))
    msg = register(extra=[b"m: <sip:joe@10.0.0.1:5062>"], expires=b"0", cseq=2)
    assert started(core).save(msg, LOCATION) == 1
    assert stored(core) == [b"sip:other@h"]


def test_removing_the_last_leaves_a_200_without_contact(core: FakeCore) -> None:
    put(core.location, "location", b"joe", binding())
    started(core).save(register(CONTACT + b";expires=0", cseq=2), LOCATION)
    assert core.replies[0].headers == []
    assert stored(core) == []


def test_star_with_expires_0_removes_all(core: FakeCore) -> None:
    put(core.location, "location", b"joe", binding(), permanent(b"sip:p@h", START))
    assert started(core).save(register(b"*", expires=b"0", cseq=2), LOCATION) == 1
    assert stored(core) == []


@pytest.mark.parametrize(
    ("params", "expires", "shown"),
    [
        ({}, None, 3600),
        ({"default_expires": 1200}, None, 1200),
        ({"max_expires": 600}, b"7200", 600),
        ({"min_expires": 0}, b"1", 1),
        ({}, b"60", 60),
    ],
)
def test_expiry_parameters(
    core: FakeCore, params: dict[str, int], expires: bytes | None, shown: int
) -> None:
    started(core, **params).save(register(CONTACT, expires=expires), LOCATION)
    assert core.replies[0].header(b"Contact") == b"%b;expires=%d" % (CONTACT, shown)


@pytest.mark.parametrize(("default", "shown"), [(500, b";q=0.5"), (5000, b";q=1"), (-1, b"")])
def test_default_q(core: FakeCore, default: int, shown: bytes) -> None:
    started(core, default_q=default).save(register(CONTACT), LOCATION)
    assert core.replies[0].header(b"Contact") == CONTACT + shown + b";expires=3600"


def test_desc_time_order_lists_the_newest_first(core: FakeCore) -> None:
    registrar = started(core, desc_time_order=1)
    registrar.save(register(b"<sip:a@h>;q=1"), LOCATION)
    registrar.save(register(b"<sip:b@h>;q=0"), LOCATION)
    assert stored(core) == [b"sip:b@h", b"sip:a@h"]


def test_a_refresh_of_a_second_later_shows_the_full_time_again(core: FakeCore) -> None:
    registrar = started(core)
    registrar.save(register(CONTACT), LOCATION)
    core.now += 1000.5
    registrar.save(register(cseq=2), LOCATION)
    registrar.save(register(CONTACT, cseq=3), LOCATION)
    shown = [reply.header(b"Contact") for reply in core.replies]
    assert shown == [CONTACT + b";expires=%d" % left for left in (3600, 2599, 3600)]


def test_a_retransmission_is_answered_like_the_first(core: FakeCore) -> None:
    registrar = started(core)
    for _ in range(2):
        assert registrar.save(register(CONTACT), LOCATION) == 1
    assert core.replies[0] == core.replies[1]


def test_nat_flag_of_the_message_is_kept_with_the_binding(core: FakeCore) -> None:
    registrar = started(core, nat_flag=6)
    msg = register(CONTACT)
    msg.set_flag(6)
    registrar.save(msg, LOCATION)
    registrar.save(register(b"<sip:other@h>"), LOCATION)
    assert [made.flags for made in core.location.get("location", b"joe")] == [NAT, 0]


def test_received_comes_from_the_contact_or_else_from_the_avp(core: FakeCore) -> None:
    registrar = started(core, received_avp=7, received_param="seen")
    msg = register(b'<sip:a@h>;seen="sip:192.0.2.1:7000", <sip:b@h>')
    msg.state = {"avps": {7: b"sip:192.0.2.9:9000;transport=tcp", 42: b"sip:not.this"}}
    registrar.save(msg, LOCATION)
    assert [made.received for made in core.location.get("location", b"joe")] == [
        b"sip:192.0.2.1:7000",
        b"sip:192.0.2.9:9000;transport=tcp",
    ]
    assert b';seen="sip:192.0.2.1:7000"' in (core.replies[0].header(b"Contact") or b"")


def test_a_table_mentioned_only_here_can_be_used_after_start(core: FakeCore) -> None:
    friends = Domain.from_script("friends")
    core.location.add_domain("friends")
    assert started(core).save(register(CONTACT), friends) == 1


# -- save: errors --

LONG = b"j" * 300

ERRORS = [
    (register(CONTACT, without=b"to"), 400, b"To header not found"),
    (register(CONTACT, without=b"call-id"), 400, b"Call-ID header not found"),
    (register(CONTACT, call_id=b"c" * 257), 400, b"Call-ID too long"),
    (register(CONTACT, without=b"cseq"), 400, b"CSeq header not found"),
    (register(CONTACT, to=b"<mailto:joe@h>"), 400, b"Error while parsing AOR"),
    (register(CONTACT, to=b"<sip:joe@>"), 400, b"Error while parsing AOR"),
    (register(CONTACT, to=b"<sip:" + LONG + b"@h>"), 500, b"Address Of Record too long"),
    (register(CONTACT, expires=b"soon"), 400, b"Expires parse error"),
    (register(CONTACT, expires=b"-1"), 400, b"Expires parse error"),
    (register(CONTACT + b";q=7"), 400, b"Invalid q param in contact"),
    (register(b"<sip:joe@10.0.0.1"), 400, b"Contact parse error"),
    (register(b""), 400, b"Contact parse error"),
    (register(b"<sip:joe@>"), 400, b"Contact parse error"),
    (register(b"<sip:a@h>,,<sip:b@h>"), 400, b"Contact parse error"),
    (register(b"<sip:" + b"j" * 600 + b"@h>"), 400, b"Contact URI too long"),
    (register(b"*"), 400, b"* used in contact and expires is not zero"),
    (register(b"*", expires=b"60"), 400, b"* used in contact and expires is not zero"),
    (
        register(b"*", CONTACT, expires=b"0"),
        400,
        b"* used in contact and more than 1 contact",
    ),
    (
        register(b"*, *", expires=b"0"),
        400,
        b"* used in contact and more than 1 contact",
    ),
    (register(CONTACT, expires=b"59"), 423, b"Interval too brief"),
    (
        register(*(b"<sip:%d@h>" % n for n in range(11))),
        503,
        b"Too many registered contacts",
    ),
    (
        register(*(b"<sip:%d@h>;expires=0" % n for n in range(65))),
        503,
        b"Too many registered contacts",
    ),
    (register(CONTACT, cseq=0), 500, b"CSeq not higher than that of the binding"),
    (register(b"*", expires=b"0", cseq=1), 500, b"CSeq not higher than that of the binding"),
    (register(CONTACT, extra=[b"Require: two words"]), 400, b"Message parse error"),
    (register(CONTACT, extra=[b"Require: path, gruu"]), 420, b"Extension not supported"),
]
REASONS = {
    400: b"Bad Request",
    420: b"Bad Extension",
    423: b"Interval Too Brief",
    500: b"Server Internal Error",
    503: b"Service Unavailable",
}


@pytest.mark.parametrize(
    ("msg", "status", "text"),
    ERRORS,
    ids=[f"{status} {text.decode()} {n}" for n, (_, status, text) in enumerate(ERRORS)],
)
def test_an_error_is_answered_and_changes_nothing(
    core: FakeCore, msg: ScriptMessage, status: int, text: bytes
) -> None:
    put(core.location, "location", b"joe", binding())
    registrar = started(core)
    assert registrar.save(msg, LOCATION) is SaveResult.REFUSED
    (reply,) = core.replies
    assert (reply.status, reply.reason) == (status, REASONS[status])
    assert reply.header(b"P-Registrar-Error") == text
    assert reply.header(b"Retry-After") is None
    assert core.location.get("location", b"joe") == [binding()]
    assert core.location.totals("location").users == 1
    assert (registrar.accepted.value, registrar.refused.value) == (0, 1)


def test_423_says_how_long_is_long_enough(core: FakeCore) -> None:
    started(core, min_expires=300).save(register(CONTACT + b";expires=200"), LOCATION)
    assert core.replies[0].header(b"Min-Expires") == b"300"


def test_420_names_what_is_not_supported(core: FakeCore) -> None:
    msg = register(CONTACT, extra=[b"Require: path", b"Require: gruu"])
    started(core).save(msg, LOCATION)
    assert core.replies[0].header(b"Unsupported") == b"path, gruu"


def test_an_empty_require_asks_for_nothing(core: FakeCore) -> None:
    assert started(core).save(register(CONTACT, extra=[b"Require:"]), LOCATION) == 1


def test_max_contacts_of_0_lifts_the_limit(core: FakeCore) -> None:
    many = register(*(b"<sip:%d@h>" % n for n in range(30)))
    assert started(core, max_contacts=0).save(many, LOCATION) == 1
    assert len(stored(core)) == 30


@pytest.mark.parametrize(
    ("msg", "text"),
    [
        (register(CONTACT), b"usrloc_contact_update failed"),
        (register(CONTACT + b";expires=0"), b"usrloc_contact_delete failed"),
        (register(), b"usrloc_record_get failed"),
        (register(b"*", expires=b"0"), b"usrloc_record_delete failed"),
    ],
)
def test_a_table_that_fails_is_a_500(msg: ScriptMessage, text: bytes) -> None:
    core = FakeCore(location=BrokenLocation(LocationError("out of order")))
    assert started(core, retry_after=30).save(msg, LOCATION) == 0
    (reply,) = core.replies
    assert (reply.status, reply.header(b"P-Registrar-Error")) == (500, text)
    assert reply.header(b"Retry-After") == b"30"
    assert core.lines == [(-1, "save: out of order")]


def test_a_full_table_is_a_503() -> None:
    core = FakeCore(location=BrokenLocation(LocationFull("no room")))
    assert started(core, retry_after=5).save(register(CONTACT), LOCATION) == 0
    (reply,) = core.replies
    assert (reply.status, reply.reason) == (503, b"Service Unavailable")
    assert reply.header(b"P-Registrar-Error") == b"Location table full"
    assert reply.header(b"Retry-After") == b"5"


def test_retry_after_stands_in_5xx_only(core: FakeCore) -> None:
    started(core, retry_after=30).save(register(CONTACT, expires=b"x"), LOCATION)
    assert core.replies[0].header(b"Retry-After") is None


@pytest.mark.parametrize("msg", [register(CONTACT), register(b"*")])
def test_a_reply_that_cannot_be_sent_is_minus_1(core: FakeCore, msg: ScriptMessage) -> None:
    core.can_send = False
    assert started(core).save(msg, LOCATION) is SaveResult.NOT_SENT


# -- save_noreply, save_memory --


def test_save_noreply_stores_and_is_silent(core: FakeCore) -> None:
    registrar = started(core)
    assert registrar.save_noreply(register(CONTACT), LOCATION) is SaveResult.SAVED
    assert registrar.save_noreply(register(b"*"), LOCATION) is SaveResult.REFUSED
    assert core.replies == []
    assert len(stored(core)) == 1
    assert (registrar.accepted.value, registrar.refused.value) == (1, 1)


def test_save_memory_marks_its_bindings_and_no_others(core: FakeCore) -> None:
    registrar = started(core)
    assert registrar.save_memory(register(b"<sip:a@h>"), LOCATION) is SaveResult.SAVED
    assert registrar.save(register(b"<sip:b@h>"), LOCATION) is SaveResult.SAVED
    flags = [made.flags for made in core.location.get("location", b"joe")]
    assert flags == [MEMORY_ONLY, 0]
    assert len(core.replies) == 2


# -- lookup --


def test_the_whole_way_over_the_table_that_processes_share(tmp_path: Path) -> None:
    location = LmdbLocation.open(str(tmp_path / "location.lmdb"), map_size=1 << 24)
    core = FakeCore(location=location)
    core.modules["usrloc"].start(core)
    registrar = started(core)
    registrar.save(register(CONTACT + b";q=0.5"), LOCATION)
    assert registrar.save(register(CONTACT, cseq=0), LOCATION) == 0
    assert registrar.save(register(b"<sip:joe@10.0.0.2>;q=1;expires=60", cseq=2), LOCATION) == 1
    msg = invite(b"sip:joe@example.com")
    assert registrar.lookup(msg, LOCATION) == 1
    assert (msg.uri, len(msg.branches)) == (b"sip:joe@10.0.0.2", 1)
    core.now += 60
    msg = invite(b"sip:joe@example.com")
    assert registrar.lookup(msg, LOCATION) == 1
    assert (msg.uri, len(msg.branches)) == (b"sip:joe@10.0.0.1:5062", 0)
    core.modules["usrloc"].on_tick(core.now)
    assert location.totals("location") == Totals(1, 1, 1)
    location.close()


def test_lookup_puts_the_contact_into_the_request_uri(core: FakeCore) -> None:
    put(core.location, "location", b"joe", binding(b"sip:joe@10.0.0.1:5062;transport=tcp;x=1"))
    msg = invite(b"sip:Joe@example.com;user=phone")
    assert started(core).lookup(msg, LOCATION) is LookupResult.FOUND
    assert msg.uri == b"sip:joe@10.0.0.1:5062;transport=tcp;x=1"
    assert (msg.next_hop, msg.branches, msg.flags) == (None, [], 0)


def test_further_contacts_become_branches_with_their_received(core: FakeCore) -> None:
    put(
        core.location,
        "location",
        b"joe",
        binding(b"sip:a@h", q=1000, received=b"sip:192.0.2.1:1"),
        binding(b"sip:gone@h", q=900, expires_at=START),
        binding(b"sip:b@h", q=500, received=b"sip:192.0.2.2:2"),
        binding(b"sip:c@h"),
    )
    msg = invite(b"sip:joe@example.com")
    assert started(core).lookup(msg, LOCATION) == 1
    assert (msg.uri, msg.next_hop) == (b"sip:a@h", b"sip:192.0.2.1:1")
    assert msg.branches == [
        Branch(b"sip:b@h", b"sip:192.0.2.2:2", 500),
        Branch(b"sip:c@h", None, -1),
    ]


def test_an_earlier_next_hop_does_not_survive_a_lookup(core: FakeCore) -> None:
    put(core.location, "location", b"joe", binding())
    msg = invite(b"sip:joe@example.com")
    msg.next_hop = b"sip:192.0.2.99"
    started(core).lookup(msg, LOCATION)
    assert msg.next_hop is None


def test_append_branches_0_takes_the_best_only(core: FakeCore) -> None:
    put(core.location, "location", b"joe", binding(b"sip:a@h"), binding(b"sip:b@h", flags=NAT))
    msg = invite(b"sip:joe@example.com")
    assert started(core, append_branches=0).lookup(msg, LOCATION) == 1
    assert (msg.uri, msg.branches, msg.flags) == (b"sip:a@h", [], 0)


def test_a_branch_too_many_is_left_out(core: FakeCore) -> None:
    put(core.location, "location", b"joe", *(binding(b"sip:%d@h" % n) for n in range(5)))
    msg = invite(b"sip:joe@example.com")
    msg.max_branches = 3
    assert started(core).lookup(msg, LOCATION) == 1
    assert [branch.uri for branch in msg.branches] == [b"sip:1@h", b"sip:2@h"]


@pytest.mark.parametrize("natted", [0, 1])
def test_lookup_sets_nat_flag_when_a_used_contact_is_natted(core: FakeCore, natted: int) -> None:
    bindings = [binding(b"sip:%d@h" % n, flags=NAT if n == natted else 0) for n in range(2)]
    put(core.location, "location", b"joe", *bindings)
    msg = invite(b"sip:joe@example.com")
    started(core, nat_flag=9).lookup(msg, LOCATION)
    assert msg.flags == 1 << 9


def test_lookup_without_a_record(core: FakeCore) -> None:
    msg = invite(b"sip:joe@example.com")
    assert started(core).lookup(msg, LOCATION) is LookupResult.NOT_FOUND
    assert msg.uri == b"sip:joe@example.com"


def test_lookup_when_all_have_expired(core: FakeCore) -> None:
    put(core.location, "location", b"joe", binding(expires_at=START))
    msg = invite(b"sip:joe@example.com")
    assert started(core).lookup(msg, LOCATION) is LookupResult.EXPIRED
    assert msg.uri == b"sip:joe@example.com"


@pytest.mark.parametrize("uri", [b"mailto:joe@h", b"sip:joe@", b"sip:" + LONG + b"@h"])
def test_lookup_of_what_is_no_address_of_record(core: FakeCore, uri: bytes) -> None:
    msg = invite(b"sip:joe@example.com")
    msg.uri = uri
    assert started(core).lookup(msg, LOCATION) is LookupResult.BAD_AOR
    assert msg.uri == uri


def test_lookup_in_a_table_that_fails() -> None:
    core = FakeCore(location=BrokenLocation(LocationError("out of order")))
    msg = invite(b"sip:joe@example.com")
    assert started(core).lookup(msg, LOCATION) is LookupResult.LOCATION_FAILED
    assert core.lines == [(-1, "lookup: out of order")]


def test_lookup_of_a_contact_that_is_no_uri(core: FakeCore) -> None:
    put(core.location, "location", b"joe", permanent(b"not a uri\r\nX: y", START))
    msg = invite(b"sip:joe@example.com")
    assert started(core).lookup(msg, LOCATION) is LookupResult.BAD_CONTACT
    assert msg.uri == b"sip:joe@example.com"


def test_a_branch_that_is_no_uri_is_left_out(core: FakeCore) -> None:
    put(core.location, "location", b"joe", binding(), permanent(b"not a uri", START))
    msg = invite(b"sip:joe@example.com")
    assert started(core).lookup(msg, LOCATION) is LookupResult.FOUND
    assert msg.branches == []


def test_an_alias_leads_to_the_location(core: FakeCore) -> None:
    """Seed item 31: lookup("aliases") and then lookup("location") with what it has found."""
    put(core.location, "aliases", b"4711", permanent(b"sip:joe@example.com", START))
    put(core.location, "location", b"joe", binding())
    registrar = started(core)
    msg = invite(b"sip:4711@example.com")
    core.now += 1e8
    assert registrar.lookup(msg, ALIASES) == 1
    assert msg.uri == b"sip:joe@example.com"
    core.now = START
    assert registrar.lookup(msg, LOCATION) == 1
    assert msg.uri == b"sip:joe@10.0.0.1:5062"


def test_lookups_are_told_at_level_7(core: FakeCore) -> None:
    core.level = 7
    registrar = started(core)
    registrar.save(register(CONTACT), LOCATION)
    registrar.lookup(invite(b"sip:joe@example.com"), LOCATION)
    assert core.lines == [
        (7, "save: 1 bindings in location"),
        (7, "lookup: sip:joe@example.com is at sip:joe@10.0.0.1:5062"),
    ]


# -- registered --


def test_registered_is_true_while_a_binding_is_valid(core: FakeCore) -> None:
    put(core.location, "location", b"joe", binding())
    registrar = started(core)
    msg = invite(b"sip:joe@example.com")
    assert registrar.registered(msg, LOCATION)
    assert msg.uri == b"sip:joe@example.com"
    assert not registrar.registered(invite(b"sip:ann@example.com"), LOCATION)
    core.now += 3600
    assert not registrar.registered(msg, LOCATION)


def test_registered_is_false_when_it_cannot_be_known(core: FakeCore) -> None:
    msg = invite(b"sip:joe@example.com")
    msg.uri = b"mailto:joe@h"
    assert not started(core).registered(msg, LOCATION)
    broken = FakeCore(location=BrokenLocation(LocationError("out of order")))
    assert not started(broken).registered(invite(b"sip:joe@example.com"), LOCATION)
    assert broken.lines == [(-1, "registered: out of order")]


# -- with a database --


class WritesThrough(Usrloc):
    """Says what the database does."""

    def __init__(self, *, writes: bool) -> None:
        super().__init__()
        self.db_mode = 1
        self.writes = writes
        self.asked: list[tuple[str, bytes, float]] = []

    def wait_until_written(self, domain: str, aor: bytes, seconds: float) -> bool:
        self.asked.append((domain, aor, round(seconds, 3)))
        return self.writes


def register_at(core: FakeCore, *contacts: bytes, cseq: int = 1) -> ScriptMessage:
    """A REGISTER that `core` has received."""
    msg = register(*contacts, cseq=cseq)
    msg.core = core  # type: ignore[assignment]  # as much of it as save needs
    return msg


def test_a_200_waits_until_the_database_has_it(core: FakeCore) -> None:
    usrloc = core.modules["usrloc"] = WritesThrough(writes=True)
    registrar = started(core)
    assert registrar.waits()
    assert registrar.save(register_at(core, CONTACT), LOCATION) is SaveResult.SAVED
    assert usrloc.asked == [("location", b"joe", 1.8)]
    assert [reply.status for reply in core.replies] == [200]


def test_what_authentication_has_waited_is_missing_then(core: FakeCore) -> None:
    usrloc = core.modules["usrloc"] = WritesThrough(writes=True)
    msg = register_at(core, CONTACT)
    patience(msg)
    core.elapsed += 1.0
    started(core).save(msg, LOCATION)
    assert usrloc.asked == [("location", b"joe", 0.8)]


def test_who_only_asks_waits_for_nothing(core: FakeCore) -> None:
    usrloc = core.modules["usrloc"] = WritesThrough(writes=True)
    assert started(core).save(register(), LOCATION) is SaveResult.SAVED
    assert usrloc.asked == []


def test_what_is_not_written_in_time_is_not_promised(core: FakeCore) -> None:
    core.modules["usrloc"] = WritesThrough(writes=False)
    assert started(core).save(register_at(core, CONTACT), LOCATION) is SaveResult.REFUSED
    (reply,) = core.replies
    assert reply.status == 503
    assert reply.header(b"Retry-After") == b"2"
    started(core, retry_after=7).save(register_at(core, CONTACT, cseq=2), LOCATION)
    assert [x for x in core.replies[1].headers if b"Retry" in x] == [b"Retry-After: 7\r\n"]


def test_in_memory_nothing_waits(core: FakeCore) -> None:
    assert not started(core).waits()
