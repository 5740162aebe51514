"""What tests of screens share: times of day are those of Greenwich, coroutines are run."""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterator

import pytest

from tests.support.textual_css import parsed_once
from tests.support.virtual_time import run


@pytest.fixture(scope="session", autouse=True)
def style_sheets() -> Iterator[None]:
    """They are parsed once."""
    with parsed_once():
        yield


@pytest.fixture(autouse=True)
def greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Wherever the test runs; and with colours, whoever runs it."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        patch.delenv("NO_COLOR", raising=False)
        time.tzset()
        yield
    time.tzset()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine, in a loop of its own; leave the others to pytest."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True
