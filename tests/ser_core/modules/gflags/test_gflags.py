from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ser_core.fifo.declarations import fifo_commands_of
from ser_core.fifo.protocol import FifoError, Reply
from ser_core.modules import gflags as package
from ser_core.modules.api import FAILURE, ONREPLY, REQUEST, commands_of, params_of
from ser_core.modules.gflags.gflags import FlagNumber, Gflags
from tests.support.script_messages import request_in_script as request

CONTROL: Any = None


def started(path: Path, initial: int = 0) -> Gflags:
    core: Any = SimpleNamespace(table_path=lambda name: str(path / name))
    made = Gflags()
    made.initial = initial
    made.check()
    made.start(core)
    return made


@pytest.fixture
def gflags(tmp_path: Path) -> Iterator[Gflags]:
    made = started(tmp_path, initial=2)
    yield made
    made.stop()


def test_declarations_are_those_of_ser() -> None:
    assert package.MODULE is Gflags
    anywhere = REQUEST | FAILURE | ONREPLY
    names = ["set_gflag", "reset_gflag", "is_gflag"]
    assert [(made.name, made.routes) for made in commands_of(Gflags)] == [
        (name, anywhere) for name in names
    ]
    assert [made.name for made in fifo_commands_of(Gflags)] == names
    assert {made.name: made.default for made in params_of(Gflags)} == {"initial": 0}


def test_a_start_that_failed_can_be_stopped(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        started(tmp_path / "nowhere")
    Gflags().stop()


def test_a_script_sets_and_asks(gflags: Gflags, tmp_path: Path) -> None:
    msg = request()
    assert gflags.is_gflag(msg, FlagNumber(1))
    assert not gflags.is_gflag(msg, FlagNumber(3))
    assert gflags.set_gflag(msg, FlagNumber(3))
    assert gflags.reset_gflag(msg, FlagNumber(1))
    other = started(tmp_path)
    assert other.is_gflag(msg, FlagNumber(3))
    assert not other.is_gflag(msg, FlagNumber(1))
    other.stop()


def test_the_fifo_sets_and_asks(gflags: Gflags) -> None:
    assert gflags.fifo_is_gflag(CONTROL, b"1") == Reply(text="OK", body=b"TRUE\n")
    assert gflags.fifo_reset_gflag(CONTROL, b"1") == Reply(text="OK")
    assert gflags.fifo_is_gflag(CONTROL, b"1") == Reply(text="OK", body=b"FALSE\n")
    assert gflags.fifo_set_gflag(CONTROL, b"31") == Reply(text="OK")
    assert gflags.is_gflag(request(), FlagNumber(31))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"32", "invalid flag number"),
        (b"9" * 5000, "invalid flag number"),
        (b"-1", "invalid flag format"),
        (b"x", "invalid flag format"),
    ],
)
def test_a_flag_that_there_isnt_is_told(gflags: Gflags, text: bytes, problem: str) -> None:
    with pytest.raises(FifoError, match=f"400 gflags: {problem}"):
        gflags.fifo_set_gflag(CONTROL, text)


@pytest.mark.parametrize("text", ["32", "-1", "", "x", "1.0"])
def test_a_flag_that_there_isnt_stops_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="is not the number of a flag, 0 to 31"):
        FlagNumber.from_script(text)
    assert FlagNumber.from_script("31") == 31


def test_initial_flags_that_there_arent_stop_the_start() -> None:
    made = Gflags()
    made.initial = 1 << 32
    with pytest.raises(ValueError, match="initial has flags above 31"):
        made.check()
