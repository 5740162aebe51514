from __future__ import annotations

import pytest

from ser_core.sip import request_templates
from ser_core.sip.request_checks import complaints

SENDER = "sip:daemon@here.example.com"
JOE = "sip:joe@example.com:5070;transport=tcp"


@pytest.mark.parametrize("name", sorted(set(request_templates.names()) - {"bye"}))
def test_each_template_makes_a_request_that_can_be_sent(name: str) -> None:
    text = request_templates.text_of(name)
    request = request_templates.request_from(text, method="PING", uri=JOE, sender=SENDER)
    assert complaints(request) == []
    assert "$" not in request.to_text()


def test_a_bye_lacks_its_dialog() -> None:
    text = request_templates.text_of("bye")
    request = request_templates.request_from(text, method="BYE", uri=JOE, sender=SENDER)
    assert all("belongs to a dialog" in told for told in complaints(request))


@pytest.mark.parametrize("name", request_templates.names())
def test_each_template_says_what_it_is_for(name: str) -> None:
    assert request_templates.purpose(name).endswith(".")


def test_a_name_that_isnt_one() -> None:
    with pytest.raises(KeyError):
        request_templates.text_of("../cli")


def test_a_method_has_its_template_or_that_of_all() -> None:
    assert request_templates.for_method("OPTIONS") == "options"
    assert request_templates.for_method("PUBLISH") == "any"


def test_other_dollar_signs_stay() -> None:
    filled = request_templates.filled("$uri $$ $price", method="", uri="sip:a", sender="")
    assert filled == "sip:a $$ $price"


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("sip:joe@example.com:5070;lr?a=b", "example.com:5070"),
        ("sip:[::1]:5070", "[::1]:5070"),
        ("sip:a?b;c@host", "host"),
        ("", ""),
    ],
)
def test_the_host_of_a_uri(uri: str, host: str) -> None:
    assert request_templates.host_of(uri) == host
