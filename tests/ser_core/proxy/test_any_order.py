"""Whatever happens in whatever order: nobody waits for ever and nothing is left (RFC 3261 §16)."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ser_core.script.runtime import ScriptMessage
from ser_core.sip.message import Response
from tests.support.ladder import Ladder, Target, request
from tests.support.own_requests import Story as OwnRequest

TARGETS = ["sip:a@198.51.100.1", "sip:b@198.51.100.2", "sip:c@slow.example", "sip:d@farm"]
FARM = [Target("udp", "203.0.113.1", 5060), Target("tcp", "203.0.113.2", 5060)]
STATUSES = [100, 180, 200, 302, 401, 486, 487, 503, 603]

events = st.lists(
    st.one_of(
        st.tuples(st.just("response"), st.integers(0, 7), st.sampled_from(STATUSES)),
        st.tuples(st.just("pass"), st.sampled_from([0.3, 5.0, 31.0, 121.0])),
        st.tuples(st.just("cancel")),
        st.tuples(st.just("again")),
        st.tuples(st.just("dns"), st.booleans()),
        st.tuples(st.just("broken")),
        st.tuples(st.just("lost")),
    ),
    max_size=14,
)


class Story(Ladder):
    """One request and what happens to it; remembers what the caller got."""

    def __init__(self, method: str, transport: str) -> None:
        super().__init__(transport=transport)
        self.data = request(method, transport=transport.upper())
        self.method = method
        self.clock = 0.0
        self.cancelled = False
        self.statuses: set[int] = set()
        self.environment.names[b"farm"] = FARM
        self.environment.failure_routes["1"] = self._fail_over

    def _fail_over(self, msg: ScriptMessage) -> None:
        self.proxy.add_branches(msg.transaction.context, msg, [(TARGETS[1].encode(), None)])

    def collect(self) -> None:
        self._remember()
        self.branches = list({sent.data: sent for sent in self.branches}.values())
        method = self.method.encode()
        for sent in self.sent:
            message = sent.message
            if isinstance(message, Response) and message.cseq_method == method:
                self.statuses.add(message.status)

    def happens(self, event: tuple[Any, ...]) -> None:
        is_over = self.cancelled or any(status >= 200 for status in self.statuses)
        before = len(self.branches)
        self._do(event)
        self.collect()
        assert not is_over or len(self.branches) == before, "a branch too many"
        self.cancelled = self.cancelled or (event[0] == "cancel" and self.method == "INVITE")

    def _do(self, event: tuple[Any, ...]) -> None:
        kind = event[0]
        if kind == "response" and event[1] < len(self.branches):
            self.response(event[2], event[1])
        elif kind == "pass":
            self.clock += event[1]
            self.at(self.clock)
        elif kind == "cancel" and self.method == "INVITE":
            self.request(self.data.replace(b"INVITE", b"CANCEL"))
        elif kind == "again":
            self.proxy.take(self.message(self.data))
        elif kind == "dns" and self.environment.waiting:
            found = [Target("udp", "198.51.100.9", 5060)] if event[1] else []
            self.environment.waiting.pop()(found)
        elif kind == "broken":
            for hop_error in list(self.environment.errors.values()):
                hop_error(None, OSError())  # type: ignore[arg-type]
            self.environment.errors.clear()
        elif kind == "lost":
            self.environment.unreachable.add("198.51.100.2")


@settings(max_examples=300, deadline=None)
@given(
    method=st.sampled_from(["INVITE", "MESSAGE"]),
    transport=st.sampled_from(["udp", "tcp"]),
    targets=st.lists(st.sampled_from(TARGETS), min_size=1, max_size=3),
    fails_over=st.booleans(),
    story=events,
)
def test_every_request_ends_and_leaves_nothing(
    method: str,
    transport: str,
    targets: list[str],
    fails_over: bool,
    story: list[tuple[Any, ...]],
) -> None:
    ladder = Story(method, transport)
    ladder.request(ladder.data, *targets, on_failure="1" if fails_over else "")
    ladder.collect()
    for event in story:
        ladder.happens(event)
    while ladder.environment.waiting:
        ladder.happens(("dns", False))
    for _ in range(8):  # each target of a farm has its own time
        ladder.happens(("pass", 500.0))
    table = ladder.proxy.table
    assert (table.servers, table.clients, len(ladder.proxy.heap)) == ({}, {}, 0)
    assert ladder.tm.total.value == ladder.tm.finished.value
    assert ladder.tm.waiting.value == 0
    finals = [status for status in ladder.statuses if status >= 200]
    assert finals or method != "INVITE", "the caller waits for ever"
    assert len([status for status in finals if status >= 300]) <= 1


class OwnStory(OwnRequest):
    """A request of our own and what happens to it; the same events as above."""

    def __init__(self, method: str, target: str) -> None:
        super().__init__()
        self.method = method
        self.clock = 0.0
        self.environment.names[b"farm"] = FARM
        self.send(method, target)

    def happens(self, event: tuple[Any, ...]) -> None:
        kind = event[0]
        if kind == "response" and event[1] < len(self.branches):
            self.response(event[2], event[1])
        elif kind == "pass":
            self.clock += event[1]
            self.at(self.clock)
        elif kind == "cancel":
            self.cancel(self.method)
        elif kind == "dns" and self.environment.waiting:
            found = [Target("udp", "198.51.100.9", 5060)] if event[1] else []
            self.environment.waiting.pop()(found)
        elif kind == "broken":
            for hop_error in list(self.environment.errors.values()):
                hop_error(None, OSError())  # type: ignore[arg-type]
            self.environment.errors.clear()
        elif kind == "lost":
            self.environment.unreachable.update(("198.51.100.1", "203.0.113.2"))
        self._remember()


@settings(max_examples=300, deadline=None)
@given(
    method=st.sampled_from(["INVITE", "MESSAGE"]),
    target=st.sampled_from([*TARGETS, "sip:a@198.51.100.1;transport=tcp"]),
    story=events,
)
def test_every_request_of_our_own_ends_with_one_word_and_leaves_nothing(
    method: str, target: str, story: list[tuple[Any, ...]]
) -> None:
    own = OwnStory(method, target)
    for event in story:
        own.happens(event)
    while own.environment.waiting:
        own.happens(("dns", False))
    for _ in range(8):
        own.happens(("pass", 500.0))
    while own.environment.waiting:  # ACK and BYE of a late 2xx
        own.happens(("dns", False))
    assert own.is_over(2000 + own.clock)
    finals = [word for word in own.heard if isinstance(word, str) or word >= 200]
    assert len(finals) == 1
    assert own.heard[-1:] == finals, "a word after the last one"
