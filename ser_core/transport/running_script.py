"""One ser.cfg at work in one process: the `Core` of its modules and of the messages it runs on.

The process has one `Driver` from its start to its end; of scripts there may be several after a
reload, the newest for what comes in, and earlier ones for the transactions that began with them.
So what belongs to a script (modules, settings, routes) stands here, and all else is the driver's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ser_core import log
from ser_core.modules.api import FAILURE, ONREPLY, Module
from ser_core.proxy.replies import Replies
from ser_core.script.runtime import ScriptMessage
from ser_core.transport.watchers import Watchers

if TYPE_CHECKING:
    from ser_core.script.loader import Program
    from ser_core.sip.hop import Hop
    from ser_core.sip.message import Response
    from ser_core.transport.driver import Driver

Before = Callable[[ScriptMessage], bool]
After = Callable[[ScriptMessage], None]


class RunningScript:
    """Implements `Core` for one script.

    Modules get one object, messages another one, so that it shows when no message needs the script
    any more: then nobody holds the messages' one (see `transport.scripts`).
    """

    def __init__(self, driver: Driver, program: Program) -> None:
        self.program = program
        self.main = program.main
        self.settings = program.settings
        self.replies = Replies(
            signature=program.settings.server_signature,
            warning=program.settings.sip_warning,
            to_via=program.settings.reply_to_via,
        )
        self.before: list[Before] = []
        self.after: list[After] = []
        self.watcher: Watchers | None = None
        self._counters = driver.counters
        # The driver's own, each one attribute away, since functions of scripts ask for them often.
        self.environment = driver
        self.local = driver.local
        self.location = driver.location
        self.stateless_tag = driver.stateless_tag
        self.monotonic = driver.monotonic
        self.wall_time = driver.wall_time
        self.arm_timers = driver.arm_timers
        self.unique = driver.unique
        self.send = driver.send
        self.failed_lately = driver.failed_lately
        self.resolve_now = driver.resolve_now
        self.resolve = driver.resolve
        self.listener_for = driver.listener_for
        self.table_path = driver.table_path
        self.database = driver.database
        self.log = driver.log
        self.complain = driver.complain
        self.log_level = driver.log_level
        self.reply = driver.reply
        self.forward = driver.forward
        self.add_alias = driver.add_alias
        self.send_raw = driver.send_raw
        self.contact_header = driver.contact_header
        self.transactions = driver.transactions
        self.use_transactions = driver.use_transactions
        self.execute = driver.execute

    def module(self, name: str) -> Any:  # Any: whoever asks knows the class
        return self.program.modules[name]

    def ask_modules(self) -> None:
        """Find out which of the modules want to see each request."""
        # The module loaded last is asked first, as in SER.
        for module in reversed(list(self.program.modules.values())):
            if type(module).before_request is not Module.before_request:
                self.before.append(module.before_request)
            if type(module).after_request is not Module.after_request:
                self.after.append(module.after_request)
        self.watcher = Watchers.of(self.program.modules.values(), self._counters.failures)

    def run_failure_route(self, name: str, msg: ScriptMessage) -> None:
        """Run a failure_route on a copy of the request; its edits and URI changes stay there."""
        route = self.program.failure_routes.get(name)
        if route is None:
            return
        inner = ScriptMessage(msg.message.copy(), msg.source, msg.now, msg.core, FAILURE)
        inner.transaction = msg.transaction
        inner.status = msg.status
        inner.flags = msg.flags
        inner.record_route = msg.record_route
        inner.force_rport = msg.force_rport
        inner.max_branches = msg.max_branches
        inner.send_listener = msg.send_listener
        inner.advertised_host = msg.advertised_host
        inner.advertised_port = msg.advertised_port
        inner.reply_headers = msg.reply_headers.copy()
        inner.on_reply = msg.on_reply
        self._run(route, inner)
        msg.flags = inner.flags

    def run_reply_route(
        self, name: str, response: Response, hop: Hop, request: ScriptMessage | None
    ) -> None:
        """Run an onreply_route; what it edits goes upstream."""
        route = self.program.reply_routes.get(name)
        if route is None:
            return
        inner = ScriptMessage(response, hop, self.monotonic(), self, ONREPLY)
        inner.status = response.status
        if request is not None:
            inner.flags = request.flags
            inner.transaction = request.transaction
        self._run(route, inner)
        if request is not None:
            request.flags = inner.flags

    def _run(self, route: Callable[[ScriptMessage], int], msg: ScriptMessage) -> None:
        try:
            route(msg)
        except Exception:  # noqa: BLE001  guard: the call goes on without what this block would have done
            self._counters.failures.add()
            log.exception("a route block failed", call_id=msg.message.call_id)
