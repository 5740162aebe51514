from __future__ import annotations

import pytest

from ser_core.modules.textops.http_date import date_line


@pytest.mark.parametrize(
    ("seconds", "line"),
    [
        (0.0, b"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
        (1289690940.9, b"Date: Sat, 13 Nov 2010 23:29:00 GMT\r\n"),  # RFC 3261 §20.17
        (951782400.0, b"Date: Tue, 29 Feb 2000 00:00:00 GMT\r\n"),
    ],
)
def test_date_is_in_gmt_and_english(seconds: float, line: bytes) -> None:
    assert date_line(seconds) == line
