"""serctl with a database of its own: the verbs that look after subscribers, as tests run them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from ser_core.database.url import DatabaseUrl
from ser_core.fifo.reach import CannotReach, Reach
from serctl.settings import Settings
from tests.support.databases import text_of
from tests.support.serctl_runs import FakeSer, Run, serctl

NOBODY = CannotReach(Reach.NOT_RUNNING, "ser isn't running")


def stopped_ser() -> FakeSer:
    """Nobody answers."""
    names = ("config", "ul_show_contact", "ul_rm", "domain_reload")
    return FakeSer(**dict.fromkeys(names, NOBODY))


@dataclass
class Tool:
    """Runs command lines on one database."""

    url: DatabaseUrl
    ser: FakeSer = field(default_factory=stopped_ser)

    def __call__(
        self,
        *words: str,
        stdin: str = "",
        asked: bool = False,
        terminal: bool = False,
        settings: Settings | None = None,
    ) -> Run:
        """Run one; `asked`: stdin is a terminal, on which `stdin` is typed."""
        chosen = replace(settings or Settings(), db_url=text_of(self.url))
        return serctl(
            *words, ser=self.ser, stdin=stdin, asked=asked, terminal=terminal, settings=chosen
        )  # fmt: skip

    def out(self, *words: str, stdin: str = "") -> str:
        """What a run that must succeed writes."""
        run = self(*words, stdin=stdin)
        assert (run.status, run.stderr) == (0, ""), run
        return run.stdout

    def add(self, *users: str) -> None:
        """Subscribers, each with the password heslo and an address at example.net."""
        for user in users:
            name = user.partition("@")[0]
            email = f"{name if re.fullmatch(r'[a-z]{1,9}', name, re.I) else 'x'}@example.net"
            self.out("add", user, email, "--password-stdin", stdin="heslo\n")
