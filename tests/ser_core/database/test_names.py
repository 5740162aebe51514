from __future__ import annotations

from collections.abc import Callable

import pytest

from ser_core.database.names import (
    checked_address,
    checked_domain,
    checked_group,
    checked_password,
    checked_rpid,
    checked_user,
)


@pytest.mark.parametrize(
    "name", ["joe", "00441234", "o'hara", "100%", 'a"b', "j\u00f6", "a b", "_"]
)
def test_names_that_users_have(name: str) -> None:
    assert checked_user(name) == name


def test_a_name_is_composed_however_it_was_typed() -> None:
    assert checked_user("jo\u0308rg") == "j\u00f6rg"


def test_a_domain_is_in_lower_case() -> None:
    assert checked_domain("Example.COM") == "example.com"
    assert checked_domain("example.com.") == "example.com"
    assert checked_domain("[2001:DB8::1]") == "[2001:db8::1]"


def test_an_address_a_group_an_rpid_and_a_password() -> None:
    assert checked_address("joe.x+ser@example.net") == "joe.x+ser@example.net"
    assert checked_group("free-pstn") == "free-pstn"
    assert checked_rpid("sip:+1415@example.com") == "sip:+1415@example.com"
    assert checked_password('pass: "w"%ö') == 'pass: "w"%ö'


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (checked_user, ""),
        (checked_user, "a\0b"),
        (checked_user, "a\nb"),
        (checked_user, "a\x1bb"),
        (checked_user, "a\u202eb"),
        (checked_user, "a:b"),
        (checked_user, "a@b"),
        (checked_user, "x" * 10_000),
        (checked_user, "joe\udcff"),
        (checked_domain, ""),
        (checked_domain, "a b"),
        (checked_domain, "a@b"),
        (checked_domain, "bücher.example"),
        (checked_domain, "x" * 10_000),
        (checked_domain, "a;b"),
        (checked_domain, "a\r\nb"),
        (checked_domain, "-a"),
        (checked_group, "a b"),
        (checked_group, "x" * 100),
        (checked_group, "';--"),
        (checked_rpid, "a\r\nX: y"),
        (checked_rpid, "<sip:x>"),
        (checked_rpid, "x" * 1000),
        (checked_address, "joe"),
        (checked_address, "joe@"),
        (checked_address, "joe@a, bob@b"),
        (checked_address, "joe@example.net\nBcc: all@example.net"),
        (checked_address, "joe@example.net\r\n"),
        (checked_address, "<joe@example.net>"),
        (checked_address, "a@b" * 1000),
        (checked_password, ""),
        (checked_password, "a\0b"),
        (checked_password, "x" * 10_000),
    ],
)
def test_what_cant_be_a_name_is_refused_in_one_printable_line(
    check: Callable[[str], str], text: str
) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        check(text)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400
