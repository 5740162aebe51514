"""What a user can do, once: keys, footer, palette and help all come from this table.

`name` is Textual's: `refresh` calls `action_refresh` of the screen that the action belongs to, or
of the app for those that work everywhere. Each screen says `BINDINGS = bindings_of("log")`.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding, BindingType

EVERYWHERE = "everywhere"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do."""

    name: str
    keys: str
    """Names of keys with commas between, as Textual has them; the first one is shown."""
    label: str
    """For the footer."""
    help: str
    """A sentence, for palette and help."""
    where: str = EVERYWHERE
    """The mode it belongs to."""
    shown: bool = True
    """In the footer; help and palette have all."""
    priority: bool = False
    """Works even where keys are typed into a field."""

    @property
    def binding(self) -> Binding:
        return Binding(
            self.keys,
            self.name,
            self.label,
            show=self.shown,
            priority=self.priority,
            tooltip=self.help,
        )


ANYWHERE = (
    Action("mode('overview')", "1", "Overview", "The state of ser at a glance.", shown=False),
    Action("mode('registrations')", "2", "Registrations", "Who is registered.", shown=False),
    Action("mode('inject')", "3", "Inject", "Write a SIP request and send it.", shown=False),
    Action("mode('pings')", "4", "Ping", "Who answers, and how fast.", shown=False),
    Action("mode('log')", "5", "Log", "The log of ser, as it is written.", shown=False),
    Action("debug_level(1)", "plus", "Debug +", "Raise the debug level.", shown=False),
    Action("debug_level(-1)", "minus", "Debug -", "Lower the debug level.", shown=False),
    Action(
        "debug_dialog",
        "d,f9",
        "Debug level",
        "Set the debug level, for some time or for good.",
        shown=False,
    ),
    Action(
        "reload",
        "R",
        "Reload ser.cfg",
        "Have ser read its ser.cfg again; asks before, and shows its mistakes.",
        shown=False,
    ),
    Action("help", "question_mark,f1", "Help", "The keys that work here, and what they do."),
    Action("command_palette", "ctrl+p", "Palette", "Find any action or FIFO command by its name."),
    Action("quit", "q", "Quit", "Leave sertui; ser goes on."),
)

OVERVIEW = (
    Action(
        "plot",
        "p",
        "Next plot",
        "Plot something else: messages, requests by method, replies by class, transactions.",
        "overview",
    ),
    Action(
        "zero",
        "z",
        "Count from now",
        "Totals begin at nought now; once more: since the start of ser.",
        "overview",
    ),
)

REGISTRATIONS: tuple[Action, ...] = (
    Action("open", "enter", "Open", "All that is known of this one.", "registrations"),
    Action(
        "filter",
        "slash,ctrl+f",
        "Filter",
        "Show only those with a text in address, contact, user agent or received address.",
        "registrations",
    ),
    Action("sort(1)", "o", "Order", "Sort by the next column.", "registrations"),
    Action("sort(-1)", "O", "Order", "Sort by the column before.", "registrations", False),
    Action("turn", "r", "Turn", "Turn the order round.", "registrations", False),
    Action("ping", "p", "Ping", "Ping this one from now on.", "registrations"),
    Action("send", "s", "Send", "Write a request for this one.", "registrations"),
    Action("add", "a", "Add", "Register somebody by a form.", "registrations"),
    Action("remove", "x,delete", "Remove", "Remove this one; asks before.", "registrations"),
    Action("copy", "y", "Copy", "Copy the contact of this one.", "registrations", shown=False),
    Action("all", "escape", "All", "Show all: no filter.", "registrations", shown=False),
    Action("table", "t", "Table", "Another table, such as aliases.", "registrations", shown=False),
)

INJECT: tuple[Action, ...] = (
    Action("send", "f5,ctrl+s,s", "Send", "Send the request.", "inject"),
    Action("template", "f2,ctrl+t,t", "Template", "Begin with a template.", "inject"),
    Action("target", "f8,u", "To whom", "Choose whom it is for: a user or a URI.", "inject"),
    Action(
        "history",
        "f3,ctrl+r,h",
        "History",
        "What was sent before, to be sent or changed again.",
        "inject",
    ),
    Action(
        "send_again", "f4,g", "Again", "Send the last request again, with a new Call-ID.", "inject"
    ),
    Action("edit", "e,enter", "Edit", "Go on writing.", "inject", shown=False),
    Action("leave", "escape", "Leave text", "Leave the text, so that letters are keys.", "inject"),
    Action("hang_up", "c", "Cancel", "Cancel the INVITE that is under way.", "inject", shown=False),
    Action(
        "next_hop",
        "n",
        "Next hop",
        "Send it somewhere else than to its Request-URI.",
        "inject",
        shown=False,
    ),
    Action("open_file", "o,ctrl+o", "Open", "Read a request from a file.", "inject", shown=False),
    Action("write_file", "w", "Write", "Write the request to a file.", "inject", shown=False),
    Action("copy_reply", "y", "Copy reply", "Copy the reply.", "inject", shown=False),
)

PINGS: tuple[Action, ...] = (
    Action("add", "a", "Add", "Ping a URI, or all contacts of a user.", "pings"),
    Action("remove", "x,delete", "Remove", "Ping this one no more.", "pings"),
    Action("pause", "space,p", "Pause", "Let this one rest, or go on.", "pings"),
    Action("pause_all", "P", "Pause all", "Let all rest, or go on with all.", "pings", shown=False),
    Action(
        "interval", "i", "Interval", "Ping less often; after once a minute, each second.", "pings"
    ),
    Action("zero", "z", "Count from now", "Begin all figures anew.", "pings", shown=False),
    Action("write", "s", "Send", "Write a request for this one.", "pings", shown=False),
    Action("copy", "y", "Copy", "Copy the URI of this one.", "pings", shown=False),
)

LOG: tuple[Action, ...] = (
    Action("filter('text')", "slash", "Filter", "Show only lines with a text in them.", "log"),
    Action("filter('call-id')", "i", "Call-ID", "Show only calls with a Call-ID.", "log", False),
    Action(
        "this_call", "c", "This call", "Show only the call of this line; again: all calls.", "log"
    ),
    Action("level(-1)", "l", "Less", "Show fewer levels.", "log"),
    Action("level(1)", "L", "More", "Show more levels.", "log", False),
    Action("pause", "space,p", "Pause", "Let the lines stand still, or go on.", "log"),
    Action("follow", "f,end", "Follow", "Go to the newest line and stay there.", "log"),
    Action(
        "filter('search')", "s,ctrl+f", "Search", "Mark a text and go from one to the next.", "log"
    ),
    Action("found(1)", "n", "Next", "The next line with the text that is searched.", "log", False),
    Action("found(-1)", "N", "Before", "The one before it.", "log", False),
    Action("open", "enter", "Open", "All that is known of this line.", "log"),
    Action("copy", "y", "Copy", "Copy this line.", "log", False),
    Action("copy_shown", "Y", "Copy all", "Copy all lines that are shown.", "log", False),
    Action(
        "commands",
        "o",
        "FIFO commands",
        "Show or hide the commands that ser was asked.",
        "log",
        False,
    ),
    Action("all", "a", "All", "Show all lines: no filter, no search.", "log", False),
)

ACTIONS = (*ANYWHERE, *OVERVIEW, *REGISTRATIONS, *INJECT, *PINGS, *LOG)


def actions_of(where: str) -> list[Action]:
    """Those that belong to a mode, or work everywhere."""
    return [action for action in ACTIONS if action.where == where]


def bindings_of(where: str) -> list[BindingType]:
    """For the BINDINGS of a screen."""
    return [action.binding for action in actions_of(where)]
