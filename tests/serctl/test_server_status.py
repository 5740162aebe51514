from __future__ import annotations

import pytest

from serctl.replies import Misunderstood
from serctl.server_status import RECEIVED, WINDOW, Observer, Status
from serctl.settings import Settings
from tests.support.serctl_runs import FakeSer

CONFIG = (
    "200 ok\nname\tvalue\npid\t812\nuptime\t95\nrun_dir\t/run/ser/udp-192.0.2.1-5060\ndebug\t2\n"
)
USERS = "200 ok\nDomain Registered Expired\n'aliases' 7 0\n'location' 1204 3\n"


def stats(requests: int, responses: int = 0) -> str:
    return f"200 ok\nname\tvalue\thelp\n{RECEIVED[0]}\t{requests}\t\n{RECEIVED[1]}\t{responses}\t\n"


def look(observer: Observer, ser: FakeSer, now: float = 100.0) -> Status:
    return observer.look(ser, Settings(), now, 2.0)


def ser_with(*counts: int) -> FakeSer:
    return FakeSer(config=CONFIG, stats=[stats(count) for count in counts], ul_stats=USERS)


def test_three_requests_tell_all() -> None:
    ser = ser_with(10)
    status = look(Observer(), ser)
    assert status == Status("udp-192.0.2.1-5060", 95, 1204, None, 2)
    assert ser.requests == [("config",), ("stats", *RECEIVED), ("ul_stats",)]
    assert ser.timeouts == [2.0] * 3


def test_messages_a_second_are_requests_and_responses() -> None:
    ser = FakeSer(config=CONFIG, stats=[stats(10, 5), stats(40, 15)], ul_stats=USERS)
    observer = Observer()
    look(observer, ser, 100.0)
    assert look(observer, ser, 102.0).per_second == 20.0


def test_two_looks_close_together_are_no_rate() -> None:
    observer, ser = Observer(), ser_with(10, 20, 30)
    look(observer, ser, 100.0)
    assert look(observer, ser, 100.5).per_second is None
    assert look(observer, ser, 102.0).per_second == 10.0


def test_the_rate_is_that_of_the_last_seconds() -> None:
    observer, ser = Observer(), ser_with(0, 1000, 1000, 1020)
    look(observer, ser, 0.0)
    look(observer, ser, 5.0)
    assert look(observer, ser, 10.0).per_second == 100.0
    assert look(observer, ser, 5.0 + WINDOW).per_second == 2.0


def test_another_ser_begins_anew() -> None:
    observer, ser = Observer(), ser_with(1000, 3, 23)
    look(observer, ser, 0.0)
    assert look(observer, ser, 5.0).per_second is None
    assert look(observer, ser, 10.0).per_second == 4.0


def test_the_table_of_the_settings() -> None:
    ser = ser_with(10)
    status = Observer().look(ser, Settings(location_table="aliases"), 0.0, 2.0)
    assert status.registered == 7


def test_a_ser_that_knows_less_is_shown_as_far_as_it_goes() -> None:
    assert look(Observer(), FakeSer(ul_stats=USERS)) == Status(registered=1204)
    assert look(Observer(), FakeSer(config=CONFIG)).registered is None


def test_a_ser_of_another_kind_is_not_understood() -> None:
    with pytest.raises(Misunderstood):
        look(Observer(), FakeSer(config="200 ok\nwhat?\n"))
