"""The form: what is wrong is told in it, until ser has taken the registration."""

from __future__ import annotations

from textual.pilot import Pilot

from ser_core.fifo.protocol import Reply
from sertui.feed import Answer
from sertui.registration_form import Entry
from sertui.screens.registration_add_dialog import RegistrationAddDialog
from sertui.themes import ThemedApp
from tests.support.sertui_feed import text_of


class Form:
    """The dialog in an app of its own, and a ser that answers as told."""

    def __init__(self) -> None:
        self.app = ThemedApp()
        self.answer = Answer(Reply())
        self.asked: list[tuple[str, ...]] = []
        self.ends: list[Entry | None] = []

    async def ask(self, *arguments: str) -> Answer:
        self.asked.append(arguments)
        return self.answer

    async def open(self, pilot: Pilot[None]) -> None:
        self.app.push_screen(RegistrationAddDialog(self.ask, "location"), self.ends.append)
        await pilot.pause()

    async def press(self, pilot: Pilot[None], *keys: str) -> None:
        await pilot.press(*keys)
        await pilot.pause()
        await pilot.pause()


async def test_what_is_wrong_is_told_before_ser_is_asked() -> None:
    form = Form()
    async with form.app.run_test() as pilot:
        await form.open(pilot)
        await form.press(pilot, *"joe", "enter")
        assert "The contact is a URI" in text_of(form.app)
        assert not form.asked


async def test_a_refusal_is_told_in_words_and_can_be_mended() -> None:
    form = Form()
    form.answer = Answer(Reply(400, "ul_add: username@domain expected"))
    async with form.app.run_test() as pilot:
        await form.open(pilot)
        await form.press(pilot, *"joe", "tab", *"joe@h", "enter")
        assert "this ser wants user@domain" in text_of(form.app)
        form.answer = Answer(None, "nobody reads the FIFO")
        await form.press(pilot, "enter")
        assert "nobody reads the FIFO" in text_of(form.app)
        assert not form.ends
        form.answer = Answer(Reply())
        await form.press(pilot, "enter")
    assert form.ends == [Entry("joe", "sip:joe@h")]
    assert form.asked[0] == ("ul_add", "location", "joe", "sip:joe@h", "3600", "1.000", "0", "0")


async def test_keys_and_buttons_lead_through_it() -> None:
    form = Form()
    async with form.app.run_test(size=(80, 24)) as pilot:
        await form.open(pilot)
        await form.press(pilot, *"ann", "down", *"ann@h", "up", *"e")
        await pilot.click("#ok")
        await pilot.pause()
        await pilot.pause()
        assert form.ends == [Entry("anne", "sip:ann@h")]


async def test_escape_and_close_add_nothing() -> None:
    form = Form()
    async with form.app.run_test(size=(80, 24)) as pilot:
        await form.open(pilot)
        await form.press(pilot, "escape")
        await form.open(pilot)
        await pilot.click("#close")
        await pilot.pause()
    assert form.ends == [None, None]
    assert not form.asked
