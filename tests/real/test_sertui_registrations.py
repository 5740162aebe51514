"""The registrations mode on a ser that has 10,000 of them, and one phone that comes and goes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from textual.widgets import Input

from ser_core.fifo.client import open_client
from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.registrar.location import Binding
from ser_core.server.run_dir import TABLES
from sertui.app import SertuiApp
from sertui.feed import Feed
from sertui.registrations import Registration
from sertui.screens.registrations import RegistrationsScreen
from sertui.widgets.registration_table import RegistrationTable
from tests.real.conftest import CONFIG, RECEIVERS
from tests.support.daemon import Ser
from tests.support.sertui_feed import text_of
from tests.support.sip_peer import Peer
from tests.support.until import until

pytestmark = pytest.mark.real

MANY = 10_000


@contextmanager
def crowded() -> Iterator[Ser]:
    """A ser with MANY users."""
    with Ser(CONFIG, children=RECEIVERS) as ser:
        path = ser.fifo.with_name(TABLES) / "location.mdb"
        with closing(LmdbLocation.open(str(path))) as location:
            location.add_domain("location")
            for number in range(MANY):
                name = b"many%05d" % number
                made = Binding(
                    b"sip:%b@192.0.2.1" % name, time.time() + 3600, -1, b"c", 1, b"UA", b"", 0, 0.0
                )
                location.update("location", name, lambda stored, made=made: [made])  # type: ignore[misc]
        yield ser


def chosen(app: SertuiApp) -> str:
    line = table_of(app).chosen
    return line.aor if isinstance(line, Registration) else ""


def table_of(app: SertuiApp) -> RegistrationTable:
    assert isinstance(app.mode_screen, RegistrationsScreen)
    return app.mode_screen.table


def put(app: SertuiApp, text: str) -> None:
    """All at once into the field with the cursor."""
    assert isinstance(app.focused, Input)
    app.focused.value = text


def test_a_phone_is_found_among_ten_thousand_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    # On a busy machine each answer is slow, and a slow ser is asked rarely.
    monkeypatch.setattr("sertui.registration_lookout.SHARE", 1)

    async def main(ser: Ser, phone: Peer) -> None:
        app = SertuiApp(lambda post: Feed(lambda: open_client(ser.fifo), post, period=0.3))
        async with app.run_test(size=(120, 30)) as pilot:
            await until(pilot, lambda: app.snapshot.connected)
            await pilot.press("2")
            await until(pilot, lambda: chosen(app) == "many00000")
            await pilot.press("end")
            await until(pilot, lambda: chosen(app) == "many09999")
            await pilot.press("pageup")
            before = chosen(app)
            phone.register()
            await until(pilot, lambda: table_of(app).pages.total == MANY + 1)
            assert chosen(app) == before
            await pilot.press("slash")
            put(app, "alice")
            await pilot.press("enter")
            await until(pilot, lambda: chosen(app) == "alice")
            assert "1 of 10,001" in text_of(app)
            assert "›+ alice" in text_of(app)
            await pilot.press("x", "y")
            await until(pilot, lambda: "›− alice" in text_of(app))
            await pilot.press("escape", "a")
            put(app, "alice")
            await pilot.press("tab")
            put(app, "sip:alice@192.0.2.5")
            await pilot.press("enter")
            await until(pilot, lambda: "+ alice" in text_of(app))
            await pilot.press("home")
            await until(pilot, lambda: chosen(app) == "alice")
            ser.stop()
            await until(pilot, lambda: not app.snapshot.connected)
            await pilot.press("down")
            assert chosen(app) == "many00000"

    with crowded() as ser, Peer(f"{ser.host}:{ser.port}", "alice") as phone:
        asyncio.run(main(ser, phone))
