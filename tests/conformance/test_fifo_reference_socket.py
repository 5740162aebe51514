"""The statements of reference/ser-fifo.md about the Unix socket (section 9), on the wire."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.plain_fifo import code_of
from tests.support.daemon import Ser

CONFIG = """
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
route { save("location"); }
"""


class PlainSocket:
    """A datagram socket with a name of its own, as a client must have."""

    def __init__(self, path: Path, own: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(own))
        self._socket.settimeout(5)
        self._path = str(path)

    def ask(self, text: str) -> str:
        self._socket.sendto(text.encode(), self._path)
        return self._socket.recv(65535).decode()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("s") / "ser.sock"


@pytest.fixture(scope="module")
def ser(path: Path) -> Iterator[Ser]:
    with Ser(CONFIG, "-x", str(path), children=1) as made:
        yield made


@pytest.fixture
def asker(ser: Ser, path: Path, tmp_path: Path) -> Iterator[PlainSocket]:
    made = PlainSocket(path, tmp_path / "own")
    yield made
    made.close()


def test_the_success_line_is_200_ok_in_capitals(asker: PlainSocket) -> None:
    assert asker.ask(":print:\nhello\n") == "200 OK\nhello\n"


def test_no_trailing_empty_line_is_needed_and_none_harms(asker: PlainSocket) -> None:
    assert asker.ask(":uptime:").startswith("200 OK\nNow: ")
    assert asker.ask(":uptime:\n\n").startswith("200 OK\nNow: ")


def test_the_reply_name_is_ignored(asker: PlainSocket) -> None:
    assert asker.ask(":print:some/../where\nhello\n") == "200 OK\nhello\n"


def test_commands_are_matched_without_regard_to_case(asker: PlainSocket) -> None:
    assert asker.ask(":PRINT:\nhello\n") == "200 OK\nhello\n"


@pytest.mark.parametrize("text", ["uptime\n", ":uptime\n", "\n", "x"])
def test_a_malformed_first_line_is_told(asker: PlainSocket, text: str) -> None:
    assert asker.ask(text) == "400 First line malformed\n"


def test_an_unknown_command_is_told(asker: PlainSocket) -> None:
    assert asker.ask(":weather:\n") == "500 Command weather not found\n"


@pytest.mark.parametrize("text", [":print:", ":print:\n", ":print:\n\n"])
def test_print_needs_no_line(asker: PlainSocket, text: str) -> None:
    """SER says `500 Error while reading text`; here it prints an empty one, as the FIFO's does."""
    assert asker.ask(text) == "200 OK\n\n"


def test_ul_dump_is_implemented_while_it_fits(asker: PlainSocket) -> None:
    """SER says `500 Not Implemented`."""
    assert asker.ask(":ul_dump:\n").startswith("200 OK\n===Domain list===\n")


@pytest.mark.parametrize("command", ["version", "uptime", "which", "ps", "pwd", "arg"])
def test_the_core_answers(asker: PlainSocket, command: str) -> None:
    assert asker.ask(f":{command}:\n").startswith("200 OK\n")


@pytest.mark.parametrize("command", ["t_stats", "sl_stats", "ul_stats"])
def test_so_do_the_modules(asker: PlainSocket, command: str) -> None:
    assert asker.ask(f":{command}:\n").startswith("200 OK\n")


def test_usrloc_by_the_socket(asker: PlainSocket) -> None:
    added = asker.ask(":ul_add:\nlocation\njoe@h\nsip:joe@10.0.0.9\n60\n1\n0\n0\n")
    assert added == "200 Added to table\n('joe','sip:joe@10.0.0.9') to 'location'\n"
    assert asker.ask(":ul_show_contact:\nlocation\njoe\n").startswith(
        "200 OK\n<sip:joe@10.0.0.9>;q=1;expires="
    )
    assert asker.ask(":ul_rm:\nlocation\njoe\n") == "200 user (location, joe) deleted\n"


def test_an_old_file_is_replaced_at_start(path: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as former:
        former.bind(str(old))
    with Ser(CONFIG, "-x", str(old), children=1):
        asker = PlainSocket(old, tmp_path / "own")
        assert asker.ask(":pwd:\n").startswith("200 OK\n")
        asker.close()


def test_kill(tmp_path: Path) -> None:
    path = tmp_path / "ser.sock"
    with Ser(CONFIG, "-x", str(path), children=1) as ser:
        asker = PlainSocket(path, tmp_path / "own")
        assert code_of(asker.ask(":kill:\n")) == 200
        assert ser.process.wait(10) == 0
        asker.close()
