"""Lists of requests to begin with: templates, and what was sent before."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.widget import Widget

from ser_core.sip import request_templates
from sertui.plain_text import plain_text
from sertui.request_history import SentRequest, line_of
from sertui.screens.pick_one import Pick, PickOne


def choose_template(place: Widget, take: Callable[[str], None]) -> None:
    """`take` gets the name of one."""
    names = request_templates.names()
    width = max(map(len, names)) + 2
    lines = [plain_text(f"{x:<{width}}{request_templates.purpose(x)}") for x in names]

    def taken(pick: Pick | None) -> None:
        if pick is not None:
            take(names[pick.place])

    place.app.push_screen(PickOne("Templates", lines), taken)


def choose_sent(
    place: Widget,
    entries: Sequence[SentRequest],
    take: Callable[[SentRequest], None],
    send: Callable[[SentRequest], None],
) -> None:
    """The latest stands first; `take` gets one to be changed, `send` one to be sent as it is."""
    latest = entries[::-1]
    if not latest:
        place.notify("Nothing was sent before", markup=False)
        return

    def taken(pick: Pick | None) -> None:
        if pick is not None:
            (send if pick.at_once else take)(latest[pick.place])

    lines = [plain_text(line_of(entry)) for entry in latest]
    place.app.push_screen(PickOne("Sent before", lines, can_send=True), taken)
