from __future__ import annotations

import pytest

from ser_core.registrar.location import NEVER, PERMANENT
from ser_core.registrar.rows import READ, BadRow, Rows, binding_of, in_order
from tests.support.registrar import binding

NOW = 1_700_000_000.0
GOOD = {
    "username": "joe", "domain": "", "contact": "sip:joe@h", "received": None,
    "expires": "2023-11-14 23:13:20", "q": 0.5, "callid": "c@h", "cseq": 7, "flags": 0,
    "user_agent": "Phone", "since": None, "id": 1,
}  # fmt: skip


def row(**values: object) -> list[object]:
    return [{**GOOD, **values}[name] for name in READ]


def test_a_row_becomes_a_binding() -> None:
    made = binding_of(row(), NOW)
    assert (made.uri, made.expires_at, made.q) == (b"sip:joe@h", NOW + 3600, 500)
    assert (made.call_id, made.cseq, made.user_agent) == (b"c@h", 7, b"Phone")
    assert (made.received, made.flags, made.since) == (b"", 0, NOW)


@pytest.mark.parametrize("q", [None, -1.0, -0.001])
def test_no_q_is_no_q(q: float | None) -> None:
    assert binding_of(row(q=q), NOW).q == -1


def test_a_time_with_a_zone_means_what_it_says() -> None:
    assert binding_of(row(expires="2023-11-14 22:13:20+00"), NOW).expires_at == NOW


def test_a_permanent_one_never_expires_whatever_its_time() -> None:
    assert binding_of(row(flags=PERMANENT, expires=None), NOW).expires_at == NEVER


@pytest.mark.parametrize(
    "values",
    [
        {"contact": ""},
        {"contact": "sip:joe@h>\r\nEvil: yes"},
        {"contact": r"sip:joe@h\x0d\x0aEvil"},
        {"contact": "sip:" + "x" * 600},
        {"contact": 5},
        {"received": "sip:h\nh"},
        {"expires": "tomorrow"},
        {"expires": "infinity"},
        {"expires": None},
        {"expires": "1970-01-01 00:00:00"},
        {"q": "much"},
        {"q": float("nan")},
        {"q": float("inf")},
        {"cseq": -1},
        {"cseq": None},
        {"cseq": 1 << 70},
        {"flags": "x"},
        {"since": "x"},
    ],
)
def test_what_is_no_binding(values: dict[str, object]) -> None:
    with pytest.raises(BadRow):
        binding_of(row(**values), NOW)


@pytest.mark.parametrize("octets", [b"joe", b"j\xf6", "jö".encode(), b"a\\b", b"a b\x01"])
@pytest.mark.parametrize("use_domain", [False, True])
def test_an_address_of_record_comes_back(octets: bytes, use_domain: bool) -> None:
    rows = Rows("location", use_domain=use_domain)
    aor = octets + b"@example.com" if use_domain else octets
    user, domain = rows.names_of(aor)
    assert domain == ("example.com" if use_domain else "")
    assert rows.aor_of(row(username=user, domain=domain)) == aor


def test_without_use_domain_the_domain_does_not_count() -> None:
    assert Rows("location").aor_of(row(domain="example.com")) == b"joe"


def test_with_use_domain_there_must_be_one() -> None:
    with pytest.raises(BadRow, match="no domain"):
        Rows("location", use_domain=True).aor_of(row())


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="same name"):
        Rows("location", {"contact": "username"})


def test_the_best_comes_first_and_each_contact_once() -> None:
    low, high = binding(b"sip:low@h", q=100), binding(b"sip:high@h", q=900)
    newer = binding(b"sip:low@h", q=100, expires_at=low.expires_at + 5)
    assert in_order([low, high, newer], desc_time_order=False) == [high, newer]
    assert in_order([low, high], desc_time_order=True) == [low, high]
