"""Status codes as inputs."""

from __future__ import annotations

import pytest

from ser_core.transaction.inputs import Input, respond_input, response_input


@pytest.mark.parametrize(
    ("status", "received", "sent"),
    [
        (100, Input.RESPONSE_1XX, Input.RESPOND_1XX),
        (199, Input.RESPONSE_1XX, Input.RESPOND_1XX),
        (200, Input.RESPONSE_2XX, Input.RESPOND_2XX),
        (299, Input.RESPONSE_2XX, Input.RESPOND_2XX),
        (300, Input.RESPONSE_FINAL, Input.RESPOND_FINAL),
        (699, Input.RESPONSE_FINAL, Input.RESPOND_FINAL),
    ],
)
def test_status_classes(status: int, received: Input, sent: Input) -> None:
    assert response_input(status) is received
    assert respond_input(status) is sent
