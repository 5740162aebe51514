"""Lists of requests to begin with, on one app."""

from __future__ import annotations

from ser_core.sip import request_templates
from sertui.request_history import SentRequest
from sertui.screens.request_choosing import choose_sent, choose_template
from sertui.themes import ThemedApp
from tests.support.sertui_feed import text_of

FIRST, LATEST = (SentRequest(f"{x} sip:joe@a SIP/2.0\n", "", 9.0) for x in ("INVITE", "OPTIONS"))


async def test_a_template_and_a_request_that_was_sent_are_chosen() -> None:
    app = ThemedApp()
    async with app.run_test(notifications=True) as pilot:
        names: list[str] = []
        choose_template(app.screen, names.append)
        await pilot.pause()
        await pilot.press("down", "enter")
        await pilot.pause()
        assert names == [request_templates.names()[1]]

        taken: list[SentRequest] = []
        sent: list[SentRequest] = []
        for keys in (("enter",), ("down", "g"), ("escape",)):
            choose_sent(app.screen, [FIRST, LATEST], taken.append, sent.append)
            await pilot.pause()
            await pilot.press(*keys)
            await pilot.pause()
        assert (taken, sent) == ([LATEST], [FIRST])

        choose_sent(app.screen, [], taken.append, sent.append)
        await pilot.pause()
        assert "Nothing was sent before" in text_of(app)
