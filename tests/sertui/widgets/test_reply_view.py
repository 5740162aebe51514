from __future__ import annotations

from textual.app import ComposeResult

from sertui.delivery import Ending
from sertui.themes import ThemedApp
from sertui.widgets.reply_view import ReplyView
from tests.support.sertui_feed import text_of
from tests.support.virtual_time import run


class Sample(ThemedApp):
    def compose(self) -> ComposeResult:
        yield ReplyView(id="reply")


def seen(*endings: Ending, waiting: float | None = None, can_cancel: bool = False) -> str:
    async def main() -> str:
        app = Sample()
        async with app.run_test(size=(60, 8)) as pilot:
            for ending in endings:
                app.query_one(ReplyView).show_ending(ending)
            if waiting is not None:
                app.query_one(ReplyView).show_waiting(waiting, can_cancel=can_cancel)
            await pilot.pause()
            return text_of(app)

    return run(main())


def test_a_response_has_its_status_and_time_in_the_border() -> None:
    shown = seen(Ending(200, "OK", 0.0123, True, "SIP/2.0 200 OK\nTo: x\n", "note"))
    assert "─ ✓ 200 OK after 12.3 ms ─" in shown
    assert "SIP/2.0 200 OK" in shown
    assert "─ note ─" in shown


def test_what_went_wrong_has_another_sign() -> None:
    assert "✗ 408 Request Timeout (says ser) after" in seen(Ending(408, "Request Timeout", 30.0))
    assert "✗ nobody reads it after" in seen(Ending(0, "nobody reads it", 0.1))


def test_waiting_puts_the_old_reply_away() -> None:
    shown = seen(Ending(200, "OK", 0.1, True, "SIP/2.0 200 OK\n"), waiting=3.7, can_cancel=True)
    assert "Reply: waiting 3 s; c cancels" in shown
    assert "200 OK" not in shown


def test_nothing_in_it_is_markup_or_control() -> None:
    shown = seen(Ending(200, "[b]\x1b", 0.1, True, "X: [b]\x1b[2J\n", "[red]\\"))
    assert "✓ 200 [b]\\x1b after" in shown
    assert "X: [b]\\x1b[2J" in shown
    assert "─ [red]\\" in shown
