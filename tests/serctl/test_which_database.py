from __future__ import annotations

import io
import os
from pathlib import Path
from unittest.mock import Mock

import click
import pytest

from ser_core.database import url as url_module
from ser_core.fifo import places
from ser_core.fifo.reach import NoReply
from serctl.environment import Environment
from serctl.exit_status import ExitStatus, Failure
from serctl.instances import SeveralInstances
from serctl.settings import Settings
from serctl.which_database import choose, url_of
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


def test_a_dry_run_is_about_the_same(tmp_path: Path) -> None:
    script = tmp_path / "ser.cfg"
    script.write_text('modparam("usrloc", "db_url", "postgresql://ser:x@h/ser")')
    ser = config(path=script)
    here = environment(Settings(), ser)
    here.dry_run = True
    assert url_of(here).scheme == "postgresql"
    assert (ser.requests, ser.closed) == ([("config",)], 1)
    assert isinstance(here.stdout, io.StringIO)
    assert here.stdout.getvalue() == ""


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
    script = tmp_path / "ser.cfg"
    script.write_text('loadmodule "auth_db.so"')
    service = config(path=script, run_dir=f"{places.SERVICE_DIRECTORY}/udp-192.0.2.1-5060")
    assert str(url_of(environment(Settings(), service))) == "sqlite:////var/lib/ser/ser.db"
    own = config(path=script, run_dir=f"{tmp_path}/run/udp-192.0.2.1-5060")
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


def test_a_ser_cfg_that_may_not_be_read_leads_to_no_other_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Path, "read_bytes", Mock(side_effect=PermissionError))  # root may read all
    with pytest.raises(Failure, match=r"no permission to read /etc/ser/ser\.cfg") as raised:
        url_of(environment(Settings(config="/etc/ser/ser.cfg")))
    assert raised.value.status == ExitStatus.CANNOT_REACH


@pytest.mark.parametrize("what", ["absent", "directory"])
def test_nor_does_one_that_runs_and_isnt_there_any_more(tmp_path: Path, what: str) -> None:
    script = tmp_path if what == "directory" else tmp_path / "absent"
    with pytest.raises(
        Failure, match="which says where the database is; can't be read: "
    ) as raised:
        url_of(environment(Settings(), config(path=script)))
    assert raised.value.status == ExitStatus.CANNOT_REACH


def test_nor_does_one_with_a_mistake_unless_it_has_a_db_url_all_the_same(tmp_path: Path) -> None:
    script = tmp_path / "ser.cfg"
    here = environment(Settings(), config(path=script))
    script.write_text('loadmodule "auth_db.so"\nmodparam("auth_db" "db_url", "mysql://h/ser")\n')
    with pytest.raises(
        Failure, match=r"mistake \(line 2: expected .*, and so doesn\'t say where the"
    ):
        url_of(here)
    script.write_text('route { if }\nmodparam("auth_db", "db_url", "mysql://h/ser")\n')
    assert url_of(here).scheme == "mysql"


SEVERAL = """
loadmodule "auth_db.so"
loadmodule "uri_db.so"
loadmodule "group.so"
loadmodule "usrloc.so"
modparam("auth_db|uri_db", "db_url", "postgresql://ser:x@h/ser")
modparam("usrloc", "db_url", "mysql://ser:x@h/ser")
"""


def test_where_modules_differ_it_is_that_of_the_one_whose_tables_are_meant(tmp_path: Path) -> None:
    script = tmp_path / "ser.cfg"
    script.write_text(
        SEVERAL + 'modparam("usrloc", "db_mode", 1)\nmodparam("group", "db_url", "x")'
    )
    here = environment(Settings(), config(path=script))
    choice = choose(here)
    assert (choice.whose, str(choice.url)) == ("auth_db", "postgresql://ser@h/ser")
    # What is no db_url, of a module that this isn't about, is that module's affair.
    assert {module: str(url) for module, url in choice.others.items()} == {
        "usrloc": "mysql://ser@h/ser"
    }
    assert str(url_of(here, "usrloc")) == "mysql://ser@h/ser"
    assert url_of(here, "alias_db").scheme == "postgresql"


def test_a_path_from_where_ser_works_is_taken_from_there(tmp_path: Path) -> None:
    script = tmp_path / "ser.cfg"
    script.write_text('modparam("auth_db", "db_url", "sqlite:///a%20b.db")')
    here = environment(Settings(), config(path=script, pid=os.getpid()))
    assert url_of(here).file == Path.cwd() / "a b.db"


@pytest.mark.parametrize("about", [{}, {"pid": "?"}, {"pid": 2**22 + 1}])
def test_where_ser_works_must_be_known_then(tmp_path: Path, about: dict[str, object]) -> None:
    script = tmp_path / "ser.cfg"
    script.write_text('modparam("auth_db", "db_url", "sqlite:///ser.db")')
    with pytest.raises(Failure, match="a path without a / at its beginning"):
        url_of(environment(Settings(), config(path=script, **about)))
