"""An auth module at work without a process round it, and requests that it judges."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ser_core.modules.auth import Auth
from ser_core.modules.auth.arguments import Qop, Realm
from ser_core.modules.auth.presented import PROXY, WWW, Kind
from ser_core.modules.auth.results import AuthorizeResult
from ser_core.script.runtime import ScriptMessage
from ser_core.sip.hop import Hop
from tests.support import digest_client
from tests.support.digest_client import Challenge
from tests.support.script_messages import PROXY as LISTENER
from tests.support.script_messages import FakeCore, Sent, in_script, request_bytes

REALM = Realm(b"example.org")
FROM_TO = Realm(b"")
QOP, NO_QOP = Qop(1), Qop(0)
HOME = "192.0.2.101"


class AuthCore(FakeCore):
    """A Core with a run directory."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.directory = directory
        self.modules: dict[str, Any] = {}
        self.elapsed = 0.0

    def table_path(self, name: str) -> str:
        return str(self.directory / name)

    def module(self, name: str) -> Any:
        return self.modules[name]

    def monotonic(self) -> float:
        return self.now + self.elapsed

    def take_replies(self) -> list[Sent]:
        """What has been sent since the last time."""
        taken, self.replies = self.replies, []
        return taken


class AuthWorld:
    """auth with these parameters, and a subscriber called joe whose password is `secret`."""

    def __init__(self, directory: Path, *, now: float = 0.0, **params: int | str) -> None:
        """`now`: seconds since 1970, when that matters."""
        self.core = AuthCore(directory)
        self.core.now = now or self.core.now
        self.auth = made(**params)
        self.auth.start(self.core)  # type: ignore[arg-type]  # as much of a Core as it needs
        self.core.modules["auth"] = self.auth

    def request(
        self, *headers: str, method: str = "REGISTER", source: str = HOME, **parts: str
    ) -> ScriptMessage:
        """A request of joe's from `source`."""
        uri = parts.pop("uri", "sip:example.org")
        people = {"from_": "<sip:joe@example.org>;tag=1", "to": "<sip:joe@example.org>"}
        data = request_bytes(*headers, method=method, uri=uri, **{**people, **parts})
        msg = in_script(data, self.core)
        msg.source = Hop("udp", source, 5060, LISTENER)
        return msg

    def challenge(
        self,
        msg: ScriptMessage | None = None,
        *,
        realm: Realm = REALM,
        qop: Qop = QOP,
        kind: Kind = WWW,
    ) -> Challenge:
        """The challenge that comes, the first of them."""
        ask = self.auth.www_challenge if kind is WWW else self.auth.proxy_challenge
        assert ask(msg or self.request(), realm, qop) == 0
        (reply,) = self.core.take_replies()
        assert reply.status == kind.status
        return Challenge.read(reply.headers[0].decode().strip().partition(": ")[2])

    def judged(
        self,
        msg: ScriptMessage,
        password: str = "secret",
        *,
        kind: Kind = WWW,
        realm: Realm = REALM,
        user: str = "joe",
    ) -> AuthorizeResult:
        """What the answer to the credentials of a request is, when joe's password is that."""
        found = self.auth.examine(msg, kind, realm)
        if isinstance(found, AuthorizeResult):
            return found
        presented, algorithm = found
        name = presented.credentials.username.decode()
        hashes = []
        if name == user:
            text = digest_client.ha1(
                name, presented.credentials.realm.decode(), password, algorithm.value.decode()
            )
            hashes = [text.encode()]
        if self.auth.right_one(msg, presented, algorithm, hashes) < 0:
            return self.auth.refuse(msg, presented)
        return self.auth.accept(msg, kind, presented)

    def answered(
        self, challenge: Challenge, *, source: str = HOME, password: str = "secret", **more: Any
    ) -> ScriptMessage:
        """A REGISTER with credentials for the challenge."""
        value = challenge.answer("REGISTER", "sip:example.org", password=password, **more)
        return self.request(f"Authorization: {value}", source=source)

    def close(self) -> None:
        self.auth.stop()


def made(**params: int | str) -> Auth:
    """An auth module with these parameters, checked."""
    auth = Auth()
    for name, value in params.items():
        assert hasattr(auth, name), name
        setattr(auth, name, value)
    auth.check()
    return auth


__all__ = ["FROM_TO", "HOME", "NO_QOP", "PROXY", "QOP", "REALM", "WWW", "AuthWorld", "made"]
