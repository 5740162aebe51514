from __future__ import annotations

from typing import Any

import pytest

from ser_core.fifo.protocol import FifoError, Reply
from ser_core.modules.usrloc.fifo_arguments import (
    NO_TABLE_TO_ADD_TO,
    as_text,
    check_contact_length,
    read_aor,
    read_contact,
    read_number,
    read_q,
    read_table,
)
from tests.support.location_control import LocationControl

CONTROL: Any = LocationControl()


def aor(line: bytes, *, use_domain: bool = False, case_sensitive: bool = False) -> bytes:
    return read_aor(
        "ul_x", line, use_domain=use_domain, case_sensitive=case_sensitive, expected="user@domain"
    )


def test_bytes_that_are_no_text_leave_as_they_came() -> None:
    assert Reply(text=as_text(b"j\xff\xc3\xb6")).to_bytes() == b"200 j\xff\xc3\xb6\n"


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (b"joe", b"joe"),
        (b"Joe@Example.com", b"joe"),
        (b"joe@example.com@elsewhere", b"joe"),
        (b"@example.com", b""),
        ("JÖ".encode(), "jÖ".encode()),
    ],
)
def test_without_use_domain_an_address_is_its_user(line: bytes, key: bytes) -> None:
    assert aor(line) == key


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (b"Joe@Example.com", b"joe@example.com"),
        (b"joe@", b"joe@"),
        (b"@example.com", b"@example.com"),
    ],
)
def test_with_use_domain_it_is_the_whole(line: bytes, key: bytes) -> None:
    assert aor(line, use_domain=True) == key


def test_with_use_domain_a_user_alone_is_not_enough() -> None:
    with pytest.raises(FifoError, match=r"^400 ul_x: user@domain expected$"):
        aor(b"joe", use_domain=True)


def test_a_case_sensitive_registrar_keeps_the_users_letters() -> None:
    assert aor(b"Joe@Example.com", case_sensitive=True) == b"Joe"
    assert aor(b"Joe@Example.com", use_domain=True, case_sensitive=True) == b"Joe@example.com"


def test_an_address_has_its_length() -> None:
    assert aor(b"j" * 256) == b"j" * 256
    with pytest.raises(
        FifoError, match=r"^400 ul_x: the address-of-record is longer than 256 bytes$"
    ):
        aor(b"j" * 257)


def test_a_table_of_ser_cfg_is_known() -> None:
    assert read_table(CONTROL, "ul_x", b"location") == "location"


@pytest.mark.parametrize(
    "table", [b"elsewhere", b"Location", b"location/due", b"#location", b"\xff"]
)
def test_any_other_is_not(table: bytes) -> None:
    with pytest.raises(FifoError) as caught:
        read_table(CONTROL, "ul_x", table)
    assert caught.value.reply().to_bytes() == b"400 table (" + table + b") not found\n"


def test_ul_add_has_a_text_of_its_own() -> None:
    with pytest.raises(FifoError) as caught:
        read_table(CONTROL, "ul_add", b"T{0}", NO_TABLE_TO_ADD_TO)
    assert caught.value.text == (
        "Table 'T{0}' not found in memory, "
        'use save("T{0}") or lookup("T{0}") in the configuration script first'
    )


def test_a_tables_name_has_its_length() -> None:
    with pytest.raises(FifoError, match=r"^400 ul_x: the table's name is longer than 64 bytes$"):
        read_table(CONTROL, "ul_x", b"t" * 65)


@pytest.mark.parametrize("contact", [b"sip:joe@10.0.0.9:5062", b"tel:+4930", b"sips:[::1];x=y"])
def test_a_contact_is_a_uri(contact: bytes) -> None:
    assert read_contact("ul_add", contact) == contact


@pytest.mark.parametrize("contact", [b"joe", b"<sip:joe@h>", b"*", b"sip:", b"sip:joe@h h"])
def test_what_could_never_be_called_is_no_contact(contact: bytes) -> None:
    with pytest.raises(FifoError, match=r"^400 Invalid contact$"):
        read_contact("ul_add", contact)


def test_a_contact_has_its_length() -> None:
    check_contact_length("ul_x", b"c" * 512)
    with pytest.raises(FifoError, match=r"^400 ul_x: the contact is longer than 512 bytes$"):
        read_contact("ul_x", b"c" * 513)


@pytest.mark.parametrize("line", [b"0", b"3600", b"4294967295", b"007"])
def test_numbers_are_plain_digits(line: bytes) -> None:
    assert read_number("expires", line) == int(line)


@pytest.mark.parametrize("line", [b"-1", b"+1", b"1.5", b"ten", b"1_0", b"4294967296", b"0x10"])
def test_other_numbers_are_refused(line: bytes) -> None:
    with pytest.raises(FifoError, match=r"^400 Invalid flags format$"):
        read_number("flags", line)


@pytest.mark.parametrize(
    ("line", "q"), [(b"1", 1000), (b"1.00", 1000), (b"0", 0), (b"0.5", 500), (b"0.025", 25)]
)
def test_q_is_read_in_thousandths(line: bytes, q: int) -> None:
    assert read_q(line) == q


@pytest.mark.parametrize("line", [b"2", b"1.1", b"-0.5", b"half", b"0,5", b"0.1234"])
def test_other_q_values_are_refused(line: bytes) -> None:
    with pytest.raises(FifoError, match=r"^400 Invalid q value$"):
        read_q(line)
