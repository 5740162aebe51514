from __future__ import annotations

import click
import pytest

from serctl.settings import Settings
from serctl.users import address_of_record, check_uri, subscriber_name


@pytest.mark.parametrize(
    ("user", "domain", "address"),
    [
        ("joe@example.com", "", "joe@example.com"),
        ("joe@example.com", "other.example", "joe@example.com"),
        ("joe", "example.com", "joe@example.com"),
        ("joe", "", "joe"),
        ("sip:joe@example.com", "", "joe@example.com"),
        ("SIPS:joe@example.com", "", "joe@example.com"),
        ("00441234", "example.com", "00441234@example.com"),
    ],
)
def test_a_user_may_be_named_with_or_without_domain(user: str, domain: str, address: str) -> None:
    assert address_of_record(Settings(domain=domain), user) == address


@pytest.mark.parametrize("user", ["", "  ", "@example.com", "sip:"])
def test_what_is_no_user(user: str) -> None:
    with pytest.raises(click.UsageError, match="is not a user"):
        address_of_record(Settings(domain="example.com"), user)


@pytest.mark.parametrize(
    "uri",
    [
        "sip:joe@192.0.2.9:5062",
        "sips:joe@example.com",
        "sip:[2001:db8::1]",
        "sip:a@h;transport=tcp",
    ],
)
def test_uris_that_a_contact_may_be(uri: str) -> None:
    assert check_uri(uri) == uri


@pytest.mark.parametrize("uri", ["joe@example.com", "sip:", "sip:a b@c.d", "x..", "sip:joe@host:x"])
def test_what_is_no_uri(uri: str) -> None:
    with pytest.raises(click.UsageError, match="invalid URI"):
        check_uri(uri)


def test_other_schemes_are_refused() -> None:
    with pytest.raises(click.UsageError, match="must begin with sip: or sips:"):
        check_uri("tel:+441234")


@pytest.mark.parametrize(
    ("text", "hint"),
    [("bob", "say sip:bob@DOMAIN"), ("bob@example.com", "say sip:bob@example.com")],
)
def test_a_user_is_no_uri_but_nearly(text: str, hint: str) -> None:
    with pytest.raises(click.UsageError, match=hint):
        check_uri(text)


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ("joe@Example.com", ("joe", "example.com")),
        ("sip:Joe@example.com", ("Joe", "example.com")),
        ("joe", ("joe", "default.example")),
        ("jo\u0308@example.com", ("j\u00f6", "example.com")),
    ],
)
def test_a_subscriber_always_has_a_domain(user: str, name: tuple[str, str]) -> None:
    assert subscriber_name(Settings(domain="default.example"), user) == name


@pytest.mark.parametrize("user", ["", "@example.com", "joe@", "a@b@c", "joe@a b", "a\0b@c"])
def test_what_is_no_subscriber(user: str) -> None:
    with pytest.raises(click.UsageError):
        subscriber_name(Settings(), user)


def test_without_any_domain_it_says_where_to_set_one() -> None:
    with pytest.raises(click.UsageError, match="set default domain in SIP_DOMAIN"):
        subscriber_name(Settings(), "joe")
