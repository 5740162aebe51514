"""The registrations screen on a recorded feed."""

from __future__ import annotations

import pytest

from ser_core.fifo.protocol import Reply
from sertui.app import SertuiApp
from sertui.feed import Answer
from sertui.messages import AddPing, WriteRequest
from sertui.registration_lookout import REMEMBERED
from tests.support.sertui_feed import NOW, RecordedFeed, lost, snapshot, text_of
from tests.support.sertui_registrations import many, registration
from tests.support.sertui_registrations_stage import crew, stage


async def test_only_what_is_in_view_is_asked_for() -> None:
    async with stage(many(10_000)) as on:
        assert on.asked == ["table=location", "sort=aor", "offset=0", "limit=200"]
        await on.press("end")
        assert on.asked[2:] == ["offset=9800", "limit=300"]
        assert on.chosen == "user09999"
        assert len(on.feed.requests) < 5


async def test_holding_a_key_down_asks_no_more_than_once_at_a_time() -> None:
    async with stage(many(10_000)) as on:
        on.feed.holds = True
        await on.press(*["pagedown"] * 15)
        assert len(on.feed.waiting) == 1
        on.feed.holds = False
        on.feed.waiting.pop()()
        await on.settle()
        assert on.chosen == "user00240"


async def test_it_is_filtered_as_one_types() -> None:
    async with stage(many(1000)) as on:
        await on.press("slash", "0", "4", "2")
        assert on.asked[-1] == "filter=042"
        assert "11 of 1,000" in on.text
        await on.press("down")
        assert on.chosen == "user00042"
        await on.press("escape")
        assert "filter=" not in "".join(on.asked)


async def test_the_last_letter_counts_when_answers_are_late() -> None:
    async with stage(many(1000)) as on:
        on.feed.holds = True
        await on.press("slash", "0", "4", "2")
        on.feed.holds = False
        on.feed.waiting.pop()()
        await on.settle()
        assert on.asked[-1] == "filter=042"
        assert "11 of 1,000" in on.text


async def test_it_is_sorted_by_keys_and_clicks() -> None:
    async with stage(crew()) as on:
        await on.press("o", "o")
        assert on.asked[1] == "sort=expires"
        assert "Expires▲" in on.text
        await on.press("r")
        assert on.asked[1] == "sort=-expires"
        await on.press("O")
        assert on.asked[1] == "sort=-contact"
        await on.pilot.click("RegistrationHead", offset=(4, 0))
        await on.settle()
        assert on.asked[1] == "sort=aor"
        await on.pilot.click("RegistrationHead", offset=(4, 0))
        await on.settle()
        assert on.asked[1] == "sort=-aor"


async def test_new_and_gone_rows_show_themselves_and_the_choice_stays() -> None:
    async with stage(crew()) as on:
        await on.press("down", "down", "down")
        on.location.rows = [registration("abe", since=int(NOW)), *crew()[1:]]
        await on.tick()
        assert on.chosen == "dave"
        assert " + abe" in on.text
        assert " − alice" in on.text


async def test_a_row_opens_to_all_its_fields() -> None:
    async with stage(crew()) as on:
        await on.press("enter")
        assert "a84b4c76e66710" in on.text
        await on.press("y")
        assert "Received: sip:198.51.100.7:40112\n" in on.app.clipboard
        await on.press("escape")
        assert "a84b4c76e66710" not in on.text


async def test_it_is_pinged_from_row_and_dialog(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, str]] = []

    def note(_: SertuiApp, message: AddPing) -> None:
        told.append((message.target, message.user))

    monkeypatch.setattr(SertuiApp, "on_add_ping", note)
    async with stage(crew()) as on:
        await on.press("p", "enter", "p")
        assert told == [(crew()[0].contact, "alice")] * 2


async def test_something_is_sent_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    async def note(_: SertuiApp, message: WriteRequest) -> None:
        told.append(message.uri)

    monkeypatch.setattr(SertuiApp, "on_write_request", note)
    async with stage(crew()) as on:
        await on.press("s", "enter", "s")
        assert told == [crew()[0].contact] * 2


async def test_it_is_removed_after_a_question() -> None:
    async with stage(crew()) as on:
        for leave in ("n", "escape", "enter"):
            await on.press("x", leave)
        assert len(on.location.rows) == 4
        await on.press("x", "y")
        assert [row.aor for row in on.location.rows] == ["bob", "carol", "dave"]
        assert "− alice" in on.text
        assert "alice is removed" in on.notices


async def test_what_has_gone_cannot_be_removed_again() -> None:
    async with stage(crew()) as on:
        on.location.rows.pop(0)
        await on.tick()
        await on.press("x")
        assert "This one has gone" in on.notices
        assert "it has gone" in on.text
        assert "ul_rm_contact" not in [command for command, _ in on.feed.requests]


async def test_a_refusal_to_remove_is_told() -> None:
    async with stage(crew()) as on:
        on.feed.replies["ul_rm_contact"] = Reply(404, "Contact [red]x[/] not found")
        await on.press("x", "y")
        assert "404 Contact [red]x[/] not found" in on.notices


async def test_it_is_copied() -> None:
    async with stage([registration(contact="sip:joe@h\x1b[m")]) as on:
        await on.press("y")
        assert on.app.clipboard == "sip:joe@h\\x1b[m"


async def test_one_is_added_by_a_form() -> None:
    async with stage(crew()) as on:
        await on.press("a", *"eve", "tab", *"eve@192.0.2.5", "enter")
        assert on.feed.requests[-2] == (
            "ul_add",
            ("location", "eve", "sip:eve@192.0.2.5", "3600", "1.000", "0", "0"),
        )
        assert "+ eve" in on.text


async def test_the_next_table_is_shown() -> None:
    async with stage([*crew(), registration("gate", table="aliases")]) as on:
        stats = b"Domain Registered Expired\n'aliases' 1 0\n'location' 4 0\n"
        on.feed.replies["ul_stats"] = Reply(body=stats)
        await on.press("t")
        assert on.asked[0] == "table=aliases"
        assert "1 by AOR in aliases" in on.text
        on.feed.replies["ul_stats"] = Reply(500, "no")
        await on.press("t")
        assert "500 no" in on.notices


async def test_an_empty_table_of_another_kind_says_which() -> None:
    async with stage(crew()) as on:
        stats = b"Domain Registered Expired\n'aliases' 0 0\n'location' 4 0\n"
        on.feed.replies["ul_stats"] = Reply(body=stats)
        await on.press("t")
        assert "Nobody is in aliases. Press a to add somebody." in on.text


async def test_without_a_daemon_it_says_that_nothing_is_known() -> None:
    feed = RecordedFeed()
    app = feed.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await feed.play(pilot, lost(seen_at=0.0))
        await pilot.press("2")
        assert "Who is registered isn't known: ser can't be asked." in text_of(app)
        assert "○ no ser" in text_of(app)


async def test_an_empty_daemon_says_so_and_no_key_harms() -> None:
    async with stage([]) as on:
        assert "Nobody is registered. Press a to add somebody." in on.text
        assert "Phones find ser at udp:192.0.2.1:5060." in on.text
        await on.press("enter", "p", "s", "x", "y", "down", "end", "o", "r")
        assert "Nobody is registered" in on.text
        await on.press("slash", *"[b]", "enter")
        assert "No registration has “[b]” in it" in on.text


async def test_a_daemon_without_usrloc_says_what_is_missing() -> None:
    async with stage([]) as on:
        on.feed.replies["ul_list"] = Reply(500, "command 'ul_list' not available")
        await on.tick()
        assert "ser.cfg loads no usrloc" in on.text
        on.feed.replies["ul_list"] = on.location.ul_list
        await on.tick()
        assert "Nobody is registered" in on.text


async def test_an_answer_that_makes_no_sense_leaves_the_rows() -> None:
    async with stage(crew()) as on:
        on.feed.replies["ul_list"] = Reply(200, "ok total=1 matched=1", b"rubbish")
        await on.tick()
        assert "▲ ul_list" in on.text
        assert "alice" in on.text


async def test_a_lost_daemon_leaves_its_rows_dimmed_and_asks_nothing() -> None:
    async with stage(crew()) as on:
        await on.feed.play(on.pilot, lost())
        asked = len(on.feed.requests)
        await on.press("down", "o", "end")
        assert len(on.feed.requests) == asked
        assert "alice" in on.text
        assert on.screen.table.has_class("stale")
        on.feed.replies["ul_list"] = Answer(None, "nobody reads it")
        await on.tick()
        assert "alice" in on.text
        on.feed.replies["ul_list"] = on.location.ul_list
        await on.tick()
        assert on.asked[1] == "sort=contact"
        assert on.screen.table.pages.is_known


async def test_hostile_rows_change_nothing_else() -> None:
    text = "[bold]x[/]\x1b[2J\n👩‍👩‍👧‍👦‮" + "y" * 2000
    fields = {"contact": f"sip:{text}", "user_agent": text, "received": text, "call_id": text}
    async with stage([registration("ann"), registration(f"joe{text}", **fields)]) as on:
        await on.press("down")
        lines = on.text.splitlines()
        assert len(lines) == 24
        assert lines[4].startswith("   ann")
        assert lines[5].startswith("›  joe[bo")
        await on.press("enter", "pagedown", "y", "escape", "x", "y")
        assert [row.aor for row in on.location.rows] == ["ann"]
        assert "\x1b" not in on.text


async def test_after_slow_answers_it_looks_again_later() -> None:
    async with stage(crew()) as on:
        on.feed.replies["ul_list"] = lambda *asked: Answer(on.location.ul_list(*asked), "", 0.2)
        for _ in range(REMEMBERED):
            await on.tick()
        asked = len(on.feed.requests)
        for seconds, more in ((1, 0), (18, 0), (2, 1)):
            taken = on.app.snapshot.taken_at
            await on.feed.play(on.pilot, snapshot(taken_at=taken + seconds, sequence=9))
            await on.settle()
            assert len(on.feed.requests) == asked + more


async def test_with_the_colours_of_the_terminal_the_cursor_is_reversed() -> None:
    async with stage(crew(), theme="ansi-dark") as on:
        styles = [segment.style for segment in on.screen.table.render_line(0)]
        assert all(style is not None and style.reverse for style in styles)
