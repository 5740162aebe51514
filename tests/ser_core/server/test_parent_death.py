"""The signal that comes when the parent dies."""

from __future__ import annotations

import os
import signal

from ser_core.server import parent_death


def test_a_child_is_signalled_when_its_parent_dies() -> None:
    reading, writing = os.pipe()
    parent = os.fork()
    if parent == 0:
        if os.fork() == 0:
            parent_death.set_signal(signal.SIGKILL)
            os.write(writing, b"x")
            signal.pause()
        os.read(reading, 1)  # the child has asked for the signal
        os._exit(0)
    os.close(writing)
    os.waitpid(parent, 0)
    assert os.read(reading, 10) == b""  # nobody holds the other end any more
    os.close(reading)


def test_what_was_set_can_be_read_and_taken_back() -> None:
    assert parent_death.get_signal() == 0
    parent_death.set_signal(signal.SIGTERM)
    assert parent_death.get_signal() == signal.SIGTERM
    parent_death.set_signal(0)
    assert parent_death.get_signal() == 0
