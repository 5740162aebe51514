"""The inject mode on a ser that runs: what the far end gets, what the screen shows of its reply."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from ser_core.fifo.client import open_client
from sertui.app import SertuiApp
from sertui.feed import Feed
from tests.real.conftest import CONFIG, RECEIVERS
from tests.support.daemon import Ser
from tests.support.sertui_feed import text_of
from tests.support.sip_peer import Peer
from tests.support.until import until

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def ser() -> Iterator[Ser]:
    with Ser(CONFIG, children=RECEIVERS) as running:
        yield running


@pytest.fixture
def app(ser: Ser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SertuiApp:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return SertuiApp(lambda post: Feed(lambda: open_client(ser.fifo), post))


async def choose(pilot: Pilot[None], template: int, user: str) -> None:
    """A template by its place, for a user who is registered, by his name."""
    await until(pilot, lambda: pilot.app.snapshot.connected)  # type: ignore[attr-defined]  # ours
    await pilot.press("3", "f2", *["down"] * template, "enter", "f8", *user, "enter")
    await until(pilot, lambda: f"sip:{user}@" in text_of(pilot.app))
    await until(pilot, lambda: "✓ can be sent" in text_of(pilot.app))


def test_a_registered_phone_gets_a_message_by_way_of_the_script(ser: Ser, app: SertuiApp) -> None:
    async def main(bob: Peer) -> None:
        async with app.run_test(size=(100, 40)) as pilot:
            await choose(pilot, 4, "bob")
            await pilot.press("f5")
            message = await asyncio.to_thread(bob.receive, "MESSAGE")
            assert message.body == b"Hello\r\n"
            assert len(message.values("via")) == 2  # from ser to itself, and through its script
            bob.reply(message, 202, "Accepted", headers=["Server: far end"])
            await until(pilot, lambda: "✓ 202 Accepted after" in text_of(app))
            assert "Server: far end" in text_of(app)
            await pilot.press("f4")
            again = await asyncio.to_thread(bob.receive, "MESSAGE")
            assert again.header("call-id") != message.header("call-id")
            bob.reply(again, 486, "Busy Here")
            await until(pilot, lambda: "✗ 486 Busy Here after" in text_of(app))

    with Peer(f"{ser.host}:{ser.port}", "bob") as bob:
        bob.register()
        asyncio.run(main(bob))


def test_a_call_is_cancelled_while_it_rings(ser: Ser, app: SertuiApp) -> None:
    async def main(ann: Peer) -> None:
        async with app.run_test(size=(100, 40)) as pilot:
            await choose(pilot, 3, "ann")
            await pilot.press("f5")
            invite = await asyncio.to_thread(ann.receive, "INVITE")
            ann.reply(invite, 180, "Ringing")
            await pilot.press("escape", "c")
            cancel = await asyncio.to_thread(ann.receive, "CANCEL")
            ann.reply(cancel, 200, "OK")
            ann.reply(invite, 487, "Request Terminated")
            await until(pilot, lambda: "✗ 487 Request Terminated" in text_of(app))

    with Peer(f"{ser.host}:{ser.port}", "ann") as ann:
        ann.register()
        asyncio.run(main(ann))


def test_who_quits_while_a_phone_rings_has_it_stop_ringing(ser: Ser, app: SertuiApp) -> None:
    async def main(eve: Peer) -> None:
        async with app.run_test(size=(100, 40)) as pilot:
            await choose(pilot, 3, "eve")
            await pilot.press("f5")
            invite = await asyncio.to_thread(eve.receive, "INVITE")
            eve.reply(invite, 180, "Ringing")
            await pilot.press("escape", "q")
            cancel = await asyncio.to_thread(eve.receive, "CANCEL")
            assert app.return_code is None
            eve.reply(cancel, 200, "OK")
            eve.reply(invite, 487, "Request Terminated")
            await until(pilot, lambda: app.return_code == 0)

    with Peer(f"{ser.host}:{ser.port}", "eve") as eve:
        eve.register()
        asyncio.run(main(eve))
