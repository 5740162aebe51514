from __future__ import annotations

import pytest

from ser_core.fifo.protocol import FifoError, Reply
from ser_core.modules.usrloc.failures import failures_told
from ser_core.registrar.location import LocationError, LocationFull


@pytest.mark.parametrize("kind", [LocationError, LocationFull])
def test_a_table_that_fails_is_answered_and_logged(
    kind: type[LocationError], capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(FifoError) as caught, failures_told("ul_rm"):
        raise kind("out of order")
    assert caught.value.reply() == Reply(500, "ul_rm: out of order")
    assert "ul_rm: out of order" in capfd.readouterr().err


def test_other_errors_pass() -> None:
    with pytest.raises(FifoError, match="404 no"), failures_told("ul_rm"):
        raise FifoError(404, "no")
