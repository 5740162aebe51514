"""Where FIFO and socket stand, and what keeps them from being made."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core.errors import SerError
from ser_core.script.settings import Settings
from ser_core.server.control_files import NOWHERE, ControlPlaces, control_files, places_of
from ser_core.server.privileges import Identity
from ser_core.server.run_dir import TABLES, RunDirectory
from ser_core.sip.hop import Listener

RUN = Path("/run/ser/udp-192.0.2.1-5060")


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[RunDirectory]:
    made = RunDirectory(tmp_path / "run", Listener("udp", "127.0.0.1", 5060))
    yield made
    made.remove()


def test_the_fifo_is_in_the_run_directory_with_its_reply_pipes() -> None:
    assert places_of(Settings(), RUN) == ControlPlaces(RUN / "ser_fifo", RUN, None)


def test_reply_pipes_are_beside_the_fifo_unless_told_otherwise() -> None:
    places = places_of(Settings(fifo="/srv/fifo"), RUN)
    assert (places.fifo, places.reply_directory) == (Path("/srv/fifo"), Path("/srv"))
    places = places_of(Settings(fifo="/srv/fifo", fifo_dir="/srv/replies/"), RUN)
    assert places.reply_directory == Path("/srv/replies")
    assert places_of(Settings(fifo_dir="/srv"), RUN).fifo == RUN / "ser_fifo"


def test_paths_are_those_of_the_directory_at_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    places = places_of(Settings(fifo="a", fifo_dir="b", unix_sock="c"), RUN)
    assert places == ControlPlaces(tmp_path / "a", tmp_path / "b", tmp_path / "c")


def test_there_may_be_no_fifo() -> None:
    assert places_of(Settings(fifo="none"), RUN) == NOWHERE
    sock = places_of(Settings(fifo="none", unix_sock="/srv/sock"), RUN)
    assert sock == ControlPlaces(None, None, Path("/srv/sock"))


@pytest.mark.parametrize(
    ("places", "text"),
    [
        (NOWHERE, ""),
        (ControlPlaces(Path("/f"), Path("/"), None), "FIFO: /f\n\n"),
        (ControlPlaces(None, None, Path("/s")), "Command socket: /s\n\n"),
        (ControlPlaces(Path("/f"), Path("/"), Path("/s")), "FIFO: /f\nCommand socket: /s\n\n"),
    ],
)
def test_the_start_shows_where_commands_come_in(places: ControlPlaces, text: str) -> None:
    assert places.report() == text


def test_files_are_there_inside_and_gone_afterwards(directory: RunDirectory) -> None:
    settings = Settings(unix_sock=str(directory.path / "sock"), fifo_mode=0o600)
    places = places_of(settings, directory.path)
    with control_files(places, settings, directory, Identity()) as files:
        assert files is not None
        assert files.pipe is not None
        assert files.socket is not None
        fifo = directory.path / "ser_fifo"
        assert stat.S_ISFIFO(fifo.stat().st_mode)
        assert stat.S_IMODE(fifo.stat().st_mode) == 0o600
        assert stat.S_ISSOCK((directory.path / "sock").stat().st_mode)
    assert [x.name for x in directory.path.iterdir()] == [TABLES]


def test_nothing_is_made_when_nothing_is_wanted(directory: RunDirectory) -> None:
    with control_files(NOWHERE, Settings(), directory, Identity()) as files:
        assert files is None


def test_a_socket_that_cannot_be_made_takes_the_fifo_with_it(directory: RunDirectory) -> None:
    settings = Settings(unix_sock=str(directory.path / "none" / "sock"))
    places = places_of(settings, directory.path)
    with (
        pytest.raises(SerError, match="none/sock"),
        control_files(places, settings, directory, Identity()),
    ):
        pass
    assert [x.name for x in directory.path.iterdir()] == [TABLES]


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (Settings(fifo="{tmp}/none/fifo"), "cannot have a FIFO in .*/none: No such file"),
        (Settings(fifo_dir="{tmp}/none"), "cannot have a FIFO in .*/none: No such file"),
        (Settings(fifo_dir="{tmp}/file"), "cannot have a FIFO in .*/file: it is no directory"),
        (Settings(fifo_group="no-such-group"), "fifo_group: there is no group no-such-group"),
        (Settings(fifo_user="no-such-user"), "fifo_user: there is no user no-such-user"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(
    directory: RunDirectory, tmp_path: Path, settings: Settings, text: str
) -> None:
    (tmp_path / "file").write_text("")
    settings.fifo = settings.fifo.replace("{tmp}", str(tmp_path))
    settings.fifo_dir = settings.fifo_dir.replace("{tmp}", str(tmp_path))
    places = places_of(settings, directory.path)
    with (
        pytest.raises(SerError, match=text),
        control_files(places, settings, directory, Identity()),
    ):
        pass


def test_a_directory_for_everybody_is_warned_of(
    directory: RunDirectory, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    everybody = tmp_path / "everybody"
    everybody.mkdir()
    everybody.chmod(0o1777)
    settings = Settings(fifo=str(everybody / "fifo"))
    places = places_of(settings, directory.path)
    with control_files(places, settings, directory, Identity()):
        assert f"everybody can write to {everybody}" in capfd.readouterr().err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a FIFO to any group")
def test_the_group_that_may_give_commands_may_make_reply_pipes(directory: RunDirectory) -> None:
    settings = Settings(fifo_group="12345")
    places = places_of(settings, directory.path)
    with control_files(places, settings, directory, Identity()):
        assert (directory.path / "ser_fifo").stat().st_gid == 12345
        assert directory.path.stat().st_gid == 12345
        assert stat.S_IMODE(directory.path.stat().st_mode) == 0o1770


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run ser as somebody else")
def test_the_fifo_belongs_to_whom_ser_becomes(directory: RunDirectory) -> None:
    places = places_of(Settings(), directory.path)
    with control_files(places, Settings(), directory, Identity(12345, 12346)):
        found = (directory.path / "ser_fifo").stat()
        assert (found.st_uid, found.st_gid) == (12345, 12346)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run ser as somebody else")
@pytest.mark.parametrize(
    ("settings", "mode"),
    [
        (Settings(), 0o1770),
        (Settings(fifo_mode=0o600), 0o750),
        (Settings(fifo_dir="/"), 0o750),
    ],
)
def test_so_does_its_group_which_may_make_reply_pipes_there(
    directory: RunDirectory, settings: Settings, mode: int
) -> None:
    """Where it may give commands at all, and looks for the replies here."""
    places = places_of(settings, directory.path)
    with control_files(places, settings, directory, Identity(12345, 12346)) as files:
        assert files is not None
        assert files.gid == 12346
        assert stat.S_IMODE(directory.path.stat().st_mode) == mode
        assert stat.S_IMODE(directory.location.parent.stat().st_mode) == 0o700
