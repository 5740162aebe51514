"""A registration in words."""

from __future__ import annotations

from sertui.registration_fields import fields, summary
from tests.support.sertui_feed import NOW
from tests.support.sertui_registrations import registration


def test_all_fields_are_there() -> None:
    found = dict(fields(registration(received="sip:198.51.100.7:40112", flags=128), NOW))
    assert found["AOR"] == "joe"
    assert found["Transport"] == "tcp"
    assert found["Received"] == "sip:198.51.100.7:40112"
    assert found["Expires"] == "never"
    assert found["Since"].endswith(", 2 h 0 min ago")
    assert found["Flags"] == "128 (permanent)"
    assert len(found) == 12


def test_what_is_missing_is_said() -> None:
    found = dict(fields(registration(q="", received=""), NOW))
    assert found["q"] == "none given"
    assert found["Received"] == "as the contact says"


def test_a_time_is_told_with_its_distance() -> None:
    ahead = dict(fields(registration(expires=int(NOW) + 90), NOW))
    behind = dict(fields(registration(expires=int(NOW) - 90), NOW))
    assert ahead["Expires"].endswith(", in 1 min 30 s")
    assert behind["Expires"].endswith(", 1 min 30 s ago")


def test_a_time_beyond_all_calendars_is_a_number() -> None:
    found = dict(fields(registration(expires=10**18), NOW))
    assert found["Expires"].startswith("1000000000000000000, in ")


def test_a_summary_has_the_whole_contact() -> None:
    first, second = summary(registration(received="sip:198.51.100.7:40112"), NOW)
    assert first == (
        "joe  sip:joe@192.0.2.9:5062;transport=tcp  received from sip:198.51.100.7:40112"
    )
    assert "q 0.5" in second
    assert second.endswith("Linphone/5.1")
