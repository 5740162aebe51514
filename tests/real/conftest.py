"""The proxy that the tests of this directory talk to: ours, or another for a second opinion.

`SER_TESTS_PROXY=kamailio` runs the tests that take the `proxy` fixture against Kamailio, to see
whether what they expect is what others do, too.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.daemon import COMMAND, PROJECT, Ser
from tests.support.kamailio import Kamailio
from tests.support.two_peers import Two, two_of

CONFIG = (Path(__file__).parents[2] / "etc" / "ser.cfg").read_text()
RECEIVERS = 2


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that runs hello world."""

    target: str
    """HOST:PORT, for UDP and TCP."""
    ser: Ser | None
    """Unless it is another program."""


@contextmanager
def hello_world(directory: Path, host: str = "127.0.0.1") -> Iterator[Proxy]:
    """Our ser with etc/ser.cfg as it is shipped, or what SER_TESTS_PROXY says."""
    if os.environ.get("SER_TESTS_PROXY") == "kamailio":
        with Kamailio(directory, host) as kamailio:
            yield Proxy(kamailio.target, None)
    else:
        with Ser(CONFIG, host=host, children=RECEIVERS) as ser:
            yield Proxy(f"{host}:{ser.port}", ser)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """One for all tests of a file; they keep to different users."""
    with hello_world(tmp_path_factory.mktemp("proxy")) as running:
        yield running


@pytest.fixture
def two(proxy: Proxy) -> Iterator[Two]:
    with two_of(proxy.target) as made:
        yield made


@pytest.fixture
def strangers(proxy: Proxy) -> Iterator[Two]:
    """The callee isn't registered, and lives somewhere else."""
    with two_of(proxy.target, register=False) as made:
        yield made


def check(tmp_path: Path, text: str) -> subprocess.CompletedProcess[str]:
    """`ser -c` on a config text."""
    config = tmp_path / "ser.cfg"
    config.write_text(text)
    return subprocess.run(
        [*COMMAND, "-c", "-f", str(config)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
