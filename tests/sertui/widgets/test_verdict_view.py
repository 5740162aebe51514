from __future__ import annotations

from textual.app import ComposeResult

from ser_core.sip.request_text import SipRequest
from sertui.request_draft import Verdict
from sertui.themes import ThemedApp
from sertui.widgets.verdict_view import VerdictView
from tests.support.sertui_feed import text_of
from tests.support.virtual_time import run


class Sample(ThemedApp):
    def compose(self) -> ComposeResult:
        yield VerdictView()


def seen(verdict: Verdict) -> list[str]:
    async def main() -> str:
        app = Sample()
        async with app.run_test(size=(40, 5)) as pilot:
            app.query_one(VerdictView).show(verdict)
            await pilot.pause()
            return text_of(app)

    return [line.strip() for line in run(main()).splitlines() if line.strip()]


def test_each_mistake_has_its_line() -> None:
    assert seen(Verdict(None, ("From is missing", "[b]\x1b"))) == [
        "✗ From is missing",
        "✗ [b]\\x1b",
    ]


def test_no_mistake_is_said_too() -> None:
    request = SipRequest("OPTIONS", "sip:a")
    assert seen(Verdict(request)) == ["✓ can be sent"]
    assert seen(Verdict(request, (), ("Via", "l"))) == ["✓ can be sent; ser sets Via, l itself"]


def test_there_is_an_end_to_the_room() -> None:
    assert len(seen(Verdict(None, ("a", "b", "c", "d", "e")))) == 3
