"""Random ids."""

from __future__ import annotations

from ser_core.transport.random_ids import BULK, RandomIds


def test_each_id_is_64_bits_of_the_source_in_order() -> None:
    asked: list[int] = []

    def source(count: int) -> bytes:
        asked.append(count)
        return bytes(number % 256 for number in range(count))

    ids = RandomIds(source)
    assert ids.next() == b"0001020304050607"
    assert ids.next() == b"08090a0b0c0d0e0f"
    assert asked == [8 * BULK]


def test_the_source_is_asked_again_when_all_are_used() -> None:
    ids = RandomIds()
    made = {ids.next() for _ in range(2 * BULK + 1)}
    assert len(made) == 2 * BULK + 1
    assert {len(each) for each in made} == {16}
