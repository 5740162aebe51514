from __future__ import annotations

import pytest

from serctl import daemon
from serctl.environment import Environment
from serctl.settings import Settings
from tests.support.serctl_runs import serctl


@pytest.mark.parametrize("verb", ["start", "stop", "restart"])
def test_each_verb_does_what_it_is_called(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Settings] = []

    def note(environment: Environment, **_: bool) -> None:
        seen.append(environment.settings)

    monkeypatch.setattr(daemon, verb, note)
    assert serctl(verb, "-P", "/x/ser.pid").status == 0
    assert [settings.pid_file for settings in seen] == ["/x/ser.pid"]


@pytest.mark.parametrize("verb", ["start", "restart"])
def test_the_config_is_an_option(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Settings] = []

    def note(environment: Environment, **_: bool) -> None:
        seen.append(environment.settings)

    monkeypatch.setattr(daemon, verb, note)
    serctl(verb)
    serctl(verb, "--config", "my.cfg")
    assert [settings.config for settings in seen] == ["/etc/ser/ser.cfg", "my.cfg"]


def test_restart_tells_whether_the_config_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[bool] = []

    def note(environment: Environment, *, with_another_config: bool) -> None:
        chosen.append(with_another_config)

    monkeypatch.setattr(daemon, "restart", note)
    serctl("restart")
    serctl("restart", "-f", "my.cfg")
    assert chosen == [False, True]
