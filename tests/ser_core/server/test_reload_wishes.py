"""Whoever asks the fifo server for a reload gets the attendant's answer, and nobody else's."""

from __future__ import annotations

from ser_core.fifo.protocol import Reply
from ser_core.server.bus_messages import ReloadReply
from ser_core.server.reload_wishes import ReloadWishes


class FakeSide:
    index = 3
    life = -1

    def __init__(self) -> None:
        self.told: list[tuple[str, int, str]] = []
        self.is_deaf = False

    def ready(self) -> None:
        pass

    def beat(self) -> None:
        pass

    def reloading(self) -> None:
        pass

    def reloaded(self) -> None:
        pass

    def stop_all(self) -> None:
        pass

    def tell_reload(self, word: str, number: int, rest: str = "") -> bool:
        if not self.is_deaf:
            self.told.append((word, number, rest))
        return not self.is_deaf


def test_each_wish_is_answered_by_its_number() -> None:
    side = FakeSide()
    wishes = ReloadWishes(side)
    answers: list[Reply] = []
    for only_check, word in ((False, "run"), (True, "check")):
        wishes.reload(only_check=only_check).when_answered(answers.append)
        _, number, said = side.told[-1]
        assert said == word
        wishes.on_reply(ReloadReply(number, 200, word, b"table\n"))
        assert answers[-1] == Reply(200, word, b"table\n")
    assert side.told[0][1] != side.told[1][1]


def test_the_attendant_gets_one_wish_at_a_time() -> None:
    side = FakeSide()
    wishes = ReloadWishes(side)
    answers: list[Reply] = []
    for _ in range(3):
        wishes.reload(only_check=True).when_answered(answers.append)
    assert [reply.code for reply in answers] == [409, 409]
    assert len(side.told) == 1


def test_a_wish_that_nobody_hears_is_answered() -> None:
    side = FakeSide()
    side.is_deaf = True
    answers: list[Reply] = []
    wishes = ReloadWishes(side)
    wishes.reload(only_check=False).when_answered(answers.append)
    assert [reply.code for reply in answers] == [500]
    side.is_deaf = False
    wishes.reload(only_check=False).when_answered(answers.append)
    assert len(side.told) == 1


def test_an_answer_to_a_predecessor_is_nobodys() -> None:
    wishes = ReloadWishes(FakeSide())
    answers: list[Reply] = []
    wishes.reload(only_check=False).when_answered(answers.append)
    wishes.on_reply(ReloadReply(1, 200, "ok", b""))
    assert answers == []
