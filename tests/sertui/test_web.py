from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import click
import pytest

from sertui.web import own_page_only, serve

PORT = 8123


class Server:
    """As much of textual-serve's as is used."""

    seen: list[Any]

    def __init__(self, command: str, *, host: str, port: int, title: str) -> None:
        self.seen.append((command, host, port))

    async def handle_websocket(self, request: object) -> str:
        return "let in"

    def serve(self) -> None:
        self.seen.append(self.handle_websocket.__name__)


class Response:
    def __init__(self, status: int, text: str) -> None:
        self.status = status


def aiohttp() -> ModuleType:
    module = ModuleType("aiohttp.web")
    module.Response = Response  # type: ignore[attr-defined]  # a stand-in for a module
    return module


def test_without_textual_serve_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    with pytest.raises(click.ClickException, match=r"pip install 'ser\[web\]'"):
        serve("sertui", 8000)


def test_only_this_machine_is_served(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Server.seen = []
    server = ModuleType("textual_serve.server")
    server.Server = Server  # type: ignore[attr-defined]  # a stand-in for a module
    monkeypatch.setitem(sys.modules, "textual_serve", ModuleType("textual_serve"))
    monkeypatch.setitem(sys.modules, "textual_serve.server", server)
    monkeypatch.setitem(sys.modules, "aiohttp", ModuleType("aiohttp"))
    monkeypatch.setitem(sys.modules, "aiohttp.web", aiohttp())
    serve("sertui --fifo x", PORT)
    assert Server.seen == [("sertui --fifo x", "127.0.0.1", PORT), "guarded"]
    assert f"http://127.0.0.1:{PORT}/" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_our_own_page_is_let_in(host: str) -> None:
    assert await connect({"Origin": f"http://{host}:{PORT}"}) == "let in"


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "https://example.com"}, {"Origin": "http://localhost:80"}, {"Origin": "null"}],
)
async def test_a_page_from_elsewhere_is_not(headers: dict[str, str]) -> None:
    refusal = await connect(headers)
    assert refusal.status == 403


async def connect(headers: dict[str, str]) -> Any:
    Server.seen = []
    server = Server("x", host="", port=PORT, title="")
    guarded = own_page_only(server.handle_websocket, PORT, aiohttp())
    return await guarded(SimpleNamespace(headers=headers))
