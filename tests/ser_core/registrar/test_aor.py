from __future__ import annotations

import pytest

from ser_core.registrar.aor import address_of_record
from ser_core.registrar.rules import Refused, Rules
from ser_core.sip.uri import parse_uri

USER = Rules()
DOMAIN = Rules(use_domain=True)
CASED = Rules(case_sensitive=True)
CASED_DOMAIN = Rules(use_domain=True, case_sensitive=True)
PREFIXED = Rules(use_domain=True, realm_prefix=b"sip.")


@pytest.mark.parametrize(
    ("rules", "uri", "aor"),
    [
        (USER, b"sip:joe@example.com", b"joe"),
        (USER, b"sip:Joe@Example.com", b"joe"),
        (USER, b"sip:j%6fe@example.com", b"joe"),
        (USER, b"sip:J%4fe@example.com", b"joe"),
        (USER, b"sip:joe:secret@example.com;transport=tcp?x=y", b"joe"),
        (USER, b"sips:joe@example.com", b"joe"),
        (USER, b"sip:example.com", b""),
        (USER, b"tel:+49301234;phone-context=x", b"+49301234"),
        (USER, b"sip:j%C3%B6@example.com", "jö".encode()),
        (USER, b"sip:J%6fe-%00@example.com", b"j%6fe-%00"),
        (DOMAIN, b"sip:Joe@Example.com:5080", b"joe@example.com"),
        (DOMAIN, b"sip:joe@example.com.", b"joe@example.com"),
        (DOMAIN, b"sip:joe@[2001:DB8::1]", b"joe@[2001:db8::1]"),
        (DOMAIN, b"sip:example.com", b"@example.com"),
        (CASED, b"sip:Joe@Example.com", b"Joe"),
        (CASED_DOMAIN, b"sip:Joe@Example.com", b"Joe@example.com"),
        (PREFIXED, b"sip:joe@sip.example.com", b"joe@example.com"),
        (PREFIXED, b"sip:joe@SIP.example.com", b"joe@example.com"),
        (PREFIXED, b"sip:joe@example.com", b"joe@example.com"),
        (PREFIXED, b"sip:joe@example.sip.com", b"joe@example.sip.com"),
        (USER, b"sip:" + b"j" * 256 + b"@example.com", b"j" * 256),
    ],
)
def test_address_of_record(rules: Rules, uri: bytes, aor: bytes) -> None:
    assert address_of_record(parse_uri(uri), rules) == aor


@pytest.mark.parametrize(
    ("rules", "uri", "status", "text"),
    [
        (USER, b"mailto:joe@example.com", 400, b"Error while parsing AOR"),
        (USER, b"sip:" + b"j" * 257 + b"@example.com", 500, b"Address Of Record too long"),
        (DOMAIN, b"sip:" + b"j" * 250 + b"@example.com", 500, b"Address Of Record too long"),
    ],
)
def test_what_is_no_address_of_record(rules: Rules, uri: bytes, status: int, text: bytes) -> None:
    with pytest.raises(Refused) as caught:
        address_of_record(parse_uri(uri), rules)
    assert (caught.value.status, caught.value.text) == (status, text)
