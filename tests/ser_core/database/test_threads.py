from __future__ import annotations

import threading

from ser_core.database.threads import Threads

PATIENCE = 5.0


def test_tasks_are_done_by_threads_of_their_own_and_no_more_than_allowed() -> None:
    threads = Threads("test", 2)
    names: list[str] = []
    hold, begun = threading.Event(), threading.Semaphore(0)

    def task() -> None:
        names.append(threading.current_thread().name)
        begun.release()
        hold.wait(PATIENCE)

    for _ in range(5):
        threads.start(task)
    assert begun.acquire(timeout=PATIENCE)
    assert begun.acquire(timeout=PATIENCE)
    assert len(names) == 2
    hold.set()
    for _ in range(3):
        assert begun.acquire(timeout=PATIENCE)
    assert names == ["test"] * 5
    threads.stop(lambda: None)


def test_an_idle_thread_is_used_again() -> None:
    threads = Threads("test", 4)
    seen: set[int] = set()
    for _ in range(20):
        done = threading.Event()

        def task(done: threading.Event = done) -> None:
            seen.add(threading.get_ident())
            done.set()

        threads.start(task)
        assert done.wait(PATIENCE)
    assert len(seen) <= 2  # one may not have come back yet when the next task is given
    threads.stop(lambda: None)


def test_threads_end_when_they_are_stopped_and_all_is_done() -> None:
    threads = Threads("test-of-the-end", 1)
    done: list[int] = []
    for number in range(3):
        threads.start(lambda number=number: done.append(number))  # type: ignore[misc]
    threads.stop(lambda: done.append(99))
    for thread in threading.enumerate():
        if thread.name == "test-of-the-end":
            assert thread.daemon
            thread.join(PATIENCE)
    assert done == [0, 1, 2, 99]


def test_where_nothing_was_started_the_last_act_comes_at_once() -> None:
    done: list[int] = []
    Threads("test", 1).stop(lambda: done.append(1))
    assert done == [1]
