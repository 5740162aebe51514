from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from ser_core.server import early_signals

STOPPING = (signal.SIGTERM, signal.SIGINT)
OTHERS = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


@pytest.fixture(autouse=True)
def own_handlers() -> Iterator[None]:
    """Those that pytest has come back at the end."""
    former = {number: signal.signal(number, signal.SIG_DFL) for number in (*STOPPING, *OTHERS)}
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", STOPPING)
def test_who_stops_it_unwinds_the_stack(number: signal.Signals) -> None:
    early_signals.take()
    with pytest.raises(SystemExit) as ended:
        os.kill(os.getpid(), number)
    assert ended.value.code == 0


@pytest.mark.parametrize("number", OTHERS)
def test_other_signals_are_told_and_end_nothing(
    number: signal.Signals, capfd: pytest.CaptureFixture[str]
) -> None:
    early_signals.take()
    os.kill(os.getpid(), number)
    assert f"{number.name} has no effect: ser is still starting" in capfd.readouterr().err


def test_what_was_ignored_stays_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    early_signals.take()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
