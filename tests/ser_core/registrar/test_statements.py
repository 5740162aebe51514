from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from ser_core.database.engine import make_engine
from ser_core.database.jobs import Job
from ser_core.database.url import DatabaseUrl
from ser_core.registrar import statements
from ser_core.registrar.location import MEMORY_ONLY, NEVER, PERMANENT, Binding
from ser_core.registrar.rows import Rows, binding_of
from tests.support.registrar import START, binding

JOE, ANN = b"joe", b"ann"


@pytest.fixture
def engine(database_url: DatabaseUrl) -> Iterator[Engine]:
    made = make_engine(database_url, pool_size=2)
    yield made
    made.dispose()


def write(engine: Engine, rows: Rows, **records: list[Binding]) -> None:
    Job(
        lambda c: statements.replace(c, rows, {x.encode(): y for x, y in records.items()}, START),
        writes=True,
    ).carry_out(engine)


def stored(engine: Engine, rows: Rows, aor: bytes) -> list[Binding]:
    found = Job(lambda c: statements.read(c, rows, aor)).carry_out(engine)
    return [binding_of(values, START) for values in found]


def test_what_is_written_is_read_as_it_was(engine: Engine) -> None:
    rows = Rows("location")
    wanted = [
        binding(b"sip:joe@h;x=\xff\\", q=1000, received=b"sip:192.0.2.1:9"),
        binding(b"sip:joe@gateway", q=-1, expires_at=NEVER, flags=PERMANENT),
    ]
    write(engine, rows, joe=wanted)
    assert stored(engine, rows, JOE) == wanted


def test_a_record_is_replaced_and_others_stay(engine: Engine) -> None:
    rows = Rows("location")
    write(engine, rows, joe=[binding(b"sip:old@h")], ann=[binding(b"sip:ann@h")])
    write(engine, rows, joe=[binding(b"sip:new@h")])
    write(engine, rows, joe=[binding(b"sip:newer@h")])
    assert stored(engine, rows, JOE) == [binding(b"sip:newer@h")]
    assert stored(engine, rows, ANN) == [binding(b"sip:ann@h")]
    write(engine, rows, joe=[])
    assert stored(engine, rows, JOE) == []


def test_what_is_for_memory_only_is_never_written(engine: Engine) -> None:
    rows = Rows("location")
    write(engine, rows, joe=[binding(b"sip:secret@h", flags=MEMORY_ONLY)])
    assert stored(engine, rows, JOE) == []


def test_with_use_domain_equal_users_are_different_records(engine: Engine) -> None:
    rows = Rows("location", use_domain=True)
    write(engine, rows, **{"joe@a": [binding(b"sip:a@h")], "joe@b": [binding(b"sip:b@h")]})
    write(engine, rows, **{"joe@a": []})
    assert stored(engine, rows, b"joe@a") == []
    assert stored(engine, rows, b"joe@b") == [binding(b"sip:b@h")]


def test_without_use_domain_rows_of_all_domains_are_the_record(engine: Engine) -> None:
    write(engine, Rows("location", use_domain=True), **{"joe@a": [binding(b"sip:a@h")]})
    assert stored(engine, Rows("location"), JOE) == [binding(b"sip:a@h")]
    write(engine, Rows("location"), joe=[])
    assert stored(engine, Rows("location"), JOE) == []


def test_a_whole_table_is_read_without_what_has_expired(engine: Engine) -> None:
    rows = Rows("location")
    over, gateway = (
        binding(b"sip:over@h", expires_at=START),
        binding(b"sip:gw@h", expires_at=NEVER, flags=PERMANENT),
    )
    write(engine, rows, joe=[over, binding(b"sip:joe@h")], ann=[gateway])

    def read(connection: object) -> list[bytes]:
        found = statements.read_all(connection, rows, START + 1)  # type: ignore[arg-type]
        return [rows.aor_of(values) for some in found for values in some]

    assert Job(read).carry_out(engine) == [ANN, JOE]
    remove = Job(lambda c: statements.remove_expired(c, rows, START + 1), writes=True)
    assert remove.carry_out(engine) == 1
    assert stored(engine, rows, JOE) == [binding(b"sip:joe@h")]
    assert stored(engine, rows, ANN) == [gateway]


def test_whoever_locks_a_record_keeps_others_from_it_until_he_is_done(engine: Engine) -> None:
    rows = Rows("location")
    locked, go_on, order = threading.Event(), threading.Event(), []

    def first(connection: object) -> None:
        statements.lock(connection, rows, [JOE])  # type: ignore[arg-type]
        locked.set()
        go_on.wait(5)
        order.append("first")

    def second(connection: object) -> None:
        statements.lock(connection, rows, [ANN, JOE])  # type: ignore[arg-type]
        order.append("second")

    threads = [
        threading.Thread(target=lambda work=work: Job(work, writes=True).carry_out(engine))
        for work in (first, second)
    ]
    threads[0].start()
    assert locked.wait(5)
    threads[1].start()
    threads[1].join(0.2)
    assert threads[1].is_alive()
    go_on.set()
    for thread in threads:
        thread.join(5)
    assert order == ["first", "second"]
