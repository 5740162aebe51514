"""A ser that runs etc/ser-auth.cfg, and peers that know a password."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ser_core.database import subscribers
from ser_core.database.engine import make_engine
from ser_core.database.schema import prepare
from ser_core.database.url import DatabaseUrl
from tests.support.daemon import PROJECT, Ser
from tests.support.databases import text_of
from tests.support.digest_client import Challenge
from tests.support.sip_peer import Peer
from tests.support.sip_reading import Message

DOMAIN = "ser.test"
"""What phones have behind the "@", and so their realm. Peers have the address of ser there."""
PASSWORDS = {"alice": "wonderland", "bob": "builder", "carol": "wolfsburg", "dave": "brubeck"}
CONFIG = PROJECT / "etc" / "ser-auth.cfg"
_ALIAS = "# alias=example.org"
_DATABASE = '# modparam("usrloc|auth_db|uri_db", "db_url", "postgresql://ser:heslo@localhost/ser")'
_cseq = itertools.count(1)


def config_with(url: DatabaseUrl) -> str:
    """etc/ser-auth.cfg as an operator edits it: with his domain, and on this database."""
    text = CONFIG.read_text()
    ours = f'modparam("usrloc|auth_db|uri_db", "db_url", "{text_of(url)}")'
    for place, line in ((_ALIAS, f"alias={DOMAIN}"), (_DATABASE, ours)):
        assert text.count(place) == 1
        text = text.replace(place, line)
    return text


def add_subscribers(url: DatabaseUrl, passwords: dict[str, str] = PASSWORDS) -> None:
    """Make the tables, and users of DOMAIN and of ser's address."""
    engine = make_engine(url)
    prepare(engine)
    with engine.begin() as connection:
        for domain, (user, password) in itertools.product((DOMAIN, "127.0.0.1"), passwords.items()):
            hashes = subscribers.hashes_of(user, domain, password)
            subscribers.add(connection, user, domain, hashes, email="", now=1.0)
    engine.dispose()


@contextmanager
def guarded_ser(directory: Path, *, children: int = 2) -> Iterator[Ser]:
    """A ser with etc/ser-auth.cfg on an SQLite database with the users of PASSWORDS."""
    url = DatabaseUrl.parse(f"sqlite:///{directory}/ser.db")
    add_subscribers(url)
    with Ser(config_with(url), children=children) as ser:
        yield ser


class GuardedPeer(Peer):
    """A peer that answers challenges."""

    def asks(
        self,
        method: str,
        uri: str,
        *,
        headers: Sequence[str] = (),
        to: str = "",
        call_id: str = "",
        sender: str = "",
    ) -> Message:
        """Send a request and wait for its final response. `sender`: user of From, if another."""
        text = self.written(method, uri, headers=headers, to=to, call_id=call_id, sender=sender)
        return self.exchanged(text)

    def written(
        self,
        method: str,
        uri: str,
        *,
        headers: Sequence[str] = (),
        to: str = "",
        call_id: str = "",
        sender: str = "",
    ) -> str:
        """The request as text, with the next CSeq."""
        text = self.request(method, uri, headers=headers, to=to, call_id=call_id, cseq=next(_cseq))
        return text.replace(f"From: <sip:{self.user}@", f"From: <sip:{sender or self.user}@")

    def exchanged(self, text: str) -> Message:
        """Send it, and wait for the final response; an INVITE's is acknowledged if it is no."""
        self.send(text)
        response = self.final_response()
        if text.startswith("INVITE") and response.status >= 300:
            branch = text.partition(";branch=")[2].partition("\r\n")[0]
            uri = text.split(" ", 2)[1]
            ack = self.request(
                "ACK",
                uri,
                branch=branch,
                to=response.header("to"),
                call_id=response.header("call-id"),
                cseq=int(response.header("cseq").split()[0]),
            )
            self.send(ack)
        return response

    def registers(self, *, headers: Sequence[str] = (), expires: int = 300, **more: str) -> Message:
        """The final response to a REGISTER of our own address."""
        to = more.pop("to", f"<sip:{self.user}@{self.proxy}>")
        contact = (f"Contact: <{self.uri}>", f"Expires: {expires}")
        return self.asks(
            "REGISTER", f"sip:{self.proxy}", headers=[*contact, *headers], to=to, **more
        )

    def credentials(
        self, challenge: Challenge, method: str, uri: str, password: str = "", user: str = ""
    ) -> str:
        """Authorization for a server, Proxy-Authorization for a proxy."""
        name = "Authorization" if method == "REGISTER" else "Proxy-Authorization"
        user = user or self.user
        password = password or PASSWORDS.get(user, "guess")
        return f"{name}: {challenge.answer(method, uri, user, password)}"

    def logs_in(self, *, expires: int = 300, **more: str) -> Message:
        """REGISTER, challenge, REGISTER with credentials: the final response to that."""
        challenge = challenge_in(self.registers())
        header = self.credentials(challenge, "REGISTER", f"sip:{self.proxy}", **more)
        return self.registers(headers=[header], expires=expires)


def challenges_in(response: Message) -> list[Challenge]:
    """The challenges of a 401 or 407, in order."""
    name = {401: "www-authenticate", 407: "proxy-authenticate"}[response.status]
    return [Challenge.read(value) for key, value in response.fields if key == name]


def challenge_in(response: Message) -> Challenge:
    """The first of them."""
    return challenges_in(response)[0]
