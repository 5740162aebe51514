"""Linux's promise to signal a process when its parent dies, so that no orphan lives on."""

from __future__ import annotations

import ctypes

_PR_SET_PDEATHSIG = 1
_PR_GET_PDEATHSIG = 2
_prctl = ctypes.CDLL(None, use_errno=True).prctl
"""Found before any fork: afterwards every child would have to look for it."""


def set_signal(number: int) -> None:
    """Have this process sent a signal when its parent dies; 0: none.

    The kernel forgets it when the process changes its user or group.
    """
    _prctl(_PR_SET_PDEATHSIG, number)


def get_signal() -> int:
    """The signal that is set; 0: none."""
    number = ctypes.c_int()
    _prctl(_PR_GET_PDEATHSIG, ctypes.byref(number))
    return number.value
