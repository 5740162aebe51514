from __future__ import annotations

import pytest

from ser_core.fifo.uac import Answer
from serctl.answer_status import status_of
from serctl.exit_status import ExitStatus


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (200, ExitStatus.OK),
        (202, ExitStatus.OK),
        (302, ExitStatus.REFUSED),
        (404, ExitStatus.NOT_FOUND),
        (480, ExitStatus.NOT_FOUND),
        (408, ExitStatus.TIMEOUT),
        (486, ExitStatus.REFUSED),
        (603, ExitStatus.REFUSED),
    ],
)
def test_the_class_of_a_response_gives_the_exit_status(code: int, status: ExitStatus) -> None:
    assert status_of(Answer(code, "")) == status
