from __future__ import annotations

import re
from typing import Any

import pytest

from ser_core.fifo.protocol import FifoError
from ser_core.modules.usrloc import dump as dump_module
from ser_core.modules.usrloc.dump import address, dump, printable, seconds_left, shown_q
from ser_core.modules.usrloc.scan import RECORDS_PER_SLICE
from ser_core.registrar.bindings import permanent
from ser_core.registrar.location import Binding
from tests.support.location_control import LocationControl
from tests.support.registrar import START, binding, put

JOE = Binding(
    b"sip:joe@10.0.0.9:5062", START + 3590, 1000, b"call-1", 42, b"Phone/1", b"", 0, START
)
JOE_TOO = Binding(
    b"sip:joe@10.0.0.8", START - 12, -1, b"call-2", 7, b"", b"sip:192.0.2.1:1024", 1, START
)

ONE_USER = """\
===Domain list===
---Domain---
name : 'location'
size : 512
table: 0xADDR
d_ll {
    n    : 1
    first: 0xADDR
    last : 0xADDR
}

...Record(0xADDR)...
domain: 'location'
aor   : 'joe'
~~~Contact(0xADDR)~~~
domain    : 'location'
aor       : 'joe'
Contact   : 'sip:joe@10.0.0.9:5062'
Expires   : 3590
q         : 1
Call-ID   : 'call-1'
CSeq      : 42
replic    : 0
User-Agent: 'Phone/1'
received  : ''
State     : CS_NEW
Flags     : 0
next      : (nil)
prev      : (nil)
~~~/Contact~~~~
.../Record...

---/Domain---
===/Domain list===
"""

NOBODY = """\
===Domain list===
---Domain---
name : 'location'
size : 512
table: 0xADDR
d_ll {
    n    : 0
    first: (nil)
    last : (nil)
}

---/Domain---
===/Domain list===
"""


def dumped(control: LocationControl, *tables: str) -> str:
    some: Any = control
    return dump(some, list(tables) or ["location"]).decode()


def without_addresses(text: str) -> str:
    return re.sub("0x[0-9a-f]+", "0xADDR", text)


def control_with(*bindings: Binding, aor: bytes = b"joe") -> LocationControl:
    control = LocationControl()
    put(control.location, "location", aor, *bindings)
    return control


def test_one_user_is_dumped_as_ser_does() -> None:
    assert without_addresses(dumped(control_with(JOE))) == ONE_USER


def test_an_empty_table_is_dumped_as_ser_does() -> None:
    assert without_addresses(dumped(LocationControl())) == NOBODY


def test_contacts_point_at_each_other() -> None:
    text = dumped(control_with(JOE, JOE_TOO, binding(b"sip:joe@10.0.0.7")))
    own = re.findall(r"~~~Contact\((0x\w+)\)", text)
    assert len(set(own)) == 3
    assert re.findall(r"^next      : (.*)$", text, re.MULTILINE) == [own[1], own[2], "(nil)"]
    assert re.findall(r"^prev      : (.*)$", text, re.MULTILINE) == ["(nil)", own[0], own[1]]


def test_what_a_contact_may_have_is_shown() -> None:
    text = dumped(control_with(JOE_TOO))
    for line in (
        "Expires   : -12",
        "q         : ",
        "received  : 'sip:192.0.2.1:1024'",
        "Flags     : 1",
    ):
        assert f"\n{line}\n" in text


def test_the_list_begins_with_the_first_record_and_ends_with_the_last() -> None:
    control = LocationControl()
    for number in range(RECORDS_PER_SLICE + 2):
        put(control.location, "location", b"user%05d" % number, JOE)
    text = dumped(control)
    records = re.findall(r"^\.\.\.Record\((0x\w+)\)\.\.\.$", text, re.MULTILINE)
    assert len(set(records)) == RECORDS_PER_SLICE + 2
    assert f"    n    : {len(records)}\n    first: {records[0]}\n    last : {records[-1]}\n" in text
    assert control.pauses == 2


def test_all_tables_stand_one_behind_the_other() -> None:
    control = control_with(JOE)
    put(control.location, "aliases", b"joseph", permanent(b"sip:joe@example.com", START))
    text = dumped(control, "aliases", "location")
    assert re.findall("name : '(.*)'", text) == ["aliases", "location"]
    assert text.count("---/Domain---") == text.count("---Domain---") == 2
    assert "Expires   : 2147483647\n" in text
    assert "Flags     : 128\n" in text


def test_addresses_stay_the_same() -> None:
    control = control_with(JOE, JOE_TOO)
    before = dumped(control)
    assert dumped(control) == before
    assert re.fullmatch(rb"0x4[0-9a-f]{6}[08]", address(b"location", b"joe"))
    assert address(b"location", b"joe") != address(b"locationjoe")


def test_an_address_of_record_cannot_forge_a_line() -> None:
    text = dumped(control_with(JOE, aor=b"x'\naor   : 'root"))
    assert "\naor   : 'x'\\x0aaor   : 'root'\n" in text


def test_control_bytes_are_shown_and_others_left_alone() -> None:
    assert printable(b"a\x00\t\x7f") == rb"a\x00\x09\x7f"
    assert printable("Jörg\xff".encode()) == "Jörg\xff".encode()


@pytest.mark.parametrize(("q", "shown"), [(-1, b""), (0, b"0"), (500, b"0.5"), (1000, b"1")])
def test_q_is_shown_as_ser_does(q: int, shown: bytes) -> None:
    assert shown_q(binding(q=q)) == shown


def test_seconds_are_whole_and_below_zero_once_expired() -> None:
    assert seconds_left(binding(expires_at=START + 60), START) == 60
    assert seconds_left(binding(expires_at=START + 59.9), START) == 59
    assert seconds_left(binding(expires_at=START - 60), START) == -60
    assert seconds_left(permanent(b"sip:a@h", START), START) == 2**31 - 1


def test_a_dump_that_nobody_could_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    control = control_with(JOE)
    put(control.location, "aliases", b"joe", JOE)
    size = len(dumped(control))
    monkeypatch.setattr(dump_module, "MAX_BYTES", 3 * size // 2)
    dumped(control)
    with pytest.raises(FifoError, match=r"^500 ul_dump: more than \d+ bytes; use ul_list$"):
        dumped(control, "aliases", "location")
