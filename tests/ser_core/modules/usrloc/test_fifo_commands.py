"""The ul_ commands from the bytes of a request to those of the reply, over both stores.

Texts are those of reference/ser-fifo.md section 7; scripts read them, so each is tested.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ser_core import log
from ser_core.fifo.command_table import CommandTable
from ser_core.fifo.declarations import fifo_commands_of
from ser_core.fifo.protocol import FifoError, Reply, parse_reply
from ser_core.fifo.requests import BadRequest, RequestReader
from ser_core.fifo.tables import read_table
from ser_core.modules.usrloc import Usrloc
from ser_core.registrar.bindings import permanent
from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.registrar.location import (
    NAT,
    NEVER,
    PERMANENT,
    Binding,
    LocationError,
    LocationFull,
    Totals,
)
from tests.support.location_control import LocationControl
from tests.support.registrar import START, BrokenLocation, binding, put

JOE = b"sip:joe@10.0.0.9:5062"
LONG_AOR, LONG_CONTACT, LONG_TABLE = "j" * 257, "sip:" + "j" * 509, "t" * 65


@pytest.fixture(params=["memory", "lmdb"])
def control(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocationControl]:
    if request.param == "memory":
        yield LocationControl()
        return
    opened = LmdbLocation.open(str(tmp_path / "location.lmdb"), map_size=1 << 24)
    opened.add_domain("aliases")
    opened.add_domain("location")
    yield LocationControl(opened)
    opened.close()


def ask(control: LocationControl, command: str, *lines: str | bytes, **params: int) -> bytes:
    """What comes through the reply pipe."""
    module = Usrloc()
    for name, value in params.items():
        assert hasattr(module, name)
        setattr(module, name, value)
    table = CommandTable()
    table.register(module)
    encoded = [line.encode() if isinstance(line, str) else line for line in lines]
    text = b"\n".join([f":{command}:r".encode(), *encoded, b"", b""])
    (request,) = RequestReader(table.arguments_of).feed(text, 0.0)
    if isinstance(request, BadRequest):
        return request.reply.to_bytes()
    entry = table.find(request.command)
    assert entry is not None
    try:
        reply = entry.function(control, *request.arguments)
    except FifoError as error:
        reply = error.reply()
    assert isinstance(reply, Reply)
    return reply.to_bytes()


def stored(control: LocationControl, aor: bytes = b"joe") -> list[Binding]:
    found: list[Binding] = control.location.get("location", aor)
    return found


def add(control: LocationControl, *, aor: str = "joe@example.com", **changed: str) -> bytes:
    """ul_add with what is in the reference's example, but for what is changed."""
    given = {
        "table": "location",
        "aor": aor,
        "contact": JOE.decode(),
        "expires": "3600",
        "q": "1.00",
        "replicate": "0",
        "flags": "0",
    }
    return ask(control, "ul_add", *(given | changed).values())


def test_the_commands_are_those_of_ser_and_ul_list() -> None:
    assert [command.name for command in fifo_commands_of(Usrloc)] == [
        "ul_stats",
        "ul_dump",
        "ul_flush",
        "ul_list",
        "ul_show_contact",
        "ul_add",
        "ul_rm",
        "ul_rm_contact",
    ]


def test_tools_ask_before_those_that_change_something() -> None:
    changing = {command.name for command in fifo_commands_of(Usrloc) if command.changes}
    assert changing == {"ul_add", "ul_rm", "ul_rm_contact"}


# -- ul_stats, ul_dump, ul_flush --


def test_help_names_all_options_of_ul_list() -> None:
    [ul_list] = [each for each in fifo_commands_of(Usrloc) if each.name == "ul_list"]
    [options] = ul_list.arguments
    for key in ("table", "filter", "sort", "limit", "offset", "after"):
        assert f"{key}=" in options.help


def test_ul_stats_counts_users_and_expired_bindings(control: LocationControl) -> None:
    put(control.location, "location", b"joe", binding(), binding(b"sip:2@h"))
    put(control.location, "location", b"ann", binding(expires_at=START))
    control.location.expire(START, 10)
    assert ask(control, "ul_stats") == (
        b"200 ok\nDomain Registered Expired\n'aliases' 0 0\n'location' 1 1\n"
    )


def test_ul_dump_shows_all_tables(control: LocationControl) -> None:
    add(control)
    text = ask(control, "ul_dump").decode()
    assert text.startswith("200 ok\n===Domain list===\n---Domain---\nname : 'aliases'\n")
    assert text.endswith("---/Domain---\n===/Domain list===\n")
    for line in (
        "aor       : 'joe'",
        f"Contact   : '{JOE.decode()}'",
        "Expires   : 3600",
        "q         : 1",
        "Call-ID   : 'The-Answer-To-The-Ultimate-Question-Of-Life-Universe-And-Everything'",
        "CSeq      : 42",
        "User-Agent: 'SIP Express Router FIFO'",
    ):
        assert f"\n{line}\n" in text


def test_ul_flush_removes_what_has_expired(
    control: LocationControl, capfd: pytest.CaptureFixture[str]
) -> None:
    for number in range(450):
        put(control.location, "location", b"%d" % number, binding(JOE, expires_at=START))
    put(control.location, "location", b"joe", binding())
    level = log.level()
    log.set_level(log.NOTICE)
    try:
        assert ask(control, "ul_flush") == b"200 ul_flush completed\n"
    finally:
        log.set_level(level)
    assert control.location.totals("location") == Totals(1, 1, 450)
    assert control.pauses == 3
    lines = capfd.readouterr().err
    assert f"Binding '0','{JOE.decode()}' has expired" in lines
    assert "350 more bindings have expired" in lines


def test_ul_flush_counts_what_it_removes(control: LocationControl) -> None:
    put(control.location, "location", b"joe", binding(expires_at=START))
    module, some_control = Usrloc(), control
    module.ul_flush(some_control)  # type: ignore[arg-type]  # as much of Control as it asks for
    assert module.expired.value == 1


# -- ul_add --


def test_ul_add_registers_a_contact(control: LocationControl) -> None:
    assert add(control) == (b"200 Added to table\n('joe','sip:joe@10.0.0.9:5062') to 'location'\n")
    assert stored(control) == [
        Binding(
            JOE,
            START + 3600,
            1000,
            b"The-Answer-To-The-Ultimate-Question-Of-Life-Universe-And-Everything",
            42,
            b"SIP Express Router FIFO",
            b"",
            0,
            START,
        )
    ]
    assert control.location.totals("location") == Totals(1, 1, 0)


def test_what_was_added_expires(control: LocationControl) -> None:
    add(control, expires="60")
    control.now += 60
    assert ask(control, "ul_show_contact", "location", "joe") == (
        b"404 No registered contacts found\n"
    )
    assert ask(control, "ul_flush") == b"200 ul_flush completed\n"
    assert stored(control) == []


def test_flag_128_is_for_good(control: LocationControl) -> None:
    add(control, expires="0", flags="128")
    assert [(each.expires_at, each.flags) for each in stored(control)] == [(NEVER, PERMANENT)]
    control.now += 1e9
    ask(control, "ul_flush")
    assert len(stored(control)) == 1


def test_other_flags_are_kept(control: LocationControl) -> None:
    add(control, flags="1")
    assert stored(control)[0].flags == NAT


def test_a_contact_that_is_there_is_renewed(control: LocationControl) -> None:
    put(
        control.location,
        "location",
        b"joe",
        binding(b"sip:joe@HOST.example", since=START - 60, received=b"sip:192.0.2.1:1024"),
    )
    add(control, contact="sip:joe@host.example", q="0.5", expires="60")
    (found,) = stored(control)
    assert (found.uri, found.q, found.expires_at) == (b"sip:joe@host.example", 500, START + 60)
    assert (found.since, found.received) == (START - 60, b"sip:192.0.2.1:1024")


def test_contacts_stand_in_the_order_of_their_q(control: LocationControl) -> None:
    for number, q in enumerate(["0.3", "0.7", "0.5"]):
        add(control, contact=f"sip:{number}@h", q=q)
    assert [each.uri for each in stored(control)] == [b"sip:1@h", b"sip:2@h", b"sip:0@h"]


def test_with_desc_time_order_the_newest_stands_first(control: LocationControl) -> None:
    for contact in ("sip:1@h", "sip:2@h"):
        ask(control, "ul_add", "location", "joe", contact, "60", "1", "0", "0", desc_time_order=1)
    assert [each.uri for each in stored(control)] == [b"sip:2@h", b"sip:1@h"]


def test_expires_0_is_for_permanent_contacts_only(control: LocationControl) -> None:
    assert add(control, expires="0") == (
        b"500 Error while adding contact\n ('joe','sip:joe@10.0.0.9:5062') in table 'location'\n"
        b"expires 0 needs flag 128, permanent\n"
    )
    assert stored(control) == []


@pytest.mark.parametrize(
    ("given", "reply"),
    [
        (1, b"400 ul_add: aor name expected\n"),
        (2, b"400 ul_add: contact expected\n"),
        (3, b"400 ul_add: expires expected\n"),
        (4, b"400 ul_add: q expected\n"),
        (5, b"400 ul_add: replicate expected\n"),
        (6, b"400 ul_add: flags expected\n"),
    ],
)
def test_ul_add_tells_which_line_is_missing(
    control: LocationControl, given: int, reply: bytes
) -> None:
    lines = ["location", "joe", JOE.decode(), "3600", "1.00", "0", "0"]
    assert ask(control, "ul_add", *lines[:given]) == reply


@pytest.mark.parametrize(
    ("changed", "reply"),
    [
        ({"expires": "soon"}, b"400 Invalid expires format\n"),
        ({"expires": "-1"}, b"400 Invalid expires format\n"),
        ({"q": "2"}, b"400 Invalid q value\n"),
        ({"replicate": "x"}, b"400 Invalid replicate format\n"),
        ({"flags": "0x80"}, b"400 Invalid flags format\n"),
        ({"contact": "10.0.0.9"}, b"400 Invalid contact\n"),
        ({"aor": LONG_AOR}, b"400 ul_add: the address-of-record is longer than 256 bytes\n"),
        ({"contact": LONG_CONTACT}, b"400 ul_add: the contact is longer than 512 bytes\n"),
        ({"table": LONG_TABLE}, b"400 ul_add: the table's name is longer than 64 bytes\n"),
        (
            {"table": "T"},
            b"400 Table 'T' not found in memory, "
            b'use save("T") or lookup("T") in the configuration script first\n',
        ),
    ],
)
def test_ul_add_tells_what_is_wrong(
    control: LocationControl, changed: dict[str, str], reply: bytes
) -> None:
    assert add(control, **changed) == reply
    assert control.location.totals("location").contacts == 0


def test_ul_add_looks_at_its_lines_in_sers_order(control: LocationControl) -> None:
    wrong = {
        "table": "T", "expires": "x", "q": "x", "replicate": "x", "flags": "x", "contact": "x"
    }  # fmt: skip
    right = {"table": "location", "expires": "9", "q": "1", "replicate": "0", "flags": "0"}
    texts = []
    for name, value in right.items():
        texts.append(add(control, **wrong).partition(b" ")[2].split(b" ")[:2])
        wrong[name] = value
    assert texts == [
        [b"Table", b"'T'"],
        [b"Invalid", b"expires"],
        [b"Invalid", b"q"],
        [b"Invalid", b"replicate"],
        [b"Invalid", b"flags"],
    ]
    assert add(control, **wrong) == b"400 Invalid contact\n"


# -- ul_show_contact --


def test_ul_show_contact_lists_the_valid_contacts(control: LocationControl) -> None:
    put(
        control.location,
        "location",
        b"joe",
        binding(JOE, q=1000, expires_at=START + 3590),
        binding(b"sip:2@h", q=500, expires_at=START),
        binding(b"sip:3@h", q=-1, expires_at=START + 5),
    )
    assert ask(control, "ul_show_contact", "location", "Joe@example.com") == (
        b"200 OK\n<sip:joe@10.0.0.9:5062>;q=1;expires=3590\n<sip:3@h>;q=;expires=5\n"
    )


def test_a_permanent_contact_shows_a_large_expires(control: LocationControl) -> None:
    put(control.location, "aliases", b"joe", permanent(b"sip:j@h", START, q=500))
    assert ask(control, "ul_show_contact", "aliases", "joe") == (
        b"200 OK\n<sip:j@h>;q=0.5;expires=2147483647\n"
    )


def test_when_all_contacts_have_expired_there_are_none(control: LocationControl) -> None:
    put(control.location, "location", b"joe", binding(expires_at=START))
    assert ask(control, "ul_show_contact", "location", "joe") == (
        b"404 No registered contacts found\n"
    )


def test_a_user_who_is_not_there_has_no_contacts(control: LocationControl) -> None:
    assert ask(control, "ul_show_contact", "location", "Ann@example.com") == (
        b"404 Username ann in table location not found\n"
    )


# -- ul_rm, ul_rm_contact --


def test_ul_rm_removes_a_user(control: LocationControl) -> None:
    put(control.location, "location", b"joe", binding(), permanent(b"sip:2@h", START))
    assert ask(control, "ul_rm", "location", "Joe@Example.com") == (
        b"200 user (location, joe@example.com) deleted\n"
    )
    assert stored(control) == []
    assert control.location.totals("location") == Totals(0, 0, 0)


def test_ul_rm_of_nobody_is_fine(control: LocationControl) -> None:
    assert ask(control, "ul_rm", "location", "ann") == b"200 user (location, ann) deleted\n"


def test_ul_rm_contact_removes_one(control: LocationControl) -> None:
    put(control.location, "location", b"joe", binding(JOE), binding(b"sip:2@h"))
    assert ask(control, "ul_rm_contact", "location", "Joe@example.com", JOE) == (
        b"200 Contact (joe, sip:joe@10.0.0.9:5062) deleted from table location\n"
    )
    assert [each.uri for each in stored(control)] == [b"sip:2@h"]


def test_the_last_contact_takes_the_user_with_it(control: LocationControl) -> None:
    put(control.location, "location", b"joe", binding(JOE))
    ask(control, "ul_rm_contact", "location", "joe", JOE)
    assert control.location.totals("location") == Totals(0, 0, 0)


def test_ul_rm_contact_takes_the_exact_text_first_and_then_an_equal_uri(
    control: LocationControl,
) -> None:
    upper, lower = b"sip:joe@HOST.example", b"sip:joe@host.example"
    put(control.location, "location", b"joe", binding(upper), binding(lower))
    ask(control, "ul_rm_contact", "location", "joe", lower)
    assert [each.uri for each in stored(control)] == [upper]
    ask(control, "ul_rm_contact", "location", "joe", lower)
    assert stored(control) == []


@pytest.mark.parametrize("contact", ["sip:other@h", "rubbish"])
def test_a_contact_that_is_not_there_is_not_found(control: LocationControl, contact: str) -> None:
    put(control.location, "location", b"joe", binding(JOE))
    assert ask(control, "ul_rm_contact", "location", "joe", contact) == (
        f"404 Contact {contact} in table location not found\n".encode()
    )
    assert len(stored(control)) == 1


def test_a_contact_of_nobody_is_not_found(control: LocationControl) -> None:
    assert ask(control, "ul_rm_contact", "location", "ann@h", JOE) == (
        b"404 Username ann in table location not found\n"
    )


# -- what the commands about a user have in common --


@pytest.mark.parametrize(
    ("command", "lines", "reply"),
    [
        ("ul_add", [], b"400 ul_add: table name expected\n"),
        ("ul_rm", [], b"400 ul_rm: table name expected\n"),
        ("ul_rm", ["location"], b"400 ul_rm: user name expected\n"),
        ("ul_rm", ["T", "joe"], b"400 table (T) not found\n"),
        ("ul_rm", [LONG_TABLE, "joe"], b"400 ul_rm: the table's name is longer than 64 bytes\n"),
        ("ul_rm_contact", [], b"400 ul_rm_contact: table name expected\n"),
        ("ul_rm_contact", ["location"], b"400 ul_rm_contact: user name expected\n"),
        ("ul_rm_contact", ["location", "joe"], b"400 ul_rm_contact: contact expected\n"),
        ("ul_rm_contact", ["T", "joe", "sip:x@y"], b"400 table (T) not found\n"),
        (
            "ul_rm_contact",
            ["location", "joe", LONG_CONTACT],
            b"400 ul_rm_contact: the contact is longer than 512 bytes\n",
        ),
        ("ul_show_contact", [], b"400 ul_show_contact: table name expected\n"),
        ("ul_show_contact", ["location"], b"400 ul_show_contact: user name expected\n"),
        ("ul_show_contact", ["T", "joe"], b"400 table (T) not found\n"),
    ],
)
def test_what_is_missing_or_wrong_is_told(
    control: LocationControl, command: str, lines: list[str], reply: bytes
) -> None:
    assert ask(control, command, *lines) == reply


@pytest.mark.parametrize(
    ("command", "more", "expected"),
    [
        ("ul_add", [JOE, "60", "1", "0", "0"], b"username@domain"),
        ("ul_rm", [], b"username@domain"),
        ("ul_rm_contact", [JOE], b"user@domain"),
        ("ul_show_contact", [], b"user@domain"),
    ],
)
def test_with_use_domain_an_address_has_its_domain(
    control: LocationControl, command: str, more: list[str], expected: bytes
) -> None:
    lines = ["location", "Joe@Example.com", *more]
    assert ask(control, command, *lines, use_domain=1)[:3] in (b"200", b"404")
    lines[1] = "joe"
    assert ask(control, command, *lines, use_domain=1) == (
        b"400 %b: %b expected\n" % (command.encode(), expected)
    )


def test_with_use_domain_each_domain_has_its_own_joe(control: LocationControl) -> None:
    put(control.location, "location", b"joe@a.example", binding(b"sip:1@h"))
    put(control.location, "location", b"joe@b.example", binding(b"sip:2@h"))
    assert b"sip:2@h" in ask(control, "ul_show_contact", "location", "JOE@B.example", use_domain=1)
    ask(control, "ul_rm", "location", "joe@b.example", use_domain=1)
    assert len(stored(control, b"joe@a.example")) == 1


def test_a_case_sensitive_registrar_is_followed(control: LocationControl) -> None:
    control.modules["registrar"] = SimpleNamespace(case_sensitive=1)
    add(control, aor="Joe@Example.com")
    assert len(stored(control, b"Joe")) == 1
    assert ask(control, "ul_show_contact", "location", "joe").startswith(b"404 ")


def test_bytes_that_are_no_utf_8_come_back_as_they_were(control: LocationControl) -> None:
    assert ask(control, "ul_rm", b"location", b"j\xff") == b"200 user (location, j\xff) deleted\n"


def test_a_control_byte_in_a_line_is_refused(control: LocationControl) -> None:
    assert ask(control, "ul_rm", "location", b"j\x00e") == b"400 control byte in argument aor\n"


# -- ul_list --


def listed(control: LocationControl, *options: str) -> tuple[str, list[dict[str, str]]]:
    reply = parse_reply(ask(control, "ul_list", *options))
    assert reply.is_ok, reply
    columns, rows = read_table(reply.body)
    return reply.text, [dict(zip(columns, row, strict=True)) for row in rows]


def test_ul_list_shows_a_page_and_the_numbers(control: LocationControl) -> None:
    for number in range(5):
        add(control, aor=f"user{number}", contact=f"sip:{number}@h", expires=str(60 + number))
    text, rows = listed(control, "sort=-expires", "limit=2", "offset=1", "filter=USER")
    assert text == "ok total=5 matched=5"
    assert [(row["aor"], row["contact"], row["expires"]) for row in rows] == [
        ("user3", "sip:3@h", "1700000063"),
        ("user2", "sip:2@h", "1700000062"),
    ]


def test_ul_list_behind_an_address_counts_no_matches(control: LocationControl) -> None:
    for name in ("a", "b", "c"):
        add(control, aor=name)
    text, rows = listed(control, "after=a", "limit=1")
    assert (text, [row["aor"] for row in rows]) == ("ok total=3", ["b"])


def test_ul_list_of_an_empty_table_has_its_columns(control: LocationControl) -> None:
    assert ask(control, "ul_list", "table=aliases") == (
        b"200 ok total=0 matched=0\n"
        b"aor\tcontact\texpires\tq\tcall_id\tcseq\tuser_agent\treceived\tflags\tsince\ttable\n"
    )


def test_ul_list_tells_what_is_wrong(control: LocationControl) -> None:
    assert ask(control, "ul_list", "table=T") == b"400 table (T) not found\n"
    assert ask(control, "ul_list", "table=") == b"400 table () not found\n"
    assert ask(control, "ul_list", "limit=many") == (
        b"400 ul_list: limit is a number up to 10000\n"
    )


# -- a table that fails --


class BrokenEverywhere(BrokenLocation):
    """Fails in what BrokenLocation leaves whole, too."""

    def delete(self, domain: str, aor: bytes) -> bool:
        raise self.error

    def totals(self, domain: str) -> Totals:
        raise self.error

    def page(self, domain: str, after: bytes | None, limit: int, **how: bool) -> Any:
        raise self.error


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        ("ul_stats", []),
        ("ul_dump", []),
        ("ul_flush", []),
        ("ul_list", []),
        ("ul_list", ["filter=x"]),
        ("ul_show_contact", ["location", "joe"]),
        ("ul_rm", ["location", "joe"]),
        ("ul_rm_contact", ["location", "joe", "sip:x@y"]),
    ],
)
def test_a_table_that_fails_is_told(command: str, lines: list[str]) -> None:
    control = LocationControl(BrokenEverywhere(LocationError("out of order")))
    assert ask(control, command, *lines) == f"500 {command}: out of order\n".encode()


def test_ul_add_says_why_a_contact_was_not_added(capfd: pytest.CaptureFixture[str]) -> None:
    control = LocationControl(BrokenEverywhere(LocationFull("the location table is full")))
    assert add(control) == (
        b"500 Error while adding contact\n ('joe','sip:joe@10.0.0.9:5062') in table 'location'\n"
        b"the location table is full\n"
    )
    assert "ul_add: the location table is full" in capfd.readouterr().err
