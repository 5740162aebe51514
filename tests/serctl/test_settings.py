from __future__ import annotations

import os
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from serctl import settings
from serctl.settings import Settings, SettingsError, checked, load

EXAMPLE = Path(__file__).parents[2] / "etc" / "serctl.toml"


def loaded(tmp_path: Path, text: str, **variables: str) -> Settings:
    path = tmp_path / "serctl.toml"
    path.write_text(text)
    return load({"SERCTL_CONFIG": str(path), **variables})


def test_without_anything_there_are_defaults() -> None:
    assert load({"SERCTL_CONFIG": ""}) == Settings()


def test_the_file_says_what_is_set(tmp_path: Path) -> None:
    found = loaded(tmp_path, 'fifo = "/x"\ntimeout = 2\nstart_options = ["-n", "4"]\n')
    assert (found.fifo, found.timeout, found.start_options) == ("/x", 2.0, ("-n", "4"))


def test_sers_variables_win_over_the_file(tmp_path: Path) -> None:
    variables = {
        "SER_FIFO": "/y", "SER_UNIXSOCK": "/z", "SIP_DOMAIN": "example.com", "UL_TABLE": "l",
        "ALS_TABLE": "a", "WATCH_PERIOD": "0.5",
    }  # fmt: skip
    found = loaded(tmp_path, 'fifo = "/x"\n', **variables)
    assert (found.fifo, found.unix_socket, found.domain) == ("/y", "/z", "example.com")
    assert (found.location_table, found.alias_table, found.watch_period) == ("l", "a", 0.5)


def test_an_empty_variable_says_nothing(tmp_path: Path) -> None:
    assert loaded(tmp_path, 'fifo = "/x"\n', SER_FIFO="").fifo == "/x"


def test_the_users_file_wins_over_the_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SYSTEM_FILE", tmp_path / "system.toml")
    (tmp_path / "system.toml").write_text('domain = "a.example"\ntimeout = 9\n')
    (tmp_path / "home" / ".config" / "ser").mkdir(parents=True)
    (tmp_path / "home" / ".config" / "ser" / "serctl.toml").write_text('domain = "b.example"\n')
    found = load({"HOME": str(tmp_path / "home")})
    assert (found.domain, found.timeout) == ("b.example", 9.0)
    assert load({"XDG_CONFIG_HOME": str(tmp_path)}).domain == "a.example"


def test_a_home_that_we_must_not_look_into_has_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after `sudo -u ser`, which keeps HOME=/root."""

    def refuse(path: object, **_: object) -> os.stat_result:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "stat", refuse)
    assert load({"HOME": "/root"}) == Settings()


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("fiffo = 1", "fiffo is no setting; did you mean fifo?"),
        ("zzz = 1", "zzz is no setting; known are fifo, "),
        ("fifo = 1", "fifo must be a string in quotes"),
        ('format = "xml"', "format must be one of table, json, lines, raw, csv"),
        ('timeout = "5"', "timeout must be a number of seconds above 0"),
        ("timeout = 0", "timeout must be a number of seconds above 0"),
        ("timeout = true", "timeout must be a number of seconds above 0"),
        ('start_options = "-n 4"', 'start_options must be a list of strings, such as ["-n", "4"]'),
        ("fifo = ", "Invalid value"),
    ],
)
def test_each_mistake_is_told_with_its_place(tmp_path: Path, text: str, mistake: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(mistake)) as caught:
        loaded(tmp_path, text)
    assert str(caught.value.message).startswith(f"{tmp_path}/serctl.toml: ")
    assert caught.value.status == 2


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be read: No such file"):
        load({"SERCTL_CONFIG": str(tmp_path / "none")})


def test_a_file_that_is_no_utf8_is_told(tmp_path: Path) -> None:
    (tmp_path / "serctl.toml").write_bytes(b'fifo = "\xff"\n')
    with pytest.raises(SettingsError, match="utf-8"):
        load({"SERCTL_CONFIG": str(tmp_path / "serctl.toml")})


def test_text_becomes_what_the_setting_is() -> None:
    assert checked("timeout", "2.5", "--timeout") == 2.5
    assert checked("fifo", "5", "--fifo") == "5"
    with pytest.raises(SettingsError, match="--timeout: 'x' is not a number"):
        checked("timeout", "x", "--timeout")
    with pytest.raises(SettingsError, match="--timeout must be a number of seconds above 0"):
        checked("timeout", "nan", "--timeout")


def test_the_example_shows_every_setting_with_its_default() -> None:
    """A line `#key = value` for each, so that taking the # away changes nothing."""
    text = EXAMPLE.read_text()
    assert tomllib.loads(text) == {}
    shown = tomllib.loads("\n".join(re.findall(r"^#(\w+ = .*)$", text, re.M)))
    shown |= {key: tuple(value) for key, value in shown.items() if isinstance(value, list)}
    assert shown == {field.name: field.default for field in fields(Settings)}
