from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core.modules.auth.nonce_count import Outcome, Use
from ser_core.modules.auth.nonce_table import NonceTable, NonceTableError
from ser_core.modules.auth.nonces import Nonce

NOW = 1_700_000_000_000
LIFETIME = 300_000


def nonce(made_at: int = NOW, number: int = 0) -> Nonce:
    return Nonce(made_at.to_bytes(6) + number.to_bytes(6), made_at)


def use(table: NonceTable, which: Nonce, count: int = 1, *, now: int = NOW) -> Outcome:
    return table.use(which, Use(b"joe", count, b"request %d" % count, now), LIFETIME)


def another(request: bytes = b"another", now: int = NOW) -> Use:
    """The first count, for another request."""
    return Use(b"joe", 1, request, now)


@pytest.fixture
def table(tmp_path: Path) -> Iterator[NonceTable]:
    made = NonceTable.open(str(tmp_path / "nonces.mdb"), NOW, max_nonces=10)
    yield made
    made.close()


def test_what_was_used_is_remembered(table: NonceTable) -> None:
    assert use(table, nonce()) is Outcome.GOOD
    assert use(table, nonce(), 2) is Outcome.GOOD
    assert use(table, nonce()) is Outcome.REPEATED
    assert table.use(nonce(), another(), LIFETIME) is Outcome.REPLAYED
    assert len(table) == 1


def test_each_nonce_has_its_own_uses(table: NonceTable) -> None:
    assert use(table, nonce()) is Outcome.GOOD
    assert use(table, nonce(number=1)) is Outcome.GOOD


def test_processes_share_it(tmp_path: Path) -> None:
    path = str(tmp_path / "nonces.mdb")
    child = os.fork()
    if not child:  # LMDB wants each process to open the file for itself
        status = 1
        try:
            status = 0 if use(NonceTable.open(path, NOW), nonce()) is Outcome.GOOD else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    table = NonceTable.open(path, NOW)
    assert table.use(nonce(), another(), LIFETIME) is Outcome.REPLAYED
    table.close()


def test_nonces_from_before_the_file_are_old(table: NonceTable) -> None:
    assert use(table, nonce(NOW - 1)) is Outcome.OLD
    assert use(table, nonce(NOW)) is Outcome.GOOD
    assert len(table) == 1


def test_who_opens_it_later_does_not_move_the_floor(tmp_path: Path) -> None:
    path = str(tmp_path / "nonces.mdb")
    NonceTable.open(path, NOW).close()
    second = NonceTable.open(path, NOW + 1000)
    assert use(second, nonce(NOW)) is Outcome.GOOD
    second.close()


def test_expired_nonces_make_room_for_new_ones(table: NonceTable) -> None:
    for number in range(5):
        use(table, nonce(NOW + number))
    later = NOW + LIFETIME + 100
    for number in range(5):
        use(table, nonce(later + number), now=later)
    assert len(table) == 5


def test_what_has_been_forgotten_is_old_and_not_new_again(table: NonceTable) -> None:
    use(table, nonce(NOW))
    later = NOW + LIFETIME + 100
    use(table, nonce(later), now=later)
    assert len(table) == 1
    # A reload has made nonces live longer: the old one would be young enough.
    assert table.use(nonce(NOW), another(now=later), 2 * LIFETIME) is Outcome.OLD


def test_when_it_is_full_the_oldest_goes_and_stays_old(table: NonceTable) -> None:
    for number in range(30):
        assert use(table, nonce(NOW + number)) is Outcome.GOOD
        assert len(table) <= 10
    assert use(table, nonce(NOW + 19), 2) is Outcome.OLD
    assert use(table, nonce(NOW + 20), 2) is Outcome.GOOD


def test_a_full_file_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    table = NonceTable.open(str(tmp_path / "small.mdb"), NOW, map_size=1 << 16)

    def use_many() -> None:
        for number in range(10_000):
            use(table, nonce(number=number))

    with pytest.raises(NonceTableError, match="table of nonces"):
        use_many()
    table.close()


def test_a_place_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NonceTableError, match="cannot open"):
        NonceTable.open(str(tmp_path / "nowhere" / "nonces.mdb"), NOW)


def test_a_damaged_entry_is_an_error(table: NonceTable) -> None:
    with table._env.begin(write=True) as txn:
        txn.put(nonce().id, b"rubbish")
    with pytest.raises(NonceTableError):
        use(table, nonce())


def test_only_we_can_read_the_file(table: NonceTable, tmp_path: Path) -> None:
    assert (tmp_path / "nonces.mdb").stat().st_mode & 0o777 == 0o600


def test_a_clock_that_was_set_back_shuts_nobody_out(table: NonceTable) -> None:
    use(table, nonce(NOW))
    earlier = NOW - 3_600_000
    assert use(table, nonce(earlier), now=earlier) is Outcome.GOOD
    assert use(table, nonce(earlier), now=earlier) is Outcome.REPEATED
    assert use(table, nonce(earlier - 1), now=earlier) is Outcome.OLD
