"""The script's functions for transactions, thin over `proxy.stateful`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from ser_core.modules.api import (
    FAILURE,
    ONREPLY,
    REQUEST,
    Core,
    FailureRoute,
    ReplyRoute,
    command,
)
from ser_core.modules.arguments import ReasonPhrase, StatusCode
from ser_core.modules.tm.append_lists import AppendList, read_append_lists
from ser_core.modules.tm.arguments import Host, Port, WriteAction
from ser_core.modules.tm.fifo_commands import TmCommands
from ser_core.modules.tm.tally import tally_of
from ser_core.modules.tm.timer_params import timers_from
from ser_core.modules.tm.write_request import describe, write_to_fifo, write_to_socket
from ser_core.proxy.response_context import ResponseContext
from ser_core.proxy.stateful import StatefulProxy
from ser_core.script.runtime import E_BAD_ADDRESS, E_SCRIPT, E_UNSPEC
from ser_core.sip.hop import DEFAULT_PORT, bracketed
from ser_core.sip.request import SIGNATURE
from ser_core.sip.uri import parse_uri
from ser_core.transaction.table import ident_of

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage

DONE = 1
STOP = 0
FAILED = -1


class Tm(TmCommands):
    """Stateful processing: transactions, retransmission, forking, CANCEL (RFC 3261 §16, §17)."""

    name: ClassVar[str] = "tm"

    def __init__(self) -> None:
        super().__init__()
        self.proxy = None

    def check(self) -> None:
        timers_from(self)
        self._append_lists = {"": AppendList(), **read_append_lists(self.tw_append)}

    def start(self, core: Core) -> None:
        self._core = core
        self.proxy = core.transactions() or self._make_proxy(core)

    def _make_proxy(self, core: Core) -> StatefulProxy:
        # The transactions of a receiver that was killed, whose row of counters we go on with.
        self.finished.add(self.total.value - self.finished.value)
        self.waiting.add(-self.waiting.value)
        sent_bys = frozenset(listener.sent_by for listener in core.local.listeners)
        return StatefulProxy(core.environment, timers_from(self), tally_of(self), sent_bys)

    def take_effect(self) -> None:
        """The transactions outlive a script; what it says of them holds for new ones."""
        settings = self._core.settings
        self._proxy.configure(
            timers_from(self),
            loop_detection=settings.loop_detection,
            max_breadth=settings.max_breadth,
            max_transactions=self.max_transactions,
            signature=SIGNATURE if settings.server_signature else b"",
        )
        self._core.use_transactions(self._proxy)

    def before_request(self, msg: ScriptMessage) -> bool:
        """Retransmissions, ACKs and CANCELs of known transactions don't reach the script."""
        assert self.proxy is not None
        return not self.proxy.take(msg)

    def after_request(self, msg: ScriptMessage) -> None:
        """A transaction that was made but neither relayed nor answered is released."""
        server = msg.transaction
        if server is None or server.context is None:
            return
        context: ResponseContext = server.context
        # A provisional reply doesn't count, nor do branches that couldn't be sent: nothing would
        # end the transaction.
        if not context.final and context.is_complete and not context.replicated:
            text = "the script made a transaction but neither relayed nor replied"
            self._core.complain("t_release", text, msg)
            self._proxy.servers.release(server, msg.now)
            context.close()

    # -- relaying --------------------------------------------------------------------------------

    @command(routes=REQUEST | FAILURE)
    def t_relay(self, msg: ScriptMessage) -> int:
        """Relay statefully to next hop or Request-URI and all branches.

        1: relayed. 0: an ACK was relayed, or an error was answered; the script stops. Below 0: the
        error number, when there is no transaction to answer with.
        """
        if msg.kind is FAILURE:
            return self._relay_again(msg)
        if msg.message.method == b"ACK":
            return self._relay_ack(msg)
        outcome = self._proxy.relay(msg)
        if outcome < 0:
            msg.error = outcome
        return outcome

    def _relay_ack(self, msg: ScriptMessage) -> int:
        """An ACK to a 2xx is a request of its own and forwarded statelessly (§16.11, §17)."""
        destination = msg.next_hop or msg.message.uri
        if self._leads_to_ourselves(destination):
            self.unknown_acks.add()
            return FAILED
        if self._core.forward(msg, destination) < 0:
            msg.error = E_BAD_ADDRESS
            return FAILED
        return STOP

    def _leads_to_ourselves(self, destination: bytes) -> bool:
        uri = parse_uri(destination)
        return uri.is_sip and self._core.local.is_myself(uri.host, uri.port)

    def _relay_again(self, msg: ScriptMessage) -> int:
        """In a failure_route: the new branches, in the same transaction."""
        context = self._context(msg)
        targets = [(branch.uri, branch.next_hop) for branch in msg.branches]
        msg.branches = []
        if context is None or not targets or context.final:
            return FAILED
        context.on_failure = msg.on_failure
        context.on_reply = msg.on_reply or context.on_reply
        return DONE if self._proxy.add_branches(context, msg, targets) >= 0 else FAILED

    @command(routes=REQUEST | FAILURE)
    def t_relay_to_udp(self, msg: ScriptMessage, host: Host, port: Port) -> int:
        """As t_relay, to a fixed address over UDP."""
        return self._relay_to(msg, "udp", host, port)

    @command(routes=REQUEST | FAILURE)
    def t_relay_to_tcp(self, msg: ScriptMessage, host: Host, port: Port) -> int:
        """As t_relay, to a fixed address over TCP."""
        return self._relay_to(msg, "tcp", host, port)

    @command(routes=REQUEST | FAILURE)
    def t_relay_to_tls(self, msg: ScriptMessage, host: Host, port: Port) -> int:
        """As t_relay, to a fixed address over TLS; answers 477 while there is no TLS listener."""
        return self._relay_to(msg, "tls", host, port)

    def _relay_to(self, msg: ScriptMessage, transport: str, host: str, port: int) -> int:
        _send_all_to(msg, _uri_of(transport, host, port))
        return self.t_relay(msg)

    @command(routes=REQUEST)
    def t_replicate(self, msg: ScriptMessage, host: Host, port: Port) -> int:
        """Send a copy whose responses are consumed here; nothing goes upstream."""
        return self._replicate(msg, "udp", host, port)

    @command(routes=REQUEST)
    def t_replicate_udp(self, msg: ScriptMessage, host: Host, port: Port) -> int:
        """As t_replicate, over UDP."""
        return self._replicate(msg, "udp", host, port)

    @command(routes=REQUEST)
    def t_replicate_tcp(self, msg: ScriptMessage, host: Host, port: Port) -> int:
        """As t_replicate, over TCP."""
        return self._replicate(msg, "tcp", host, port)

    @command(routes=REQUEST)
    def t_replicate_tls(self, msg: ScriptMessage, host: Host, port: Port) -> int:
        """As t_replicate, over TLS."""
        return self._replicate(msg, "tls", host, port)

    def _replicate(self, msg: ScriptMessage, transport: str, host: str, port: int) -> int:
        if msg.message.method == b"ACK":
            return FAILED
        _send_all_to(msg, _uri_of(transport, host, port))
        outcome = self._proxy.relay(msg, replicate=True)
        if outcome < 0:
            msg.error = outcome
        return outcome

    @command(routes=REQUEST)
    def t_forward_nonack(self, msg: ScriptMessage, host: Host, port: Port) -> int:
        """Forward within the transaction that t_newtran made; no error reply of its own."""
        return self._forward_to(msg, "udp", host, port)

    @command(routes=REQUEST)
    def t_forward_nonack_udp(self, msg: ScriptMessage, host: Host, port: Port) -> int:
        """As t_forward_nonack, over UDP."""
        return self._forward_to(msg, "udp", host, port)

    @command(routes=REQUEST)
    def t_forward_nonack_tcp(self, msg: ScriptMessage, host: Host, port: Port) -> int:
        """As t_forward_nonack, over TCP."""
        return self._forward_to(msg, "tcp", host, port)

    @command(routes=REQUEST)
    def t_forward_nonack_tls(self, msg: ScriptMessage, host: Host, port: Port) -> int:
        """As t_forward_nonack, over TLS."""
        return self._forward_to(msg, "tls", host, port)

    @command(routes=REQUEST)
    def t_forward_nonack_uri(self, msg: ScriptMessage) -> int:
        """As t_forward_nonack, to next hop or Request-URI."""
        return self._forward(msg)

    def _forward_to(self, msg: ScriptMessage, transport: str, host: str, port: int) -> int:
        _send_all_to(msg, _uri_of(transport, host, port))
        return self._forward(msg)

    def _forward(self, msg: ScriptMessage) -> int:
        context = self._context(msg)
        if context is None or context.final or msg.message.method == b"ACK":
            return FAILED
        context.on_failure, context.on_reply = msg.on_failure, msg.on_reply
        error = self._proxy.forward(context, msg)
        if error < 0:
            msg.error = error
        return error

    # -- the transaction itself ------------------------------------------------------------------

    @command(routes=REQUEST)
    def t_newtran(self, msg: ScriptMessage) -> int:
        """Make a transaction without relaying.

        1: made. 0: the request was a retransmission, answered again. Below 0: an error number.
        """
        if msg.message.method == b"ACK":
            return DONE
        error = self._proxy.new_transaction(msg)
        if error < 0:
            msg.error = error
        return error

    @command(routes=REQUEST)
    def t_lookup_request(self, msg: ScriptMessage) -> bool:
        """True when a transaction exists for the request."""
        return self._proxy.table.server_for(msg.message) is not None

    @command(routes=REQUEST)
    def t_check_trans(self, msg: ScriptMessage) -> bool:
        """True when the request belongs to a transaction: for a CANCEL, when its INVITE has one."""
        table = self._proxy.table
        if msg.message.method == b"CANCEL":
            return table.cancelled_by(msg.message) is not None
        return table.server_for(msg.message) is not None

    @command(routes=REQUEST)
    def t_retransmit_reply(self, msg: ScriptMessage) -> bool:
        """Send the last reply of the request's transaction again; false when there is none."""
        server = self._proxy.table.server_for(msg.message)
        if server is None or not server.response or msg.message.method == b"ACK":
            return False
        return self._proxy.servers.transmit(server, server.response)

    @command(routes=REQUEST)
    def t_release(self, msg: ScriptMessage) -> bool:
        """Let the transaction of this request end without a reply from the script.

        False when there is none, or when it has been relayed and waits for its responses.
        """
        context = self._context(msg)
        if context is None or (context.pending() and not context.final):
            return False
        self._proxy.servers.release(context.server, msg.now)
        context.close()
        return True

    @command(routes=REQUEST | FAILURE)
    def t_reply(self, msg: ScriptMessage, code: StatusCode, reason: ReasonPhrase) -> bool:
        """Answer through the transaction, which t_newtran or t_relay has made."""
        context = self._context(msg)
        if context is None or msg.message.method == b"ACK":
            text = "t_reply: there is no transaction for the message; call t_newtran before"
            self._core.complain("t_reply", text, msg, -1)
            msg.error = E_UNSPEC if context is not None else E_SCRIPT
            return False
        headers = self._core.contact_header(msg) if 300 <= code < 400 else []
        if msg is not context.msg:  # a failure_route has its own append_to_reply
            headers = [*msg.reply_headers, *headers]
        return self._proxy.responses.answer(context, int(code), reason, msg.now, headers)

    def _context(self, msg: ScriptMessage) -> ResponseContext | None:
        server = msg.transaction or self._proxy.table.server_for(msg.message)
        return server.context if server is not None else None

    # -- what happens later ----------------------------------------------------------------------

    @command(routes=REQUEST | FAILURE | ONREPLY)
    def t_on_failure(self, msg: ScriptMessage, route: FailureRoute) -> bool:
        """Run that failure_route when all branches have failed; "0" disarms."""
        msg.on_failure = "" if route == "0" else str(route)
        if msg.kind is not FAILURE and msg.transaction is not None:
            context = msg.transaction.context
            if context is not None and not context.cancelled:
                context.on_failure = msg.on_failure
        return True

    @command(routes=REQUEST | FAILURE | ONREPLY)
    def t_on_reply(self, msg: ScriptMessage, route: ReplyRoute) -> bool:
        """Run that onreply_route for each response; "0" disarms."""
        msg.on_reply = "" if route == "0" else str(route)
        if msg.transaction is not None and msg.transaction.context is not None:
            msg.transaction.context.on_reply = msg.on_reply
        return True

    @command(routes=REQUEST | FAILURE | ONREPLY)
    def t_check_status(self, msg: ScriptMessage, pattern: re.Pattern[bytes]) -> bool:
        """True when the status, as three digits, matches the regular expression.

        route: the last reply sent; onreply_route: the response in hand; failure_route: that of the
        branch which was chosen.
        """
        status = msg.status
        if msg.kind is REQUEST:
            server = msg.transaction or self._proxy.table.server_for(msg.message)
            status = server.status if server is not None else 0
        return bool(status) and pattern.search(b"%d" % status) is not None

    # -- other programs --------------------------------------------------------------------------

    @command(routes=REQUEST | FAILURE)
    def t_write_req(self, msg: ScriptMessage, fifo: str, action: WriteAction) -> bool:
        """Hand the request over to the program that reads a FIFO; it answers by the FIFO's t_reply.

        False when there is no transaction, or nobody reads. Without an answer within fr_timer it
        counts as a branch that timed out.
        """
        return self._hand_over(msg, action, lambda text: write_to_fifo(fifo, text))

    @command(routes=REQUEST | FAILURE)
    def t_write_unix(self, msg: ScriptMessage, socket: str, action: WriteAction) -> bool:
        """As t_write_req, to a program with a Unix datagram socket."""
        timeout = self.unix_tx_timeout / 1000
        return self._hand_over(msg, action, lambda text: write_to_socket(socket, text, timeout))

    def _hand_over(
        self, msg: ScriptMessage, action: WriteAction, write: Callable[[bytes], bool]
    ) -> bool:
        context = self._context(msg)
        append = self._append_lists.get(action.append.lower())
        if context is None or append is None:
            missing = "transaction, call t_newtran before" if append else f"list {action.append}"
            self._core.complain("t_write", f"t_write_req: there is no {missing}", msg, -1)
            msg.error = E_SCRIPT
            return False
        text = describe(msg, action.action, append, ident_of(context.server.key))
        if not write(text):
            return False
        if not context.final:
            self._proxy.branches.wait(context, msg, msg.now)
        return True


def _uri_of(transport: str, host: str, port: int) -> bytes:
    return f"sip:{bracketed(host)}:{port or DEFAULT_PORT};transport={transport}".encode()


def _send_all_to(msg: ScriptMessage, next_hop: bytes) -> None:
    """Every destination of the request by way of one address."""
    msg.next_hop = next_hop
    msg.branches = [branch._replace(next_hop=next_hop) for branch in msg.branches]


__all__ = ["Tm"]
