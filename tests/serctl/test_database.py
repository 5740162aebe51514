from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import pytest
from sqlalchemy import text

from ser_core.database import url as url_module
from ser_core.database.errors import DatabaseError
from serctl.database import is_there, opened
from serctl.environment import Environment
from serctl.exit_status import Failure
from serctl.settings import Settings
from tests.support.serctl_database import stopped_ser
from tests.support.serctl_runs import FakeSer, serctl


def environment(settings: Settings, ser: FakeSer | None = None) -> Environment:
    streams = io.StringIO(), io.StringIO(), io.StringIO()
    return Environment(*streams, settings=settings, connect=lambda _: ser or stopped_ser())


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


def several(tmp_path: Path, ser: FakeSer | None = None) -> tuple[Environment, io.StringIO]:
    """A ser.cfg whose modules have two databases."""
    script = tmp_path / "ser.cfg"
    script.write_text(
        f"""
        loadmodule "auth_db.so"
        loadmodule "group.so"
        modparam("auth_db", "db_url", "sqlite:///{tmp_path}/users.db")
        modparam("group", "db_url", "sqlite:///{tmp_path}/groups.db")
        """
    )
    stderr = io.StringIO()
    here = environment(Settings(config=str(script)), ser)
    here.stderr = stderr
    return here, stderr


def test_a_second_database_is_told_to_whom_it_matters(tmp_path: Path) -> None:
    here, stderr = several(tmp_path)
    with opened(here, beside=("usrloc",)) as database:
        assert (str(database.url), database.has_subscribers) == (
            f"sqlite:///{tmp_path}/users.db",
            True,
        )
    assert stderr.getvalue() == ""
    with opened(here, beside=("group",)):
        pass
    assert stderr.getvalue() == (
        "serctl: ser.cfg has several databases; only that of auth_db is used here, "
        f"sqlite:///{tmp_path}/users.db, not group sqlite:///{tmp_path}/groups.db "
        "(--db-url names another)\n"
    )


def test_where_subscribers_are_elsewhere_nobody_is_looked_for(tmp_path: Path) -> None:
    here, _ = several(tmp_path)
    with opened(here, whose="group") as database:
        assert not database.has_subscribers
    settings = here.settings
    tool = partial(serctl, ser=stopped_ser(), settings=settings)
    assert tool("acl", "grant", "joe@example.com", "ld").status == 0
    assert tool("acl", "show", "-F", "lines").stdout.startswith("joe@example.com\tld\t")
    assert tool("passwd", "joe@example.com").status == 5
