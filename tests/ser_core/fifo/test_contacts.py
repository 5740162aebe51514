from __future__ import annotations

import pytest

from ser_core.fifo.contacts import is_uri, read_contacts
from ser_core.fifo.protocol import Reply


@pytest.mark.parametrize("target", ["sip:joe@10.0.0.9", "SIPS:joe@a", "tel:+123"])
def test_a_uri_can_be_asked_by_itself(target: str) -> None:
    assert is_uri(target)


@pytest.mark.parametrize("target", ["joe", "joe@example.com", "http://x", "sip:", "", "sip:a b"])
def test_what_is_no_uri(target: str) -> None:
    assert not is_uri(target)


def test_the_contacts_of_a_user() -> None:
    body = b"<sip:joe@10.0.0.9:5062>;q=1;expires=3590\r\n<sip:j<o>e@10.0.0.8;x=y>;q=;expires=-1\n"
    assert read_contacts(Reply(body=body)) == ["sip:joe@10.0.0.9:5062", "sip:j<o>e@10.0.0.8;x=y"]


def test_a_user_without_contacts() -> None:
    assert read_contacts(Reply()) == []


def test_a_line_that_is_no_contact() -> None:
    with pytest.raises(ValueError, match="'nobody' is no contact"):
        read_contacts(Reply(body=b"nobody\n"))
