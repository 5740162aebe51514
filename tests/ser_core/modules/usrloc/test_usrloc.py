from __future__ import annotations

from pathlib import Path

import pytest

from ser_core.errors import SerError
from ser_core.modules import usrloc
from ser_core.modules.api import commands_of, params_of
from ser_core.modules.usrloc import Domain, Usrloc
from ser_core.modules.usrloc.expiry import ExpiryLog
from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.registrar.location import LocationError, MemoryLocation, Totals
from tests.support.registrar import START, BrokenLocation, FakeCore, binding, put


def started(core: FakeCore) -> Usrloc:
    module = Usrloc()
    module.check()
    module.start(core)  # type: ignore[arg-type]  # as much of Core as it asks for
    return module


def test_the_package_shows_the_module() -> None:
    assert usrloc.MODULE is Usrloc
    assert Usrloc.name == "usrloc"


def test_parameters_and_defaults_are_those_of_ser() -> None:
    assert {made.name: made.default for made in params_of(Usrloc)} == {
        "user_column": "username",
        "domain_column": "domain",
        "contact_column": "contact",
        "expires_column": "expires",
        "q_column": "q",
        "callid_column": "callid",
        "cseq_column": "cseq",
        "method_column": "method",
        "replicate_column": "replicate",
        "state_column": "state",
        "flags_column": "flags",
        "user_agent_column": "user_agent",
        "received_column": "received",
        "db_url": "",
        "timer_interval": 60,
        "db_mode": 0,
        "use_domain": 0,
        "desc_time_order": 0,
    }


def test_there_are_no_script_functions() -> None:
    assert commands_of(Usrloc) == []


@pytest.mark.parametrize("mode", [1, 2, 3])
def test_a_db_url_that_cannot_be_used_is_refused(mode: int) -> None:
    module = Usrloc()
    module.db_mode = mode
    module.db_url = "oracle://h/ser"
    with pytest.raises(ValueError, match="postgresql://"):
        module.check()


def test_a_db_url_is_not_looked_at_while_all_is_in_memory() -> None:
    module = Usrloc()
    module.db_url = "oracle://h/ser"
    module.check()
    assert module.database_urls() == ()
    assert not module.has_errands()


def test_two_columns_of_one_name_are_refused() -> None:
    module = Usrloc()
    module.db_mode = 1
    module.user_column = "contact"
    with pytest.raises(ValueError, match="two columns"):
        module.check()


@pytest.mark.parametrize(("mode", "waits"), [(0, False), (1, True), (2, False), (3, True)])
def test_only_a_database_that_is_asked_at_once_is_waited_for(mode: int, waits: bool) -> None:
    module = Usrloc()
    module.db_mode = mode
    assert module.waits() is waits


def test_a_reload_with_a_new_table_needs_a_restart() -> None:
    running, coming = Usrloc(), Usrloc()
    running.db_mode = coming.db_mode = 1
    kept = Domain.from_script("table_of_a_reload")
    running._rows = {}
    with pytest.raises(SerError, match=r"table_of_a_reload.* new.*restart"):
        coming.take_over(running)
    del kept


def test_start_opens_the_tables_that_were_mentioned() -> None:
    kept = [Domain.from_script("location"), Domain.from_script("aliases")]
    core = FakeCore()
    started(core)
    assert len(kept) == 2
    assert {"location", "aliases"} <= set(core.location.domains())


def test_a_tick_removes_what_has_expired_and_tells() -> None:
    core = FakeCore()
    put(core.location, "location", b"joe", binding(b"sip:joe@h", expires_at=START))
    put(core.location, "location", b"ann", binding(b"sip:ann@h", expires_at=START + 1))
    module = started(core)
    module.on_tick(START)
    assert core.location.totals("location") == Totals(1, 1, 1)
    assert core.lines == [(2, "Binding 'joe','sip:joe@h' has expired")]
    assert module.expired.value == 1


def test_nothing_is_told_below_level_notice() -> None:
    core = FakeCore(level=1)
    put(core.location, "location", b"joe", binding(expires_at=START))
    started(core).on_tick(START)
    assert core.lines == []


def test_bytes_that_are_no_text_are_told_escaped() -> None:
    core = FakeCore()
    put(core.location, "location", b"j\xff", binding(b"sip:\xfe@h", expires_at=START))
    started(core).on_tick(START)
    assert core.lines == [(2, r"Binding 'j\xff','sip:\xfe@h' has expired")]


def crowd(core: FakeCore, users: int) -> None:
    for number in range(users):
        put(core.location, "location", b"%d" % number, binding(expires_at=START))


def test_a_crowd_that_expires_at_once_is_told_in_few_lines() -> None:
    core = FakeCore()
    crowd(core, 450)
    started(core).on_tick(START)
    assert len(core.lines) == 101
    assert core.lines[-1] == (2, "350 more bindings have expired")
    assert core.location.totals("location").users == 0


def test_a_tick_ends_when_its_time_is_up_and_the_next_goes_on() -> None:
    core = FakeCore(tick_cost=0.009)
    crowd(core, 1500)
    module = started(core)
    left = []
    for _ in range(3):
        module.on_tick(START)
        left.append((core.location.totals("location").users, module.behind))
    assert left == [(900, True), (300, True), (0, False)]
    assert module.expired.value == 1500


def test_a_slice_is_small_and_tells_whether_more_is_due() -> None:
    core = FakeCore()
    crowd(core, 250)
    module = started(core)
    told = ExpiryLog(core.log)
    assert module.expire_slice(START, told)
    assert core.location.totals("location").users == 50
    assert not module.expire_slice(START, told)


def test_a_table_that_fails_is_logged_and_tried_again() -> None:
    core = FakeCore(location=BrokenLocation(LocationError("out of order")))
    module = started(core)
    module.on_tick(START)
    assert core.lines == [(-1, "expired bindings stay until the next try: out of order")]
    core.location = MemoryLocation("location")
    crowd(core, 1)
    module.start(core)  # type: ignore[arg-type]  # as much of Core as it asks for
    module.on_tick(START)
    assert module.expired.value == 1


def test_a_reload_cannot_bring_a_database(tmp_path: Path) -> None:
    kept = Domain.from_script("location")
    location = LmdbLocation.open(str(tmp_path / "location.mdb"))
    module = Usrloc()
    module.db_mode = 1
    module.db_url = f"sqlite:///{tmp_path}/ser.db"
    core = FakeCore(location=location)
    core.database = lambda url: None  # type: ignore[attr-defined]  # nobody asks it
    with pytest.raises(SerError, match="restart"):
        module.start(core)  # type: ignore[arg-type]  # as much of Core as it asks for
    location.mark_changes(kept.name)
    location.close()
