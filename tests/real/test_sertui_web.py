"""`sertui --web` in a real run: the page, the dashboard behind it, and who is let in."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.real.conftest import CONFIG
from tests.support.daemon import PROJECT, Ser
from tests.support.ports import free_port
from tests.support.serctl_process import environment

aiohttp = pytest.importorskip("aiohttp")
pytestmark = [pytest.mark.real, pytest.mark.needs("textual_serve")]

PATIENCE = 20.0


@contextmanager
def served(run_dir: Path, state: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The web server for the ser of that run directory."""
    command = [sys.executable, "-m", "sertui", "--run-dir", str(run_dir), "--web"]
    process = subprocess.Popen(
        [*command, "--port", str(port)],
        cwd=PROJECT,
        env=environment(XDG_STATE_HOME=str(state)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)


async def page_of(session: Any, url: str) -> str:
    """The page, as soon as it is served."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                async with session.get(url) as answer:
                    assert answer.status == 200
                    return str(await answer.text())
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)


async def screen_of(connection: Any) -> AsyncIterator[bytes]:
    """What the dashboard draws, piece by piece."""
    await connection.send_str(json.dumps(["resize", {"width": 120, "height": 30}]))
    drawn = b""
    async with asyncio.timeout(PATIENCE):
        async for message in connection:
            if message.type is aiohttp.WSMsgType.BINARY:
                drawn += message.data
                yield drawn


def test_the_page_shows_the_dashboard_and_no_other_page_may(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"

    async def main() -> None:
        async with aiohttp.ClientSession() as session:
            assert "sertui" in await page_of(session, f"{url}/")
            place = f"{url}/ws?width=120&height=30"
            for origin in ("https://example.com", "null", f"http://127.0.0.1:{port + 1}"):
                with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                    await session.ws_connect(place, headers={"Origin": origin})
                assert refused.value.status == 403
            async with session.ws_connect(place, headers={"Origin": url}) as connection:
                async for drawn in screen_of(connection):
                    if b"Overview" in drawn and b"0 registered" in drawn:
                        break
                await connection.send_str(json.dumps(["stdin", "q"]))

    with Ser(CONFIG) as ser, served(ser.directory / "run", tmp_path, port):
        asyncio.run(main())


def test_only_this_machine_is_listened_to_and_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with served(tmp_path, tmp_path, taken.getsockname()[1]) as process:
            output, _ = process.communicate(timeout=PATIENCE)
            assert process.returncode == 1
            assert b"Traceback" not in output
            assert b"can't be served: Address already in use" in output
