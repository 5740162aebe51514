"""The state of ser at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle

from textual.app import ComposeResult
from textual.containers import Horizontal

from sertui import overview_figures
from sertui.actions import bindings_of
from sertui.screens.base import ModeScreen
from sertui.snapshot import Snapshot
from sertui.trends import VIEWS
from sertui.widgets.figures import Figures
from sertui.widgets.plot import TrafficPlot
from sertui.widgets.process_table import ProcessTable
from sertui.widgets.server_card import ServerCard
from sertui.widgets.trouble_list import TroubleList

BESIDE = {"methods": VIEWS[1], "classes": VIEWS[2]}
"""Plots that are always there on a high screen."""


class OverviewScreen(ModeScreen):
    """What passes above, what it comes to in the middle, what went wrong below."""

    MODE = "overview"
    BINDINGS = bindings_of("overview")
    CSS = """
    OverviewScreen {
        #above { height: 1.5fr; min-height: 7; }
        #middle { height: 8; }
        #plot { width: 2fr; }
        #beside { display: none; height: 1.25fr; }
        #methods { width: 2fr; }
        #classes { width: 1fr; min-width: 32; }
        #server { width: 1fr; min-width: 32; }
        #traffic { width: 30fr; }
        #replies { width: 23fr; }
        #processes { width: 27fr; }
        #troubles { height: 1fr; min-height: 3; }
        &.-tall #middle, &.-high #middle { height: 14; }
        &.-high #above { height: 1fr; }
        &.-high #beside { display: block; }
        &.-high #troubles { height: 8; }
    }
    """
    VERTICAL_BREAKPOINTS = [(0, "-low"), (36, "-tall"), (48, "-high")]  # noqa: RUF012  # Textual's way

    def __init__(self) -> None:
        super().__init__()
        self._views = cycle(VIEWS)
        self._view = next(self._views)
        self._zero: Mapping[str, int] = {}
        self._before = Snapshot()

    def compose_body(self) -> ComposeResult:
        """Three rows, four where there is room."""
        with Horizontal(id="above", classes="stale"):
            yield TrafficPlot(id="plot")
            yield ServerCard(id="server")
        with Horizontal(id="beside", classes="stale"):
            yield TrafficPlot(id="methods")
            yield TrafficPlot(id="classes")
        with Horizontal(id="middle", classes="stale"):
            yield Figures(id="traffic")
            yield Figures(id="replies")
            yield ProcessTable(id="processes")
        yield TroubleList(id="troubles")

    def on_snapshot(self, snapshot: Snapshot) -> None:
        """Each panel takes its part."""
        trends = self.sertui.trends
        new = overview_figures.since(snapshot, self._zero)
        old = overview_figures.since(self._before, self._zero)
        self.query_one(ServerCard).show(snapshot)
        self.query_one(ProcessTable).show(snapshot.processes)
        self.query_one("#traffic", Figures).show(overview_figures.traffic(new, old), trends)
        self.query_one("#replies", Figures).show(overview_figures.replies(new, old), trends)
        troubles = self.query_one(TroubleList)
        troubles.show(tuple(self.sertui.troubles), is_known=bool(snapshot.seen_at))
        self._show_plot()
        self._show_titles()
        self._before = snapshot

    def action_plot(self) -> None:
        """The next of the views."""
        self._view = next(self._views)
        self._show_plot()

    def action_zero(self) -> None:
        """Count from now; a second time, from the start again."""
        self._zero = {} if self._zero else self.sertui.snapshot.counters
        self.on_snapshot(self.sertui.snapshot)

    def _show_plot(self) -> None:
        views = {"plot": self._view, **BESIDE}
        for name, view in views.items():
            self.query_one(f"#{name}", TrafficPlot).show(self.sertui.trends, view)

    def on_resize(self) -> None:
        """Another height has room for something else."""
        self.call_after_refresh(self._show_titles)

    def _show_titles(self) -> None:
        span = "since z" if self._zero else ""
        replies = "Replies" if self.has_class("-low") else "Replies, requests"
        for name, title in (("traffic", "Traffic"), ("replies", replies)):
            panel = self.query_one(f"#{name}", Figures)
            panel.border_title, panel.border_subtitle = title, span
