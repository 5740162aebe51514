from __future__ import annotations

from pathlib import Path

import pytest

from ser_core.database import url as url_module
from ser_core.database.url import DatabaseUrl, check_driver, default_url


def test_sers_own_spelling_is_understood() -> None:
    url = DatabaseUrl.parse("mysql://ser:heslo@localhost/ser")
    assert (url.scheme, url.user, url.password) == ("mysql", "ser", "heslo")
    assert (url.host, url.port, url.name) == ("localhost", None, "ser")
    assert url.engine_url.drivername == "mysql+pymysql"


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port"),
    [
        ("postgres://ser@db/ser", "postgresql", "db", None),
        ("postgresql://ser@db:5433/ser", "postgresql", "db", 5433),
        ("mariadb://ser@[2001:db8::1]:3307/ser", "mysql", "2001:db8::1", 3307),
        ("PostgreSQL:///ser", "postgresql", "", None),
    ],
)
def test_server_urls(text: str, scheme: str, host: str, port: int | None) -> None:
    url = DatabaseUrl.parse(text)
    assert (url.scheme, url.host, url.port, url.name) == (scheme, host, port, "ser")


@pytest.mark.parametrize(
    ("password", "written"),
    [
        ("he:slo", "he:slo"),
        ("he@slo", "he@slo"),
        ("he@slo", "he%40slo"),
        ("a/b?c", "a%2Fb%3Fc"),
        ("100%", "100%25"),
    ],
)
def test_passwords_with_signs_of_urls_in_them(password: str, written: str) -> None:
    url = DatabaseUrl.parse(f"mysql://ser:{written}@localhost/ser")
    assert (url.user, url.password, url.host) == ("ser", password, "localhost")


def test_no_text_of_a_url_shows_its_password() -> None:
    url = DatabaseUrl.parse("postgresql://ser:geheim@db:5433/ser?sslmode=require")
    assert str(url) == "postgresql://ser@db:5433/ser?sslmode=require"
    assert "geheim" not in f"{url} {url!r} {url.engine_url}"
    assert DatabaseUrl.parse(str(url)) == DatabaseUrl.parse(
        "postgresql://ser@db:5433/ser?sslmode=require"
    )


@pytest.mark.parametrize(
    "text",
    [
        "mysql://ser:geheim@local host:x/ser",
        "mysql://ser:geheim@localhost",
        "mysql://ser:geheim@localhost/",
        "mysql://ser:geheim@localhost:99999/ser",
        "mysql://ser:geheim@localhost/ser?what=1",
        "mysql://ser:geheim@localhost/ser?password=geheim",
        "mysql://ser:geheim@localhost/ser/x",
        "oracle://ser:geheim@localhost/ser",
        "geheim",
        "mysql://ser:geheim@localhost/ser\n",
        "mysql://ser:geheim@localhost/s\0er",
    ],
)
def test_a_url_that_cant_be_read_is_refused_without_telling_its_password(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w+") as caught:
        DatabaseUrl.parse(text)
    assert "geheim" not in str(caught.value)


def test_a_path_of_sqlite_has_four_slashes_or_is_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert DatabaseUrl.parse("sqlite:////var/lib/ser/ser.db").file == Path("/var/lib/ser/ser.db")
    relative = DatabaseUrl.parse("sqlite:///ser.db")
    assert relative.file == tmp_path / "ser.db"
    assert str(relative) == f"sqlite:///{tmp_path}/ser.db"
    assert DatabaseUrl.parse(str(relative)) == relative


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sqlite:///no/such/place.db", "sqlite:////no/such/place.db"),
        ("sqlite:///", "needs a file"),
        ("sqlite://", "three slashes"),
        ("sqlite://ser.db", "three slashes"),
        ("sqlite:///:memory:", "memory of its own"),
        ("sqlite:////var/lib/ser/", "is a directory"),
    ],
)
def test_what_sqlite_cant_use_is_told(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        DatabaseUrl.parse(text)


def test_the_default_is_the_services_file_for_whoever_may_write_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(url_module, "SERVICE_DIRECTORY", tmp_path)
    assert default_url().file == tmp_path / "ser.db"
    assert DatabaseUrl.parse("") == default_url()


def test_the_default_is_in_the_users_own_place_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(url_module, "SERVICE_DIRECTORY", tmp_path / "missing")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_url().file == tmp_path / "ser" / "ser.db"
    monkeypatch.setenv("XDG_STATE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_url().file == tmp_path / ".local" / "state" / "ser" / "ser.db"


def test_who_was_root_never_means_roots_own_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("os.access", lambda *_: False)  # neither place is open to who it is now
    monkeypatch.setattr(url_module, "SERVICE_DIRECTORY", tmp_path)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert default_url().file == tmp_path / "ser.db"


@pytest.mark.parametrize(("scheme", "extra"), [("postgresql", "postgres"), ("mysql", "mysql")])
def test_a_missing_driver_names_the_extra(
    scheme: url_module.Scheme, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_driver(scheme)
    monkeypatch.setattr(url_module, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=rf"pip install 'ser\[{extra}\]'"):
        DatabaseUrl.parse(f"{scheme}://ser@localhost/ser").check_driver()
    check_driver("sqlite")
