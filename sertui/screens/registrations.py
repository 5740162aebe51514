"""Who is registered: a table of any length, of which the part in view is asked for."""

from __future__ import annotations

from dataclasses import replace

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from sertui.actions import bindings_of
from sertui.feed import Answer
from sertui.messages import AddPing, WriteRequest
from sertui.numbers import number
from sertui.plain_text import plain
from sertui.registration_columns import HEADINGS, SORTS
from sertui.registration_fields import summary
from sertui.registration_form import Entry, in_words
from sertui.registration_lookout import RegistrationLookout
from sertui.registration_pages import Gone
from sertui.registrations import Query, Registration
from sertui.replies import registered
from sertui.screens.base import ModeScreen
from sertui.snapshot import Snapshot
from sertui.widgets.registration_bar import RegistrationBar
from sertui.widgets.registration_head import RegistrationHead
from sertui.widgets.registration_table import RegistrationTable

UNKNOWN = "Who is registered isn't known: ser can't be asked."


class RegistrationsScreen(ModeScreen):
    """Filter above, table, and the chosen row in full below."""

    MODE = "registrations"
    BINDINGS = bindings_of("registrations")
    AUTO_FOCUS = "RegistrationTable"
    DEFAULT_CSS = """
    RegistrationsScreen {
        #chosen { height: 2; padding: 0 1; background: $surface; }
        #chosen { text-wrap: nowrap; text-overflow: ellipsis; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._lookout = RegistrationLookout(self.ask)

    def compose_body(self) -> ComposeResult:
        """What is filtered by, headings, rows or why there are none, the chosen row."""
        yield RegistrationBar()
        yield RegistrationHead()
        yield RegistrationTable(self.sertui.clock())
        yield Static(id="chosen", classes="stale")

    @property
    def table(self) -> RegistrationTable:
        """The widget."""
        return self.query_one(RegistrationTable)

    @property
    def row(self) -> Registration | None:
        """The chosen one, if it is still there; says so if it isn't."""
        chosen = self.table.chosen
        if isinstance(chosen, Gone):
            self.notify("This one has gone", severity="warning", markup=False)
        return chosen if isinstance(chosen, Registration) else None

    # -- asking ----------------------------------------------------------------------------------

    def on_snapshot(self, snapshot: Snapshot) -> None:
        """Time goes on; look whether the rows in view have changed."""
        if snapshot.connected:
            self.table.show_at(self.sertui.clock())
        if self._lookout.is_due(snapshot):
            self._look()
        self._show_state()

    def on_registration_table_wanted(self) -> None:
        """Other rows are in view."""
        snapshot = self.sertui.snapshot
        if snapshot.connected and not self.table.pages.has(*self.table.in_view):
            self._look()

    def _look_now(self) -> None:
        """Something was changed by us."""
        self._lookout.hurry()
        if self.sertui.snapshot.connected:
            self._look()

    @work(group="look")
    async def _look(self) -> None:
        if await self._lookout.look(self.table, lambda: self.sertui.snapshot.taken_at):
            self._show_state()

    # -- showing ---------------------------------------------------------------------------------

    def _show_state(self) -> None:
        pages = self.table.pages
        self.query_one(RegistrationHead).query_shown = pages.query
        self.query_one(RegistrationBar).tell(self._words())
        self.table.nothing = self._why_nothing()
        self._show_chosen()

    def _words(self) -> str:
        pages = self.table.pages
        if self._lookout.problem and len(pages):
            return f"▲ {self._lookout.problem}"
        if not pages.is_known:
            return "looking …" if self.sertui.snapshot.connected else ""
        shown = number(pages.total)
        if pages.query.filter.strip():
            shown = f"{number(pages.matched)} of {shown}"
        words = f"{shown} by {HEADINGS[pages.query.sort]}"
        return words if pages.query.table == "location" else f"{words} in {pages.query.table}"

    def _why_nothing(self) -> str:
        pages = self.table.pages
        snapshot = self.sertui.snapshot
        if self._lookout.problem or not pages.is_known:
            is_away = bool(snapshot.sequence) and not snapshot.connected
            return self._lookout.problem or UNKNOWN * is_away
        if pages.query.filter.strip():
            return f"No registration has “{pages.query.filter}” in it. Esc shows all."
        if pages.query.table != "location":
            return f"Nobody is in {pages.query.table}. Press a to add somebody."
        listens = snapshot.config.get("listen", "").split()
        phones = f"\nPhones find ser at {listens[0]}." if listens else ""
        return f"Nobody is registered. Press a to add somebody.{phones}"

    def on_registration_table_moved(self) -> None:
        """Another row is chosen."""
        self._show_chosen()

    def _show_chosen(self) -> None:
        chosen = self.table.chosen
        row = chosen.row if isinstance(chosen, Gone) else chosen
        lines = summary(row, self.sertui.clock()) if row else []
        if isinstance(chosen, Gone):
            lines[1:] = ["it has gone"]
        text = "\n".join(plain(line) for line in lines)
        self.query_one("#chosen", Static).update(Content(text))

    # -- order and filter ------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Type into the field."""
        self.query_one(RegistrationBar).enter()

    def action_all(self) -> None:
        """No filter."""
        self.query_one(RegistrationBar).clear()

    def on_registration_bar_changed(self, event: RegistrationBar.Changed) -> None:
        """As one types."""
        self._change(replace(self.table.pages.query, filter=event.value))

    def on_registration_bar_done(self) -> None:
        """Back to the table."""
        self.table.focus()

    def on_registration_head_clicked(self, event: RegistrationHead.Clicked) -> None:
        """Sort by it, or turn the order round."""
        if event.sort == self.table.pages.query.sort:
            self.action_turn()
        else:
            self._change(replace(self.table.pages.query, sort=event.sort, descending=False))

    def action_sort(self, step: int) -> None:
        """By the column beside the one that is sorted by now."""
        query = self.table.pages.query
        sort = SORTS[(SORTS.index(query.sort) + step) % len(SORTS)]
        self._change(replace(query, sort=sort))

    def action_turn(self) -> None:
        """The other way round."""
        query = self.table.pages.query
        self._change(replace(query, descending=not query.descending))

    @work(group="table")
    async def action_table(self) -> None:
        """The next of the tables that ser has, such as aliases."""
        answer = await self.ask("ul_stats")
        if answer.reply is None or not answer.is_ok:
            self._complain(answer)
            return
        names = sorted(registered(answer.reply))
        query = self.table.pages.query
        if names:
            place = names.index(query.table) + 1 if query.table in names else 0
            self._change(replace(query, table=names[place % len(names)]))

    def _change(self, query: Query) -> None:
        if query != self.table.pages.query:
            self.table.ask(query)
            self._show_state()

    # -- what is done with a row -----------------------------------------------------------------

    def on_registration_table_opened(self) -> None:
        """Two clicks."""
        self.action_open()

    def action_open(self) -> None:
        """All its fields, and what can be done with it."""
        from sertui.screens.registration_dialog import RegistrationDialog

        chosen = self.table.chosen
        row = chosen.row if isinstance(chosen, Gone) else chosen
        if row:
            self.app.push_screen(RegistrationDialog(row, self.sertui.clock()), self._do)

    def _do(self, action: str | None) -> None:
        """As chosen in the dialog."""
        if action == "ping":
            self.action_ping()
        elif action == "send":
            self.action_send()
        elif action == "remove":
            self.action_remove()

    def action_ping(self) -> None:
        """The pings mode goes on with it."""
        if row := self.row:
            self.post_message(AddPing(row.contact, row.aor))
            self.notify(f"{plain(row.aor)} is pinged; 4 shows how it does", markup=False)

    def action_send(self) -> None:
        """The inject mode takes over."""
        if row := self.row:
            self.post_message(WriteRequest(row.contact))

    def action_copy(self) -> None:
        """The contact."""
        if row := self.row:
            self.app.copy_to_clipboard(plain(row.contact))
            self.notify(f"Copied {plain(row.contact)}", markup=False)

    @work(group="change")
    async def action_remove(self) -> None:
        """Ask, then remove this contact."""
        from sertui.screens.confirm_dialog import ConfirmDialog

        row = self.row
        if row is None:
            return
        question = Text(f"Remove the contact {plain(row.contact)} of {plain(row.aor)}?")
        title = f"Remove from {plain(row.table)}"
        if await self.app.push_screen_wait(ConfirmDialog(title, question, "Remove")):
            answer = await self.ask("ul_rm_contact", row.table, row.aor, row.contact)
            if answer.is_ok:
                self.notify(f"{plain(row.aor)} is removed", markup=False)
            else:
                self._complain(answer)
            self._look_now()

    def action_add(self) -> None:
        """By a form."""
        from sertui.screens.registration_add_dialog import RegistrationAddDialog

        dialog = RegistrationAddDialog(self.ask, self.table.pages.query.table)
        self.app.push_screen(dialog, self._added)

    def _added(self, entry: Entry | None) -> None:
        if entry:
            self.notify(f"{plain(entry.aor)} is added", markup=False)
            self._look_now()

    def _complain(self, answer: Answer) -> None:
        self.notify(plain(in_words(answer.words)), severity="error", markup=False)
