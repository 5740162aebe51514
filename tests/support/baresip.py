"""baresip (Debian: baresip) as a child process, controlled through its TCP port.

The port speaks JSON in netstrings: commands with a token, their responses, and events.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.support.ports import free_port, wait_until_bound

TIMEOUT = 10.0

CONFIG = """\
sip_listen              127.0.0.1:{port}
sip_trans_def           {transport}
call_local_timeout      120
call_max_calls          4
audio_source            ausine,440
ausrc_srate             48000
ausrc_channels          2
rtp_ports               {rtp_port}-{last_rtp_port}
net_interface           127.0.0.1
module_path             {modules}
module                  g711.so
module                  ausine.so
module_app              account.so
module_app              menu.so
module_app              ctrl_tcp.so
ctrl_tcp_listen         127.0.0.1:{control_port}
"""

MODULE_PATHS = ("/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules")


class Baresip:
    """A baresip with one account, registered as soon as it runs."""

    def __init__(
        self,
        user: str,
        registrar: str,
        directory: Path,
        *,
        transport: str = "udp",
        password: str = "",
        domain: str = "",
        is_let_in: bool = True,
    ) -> None:
        """`registrar`: HOST:PORT of the proxy; `domain`: what stands behind the "@", if another.

        Returns once registered, if it `is_let_in`. Raises TimeoutError when that doesn't come to
        be.
        """
        self.user = user
        self._domain = domain or registrar
        self._suffix = f";transport={transport}"
        self._events: list[dict[str, Any]] = []
        self._unread = b""
        self._control: socket.socket | None = None
        control_port = free_port()
        home = directory / f"baresip-{user}-{control_port}"
        home.mkdir()
        (home / "config").write_text(_config(transport, control_port))
        account = f"<sip:{user}@{self._domain}{self._suffix}>;regint=300;audio_codecs=PCMU"
        account += ";answermode=manual"
        if password:
            account += f";auth_pass={password}"
        if domain:
            account += f';outbound="sip:{registrar}{self._suffix}"'
        (home / "accounts").write_text(account + "\n")
        self._log = home / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                ["baresip", "-4", "-f", str(home)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=home,
            )
        try:
            wait_until_bound(control_port, "tcp")
            self._control = socket.create_connection(("127.0.0.1", control_port))
            if is_let_in:
                self._wait_until_registered()
        except BaseException:
            self.close()
            raise

    def wait_for_voice(self) -> None:
        """Wait until the first RTP packet has come in."""
        self.wait_for("CALL_RTPESTAB")

    def ended_with(self) -> str:
        """Wait for the end; baresip's words about it."""
        return str(self.wait_for("CALL_CLOSED")["param"])

    def _wait_until_registered(self) -> None:
        """The account registers by itself, perhaps before we could listen to its events."""
        deadline = time.monotonic() + TIMEOUT
        while "OK" not in self.command("reginfo"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.user} isn't registered; {self._log}")
            time.sleep(0.02)

    def refused_with(self) -> str:
        """Wait until a registration has failed; what baresip said about it."""
        deadline = time.monotonic() + TIMEOUT
        while not (found := re.search(r"reg: \S+: ([^\x1b\n]+)", self._log.read_text())):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.user} wasn't refused; {self._log}")
            time.sleep(0.02)
        return found[1]

    def call(self, user: str) -> None:
        """Dial a user of the same proxy."""
        self.command("dial", f"sip:{user}@{self._domain}")

    def incoming_call(self) -> None:
        """Wait for somebody to call."""
        self.wait_for("CALL_INCOMING")

    def answer(self) -> None:
        """200, and wait for the ACK."""
        self.command("accept")
        self.wait_for("CALL_ESTABLISHED")

    def hang_up(self) -> None:
        """CANCEL, BYE or 486, as the state of the call has it."""
        self.command("hangup")

    def command(self, name: str, params: str = "") -> str:
        """Carry out one of baresip's commands; what it printed."""
        assert self._control is not None
        order = json.dumps({"command": name, "params": params, "token": name}).encode()
        self._control.sendall(b"%d:%s," % (len(order), order))
        response = self._take(lambda told: told.get("response") and told.get("token") == name)
        return str(response.get("data", ""))

    def wait_for(self, kind: str, timeout: float = TIMEOUT) -> dict[str, Any]:
        """The first event of this type that hasn't been told yet. Raises TimeoutError."""
        return self._take(lambda told: told.get("type") == kind, timeout)

    def _take(
        self, matches: Callable[[dict[str, Any]], object], timeout: float = TIMEOUT
    ) -> dict[str, Any]:
        deadline = time.monotonic() + timeout
        while True:
            for told in self._events:
                if matches(told):
                    self._events.remove(told)
                    return told
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{self.user} told only {self._events}; {self._log}")
            self._read(left)

    def _read(self, timeout: float) -> None:
        """Take in what has been told; at least a part of a netstring."""
        assert self._control is not None
        self._control.settimeout(timeout)
        try:
            read = self._control.recv(65536)
        except TimeoutError:
            return
        if not read:
            raise RuntimeError(f"{self.user}: baresip has ended: {self._log.read_text()[-2000:]}")
        self._unread += read
        while b":" in self._unread:
            length, rest = self._unread.split(b":", 1)
            end = int(length)
            if len(rest) <= end:
                return
            self._events.append(json.loads(rest[:end]))
            self._unread = rest[end + 1 :]

    def close(self) -> None:
        """Take the phone away, without a word to anyone."""
        self._process.kill()
        self._process.wait()
        if self._control is not None:
            self._control.close()

    def __enter__(self) -> Baresip:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _config(transport: str, control_port: int) -> str:
    rtp_port = free_port(width=20)
    return CONFIG.format(
        port=free_port(),
        transport=transport,
        rtp_port=rtp_port,
        last_rtp_port=rtp_port + 19,
        modules=next(path for path in MODULE_PATHS if Path(path).is_dir()),
        control_port=control_port,
    )
