"""Which database serctl uses."""

from __future__ import annotations

import io
from pathlib import Path
from unittest.mock import Mock

import click
import pytest
from sqlalchemy import text

from ser_core.database import url as url_module
from ser_core.database.errors import DatabaseError
from ser_core.fifo import places
from ser_core.fifo.reach import NoReply
from serctl.database import is_there, opened, url_of
from serctl.environment import Environment
from serctl.exit_status import ExitStatus, Failure
from serctl.instances import SeveralInstances
from serctl.settings import Settings
from tests.support.serctl_database import stopped_ser
from tests.support.serctl_runs import FakeSer


def environment(settings: Settings, ser: FakeSer | None = None) -> Environment:
    streams = io.StringIO(), io.StringIO(), io.StringIO()
    return Environment(*streams, settings=settings, connect=lambda _: ser or stopped_ser())


def config(**values: object) -> FakeSer:
    rows = "".join(f"{name}\t{value}\n" for name, value in values.items())
    return FakeSer(config=f"200 ok\nname\tvalue\n{rows}")


def test_what_the_settings_say_wins_and_nobody_is_asked() -> None:
    ser = FakeSer()
    url = url_of(environment(Settings(db_url="mysql://ser:x@h/ser"), ser))
    assert (str(url), ser.requests) == ("mysql://ser@h/ser", [])


def test_then_that_of_the_ser_cfg_that_runs(tmp_path: Path) -> None:
    script = tmp_path / "ser.cfg"
    script.write_text('modparam("usrloc", "db_url", "postgresql://ser:x@h/ser")')
    url = url_of(environment(Settings(), config(path=script, run_dir="/tmp/x")))
    assert (url.scheme, url.password) == ("postgresql", "x")


def test_then_that_of_the_ser_cfg_that_start_takes(tmp_path: Path) -> None:
    script = tmp_path / "ser.cfg"
    script.write_text('modparam("usrloc", "db_url", "postgresql://ser:x@h/ser")')
    assert url_of(environment(Settings(config=str(script)))).scheme == "postgresql"


def test_then_the_one_that_the_service_makes_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks: the service's own user has another default than its operator."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(url_module, "SERVICE_DIRECTORY", tmp_path / "absent")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    service = config(path="/absent", run_dir=f"{places.SERVICE_DIRECTORY}/udp-192.0.2.1-5060")
    assert str(url_of(environment(Settings(), service))) == "sqlite:////var/lib/ser/ser.db"
    own = config(path="/absent", run_dir=f"{tmp_path}/run/udp-192.0.2.1-5060")
    assert url_of(environment(Settings(), own)).file == tmp_path / "ser" / "ser.db"
    assert url_of(environment(Settings(config="/absent"))).file == tmp_path / "ser" / "ser.db"


@pytest.mark.parametrize(
    "answer", [NoReply("no reply in 5 s"), SeveralInstances([]), "200 ok\nnonsense\n"]
)
def test_where_it_isnt_clear_whose_database_is_meant_none_is_taken(
    answer: str | Exception,
) -> None:
    with pytest.raises((NoReply, Failure)):
        url_of(environment(Settings(), FakeSer(config=answer)))


@pytest.mark.parametrize("where", ["settings", "script"])
def test_a_url_that_cant_be_read_is_told_without_its_password(tmp_path: Path, where: str) -> None:
    script = tmp_path / "ser.cfg"
    script.write_text('modparam("usrloc", "db_url", "oracle://ser:geheim@h/ser")')
    settings = Settings(config=str(script))
    if where == "settings":
        settings = Settings(db_url="oracle://ser:geheim@h/ser")
    with pytest.raises(click.UsageError) as caught:
        url_of(environment(settings))
    assert "geheim" not in str(caught.value)


def test_reading_makes_nothing_and_writing_does(tmp_path: Path) -> None:
    here = environment(Settings(db_url=f"sqlite:///{tmp_path}/ser.db"))
    assert not is_there(here)
    with pytest.raises(Failure, match="there is no database"), opened(here, reads=True):
        pass
    assert not (tmp_path / "ser.db").exists()
    with opened(here) as database:
        assert database.run(lambda each: each.execute(text("SELECT 1")).scalar()) == 1
    assert is_there(here)


def test_an_error_says_of_which_database(tmp_path: Path) -> None:
    here = environment(Settings(db_url=f"sqlite:///{tmp_path}/ser.db"))
    with (
        pytest.raises(DatabaseError, match=r"database sqlite:.*/ser\.db: .*absent"),
        opened(here) as database,
    ):
        database.run(lambda each: each.execute(text("SELECT * FROM absent")))


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(url_module, "find_spec", lambda name: None)
    here = environment(Settings(db_url="mysql://ser@h/ser"))
    with pytest.raises(Failure, match=r"pip install 'ser\[mysql\]'"), opened(here):
        pass


def test_a_ser_cfg_that_may_not_be_read_leads_to_no_other_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Path, "read_text", Mock(side_effect=PermissionError))  # root may read all
    with pytest.raises(Failure, match=r"no permission to read /etc/ser/ser\.cfg") as raised:
        url_of(environment(Settings(config="/etc/ser/ser.cfg")))
    assert raised.value.status == ExitStatus.CANNOT_REACH


@pytest.mark.parametrize(("reads", "verb"), [(True, "read"), (False, "change")])
def test_a_file_that_one_has_no_rights_to_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: bool, verb: str
) -> None:
    (tmp_path / "ser.db").touch()
    monkeypatch.setattr("os.access", lambda path, mode: False)
    here = environment(Settings(db_url=f"sqlite:///{tmp_path}/ser.db"))
    expected = pytest.raises(Failure, match=f"no permission to {verb} the database sqlite:///")
    with expected, opened(here, reads=reads):
        pass


def test_so_is_one_in_a_directory_that_one_has_no_rights_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Path, "exists", Mock(side_effect=PermissionError))
    here = environment(Settings(db_url="sqlite:////var/lib/ser/ser.db"))
    with pytest.raises(Failure, match="no permission to read"), opened(here, reads=True):
        pass
