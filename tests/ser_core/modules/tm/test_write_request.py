"""t_write_req and t_write_unix."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from ser_core.modules.tm.arguments import WriteAction
from ser_core.modules.tm.write_request import describe, write_to_fifo, write_to_socket
from tests.support.ladder import Ladder, request


def test_description_has_facts_headers_and_body() -> None:
    msg = Ladder().message(request("MESSAGE", body="hello"))
    text = describe(msg, WriteAction("vm", ""), ["from=From"]).decode()
    lines = text.split("\n")
    assert lines[:4] == ["vm", "MESSAGE", "sip:bob@192.0.2.100", "192.0.2.1:5060"]
    assert "from: <sip:alice@example.com>;tag=a1" in lines
    assert "Call-ID: call-1\r" in lines
    assert text.endswith("hello\n.\n\n")


def test_fifo_with_a_reader_gets_it(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert write_to_fifo(str(path), b"text")
        assert os.read(reader, 99) == b"text"
    finally:
        os.close(reader)


def test_fifo_without_a_reader_a_file_and_a_link_are_refused(tmp_path: Path) -> None:
    fifo, file, link = tmp_path / "fifo", tmp_path / "file", tmp_path / "link"
    os.mkfifo(fifo)
    file.write_bytes(b"")
    link.symlink_to(fifo)
    for path in (fifo, file, link, tmp_path / "none"):
        assert not write_to_fifo(str(path), b"text")
    assert file.read_bytes() == b""


def test_unix_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(path)
        assert write_to_socket(path, b"text", 1.0)
        assert server.recv(99) == b"text"
    assert not write_to_socket(path + "x", b"text", 0.1)
