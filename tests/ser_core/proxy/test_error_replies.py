from __future__ import annotations

import pytest

from ser_core.proxy.error_replies import reply_for


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (-477, 477, b"Unfortunately error on sending to next hop occurred (477/TM)"),
        (-478, 478, b"Unresolvable destination (478/TM)"),
        (-400, 400, b"Bad Request (400/TM)"),
        (-479, 479, b"Regretfully, we were not able to process the URI (479/TM)"),
        (-9, 400, b"Transaction tuple incomplete (9/TM)"),
        (-13, 400, b"Bad To (13/TM)"),
        (-11, 500, b"Error in external logic (11/TM)"),
        (-12, 500, b"Forking capacity exceeded (12/TM)"),
        (-15, 400, b"Invalid character in q parameter (15/TM)"),
        (-16, 400, b"Empty q parameter (16/TM)"),
        (-17, 400, b"q parameter too big (17/TM)"),
        (-18, 400, b"Decimal part missing in q (18/TM)"),
        (-1, 500, b"I'm terribly sorry, server error occurred (1/TM)"),
        (-2, 500, b"I'm terribly sorry, server error occurred (2/TM)"),
        (-480, 500, b"I'm terribly sorry, server error occurred (480/TM)"),
    ],
)
def test_each_error_has_sers_wording(error: int, status: int, reason: bytes) -> None:
    assert reply_for(error, "TM") == (status, reason)


def test_the_suffix_names_who_replies() -> None:
    assert reply_for(-478, "SL")[1] == b"Unresolvable destination (478/SL)"


def test_no_error_counts_as_unspecified() -> None:
    assert reply_for(0, "SL") == reply_for(-1, "SL")
