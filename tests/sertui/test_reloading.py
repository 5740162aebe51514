"""Reloading ser.cfg by its key: one app for all that can come of it."""

from __future__ import annotations

import pytest

from ser_core.fifo.protocol import Reply
from ser_core.fifo.tables import table_body
from sertui.feed import Answer
from sertui.reloading import question_of
from sertui.screens.confirm_dialog import ConfirmDialog
from sertui.screens.text_dialog import TextDialog
from tests.support.sertui_feed import RecordedFeed, snapshot, text_of
from tests.support.until import until

MISTAKES = Reply(400, "2 errors, nothing has changed", b"/etc/ser/ser.cfg:3: [red]\x1b[2Jno\n")
COLUMNS = ("kind", "name", "before", "after", "takes_effect")
DEBUG = ("directive", "debug", "3", "4", "now")
LISTEN = ("directive", "listen", "", "udp:192.0.2.1", "at a restart")


def told(*changes: tuple[str, ...]) -> Reply:
    return Reply(200, "ok changes=1 restart=0", table_body(COLUMNS, changes))


@pytest.mark.parametrize(
    ("reply", "lines"),
    [
        (told(), ["x/ser.cfg is as it was. Reload it all the same?"]),
        (
            told(DEBUG, LISTEN),
            [
                "Reload x/ser.cfg?",
                "",
                "directive debug: 3 → 4",
                "directive listen: nothing → udp:192.0.2.1 (at a restart)",
            ],
        ),
        (
            told(*[("route", f"[{n}]", "", "", "now") for n in range(7)]),
            ["Reload x/ser.cfg?", "", *(f"route [{n}]" for n in range(5)), "… and 2 more"],
        ),
        (Reply(200, "ok", b"rubbish"), ["Reload x/ser.cfg?"]),
        (Reply(200, "ok"), ["Reload x/ser.cfg?"]),
    ],
)
def test_the_question_says_what_would_change(reply: Reply, lines: list[str]) -> None:
    assert question_of(Answer(reply), "x/ser.cfg") == lines


def test_a_change_of_any_length_leaves_room_for_the_others() -> None:
    [*_, line] = question_of(Answer(told(("modparam", "\x1b[2J", "y" * 500, "", "now"))), "")
    assert len(line) < 70
    assert "\x1b" not in line


async def test_it_asks_reloads_and_shows_mistakes() -> None:
    done: list[str] = []
    replies = {"check": told(DEBUG), "": Reply(200, "ok changes=1 restart=0")}

    def answer(what: str) -> Reply:
        done.append(what)
        return replies[what]

    feed = RecordedFeed({"reload": answer})
    app = feed.app()
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        notes = app._notifications
        await feed.play(pilot, snapshot())
        await pilot.press("R")
        await until(pilot, lambda: any("can't reload" in note.message for note in notes))
        assert done == []

        await feed.play(pilot, snapshot(commands=frozenset({"reload"})))
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        await pilot.pause()
        assert "directive debug: 3 → 4" in text_of(app)
        await pilot.press("n")
        await pilot.pause()
        assert done == ["check"]

        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        await pilot.press("y")
        await until(pilot, lambda: any(note.title == "Reloaded" for note in notes))
        assert done == ["check", "check", ""]

        replies["check"] = MISTAKES
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, TextDialog))
        await pilot.pause()
        assert "Not reloaded: 400 2 errors" in text_of(app)
        assert r"/etc/ser/ser.cfg:3: [red]\x1b[2Jno" in text_of(app)
        await pilot.press("escape")

        feed.replies["reload"] = Answer(None, "nobody reads it")
        await pilot.press("R")
        await until(pilot, lambda: any(note.message == "nobody reads it" for note in notes))
