"""t_write_req and t_write_unix."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from ser_core.modules.tm.append_lists import AppendList, read_append_lists
from ser_core.modules.tm.write_request import describe, write_to_fifo, write_to_socket
from ser_core.transaction.table import Ident
from tests.support.ladder import Ladder, request

IDENT = Ident(1234, 567890)


def described(data: bytes, append: AppendList | None = None, uri: bytes = b"") -> list[bytes]:
    """The lines of a request from 192.0.2.1 that came in on 192.0.2.100:5060."""
    msg = Ladder().message(data)
    msg.flags = 0x1A
    msg.uri = uri or msg.uri
    text = describe(msg, "vm", append or AppendList(), IDENT)
    assert text.endswith(b"\n")
    return text[:-1].split(b"\n")


class TestDescription:
    def test_it_has_sers_lines(self) -> None:
        headers = "Contact: <sip:alice@192.0.2.1>\r\nRecord-Route: <sip:p2;lr>, <sip:p1;lr>\r\n"
        data = request(headers=headers, body="v=0")
        assert described(data, uri=b"sip:box-7@vm.example") == [
            b"0.3",
            b"sip_request.vm",
            b"INVITE",
            b"box-7",
            b"vm.example",
            b"192.0.2.100",
            b".",
            b"sip:bob@192.0.2.100",
            b"sip:alice@192.0.2.1",
            b"<sip:alice@example.com>;tag=a1",
            b"<sip:bob@example.com>",
            b"call-1",
            b"a1",
            b"",
            b"1",
            b"1234:567890",
            b"<sip:p2;lr>,<sip:p1;lr>",
            b"sip:p2;lr",
            b"P-MsgFlags: a1",
            b".",
            b"v=0",
        ]

    def test_what_is_not_there_is_a_dot(self) -> None:
        lines = described(request("BYE", to_tag="t"))
        assert lines[8] == b"sip:alice@example.com"
        assert lines[13] == b"t"
        assert lines[16:] == [b".", b".", b"P-MsgFlags: a1", b".", b"."]

    def test_a_strict_router_takes_the_place_of_the_contact(self) -> None:
        headers = "Contact: <sip:a@192.0.2.1>\r\nRecord-Route: <sip:p2>\r\n"
        lines = described(request("BYE", headers=headers))
        assert lines[8] == b"sip:p2"
        assert lines[16:18] == [b"<sip:a@192.0.2.1>", b"."]

    def test_the_script_may_want_more(self) -> None:
        lists = read_append_lists("x:subject=hdr[Subject];hdr[To];hdr[Absent];msg[body]")
        data = request("MESSAGE", headers="Subject: hi\r\n", body="hello")
        assert described(data, lists["x"])[18:] == [
            b"P-MsgFlags: a1",
            b"subject: hi",
            b"To: <sip:bob@example.com>",
            b".",
            b"hello",
        ]

    def test_a_continued_header_stays_on_its_line(self) -> None:
        data = request().replace(b"To: <", b"To: Bob\r\n <")
        assert described(data)[10] == b"Bob <sip:bob@example.com>"


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
