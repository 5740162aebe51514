"""Finding the next hop (RFC 3263): a URI to targets, from what is known already or by DNS.

`resolve_now` answers without waiting or not at all; `resolve` asks in a greenlet and calls back in
the hub. The order of things to ask stands in `locating`; here is what is remembered, and how much
may be under way, because anybody can make us look up names.
"""

from __future__ import annotations

import random as random_module
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import gevent
from gevent.lock import BoundedSemaphore

from ser_core import log
from ser_core.modules.api import Counter
from ser_core.sip.hop import Transport
from ser_core.sip.uri import Uri
from ser_core.transport.local_names import HostsFile
from ser_core.transport.locating import (
    Abilities,
    Answer,
    Question,
    Steps,
    Target,
    Wanted,
    is_address,
    locate,
    targets_of_address,
)

_TRANSPORTS: dict[bytes, Transport] = {b"udp": "udp", b"tcp": "tcp", b"tls": "tls"}

Found = Callable[[list[Target]], None]


class Answered(Protocol):
    """What a client got: records and how long they hold."""

    @property
    def records(self) -> Answer: ...
    @property
    def ttl(self) -> float: ...


class Client(Protocol):
    """Who asks the nameservers."""

    def ask(self, question: Question) -> Answered:
        """Wait for the answer; OSError when there is none."""


@dataclass(frozen=True, slots=True)
class ResolverLimits:
    """Bounds on remembering and asking. Times are in seconds."""

    cached_answers: int = 8192
    cached_addresses: int = 4096
    queries: int = 64
    """Under way at once."""
    lookups: int = 512
    """URIs being resolved at once; more fail at once."""
    lookup_timeout: float = 12.0
    min_ttl: float = 1.0
    max_ttl: float = 3600.0
    max_negative_ttl: float = 60.0
    failure_ttl: float = 3.0
    """How long an address that nobody told isn't asked for again."""
    service_failure_ttl: float = 30.0
    """The same for SRV and NAPTR: some routers at home swallow these questions, and there is a way
    on without them, so calls shouldn't wait for that again and again."""


DEFAULT_LIMITS = ResolverLimits()


class Resolver:
    """The targets of URIs for one process."""

    def __init__(
        self,
        client: Client,
        abilities: Abilities,
        *,
        hosts: HostsFile | None = None,
        limits: ResolverLimits = DEFAULT_LIMITS,
        random: Callable[[], float] = random_module.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._abilities = abilities
        self._hosts = hosts or HostsFile("/etc/hosts", clock)
        self._limits = limits
        self._random = random
        self._clock = clock
        self._addresses: dict[tuple[object, ...], list[Target]] = {}
        self._answers: dict[Question, tuple[float, Answer]] = {}
        self._queries: dict[Question, gevent.Greenlet[..., Answer]] = {}
        self._lookups: set[gevent.Greenlet[..., None]] = set()
        self._slots = BoundedSemaphore(limits.queries)
        self.asked = Counter("dns.queries", "questions put to nameservers")
        self.failed = Counter("dns.failures", "questions that no nameserver answered")
        self.refused = Counter("dns.refused", "lookups refused: too many under way")

    @property
    def counters(self) -> list[Counter]:
        """To attach them to the shared page."""
        return [self.asked, self.failed, self.refused]

    def resolve_now(self, uri: Uri, transport: Transport | None = None) -> list[Target] | None:
        """The targets of a sip or sips URI, the best first; None when DNS must be asked.

        Empty when there are none for sure. The list is shared: don't change it. `transport`, when
        given, takes the place of the URI's own.
        """
        host = uri.host
        if uri.params and b"maddr" in uri.params.lower():
            host = uri.param(b"maddr") or host
        key = (host, uri.port, uri.transport, transport, uri.scheme)
        found = self._addresses.get(key)
        if found is not None:
            return found
        wanted = _wanted(host, uri, transport)
        if wanted is None:
            return []
        if not is_address(wanted.host):
            return self._from_memory(self._steps(wanted))
        if len(self._addresses) >= self._limits.cached_addresses:
            self._addresses.clear()
        found = self._addresses[key] = targets_of_address(wanted, self._abilities)
        return found

    def resolve(self, uri: Uri, found: Found, transport: Transport | None = None) -> None:
        """Look the targets up and call `found` with them, later and in the hub.

        It is called once in any case; with an empty list when there are none, when nobody answered
        in time, or when too many lookups are under way.
        """
        known = self.resolve_now(uri, transport)
        if known is None and len(self._lookups) >= self._limits.lookups:
            self.refused.add()
            log.limited("dns-busy", log.WARNING, "too many lookups under way, %s refused", uri.host)
            known = []
        if known is not None:
            self._call_back(found, known)
            return
        host = uri.param(b"maddr") or uri.host
        wanted = _wanted(host, uri, transport)
        assert wanted is not None  # resolve_now would have known
        lookup = gevent.spawn(self._look_up, wanted, found)
        self._lookups.add(lookup)
        lookup.rawlink(self._lookups.discard)

    def forget(self) -> None:
        """Drop all that was remembered of the DNS."""
        self._answers.clear()

    def close(self) -> None:
        """End all lookups; their callbacks aren't called any more."""
        gevent.killall(list(self._lookups), block=False)
        gevent.killall(list(self._queries.values()), block=False)

    def _steps(self, wanted: Wanted) -> Steps:
        is_local = self._hosts.addresses(wanted.host.lower()) is not None
        return locate(wanted, self._abilities, self._random, is_local=is_local)

    def _from_memory(self, steps: Steps) -> list[Target] | None:
        try:
            questions = next(steps)
            while True:
                answers = [self._known(question) for question in questions]
                complete = [answer for answer in answers if answer is not None]
                if len(complete) < len(answers):
                    return None
                questions = steps.send(complete)
        except StopIteration as end:
            targets: list[Target] = end.value
            return targets

    def _known(self, question: Question) -> Answer | None:
        """The answer, from /etc/hosts or remembered; None when it must be asked for."""
        if question.type == "A" or question.type == "AAAA":
            addresses = self._hosts.addresses(question.name)
            if addresses is not None:
                is_ipv6 = question.type == "AAAA"
                return tuple(each for each in addresses if (":" in each) == is_ipv6)
        remembered = self._answers.get(question)
        if remembered is None or remembered[0] <= self._clock():
            return None
        return remembered[1]

    # In greenlets

    def _look_up(self, wanted: Wanted, found: Found) -> None:
        targets: list[Target] = []
        try:
            with gevent.Timeout(self._limits.lookup_timeout):
                targets = self._ask_all(self._steps(wanted))
        except gevent.Timeout:
            log.limited("dns-slow", log.NOTICE, "the DNS takes too long for %s", wanted.host)
        except Exception:  # noqa: BLE001  # the guard of one lookup: the caller waits to be called
            log.exception("lookup of %s failed", wanted.host)
        if log.enabled(log.LOOKUPS):
            log.write(log.LOOKUPS, "%s leads to %s", wanted, targets)
        self._call_back(found, targets)

    def _ask_all(self, steps: Steps) -> list[Target]:
        try:
            questions = next(steps)
            while True:
                questions = steps.send(self._ask_together(questions))
        except StopIteration as end:
            targets: list[Target] = end.value
            return targets

    def _ask_together(self, questions: list[Question]) -> list[Answer]:
        """Answers to all the questions, those that must be asked at the same time."""
        known = [self._known(question) for question in questions]
        asked = {
            question: self._query(question)
            for question, answer in zip(questions, known, strict=True)
            if answer is None
        }
        gevent.joinall(list(asked.values()))
        return [
            asked[question].value or () if answer is None else answer
            for question, answer in zip(questions, known, strict=True)
        ]

    def _query(self, question: Question) -> gevent.Greenlet[..., Answer]:
        """The query for a question, shared by all who ask the same."""
        query = self._queries.get(question)
        if query is None:
            query = self._queries[question] = gevent.spawn(self._ask, question)
        return query

    def _ask(self, question: Question) -> Answer:
        limits = self._limits
        records: Answer = ()
        is_service = question.type == "SRV" or question.type == "NAPTR"
        ttl = limits.service_failure_ttl if is_service else limits.failure_ttl
        try:
            with self._slots:
                self.asked.add()
                answered = self._client.ask(question)
            records = answered.records
            longest = limits.max_ttl if records else limits.max_negative_ttl
            ttl = min(max(answered.ttl, limits.min_ttl), longest)
        except OSError as error:
            self.failed.add()
            log.limited("dns-failed", log.NOTICE, "%s", error)
        except Exception:  # noqa: BLE001  # the guard of one query
            self.failed.add()
            log.exception("the query for %s failed", question)
        finally:
            del self._queries[question]
        self._remember(question, records, ttl)
        return records

    def _remember(self, question: Question, records: Answer, ttl: float) -> None:
        answers = self._answers
        now = self._clock()
        if len(answers) >= self._limits.cached_answers:
            for old in [each for each, (until, _) in answers.items() if until <= now]:
                del answers[old]
        if len(answers) >= self._limits.cached_answers:
            for old in list(answers)[: self._limits.cached_answers // 4 + 1]:
                del answers[old]
        answers[question] = (now + ttl, records)

    def _call_back(self, found: Found, targets: list[Target]) -> None:
        gevent.get_hub().loop.run_callback(_guarded, found, targets)


def _guarded(found: Found, targets: list[Target]) -> None:
    try:
        found(targets)
    except Exception:  # noqa: BLE001  # the guard of one message that waited for its targets
        log.exception("a message could not go on after its lookup")


def _wanted(host: bytes, uri: Uri, transport: Transport | None) -> Wanted | None:
    """What the URI asks for; None when it asks for a transport that nobody has."""
    if transport is None and uri.transport is not None:
        transport = _TRANSPORTS.get(uri.transport)
        if transport is None:
            return None
    try:
        text = host.decode("ascii")
    except UnicodeDecodeError:
        return None
    return Wanted(text.strip("[]"), uri.port, transport, uri.scheme == b"sips")
