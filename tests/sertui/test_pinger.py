from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ser_core.fifo.protocol import Reply, Sendable
from sertui.feed import Answer, Take
from sertui.ping_board import WAIT, State, Target
from sertui.ping_following import PERIOD
from sertui.ping_list import PingListFile
from sertui.pinger import Pinger

JOE = "sip:joe@10.0.0.9:5062"
OK = Reply(200, "OK", b".\n.\n.\nVia: SIP/2.0/UDP a\r\n\r\n\n")


class Ser:
    """Answers at once, or when it is let."""

    def __init__(self, answer: Reply | Answer = OK) -> None:
        self.now = 100.0
        self.clock: Callable[[], float] = lambda: self.now
        self.answer = answer
        self.asked: list[tuple[Sendable, ...]] = []
        self.held: list[Callable[[], None]] | None = None
        self.timeouts: set[float] = set()

    def request(self, command: str, *arguments: Sendable, take: Take, timeout: float = 0) -> None:
        self.asked.append((command, *arguments[:2]))
        self.timeouts.add(timeout)
        answer = self.answer if isinstance(self.answer, Answer) else Answer(self.answer, "", 0.02)
        if self.held is None:
            take(answer)
        else:
            self.held.append(lambda: take(answer))


def registered(*contacts: str) -> Reply:
    """What ul_show_contact says."""
    if not contacts:
        return Reply(404, "Username joe in table location not found")
    return Reply(body="".join(f"<{uri}>;q=;expires=9\n" for uri in contacts).encode())


class World:
    def __init__(self, answer: Reply | Answer = OK, file: PingListFile | None = None) -> None:
        self.ser = Ser(answer)
        self.told: list[str] = []
        self.pinger = Pinger(self.ser, self.told.append, file)

    @property
    def target(self) -> Target:
        target = self.pinger.board.get(JOE)
        assert target is not None
        return target

    @property
    def uris(self) -> list[str]:
        return [target.uri for target in self.pinger.board]

    def look(self, *contacts: str) -> None:
        """Joe is registered there; time goes on until he is looked for."""
        self.ser.answer = registered(*contacts)
        self.ser.now += PERIOD
        for target in self.pinger.board:
            target.is_paused = True
        self.pinger.tick(is_connected=True)

    def ping(self) -> Target:
        self.pinger.add(JOE)
        self.pinger.tick(is_connected=True)
        return self.target


def test_a_uri_is_pinged_at_its_interval() -> None:
    world = World()
    target = world.ping()
    assert world.ser.asked == [("t_uac_dlg", "OPTIONS", JOE)]
    assert (target.state, list(target.trips)) == (State.OK, [0.02])
    world.pinger.tick(is_connected=True)
    assert len(world.ser.asked) == 1
    world.ser.now += world.pinger.board.interval
    world.pinger.tick(is_connected=True)
    assert len(world.ser.asked) == 2


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Reply(404, "Not Found", OK.body), State.REFUSED),
        (Reply(478, "fifo_uac_error: Unresolvable destination"), State.ERROR),
        (Reply(500, "command 't_uac_dlg' not available"), State.ERROR),
        (Reply(408, "Request Timeout", b".\n.\n.\n"), State.SILENT),
    ],
)
def test_each_answer_has_its_state(answer: Reply | Answer, state: State) -> None:
    assert World(answer).ping().state is state


@pytest.mark.parametrize("seconds", [0.0, 35.0])
def test_what_ser_didnt_take_or_tell_is_no_loss(seconds: float) -> None:
    target = World(Answer(None, "nobody reads it", seconds)).ping()
    assert (target.state, target.tally.transmitted, target.loss) == (State.WAITING, 0, 0)


def test_a_silent_phone_is_told_early_and_waited_for_as_long_as_ser_does() -> None:
    world = World(Reply(408, "Request Timeout", b".\n.\n.\n"))
    world.ser.held = []
    target = world.ping()
    world.ser.now += WAIT
    world.pinger.tick(is_connected=False)
    assert target.state is State.WAITING
    heard: list[State] = []
    world.pinger.changed = lambda: heard.append(target.state)
    world.pinger.tick(is_connected=True)
    assert (heard, len(world.ser.asked)) == ([State.SILENT], 1)
    world.ser.now += 26
    world.ser.held.pop()()
    world.pinger.tick(is_connected=True)
    assert (target.state, len(world.ser.asked)) == (State.SILENT, 2)
    assert world.ser.timeouts == {35.0}


def test_nobody_is_pinged_while_ser_is_away() -> None:
    world = World()
    world.pinger.add(JOE)
    world.pinger.tick(is_connected=False)
    assert world.ser.asked == []


def test_a_user_stands_for_his_contacts() -> None:
    world = World(Reply(body=f"<{JOE}>;q=1;expires=9\n<sip:joe@10.0.0.8>;q=;expires=9\n".encode()))
    world.pinger.add("joe")
    assert world.ser.asked == [("ul_show_contact", "location", "joe")]
    assert [(t.user, t.uri) for t in world.pinger.board] == [
        ("joe", JOE),
        ("joe", "sip:joe@10.0.0.8"),
    ]


@pytest.mark.parametrize(
    ("target", "answer", "words"),
    [
        ("joe", Reply(404, "Username joe in table location not found"), "joe: 404 Username joe"),
        ("joe", Answer(None, "ser is away"), "joe: ser is away"),
        ("joe", Reply(body=b"what\n"), "joe: 'what' is no contact"),
        ("http://a", OK, "'http://a' is neither"),
        ("", OK, "'' is neither"),
        ("sip:joe@a<b", OK, "the Request-URI 'sip:joe@a<b' can't be read"),
    ],
)
def test_what_cant_be_pinged_is_told(target: str, answer: Reply | Answer, words: str) -> None:
    world = World(answer)
    world.pinger.add(target)
    assert len(world.pinger.board) == 0
    assert world.told[0].startswith(words)


def test_the_screen_hears_of_what_is_new() -> None:
    world, heard = World(), list[int]()
    world.pinger.changed = lambda: heard.append(len(world.pinger.board))
    world.ping()
    assert heard == [1, 1, 1]


def test_an_answer_for_somebody_removed_comes_to_nothing() -> None:
    world = World()
    world.ser.held = []
    world.ping()
    world.pinger.board.remove(JOE)
    world.ser.held[0]()
    assert list(world.pinger.board) == []


A, B, C = "sip:joe@10.0.0.1", "sip:joe@10.0.0.2", "sip:joe@10.0.0.3"


def test_new_contacts_of_a_user_are_added_and_old_ones_go() -> None:
    world = World(registered(A))
    world.pinger.add("joe")
    assert world.uris == [A]
    world.look(A, B)
    assert world.uris == [A, B]
    world.look(C)
    assert world.uris == [C]


def test_the_last_contact_stays_so_that_it_is_seen_to_fall_silent() -> None:
    world = World(registered(A))
    world.pinger.add("joe")
    world.look()
    assert world.uris == [A]
    world.ser.answer = Answer(None, "ser is away")
    world.ser.now += PERIOD
    world.pinger.tick(is_connected=True)
    assert (world.uris, world.told) == ([A], [])


def test_a_contact_removed_by_hand_stays_away_and_with_the_last_one_the_user_goes() -> None:
    world = World(registered(A, B))
    world.pinger.add("joe")
    world.pinger.remove(next(iter(world.pinger.board)))
    world.look(A, B)
    assert world.uris == [B]
    world.pinger.remove(next(iter(world.pinger.board)))
    world.look(A, B)
    assert world.uris == []
    assert list(world.pinger.following) == []


def test_a_contact_that_cant_be_pinged_is_told_once() -> None:
    world = World(registered(A, "sip:joe@a<b"))
    world.pinger.add("joe")
    world.look(A, "sip:joe@a<b")
    assert (world.uris, len(world.told)) == ([A], 1)


def test_who_was_pinged_is_pinged_by_the_next_dashboard(tmp_path: Path) -> None:
    file = PingListFile(tmp_path, "udp-1")
    before = World(registered(A), file)
    before.pinger.add("joe")
    before.pinger.add(JOE)
    before.pinger.board.pause(JOE)
    before.pinger.board.next_interval()
    before.pinger.keep()
    after = World()
    after.pinger.restore(PingListFile(tmp_path, "udp-1"))
    assert after.uris == [A, JOE]
    assert [target.state for target in after.pinger.board] == [State.WAITING, State.PAUSED]
    assert after.pinger.board.interval == before.pinger.board.interval
    after.look(B)
    assert after.uris == [JOE, B]


def test_a_user_who_isnt_registered_when_the_next_dashboard_comes_has_a_line(
    tmp_path: Path,
) -> None:
    world = World(registered(A), PingListFile(tmp_path, "udp-1"))
    world.pinger.add("joe")
    world.pinger.board.remove(A)
    world.pinger.keep()
    after = World(registered())
    after.pinger.restore(PingListFile(tmp_path, "udp-1"))
    after.pinger.tick(is_connected=True)
    assert [(x.uri, x.state) for x in after.pinger.board] == [("joe", State.AWAY)]
    assert after.ser.asked == [("ul_show_contact", "location", "joe")]
    after.look(B)
    assert after.uris == [B]
    after.pinger.remove(next(iter(after.pinger.board)))
    later = World()
    later.pinger.restore(PingListFile(tmp_path, "udp-1"))
    assert (later.uris, list(later.pinger.following)) == ([], [])


def test_a_bad_list_is_told_and_pinging_goes_on(tmp_path: Path) -> None:
    file = PingListFile(tmp_path, "udp-1")
    file.path.parent.mkdir()
    file.path.write_text("rubbish")
    world = World(registered(A))
    world.pinger.restore(file)
    [told] = world.told
    assert told.startswith(f"{file.path} can't be read: Expecting value")
    world.pinger.add("joe")
    after = World()
    after.pinger.restore(PingListFile(tmp_path, "udp-1"))
    assert after.uris == [A]


def test_a_list_that_cant_be_kept_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "sertui_pings").write_text("no directory")
    world = World(registered(A), PingListFile(tmp_path, "udp-1"))
    world.pinger.add("joe")
    world.pinger.add(JOE)
    [told] = world.told
    assert told.endswith("Not a directory: who is pinged isn't kept") or "File exists" in told
