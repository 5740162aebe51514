"""Serving the dashboard to a browser, on this machine only: whoever sees it can use it.

Any page in the browser may open a connection to this machine. So only the page that we have served
ourselves is let in; it names itself by the Origin header, which a page can't choose.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

import click

HOST = "127.0.0.1"

# textual-serve and aiohttp are an extra: where they aren't installed, their types aren't either.
Handler = Callable[[Any], Awaitable[Any]]


def serve(command: str, port: int) -> None:
    """Run `command` for each browser that comes, until Ctrl-C."""
    try:
        textual_serve = importlib.import_module("textual_serve.server")
        aiohttp = importlib.import_module("aiohttp.web")
    except ImportError:
        raise click.ClickException("--web needs textual-serve: pip install 'ser[web]'") from None
    click.echo(f"http://{HOST}:{port}/ shows sertui; Ctrl-C ends it", err=True)
    server = textual_serve.Server(command, host=HOST, port=port, title="sertui")
    server.handle_websocket = own_page_only(server.handle_websocket, port, aiohttp)
    try:
        server.serve()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise click.ClickException(f"port {port} can't be served: {reason}") from None


def own_page_only(handle: Handler, port: int, aiohttp: ModuleType) -> Handler:
    """The same handler, for requests of our own page."""
    own = {f"http://{host}:{port}" for host in (HOST, "localhost")}

    async def guarded(request: Any) -> Any:
        if request.headers.get("Origin") not in own:
            return aiohttp.Response(status=403, text="only sertui's own page may connect")
        return await handle(request)

    return guarded
