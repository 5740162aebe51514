from __future__ import annotations

import pytest

from sertui.request_completion import completion, word_before
from sertui.sip_highlighting import Part

URIS = ("sip:joe@10.0.0.9:5062", "sip:joe@example.com", "sip:Ann@example.com")


@pytest.mark.parametrize(
    ("part", "line", "added"),
    [
        (Part.REQUEST_LINE, "OP", "TIONS "),
        (Part.REQUEST_LINE, "opt", "IONS "),
        (Part.REQUEST_LINE, "OPTIONS ", ""),
        (Part.REQUEST_LINE, "OPTIONS sip:jo", "e@10.0.0.9:5062"),
        (Part.REQUEST_LINE, "OPTIONS sip:joe@e", "xample.com"),
        (Part.REQUEST_LINE, "OPTIONS sip:a", "nn@example.com"),
        (Part.REQUEST_LINE, "OPTIONS sip:", ""),
        (Part.REQUEST_LINE, "OPTIONS sip:joe@a ", "SIP/2.0"),
        (Part.REQUEST_LINE, "OPTIONS sip:joe@a SI", "P/2.0"),
        (Part.REQUEST_LINE, "A b c d", ""),
        (Part.REQUEST_LINE, "", ""),
        (Part.HEADER, "Fr", "om: "),
        (Part.HEADER, "content", "-Type: "),
        (Part.HEADER, "To: <sip:ann@", "example.com"),
        (Part.HEADER, "To: ann", ""),
        (Part.HEADER, "To: <sip:joe@10.0.0.9:5062", ""),
        (Part.BODY, "sip:jo", ""),
        (Part.COMMENT, "Fr", ""),
    ],
)
def test_what_could_come_next(part: Part, line: str, added: str) -> None:
    assert completion(part, line, URIS) == added


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("To: <sip:joe", "joe"),
        ("To: <sip:joe@exa", "joe"),
        ("To: <sip:j", ""),
        ("To: joe", ""),
        ("To: <sip:joe@a>", ""),
    ],
)
def test_whom_to_look_for(line: str, word: str) -> None:
    assert word_before(line) == word
