from __future__ import annotations

from typing import Any

from ser_core.modules.usrloc.scan import RECORDS_PER_SLICE, slices
from tests.support.location_control import LocationControl
from tests.support.registrar import binding, put


def control_with(users: int) -> LocationControl:
    control = LocationControl()
    for number in range(users):
        put(control.location, "location", b"user%05d" % number, binding())
    return control


def scanned(control: Any) -> list[bytes]:
    return [aor for records in slices(control, "location") for aor, _ in records]


def test_an_empty_table_has_no_slices() -> None:
    assert list(scanned(control_with(0))) == []


def test_every_record_comes_once_with_a_pause_behind_each_slice() -> None:
    users = 2 * RECORDS_PER_SLICE + 1
    control = control_with(users)
    assert scanned(control) == [b"user%05d" % number for number in range(users)]
    assert control.pauses == 3


def test_it_may_begin_behind_a_record_and_go_backwards() -> None:
    control: Any = control_with(4)
    backwards = slices(control, "location", b"user00002", backwards=True)
    assert [aor for records in backwards for aor, _ in records] == [b"user00001", b"user00000"]
    behind = slices(control, "location", b"user00002")
    assert [aor for records in behind for aor, _ in records] == [b"user00003"]


def test_those_who_come_and_go_meanwhile_disturb_nobody() -> None:
    control = control_with(2 * RECORDS_PER_SLICE)

    def come_and_go() -> None:
        control.location.delete("location", b"user%05d" % (RECORDS_PER_SLICE - 1))  # the last seen
        control.location.delete("location", b"user%05d" % RECORDS_PER_SLICE)
        put(control.location, "location", b"aaa", binding())
        put(control.location, "location", b"zzz", binding())

    control.on_pause = come_and_go
    seen = scanned(control)
    kept = [number for number in range(2 * RECORDS_PER_SLICE) if number != RECORDS_PER_SLICE]
    assert seen == [*(b"user%05d" % number for number in kept), b"zzz"]
