"""What all tests share: reproducible hypothesis, and programs that may be missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys

import pytest
from hypothesis import HealthCheck, settings

from tests.support.databases import database_url, databases, empty_database_url

__all__ = ["database_url", "databases", "empty_database_url"]

# Where bytecode isn't kept, each of the hundreds of programs that tests start compiles all of ser
# anew: twice the time for the whole suite.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# The same examples on each run, whatever the machine's speed: a red build stays red until the
# cause is gone. `HYPOTHESIS_PROFILE=explore` looks for new ones.
settings.register_profile(
    "reproducible",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "reproducible"))

PACKAGES = {
    "sipp": "apt-get install sip-tester",
    "baresip": "apt-get install baresip",
    "kamailio": "apt-get install kamailio",
    "zsh": "apt-get install zsh",
    "fish": "apt-get install fish",
    "groff": "apt-get install groff-base",
    "tmux": "apt-get install tmux",
    "setuptools": "pip install setuptools",
    "pjsua2": "pip install pjsua2-python (x86-64, CPython 3.11 or 3.12)",
}
"""How to get what `@pytest.mark.needs` may name: a program on the path, or a Python package."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests begin first: at the end, one of them would be waited for by all workers."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def _is_there(name: str) -> bool:
    return shutil.which(name) is not None or importlib.util.find_spec(name) is not None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out a test whose programs are missing; fail it where CI should have had them."""
    names = [name for mark in item.iter_markers("needs") for name in mark.args]
    missing = [name for name in names if not _is_there(name)]
    if not missing:
        return
    reason = "; ".join(f"needs {name}: {PACKAGES.get(name, 'install it')}" for name in missing)
    if os.environ.get("SER_TESTS_LEAVE_OUT") == "nothing":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
