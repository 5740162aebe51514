"""acc on a stateful proxy without a network and without a database."""

from __future__ import annotations

from typing import Any

from ser_core import log
from ser_core.modules.acc.acc import Acc
from ser_core.modules.acc.rows import Row, Tables
from ser_core.script.runtime import ScriptMessage
from tests.support.ladder import request
from tests.support.tm_script import BOB, Script

OTHER = b"sip:bob@198.51.100.2"

LOG, LOG_MISSED, DB, DB_MISSED = 1, 2, 3, 4
FLAGS = {
    "log_flag": LOG,
    "log_missed_flag": LOG_MISSED,
    "db_flag": DB,
    "db_missed_flag": DB_MISSED,
}
ALL = (LOG, LOG_MISSED, DB, DB_MISSED)


class FakeWriter:
    """Keeps the rows."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.flushes = 0
        self.left_behind = 0

    def put(self, tables: Tables, row: Row) -> None:
        self.rows.append(row)

    def flush(self, seconds: float) -> None:
        self.flushes += 1

    def adopt(self, tables: Tables) -> int:
        return self.left_behind


class AccScript(Script):
    """A ladder whose requests bear flags; `lines` of the log and `rows` say what acc told."""

    def __init__(self, **params: int | str) -> None:
        super().__init__()
        self.acc = Acc()
        for name, value in {**FLAGS, **params}.items():
            setattr(self.acc, name, value)
        self.acc.check()
        self.level = log.NOTICE
        self.writer = FakeWriter()
        core: Any = self.core
        core.wall_time = lambda: 1_000_000_000.5
        core.log_level = lambda: self.level
        core.table_path = lambda name: f"/run/{name}"
        self.acc._writer = self.writer  # type: ignore[assignment]
        self.acc.start(core)
        self.core.watcher = self.acc

    def _remember(self) -> None:
        super()._remember()
        self.environment.sent = []

    def relays(
        self, data: bytes, *targets: bytes, flags: tuple[int, ...] = ALL, failure: str = ""
    ) -> ScriptMessage:
        """A request arrives, gets its flags and is relayed."""
        msg = self.arrives(data, targets[0] if targets else BOB)
        for number in flags:
            msg.set_flag(number)
        for target in targets[1:]:
            msg.append_branch(target)
        msg.on_failure = failure
        self.tm.t_relay(msg)
        self._remember()
        self.acc.after_request(msg)
        return msg

    def relays_to_mailbox(self) -> None:
        """A call whose failure_route goes on to OTHER."""

        def mailbox(msg: Any) -> None:
            self.proxy.add_branches(msg.transaction.context, msg, [(OTHER, None)])

        self.environment.failure_routes["1"] = mailbox
        self.relays(request(), failure="1")

    def acknowledges(self, data: bytes) -> None:
        """An ACK to a 2xx arrives."""
        msg = self.arrives(data)
        self.tm.t_relay(msg)
        self.acc.after_request(msg)

    @property
    def told(self) -> list[str]:
        """What stands in the log: heading and code of each line."""
        lines = [text.removeprefix("ACC: ") for text in self.core.logged]
        return [f"{text.split(':')[0]} {text.rpartition('=')[2]}" for text in lines]

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """Table, method and status of each record."""
        return [
            (row.table, str(row.values["sip_method"]), str(row.values["sip_status"]))
            for row in self.writer.rows
        ]
