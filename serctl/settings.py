"""What serctl.toml and the environment say. etc/serctl.toml documents each key.

Weakest first: the defaults below, /etc/ser/serctl.toml, ~/.config/ser/serctl.toml, SER's
environment variables, options of the command line. SERCTL_CONFIG names the one file to read
instead of the two; empty: none.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from serctl.exit_status import ExitStatus, Failure

SYSTEM_FILE = Path("/etc/ser/serctl.toml")
FORMATS = ("table", "json", "lines", "raw", "csv")
WHEN = ("auto", "always", "never")


class SettingsError(Failure):
    """serctl.toml, or a variable of the environment, has a mistake."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitStatus.USAGE)


def _setting(default: Any, variable: str = "", choices: tuple[str, ...] = ()) -> Any:
    """A field that may come from an environment variable; Any, since dataclass fields are."""
    return dataclasses.field(default=default, metadata={"variable": variable, "choices": choices})


@dataclass(frozen=True, slots=True)
class Settings:
    """All that can be set."""

    fifo: str = _setting("", "SER_FIFO")
    """Path of ser's FIFO; empty: looked for in the run directory."""
    fifo_dir: str = _setting("")
    """fifo_dir of ser.cfg; empty: the directory of the FIFO."""
    unix_socket: str = _setting("", "SER_UNIXSOCK")
    """Path of ser's Unix socket, to be used instead of the FIFO."""
    instance: str = _setting("")
    """Which ser, where several run: the name of its directory in the run directory."""
    run_dir: str = _setting("")
    """Where instances have their directories; empty: where `ser` puts them."""
    timeout: float = _setting(5.0)
    """Seconds to wait for a reply."""
    format: str = _setting("", choices=("", *FORMATS))
    """Empty: a table on a terminal, else lines."""
    color: str = _setting("auto", choices=WHEN)
    domain: str = _setting("", "SIP_DOMAIN")
    """Appended to users that are named without one."""
    db_url: str = _setting("", "SER_DB_URL")
    """The database; empty: as in ser.cfg, else the one that ser makes by itself."""
    acl_groups: tuple[str, ...] = _setting(
        ("local", "ld", "int", "voicemail", "free-pstn", "prepaid"), "ACL_GROUPS"
    )
    """What `acl grant` grants."""
    passwords: str = _setting("hashed", choices=("hashed", "clear"))
    """clear: `add` and `passwd` keep the password as it is, too, for calculate_ha1."""
    sendmail: str = _setting("/usr/sbin/sendmail")
    """The program that `mail` hands messages to."""
    smtp: str = _setting("")
    """HOST[:PORT] that `mail` hands messages to instead."""
    mail_from: str = _setting("")
    """Whom messages come from; empty: this user at this machine."""
    location_table: str = _setting("location", "UL_TABLE")
    alias_table: str = _setting("aliases", "ALS_TABLE")
    watch_period: float = _setting(2.0, "WATCH_PERIOD")
    """Seconds between two looks of --watch and moni."""
    ser: str = _setting("")
    """The program that `start` runs; empty: the one beside serctl."""
    config: str = _setting("/etc/ser/ser.cfg")
    """The ser.cfg that `start` runs ser with."""
    pid_file: str = _setting("")
    """Empty: ser.pid in the run directory."""
    start_options: tuple[str, ...] = _setting(())
    """More options for `ser`."""


def load(environment: Mapping[str, str]) -> Settings:
    """The settings of this user. Raises SettingsError."""
    settings = Settings()
    for path in _files(environment):
        settings = replace(settings, **_from_file(path))
    return replace(settings, **dict(_from_variables(environment)))


def _files(environment: Mapping[str, str]) -> list[Path]:
    """The files to read; those that anybody may have, if they are there."""
    if "SERCTL_CONFIG" in environment:
        named = environment["SERCTL_CONFIG"]
        return [Path(named)] if named else []
    home = environment.get("XDG_CONFIG_HOME") or f"{environment.get('HOME', '')}/.config"
    usual = (SYSTEM_FILE, Path(home) / "ser" / "serctl.toml")
    return [path for path in usual if os.path.exists(path)]  # not where we mustn't look, either


def _from_file(path: Path) -> dict[str, Any]:
    import tomllib  # most have no file

    try:
        document = tomllib.loads(path.read_text())
    except OSError as error:
        raise SettingsError(f"{path} can't be read: {error.strerror}") from None
    except ValueError as error:  # TOML or UTF-8 that isn't
        raise SettingsError(f"{path}: {error}") from None
    return {key: _checked(f"{path}: {key}", key, value) for key, value in document.items()}


def _from_variables(environment: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for field in fields(Settings):
        variable = field.metadata["variable"]
        if environment.get(variable):
            yield field.name, checked(field.name, environment[variable], variable)


def checked(key: str, text: str, source: str) -> Any:
    """A setting that was given as text; `source` says where, for the error."""
    if isinstance(_default(key), float):
        try:
            return _checked(source, key, float(text))
        except ValueError:
            raise SettingsError(f"{source}: {text!r} is not a number") from None
    if isinstance(_default(key), tuple):
        return tuple(text.split())
    return _checked(source, key, text)


def _checked(source: str, key: str, value: object) -> Any:
    """`value` as the setting has it. Raises SettingsError."""
    field = _fields().get(key)
    if field is None:
        raise SettingsError(f"{source} is no setting{_nearest(key)}")
    if isinstance(field.default, float):
        return _seconds(source, value)
    if isinstance(field.default, tuple):
        return _words(source, value)
    if not isinstance(value, str):
        raise SettingsError(f"{source} must be a string in quotes")
    choices = field.metadata["choices"]
    if choices and value not in choices:
        raise SettingsError(f"{source} must be one of {', '.join(filter(None, choices))}")
    return value


def _seconds(source: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e6:
        raise SettingsError(f"{source} must be a number of seconds above 0")
    return float(value)


def _words(source: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise SettingsError(f'{source} must be a list of strings, such as ["-n", "4"]')
    return tuple(value)


def _fields() -> dict[str, dataclasses.Field[Any]]:
    return {field.name: field for field in fields(Settings)}


def _default(key: str) -> object:
    return _fields()[key].default


def _nearest(key: str) -> str:
    from difflib import get_close_matches  # for whoever mistypes

    near = get_close_matches(key, list(_fields()), 1)
    return f"; did you mean {near[0]}?" if near else f"; known are {', '.join(_fields())}"
