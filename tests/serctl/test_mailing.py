from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from serctl.exit_status import ExitStatus, Failure
from serctl.mailing import compose, send
from serctl.settings import Settings

FROM = Settings(mail_from="admin@example.com")


class MailServer:
    """Takes one message, as RFC 5321 has it, and refuses senders with `refuse` in them."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.lines: list[str] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection, connection.makefile("rw", newline="\r\n") as stream:
            in_data = False
            self._answer(stream, "220 here")
            for line in stream:
                self.lines.append(line.removesuffix("\r\n"))
                if in_data:
                    if line == ".\r\n":
                        in_data = False
                        self._answer(stream, "250 taken")
                elif line.lower().startswith("data"):
                    in_data = True
                    self._answer(stream, "354 go on")
                elif "refuse" in line:
                    self._answer(stream, "550 not from you")
                elif line.lower().startswith("quit"):
                    self._answer(stream, "221 bye")
                    return
                else:
                    self._answer(stream, "250 ok")

    def _answer(self, stream: object, text: str) -> None:
        stream.write(text + "\r\n")  # type: ignore[attr-defined]  # a text stream
        stream.flush()  # type: ignore[attr-defined]

    def close(self) -> None:
        self._listener.close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[MailServer]:
    made = MailServer()
    yield made
    made.close()


def test_a_mail_server_gets_the_message(server: MailServer) -> None:
    settings = Settings(smtp=server.address, mail_from="admin@example.com")
    send(settings, compose(settings, "joe@example.net", "Grüße", "Hello,\n.\nworld.\n"))
    assert "mail FROM:<admin@example.com>" in [each.partition(" size")[0] for each in server.lines]
    assert "rcpt TO:<joe@example.net>" in server.lines
    assert "To: joe@example.net" in server.lines
    assert "Subject: =?utf-8?" in "\n".join(server.lines)
    assert [each for each in server.lines if each == ".."] == [".."]  # RFC 5321 §4.5.2


def test_a_mail_server_that_refuses(server: MailServer) -> None:
    settings = Settings(smtp=server.address, mail_from="refuse@example.com")
    with pytest.raises(Failure, match=r"sending message failed: .*not from you"):
        send(settings, compose(settings, "joe@example.net", "x", "y"))


def test_a_mail_server_that_isnt_there() -> None:
    settings = Settings(smtp="127.0.0.1:1", mail_from="admin@example.com")
    with pytest.raises(Failure) as caught:
        send(settings, compose(settings, "joe@example.net", "x", "y"))
    assert caught.value.status == ExitStatus.CANNOT_REACH


@pytest.mark.parametrize("smtp", ["a b", "host:port", "host:123456", "a\nb"])
def test_what_is_no_mail_server(smtp: str) -> None:
    settings = Settings(smtp=smtp, mail_from="admin@example.com")
    with pytest.raises(click.UsageError):
        send(settings, compose(settings, "joe@example.net", "x", "y"))


def test_a_program_that_fails_is_told(tmp_path: Path) -> None:
    program = tmp_path / "sendmail"
    program.write_text("#!/bin/sh\ncat >/dev/null\necho 'no such user' >&2\nexit 67\n")
    program.chmod(0o755)
    message = compose(FROM, "joe@example.net", "x", "y")
    with pytest.raises(Failure, match="ended with 67 no such user"):
        send(Settings(sendmail=str(program)), message)
    with pytest.raises(Failure, match="install a mail server, or set `smtp`"):
        send(Settings(sendmail=str(tmp_path / "absent")), message)


@pytest.mark.parametrize("sender", ["joe", "a@b\nBcc: c@d", "a@b, c@d"])
def test_a_sender_that_is_none(sender: str) -> None:
    with pytest.raises(click.UsageError, match="mail_from"):
        compose(Settings(mail_from=sender), "joe@example.net", "x", "y")


def test_text_that_isnt_utf8_is_sent_as_far_as_it_is() -> None:
    message = compose(FROM, "joe@example.net", "x", "gr\udcfc\udcdfe")
    assert "gr" in message.get_content()
