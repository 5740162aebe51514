"""A shell script with mkfifo, printf and cat, as people have lying around since 2004."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.conftest import CONFIG
from tests.support.daemon import Ser
from tests.support.sip_peer import Peer

SCRIPT = Path(__file__).parents[1] / "data" / "fifo_client.sh"
SHELLS = [shell for shell in ("sh", "dash", "bash", "ksh", "busybox") if shutil.which(shell)]


@pytest.fixture(scope="module")
def ser() -> Iterator[Ser]:
    with Ser(CONFIG, children=2) as started:
        yield started


@pytest.fixture
def bob(ser: Ser) -> Iterator[Peer]:
    with Peer(f"127.0.0.1:{ser.port}", "bob") as peer:
        peer.register()
        yield peer


def start(ser: Ser, *words: str, shell: str = "sh") -> subprocess.Popen[str]:
    interpreter = ["busybox", "sh"] if shell == "busybox" else [shell]
    return subprocess.Popen(
        [*interpreter, str(SCRIPT), str(ser.fifo), *words], stdout=subprocess.PIPE, text=True
    )


def ask(ser: Ser, *words: str, shell: str = "sh") -> list[str]:
    """The lines of the reply."""
    with start(ser, *words, shell=shell) as client:
        output, _ = client.communicate(timeout=20)
    return output.splitlines()


def test_the_script_has_fifteen_lines() -> None:
    assert len(SCRIPT.read_text().splitlines()) <= 15


@pytest.mark.parametrize("shell", SHELLS)
def test_uptime(ser: Ser, shell: str) -> None:
    status, now, since, up = ask(ser, "uptime", shell=shell)
    assert status == "200 ok"
    assert re.fullmatch(r"Now: \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}", now)
    assert since.startswith("Up Since: ")
    assert re.fullmatch(r"Up time: \d+ \[sec\]", up)


def test_ul_show_contact(ser: Ser, bob: Peer) -> None:
    status, contact = ask(ser, "ul_show_contact", "location", f"bob@{bob.proxy}")
    assert status == "200 OK"
    assert re.fullmatch(rf"<{re.escape(bob.uri)}>;q=[\d.]*;expires=\d+", contact)


def test_t_uac_dlg(ser: Ser, bob: Peer) -> None:
    headers = ("From: sip:daemon@example.com", f"To: <{bob.uri}>", "Contact: <sip:daemon@!!>")
    with start(ser, "t_uac_dlg", "OPTIONS", bob.uri, ".", *headers, ".", ".") as client:
        request = bob.receive("OPTIONS")
        bob.reply(request, 200, "Here I am")
        output, _ = client.communicate(timeout=20)
    status, contact, next_hop, route, *lines = output.splitlines()
    assert status == "200 Here I am"
    assert (contact, next_hop, route) == (".", ".", ".")
    assert lines[0].startswith("Via: SIP/2.0/UDP 127.0.0.1")


def test_an_error(ser: Ser) -> None:
    assert ask(ser, "ul_show_contact", "location", "nobody@example.com")[0].startswith("404 ")
    assert ask(ser, "nonsense") == ["500 command 'nonsense' not available"]


def test_nothing_is_left_behind(ser: Ser) -> None:
    ask(ser, "uptime")
    assert not [name for name in os.listdir(ser.fifo.parent) if name.startswith("ser_reply")]
