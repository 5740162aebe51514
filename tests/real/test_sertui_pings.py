"""The ping mode on a ser that runs: one phone answers, one is silent, and ser goes away."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ser_core.fifo.client import open_client
from sertui.app import SertuiApp
from sertui.feed import Feed
from sertui.messages import AddPing
from sertui.ping_board import State
from tests.real.conftest import CONFIG, RECEIVERS
from tests.support.daemon import Ser
from tests.support.sertui_feed import text_of
from tests.support.sip_peer import Peer
from tests.support.until import until

pytestmark = pytest.mark.real


@contextmanager
def answering(phone: Peer) -> Iterator[None]:
    """Answers OPTIONS until the end."""
    over = threading.Event()

    def answer() -> None:
        while not over.is_set():
            for request in phone.arrived(0.01):
                phone.reply(request, 200, "OK")

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_phones_are_pinged_until_ser_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sertui.ping_board.WAIT", 0.5)
    monkeypatch.setattr("sertui.ping_following.PERIOD", 0.2)

    async def main(ser: Ser, silent: Peer) -> None:
        app = SertuiApp(lambda post: Feed(lambda: open_client(ser.fifo), post, period=0.1))
        async with app.run_test(size=(120, 30)) as pilot:
            await until(pilot, lambda: app.snapshot.connected)
            board = app.pinger.board
            board.interval = 0.2
            await pilot.press("4", "a", *"joe", "enter")
            app.post_message(AddPing(silent.uri))
            await until(pilot, lambda: len(board) == 2)
            joe, other = board
            await until(pilot, lambda: joe.tally.received > 2 and other.state is State.SILENT)
            assert (joe.user, joe.state, joe.loss) == ("joe", State.OK, 0)
            assert other.loss == 100
            assert "✓ 1 answering   ✗ 1 silent" in text_of(app)
            with Peer(f"{ser.host}:{ser.port}", "joe") as another:
                another.register()
                await until(pilot, lambda: another.uri in [x.uri for x in board.of("joe")])
            ser.stop()
            await until(pilot, lambda: "on hold: ser is away" in text_of(app))
            assert joe.loss == 0

    with Ser(CONFIG, children=RECEIVERS) as ser, Peer(f"{ser.host}:{ser.port}", "joe") as joe:
        joe.register()
        with Peer(f"{ser.host}:{ser.port}", "mum") as silent, answering(joe):
            asyncio.run(main(ser, silent))
