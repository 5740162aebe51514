"""auth: asks for credentials and judges them (RFC 3261 §22, RFC 7616, RFC 8760).

Whose password is which knows another module, auth_db: it calls `examine`, looks the user up, asks
`right_one`, and then `accept` or `refuse`. All this takes the same time and ends in the same answer
for a user whom nobody knows and for a wrong password.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING

from ser_core.errors import ParseError
from ser_core.log import ERROR, INFO, NOTICE, escape
from ser_core.modules.api import REQUEST, Core, Module, command, counter, param
from ser_core.modules.auth.arguments import Qop, Realm
from ser_core.modules.auth.authorized import authorized, set_authorized, state_of
from ser_core.modules.auth.nonce_count import Outcome, Use, repetition_time
from ser_core.modules.auth.nonce_table import NonceTable, NonceTableError
from ser_core.modules.auth.nonces import RANDOM_SIZE, Nonces
from ser_core.modules.auth.offer import ONLY_MD5, Offer
from ser_core.modules.auth.presented import PROXY, WWW, Kind, Presented, find_presented, is_for
from ser_core.modules.auth.results import (
    ANSWERED,
    AUTHORIZED,
    CHALLENGE,
    NOT_SENT,
    SENT,
    AuthorizeResult,
    ChallengeResult,
)
from ser_core.modules.auth.rpid import RemotePartyId
from ser_core.sip.digest import QOP_AUTH, Algorithm, challenge_lines, is_same, response_of
from ser_core.sip.names import USER_AGENT
from ser_core.sip.uri import parse_uri

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage

NEVER_CHALLENGED = (b"ACK", b"CANCEL")
"""Requests that nobody could repeat with credentials (RFC 3261 §22.1)."""
TABLE = "nonces.mdb"
_STALE = "auth.stale"
_USED = "auth.used"
"""Key in `ScriptMessage.state` of the nonces, with their counts, that this request has used."""


class Auth(RemotePartyId, Module):
    """Challenges, and the judgement of credentials."""

    name = "auth"
    needs = ("sl",)

    secret: str = param(
        "", "key of the nonces, for servers that shall know each other's; empty: a random one"
    )
    nonce_expire: int = param(
        300, "seconds that a nonce is good for", minimum=10, maximum=7 * 24 * 3600
    )
    realm_prefix: str = param("", "taken off the beginning of a realm that comes from To or From")
    algorithms: str = param(
        "",
        'offered, such as "SHA-256, MD5"; empty: MD5, and SHA-256 when all subscribers have a hash '
        "for it",
    )
    md5_only: str = param(
        ONLY_MD5, "User-Agents that can't read a challenge with two algorithms get MD5 only"
    )
    require_qop: int = param(
        0,
        "1: credentials without qop are refused; 0: each nonce is good for one of them",
        minimum=0,
        maximum=1,
    )
    bind_source: int = param(
        1, "1: a nonce is good for the IP address that it was sent to only", minimum=0, maximum=1
    )
    check_uri: int = param(
        1, "1: credentials are good for the Request-URI that they name only", minimum=0, maximum=1
    )
    retry_after: int = param(
        10, "seconds in Retry-After when credentials can't be checked now; 0: none", minimum=0
    )

    challenges = counter("challenges sent")
    accepted = counter("requests whose credentials were right")
    wrong = counter("requests whose credentials were wrong, or not as we had asked for")
    stale = counter("requests whose nonce wasn't ours, was too old or another address's")
    replayed = counter("requests with right credentials that had been used before")
    malformed = counter("requests answered 400: credentials can't be read or don't fit")
    failures = counter("requests answered 500: credentials could not be checked")

    def __init__(self) -> None:
        super().__init__()
        self._nonces = Nonces(b"", 0)
        self._table: NonceTable | None = None
        self.offer = Offer()
        self._clock: Callable[[], float] = time.monotonic
        self._nobodys = {x: secrets.token_hex(x.hex_length // 2).encode() for x in Algorithm}

    def check(self) -> None:
        """Refuse algorithms that nobody knows, and an expression that can't be read."""
        super().check()
        self.offer = Offer(self.algorithms, self.md5_only)

    def take_over(self, previous: Module) -> None:
        """Go on with the nonces that have been used; see `Module.take_over`."""
        assert isinstance(previous, Auth)
        self._table = previous._table
        self.offer.learn_from(previous.offer)

    def start(self, core: Core) -> None:
        """Derive the key, which is the same in all processes, and open their common table."""
        key = core.stateless_tag.key_for(b"nonces")
        self._clock = core.monotonic  # nobody sets it back, and all processes have the same
        if self.secret:
            key = sha256(self.secret.encode()).digest()
            self._clock = core.wall_time  # what servers with the same secret have in common
        self._nonces = Nonces(key, self.nonce_expire * 1000)
        if self._table is None:
            self._table = NonceTable.open(core.table_path(TABLE), self._now())

    def stop(self) -> None:
        """Close the table, unless another instance goes on with it."""
        if self._table is not None and not self.keeps_open:
            self._table.close()

    # -- challenges ------------------------------------------------------------------------------

    @command(routes=REQUEST)
    def www_challenge(self, msg: ScriptMessage, realm: Realm, qop: Qop) -> ChallengeResult:
        """Ask for credentials as a server does: 401 with WWW-Authenticate."""
        return self._challenge(msg, WWW, realm, offers_qop=bool(qop))

    @command(routes=REQUEST)
    def proxy_challenge(self, msg: ScriptMessage, realm: Realm, qop: Qop) -> ChallengeResult:
        """Ask for credentials as a proxy does: 407 with Proxy-Authenticate."""
        return self._challenge(msg, PROXY, realm, offers_qop=bool(qop))

    def _challenge(
        self, msg: ScriptMessage, kind: Kind, wanted: Realm, *, offers_qop: bool
    ) -> ChallengeResult:
        if msg.message.method in NEVER_CHALLENGED:
            method = msg.message.method.decode()
            msg.core.complain("challenge", f"auth: {method} can't be challenged", msg)
            return NOT_SENT
        realm = self._realm_of(msg, wanted)
        if realm is None:
            return SENT if self._answer_malformed(msg) else NOT_SENT
        nonce = self._nonces.make(realm, self._source_of(msg), self._now(), os.urandom(RANDOM_SIZE))
        lines = challenge_lines(
            kind.challenge_header,
            realm,
            nonce,
            self.offer.algorithms_for(msg.message.header(USER_AGENT) or b""),
            qop=offers_qop,
            stale=(kind.status, realm) in state_of(msg).get(_STALE, ()),
        )
        self.challenges.add()
        return SENT if msg.core.reply(msg, kind.status, kind.reason, headers=lines) else NOT_SENT

    # -- credentials -----------------------------------------------------------------------------

    def examine(
        self, msg: ScriptMessage, kind: Kind, wanted: Realm
    ) -> tuple[Presented, Algorithm] | AuthorizeResult:
        """The credentials that are to be judged and their algorithm; or what the answer is already.

        So far nobody has been looked up; what a stranger sends costs no query.
        """
        realm = self._realm_of(msg, wanted)
        try:
            if realm is None:
                raise ParseError("no realm")
            presented = find_presented(
                msg.message.all(kind.credentials_header),
                realm,
                self._nonces,
                self._source_of(msg),
                self._now(),
            )
        except ParseError as error:
            msg.core.complain("credentials", f"auth: {error.reason}", msg, INFO)
            self._answer_malformed(msg)
            return ANSWERED
        if presented is None:
            return CHALLENGE
        credentials = presented.credentials
        algorithm = credentials.algorithm
        fits = credentials.qop == QOP_AUTH or not (credentials.qop or self.require_qop)
        if algorithm is None or algorithm not in self.offer.accepted or not fits:
            self.wrong.add()
            msg.core.complain("offer", "auth: credentials not as the challenge asks", msg, INFO)
            return CHALLENGE
        if self.check_uri and not is_for(credentials.uri, msg.message.received_uri):
            msg.core.complain("digest uri", "auth: credentials for another URI", msg, INFO)
            self._answer_malformed(msg)
            return ANSWERED
        if presented.nonce is None:
            self.stale.add()
            return self._ask_again(msg, kind, credentials.realm)
        return presented, algorithm

    def right_one(
        self,
        msg: ScriptMessage,
        presented: Presented,
        algorithm: Algorithm,
        hashes: Sequence[bytes],
    ) -> int:
        """Which of these HA1 the credentials were made with (RFC 7616 §3.4.6); -1: none.

        An empty HA1 is one that a subscriber hasn't, and is never right. Then, and when there are
        no subscribers, the same is done with one that nobody knows.
        """
        credentials = presented.credentials
        found = -1
        for place, ha1 in enumerate(hashes or (b"",)):
            expected = response_of(
                algorithm,
                ha1 or self._nobodys[algorithm],
                credentials.nonce,
                msg.message.method,
                credentials.uri,
                qop=credentials.qop,
                nonce_count=credentials.nonce_count,
                cnonce=credentials.cnonce,
            )
            if is_same(expected, credentials.response) and ha1:
                found = place
        return found

    def refuse(self, msg: ScriptMessage, presented: Presented) -> AuthorizeResult:
        """The credentials are wrong. The log says so, as one would want for a list of attackers."""
        self.wrong.add()
        credentials = presented.credentials
        who = f"{escape(credentials.username)} of {escape(credentials.realm)}"
        text = f"auth: wrong credentials of {who} from {msg.source.host}"
        msg.core.complain("wrong credentials", text, msg, NOTICE)
        return CHALLENGE

    def accept(self, msg: ScriptMessage, kind: Kind, presented: Presented) -> AuthorizeResult:
        """The credentials are right: let them be used, if they haven't been before."""
        credentials, nonce, table = presented.credentials, presented.nonce, self._table
        assert nonce is not None
        assert table is not None
        use = Use(
            blake2b(credentials.username, digest_size=8).digest(),
            credentials.nonce_number,
            blake2b(msg.message.buffer, digest_size=16).digest(),
            self._now(),
            repetition_time(msg.message.method, over_tcp=msg.source.listener.reliable),
        )
        used: set[tuple[bytes, int]] = state_of(msg).setdefault(_USED, set())
        if (nonce.id, use.count) in used:  # another function asks about the same request
            return AUTHORIZED
        try:
            outcome = table.use(nonce, use, self.nonce_expire * 1000)
        except NonceTableError as error:
            return self.answer_failure(msg, str(error))
        if outcome in (Outcome.REPLAYED, Outcome.OLD):
            (self.replayed if outcome is Outcome.REPLAYED else self.stale).add()
            return self._ask_again(msg, kind, credentials.realm)
        used.add((nonce.id, use.count))
        set_authorized(msg, credentials, presented.header)
        self.accepted.add()
        return AUTHORIZED

    def _ask_again(self, msg: ScriptMessage, kind: Kind, realm: bytes) -> AuthorizeResult:
        """Only the nonce is wrong: the phone needn't ask for another password (§3.3, stale)."""
        state_of(msg).setdefault(_STALE, set()).add((kind.status, realm))
        return CHALLENGE

    def answer_failure(self, msg: ScriptMessage, why: str) -> AuthorizeResult:
        """Credentials can't be checked now: 500, and when to come back."""
        self.failures.add()
        msg.core.complain("not checked", f"auth: credentials not checked: {why}", msg, ERROR)
        later = [b"Retry-After: %d\r\n" % self.retry_after] if self.retry_after else []
        msg.core.reply(msg, 500, b"Server Internal Error", headers=later)
        return ANSWERED

    def _answer_malformed(self, msg: ScriptMessage) -> bool:
        self.malformed.add()
        return msg.core.reply(msg, 400, b"Bad Request")

    def _realm_of(self, msg: ScriptMessage, wanted: Realm) -> bytes | None:
        """The realm that the script wants; None when To or From has no host."""
        if wanted:
            return bytes(wanted)
        message = msg.message
        try:
            uri = parse_uri(message.to_uri if message.method == b"REGISTER" else message.from_uri)
        except ParseError:
            return None
        # HA1s are made with the domain as one writes it: without the dot that may stand behind it.
        host = uri.host.lower().removesuffix(b".")
        return host.removeprefix(self.realm_prefix.lower().encode()) or None

    def _now(self) -> int:
        """Milliseconds of the clock that nonces go by."""
        return int(self._clock() * 1000)

    def _source_of(self, msg: ScriptMessage) -> bytes:
        return msg.source.host.encode() if self.bind_source else b""

    @command(routes=REQUEST)
    def consume_credentials(self, msg: ScriptMessage) -> bool:
        """Take the credentials that were found right out of the request; false: there are none."""
        found = authorized(msg)
        for header in found.headers if found is not None else ():
            msg.message.remove_field(header)
        return found is not None
