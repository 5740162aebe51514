"""Have ser read its ser.cfg again: what would change is asked about before, mistakes are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from sertui.feed import Answer
from sertui.plain_text import plain
from sertui.replies import rows

if TYPE_CHECKING:
    from sertui.app import SertuiApp

COMMAND, CHECK, NOW = "reload", "check", "now"
TIMEOUT = 30.0
"""Seconds; ser gives its processes some fifteen."""
SHOWN = 5
"""Changes that the question names."""
LONGEST = 60
"""Letters of each of them."""


async def reload(app: SertuiApp) -> None:
    """Ask ser what would change, the user whether it may, then have it done."""
    from sertui.screens.confirm_dialog import ConfirmDialog

    snapshot = app.snapshot
    if snapshot.connected and COMMAND not in snapshot.commands:
        app.notify("This ser can't reload; it must be restarted", severity="error", markup=False)
        return
    check = await app.ask(COMMAND, CHECK, timeout=TIMEOUT)
    if not check.is_ok:
        _tell_refusal(app, check)
        return
    question = Text("\n".join(question_of(check, snapshot.config.get("path", ""))))
    if await app.push_screen_wait(ConfirmDialog("Reload", question, "Reload")):
        answer = await app.ask(COMMAND, "", timeout=TIMEOUT)
        if answer.is_ok:
            app.notify(_done(answer), title="Reloaded", markup=False)
        else:
            _tell_refusal(app, answer)


def question_of(check: Answer, path: str) -> list[str]:
    """The lines of the question: what would change, and what only a restart does."""
    changes = changes_in(check)
    name = plain(path) or "ser.cfg"
    if changes is None:
        return [f"Reload {name}?"]
    if not changes:
        return [f"{name} is as it was. Reload it all the same?"]
    more = [f"… and {len(changes) - SHOWN} more"] if len(changes) > SHOWN else []
    return [f"Reload {name}?", "", *changes[:SHOWN], *more]


def changes_in(check: Answer) -> Sequence[str] | None:
    """`directive debug: 3 → 4`, with a word where it takes a restart; None: ser doesn't tell."""
    table = _table(check)
    return None if table is None else [_change(*row) for row in table]


def _table(answer: Answer) -> Sequence[Sequence[str]] | None:
    if answer.reply is None or not answer.reply.body:
        return None
    try:
        return rows(answer.reply, "kind", "name", "before", "after", "takes_effect")
    except ValueError:  # of another version
        return None


def _done(answer: Answer) -> str:
    """What has changed, in words."""
    table = _table(answer)
    if table is None:
        return plain(answer.words)
    later = sum(takes_effect != NOW for *_, takes_effect in table)
    count = f"{len(table) or 'No'} change{'s' * (len(table) != 1)}"
    return f"{count}; {later} of them by a restart only" if later else count


def _change(kind: str, name: str, before: str, after: str, takes_effect: str) -> str:
    when = "" if takes_effect == NOW else f" ({takes_effect})" if takes_effect else ""
    values = f": {before or 'nothing'} → {after or 'nothing'}" if before or after else ""
    text = plain(f"{kind} {name}{values}")
    return (text if len(text) <= LONGEST else f"{text[:LONGEST]}…") + plain(when)


def _tell_refusal(app: SertuiApp, answer: Answer) -> None:
    from sertui.screens.text_dialog import TextDialog

    body = answer.reply.body.decode("utf-8", "surrogateescape") if answer.reply else ""
    if body.strip():
        app.push_screen(TextDialog(f"Not reloaded: {answer.words}", body))
    else:
        app.notify(plain(answer.words), title="Not reloaded", severity="error", markup=False)
