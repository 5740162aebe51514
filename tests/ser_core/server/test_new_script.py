"""ser.cfg read again: its mistakes, what would change, and what runs of it now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core import log
from ser_core.fifo.tables import read_table
from ser_core.script.diagnostics import ConfigErrors
from ser_core.script.settings import Settings
from ser_core.server import new_script
from ser_core.server.new_script import (
    NeedsRestart,
    adopt,
    aliases_with,
    counters_of,
    read_again,
    settle_pages,
    take_effect,
)
from ser_core.server.plan import Plan
from tests.support.plans import TEXT, plan_of


def nowhere(name: str) -> list[str]:
    return []


@pytest.fixture
def plan(tmp_path: Path) -> Iterator[Plan]:
    with plan_of(2) as made:
        made.program.path = str(tmp_path / "ser.cfg")
        made.program.file = "etc/ser.cfg"
        yield made


def write(plan: Plan, text: str) -> None:
    Path(plan.program.path).write_text(text)


def test_the_file_is_found_though_the_working_directory_has_changed(plan: Plan) -> None:
    write(plan, TEXT)
    script = read_again(plan, nowhere)
    assert script.differences == []
    assert (script.program.path, script.program.file) == (plan.program.path, "etc/ser.cfg")
    assert script.program.source_hash == plan.program.source_hash


def test_mistakes_are_told_with_the_name_that_ser_was_given(plan: Plan) -> None:
    write(plan, TEXT.replace("404", "4040"))
    with pytest.raises(ConfigErrors, match=r"etc/ser.cfg:1:\d+: error: sl_send_reply"):
        read_again(plan, nowhere)


@pytest.mark.parametrize(
    ("text", "reason"), [(None, "the file can't be read"), ("#" * 100, "more than 50 bytes")]
)
def test_a_file_that_cannot_be_used(
    plan: Plan, text: str | None, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_script, "MAX_TEXT", 50)
    if text is not None:
        write(plan, text)
    with pytest.raises(ConfigErrors, match=reason):
        read_again(plan, nowhere)


def test_what_cannot_change_is_told_and_stays(plan: Plan) -> None:
    write(plan, f"children=5 {TEXT.replace('debug=4', 'debug=5')}")
    script = read_again(plan, nowhere)
    assert [str(x) for x in script.for_a_restart] == ["children 8 -> 5"]
    assert script.program.settings.children == 8
    assert script.program.settings.debug == 5


def test_the_command_line_wins_over_the_new_file_too(plan: Plan) -> None:
    def overrides(settings: Settings) -> None:
        settings.debug = 7

    plan.overrides = overrides
    write(plan, TEXT.replace("debug=4", "debug=1"))
    assert read_again(plan, nowhere).program.settings.debug == 7


def test_a_socket_that_ser_does_not_listen_on_is_a_mistake(plan: Plan) -> None:
    write(plan, "route { force_send_socket(192.0.2.9:5060); }")
    with pytest.raises(ConfigErrors, match="doesn't listen on"):
        read_again(plan, nowhere)


def test_all_processes_have_the_addresses_that_the_first_has_found(plan: Plan) -> None:
    text = 'route { if (src_ip==gw.example.com) { log(1, "x"); }; }'
    write(plan, text)
    script = read_again(plan, lambda name: ["192.0.2.7"])
    assert script.addresses == {"gw.example.com": ["192.0.2.7"]}
    adopted = adopt(plan, script.text, script.addresses)
    assert adopted.source_hash == script.program.source_hash
    assert adopted.path == plan.program.path


def test_the_table_has_differences_and_warnings(plan: Plan) -> None:
    write(plan, f'children=5 {TEXT} failure_route[1] {{ log(1, "never"); }}')
    names, rows = read_table(read_again(plan, nowhere).table())
    assert names == ["kind", "name", "before", "after", "takes_effect"]
    assert ["directive", "children", "8", "5", "at a restart"] in rows
    assert ["route", "failure_route[1]", "", "added", "now"] in rows
    assert [row[3] for row in rows if row[0] == "warning"]


def test_aliases_change_and_those_found_by_dns_stay(plan: Plan) -> None:
    plan.local.use_aliases([("udp", "found.by.dns", 5060)])
    write(plan, f"alias=a.example {TEXT}")
    script = read_again(plan, nowhere)
    wanted = aliases_with(plan, script.program)
    assert wanted == [("*", "a.example", 0), ("udp", "found.by.dns", 5060)]
    take_effect(plan, script.program, wanted, 5.0)
    assert plan.local.is_myself(b"a.example", 5060)
    write(plan, f"alias=b.example {TEXT}")
    script = read_again(plan, nowhere)
    take_effect(plan, script.program, aliases_with(plan, script.program), 6.0)
    assert not plan.local.is_myself(b"a.example", 5060)
    assert plan.local.is_myself(b"b.example", 5060)
    assert plan.local.is_myself(b"found.by.dns", 5060)
    assert (plan.program, plan.loaded_at) == (script.program, 6.0)


def test_the_facility_of_the_log_changes(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[log.Sink] = []
    monkeypatch.setattr(log, "use_sink", used.append)
    write(plan, f"log_facility=LOG_LOCAL3 {TEXT}")
    script = read_again(plan, nowhere)
    take_effect(plan, script.program, [], 0.0)
    assert len(used) == 1
    take_effect(plan, read_again(plan, nowhere).program, [], 0.0)
    assert len(used) == 1


def test_a_debug_level_set_by_hand_stays_unless_the_file_has_another(plan: Plan) -> None:
    plan.pages.debug_level = 9
    write(plan, TEXT)
    assert settle_pages(plan, read_again(plan, nowhere)) == 1
    assert plan.pages.debug_level == 9
    plan.pages.revert = (5, 5)
    write(plan, TEXT.replace("debug=4", "debug=1"))
    assert settle_pages(plan, read_again(plan, nowhere)) == 2
    assert (plan.pages.debug_level, plan.pages.revert) == (1, (0, 0))


def test_counters_are_those_of_the_modules(plan: Plan) -> None:
    assert {x.name.partition(".")[0] for x in counters_of(plan.program)} == {"sl"}


USRLOC = 'loadmodule "usrloc.so" modparam("usrloc", "db_url", "sqlite:///x.db") '


def test_what_is_loaded_at_the_start_can_come_and_go_by_a_restart_only(plan: Plan) -> None:
    write(plan, f'{USRLOC} modparam("usrloc", "db_mode", 2) {TEXT}')
    with pytest.raises(NeedsRestart, match='module "usrloc" can be loaded by a restart only'):
        read_again(plan, nowhere)
    write(plan, f"{USRLOC} {TEXT}")  # db_mode 0 has nothing to load
    running = read_again(plan, nowhere).program
    assert "usrloc" in running.modules
    running.modules["usrloc"].db_mode = 2  # type: ignore[attr-defined]
    plan.program = running
    write(plan, TEXT)
    with pytest.raises(NeedsRestart, match="can be left out by a restart only"):
        read_again(plan, nowhere)
