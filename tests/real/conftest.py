"""The proxy that the tests of this directory talk to: ours, or another for a second opinion."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.support.kamailio import Kamailio

WHICH = os.environ.get("SER_TESTS_PROXY", "kamailio")
"""`SER_TESTS_PROXY=kamailio` shows whether a test expects what another proxy does too."""


class Proxy(Protocol):
    """A proxy that runs a hello-world config."""

    @property
    def target(self) -> str:
        """HOST:PORT, for UDP and TCP."""


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """One for all tests of a file; they keep to different users."""
    directory: Path = tmp_path_factory.mktemp("proxy")
    with Kamailio(directory) as kamailio:
        yield kamailio
