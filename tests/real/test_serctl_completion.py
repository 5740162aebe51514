"""Completion of what only a running ser knows."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.real.conftest import CONFIG
from tests.support.daemon import PROJECT, Ser
from tests.support.shell_completion import Shell
from tests.support.sip_peer import Peer


@pytest.mark.real
@pytest.mark.needs("bash")
def test_users_contacts_and_commands_are_those_of_the_running_ser(tmp_path: Path) -> None:
    with Ser(CONFIG) as ser, Peer(f"{ser.host}:{ser.port}", "roberta") as roberta:
        roberta.register()
        program = f'#!/bin/sh\nPYTHONPATH={PROJECT} exec {sys.executable} -m serctl "$@"\n'
        complete = Shell("bash", tmp_path, program)
        first = f"serctl --run-dir {ser.directory / 'run'}"
        assert complete(f"{first} ping rob") == {"roberta"}
        # To bash a word begins behind each colon.
        assert complete(f"{first} ul rm roberta sip:rob") == {roberta.uri.removeprefix("sip:")}
        assert "t_uac_dlg" in complete(f"{first} fifo t_")
