"""Exit statuses are a promise to scripts: the numbers of sysexits.h, never changed."""

from __future__ import annotations

import os

from ser_core.exit_codes import ExitCode


def test_the_numbers_are_those_of_sysexits() -> None:
    assert ExitCode.OK == os.EX_OK
    assert ExitCode.SOFTWARE == os.EX_SOFTWARE
    assert ExitCode.CANNOT_START == os.EX_OSERR
    assert ExitCode.NOT_SAVED == os.EX_IOERR
    assert ExitCode.BAD_CONFIG == os.EX_CONFIG
    assert sorted(ExitCode) == [0, 2, 70, 71, 74, 78]
