"""tm's FIFO commands: reference ser-fifo 6."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ser_core.errors import ParseError
from ser_core.fifo.declarations import (
    Control,
    Pending,
    Where,
    body,
    fifo_command,
    headers,
    line,
)
from ser_core.fifo.protocol import FifoError, Reply
from ser_core.modules.api import Core
from ser_core.modules.tm.hash_table import merge_slots, show_slots
from ser_core.modules.tm.parameters import TmParameters
from ser_core.modules.tm.uac_arguments import Ids, call_id_in, read_destination, read_draft
from ser_core.modules.tm.uac_reply import DialogReply
from ser_core.proxy.stateful import StatefulProxy
from ser_core.proxy.uac_request import UacRequest
from ser_core.sip.abnf import is_token
from ser_core.sip.hop import bracketed
from ser_core.sip.names import CALL_ID, CONTENT_LENGTH, CSEQ, FROM, TO, VIA
from ser_core.sip.request import read_headers
from ser_core.transaction.table import Ident

if TYPE_CHECKING:
    from ser_core.proxy.response_context import ResponseContext

_IDENT = re.compile(rb"([0-9]{1,5}):([0-9]{1,10})")
_OF_THE_REQUEST = frozenset((VIA, FROM, TO, CALL_ID, CSEQ, CONTENT_LENGTH))
"""Headers of a response that come from its request."""

NOT_HERE = Reply(299, "not here")
"""What a receiver tells the others' merge: that transaction isn't among mine."""


def _call_id_of(call_id: bytes, _cseq: bytes) -> bytes:
    return call_id


def _has_replied(reply: Reply) -> bool:
    """The receiver that has the transaction has done it; others may be hung, or being started."""
    return reply.is_ok and reply.code != NOT_HERE.code


def _merge_reply(replies: Sequence[Reply]) -> Reply:
    """That of the receiver which has the transaction."""
    for reply in replies:
        if reply.code != NOT_HERE.code:
            return reply
    raise FifoError(481, "fifo_t_reply: no such transaction")


class TmCommands(TmParameters):
    """The FIFO commands of tm."""

    proxy: StatefulProxy | None
    _core: Core

    @property
    def _proxy(self) -> StatefulProxy:
        assert self.proxy is not None  # start() has run before any message or command
        return self.proxy

    # -- requests of our own ---------------------------------------------------------------------

    @fifo_command(
        line("method", "OPTIONS, MESSAGE, …", missing="fifo_uac_error: method expected"),
        line("ruri", "Request-URI", missing="fifo_uac_error: ruri expected"),
        line(
            "next_hop",
            "SIP URI to send it to, or a dot: the Request-URI",
            missing="fifo_uac_error: next hop address expected",
        ),
        headers(
            "headers",
            "To and From at least; !! stands for our IP:PORT",
            missing="fifo_uac_error: HFs expected",
        ),
        body("body", "may be empty"),
        where=Where.OWNER,
        changes=True,
        timeout=None,
        owner=call_id_in,
        example=(
            "OPTIONS",
            "sip:joe@192.0.2.9",
            ".",
            "From: sip:daemon@example.com",
            "To: <sip:joe@192.0.2.9>",
            "Contact: <sip:daemon@!!>",
            ".",
            ".",
        ),
        reply="200 OK\n.\n.\n.\nVia: SIP/2.0/UDP ...\n...",
    )
    def t_uac_dlg(
        self,
        control: Control,
        method: bytes,
        ruri: bytes,
        next_hop: bytes,
        header_lines: bytes,
        content: bytes,
    ) -> Pending:
        """Send a request and tell its final response, with what a further one needs.

        The answer has the status line of the response, the Request-URI, next hop and Route header
        of the dialog that it makes (each a dot when there is none), and the response itself. It
        comes when the request is over, which may take as long as fr_timer or fr_inv_timer.
        """
        uri, destination = read_destination(ruri, next_hop)
        listener = self._core.local.listeners[0]
        ids = Ids(lambda: self._new_call_id(control), self._core.unique)
        draft = read_draft(method, uri, header_lines, content, ids, listener)
        told = DialogReply()
        if method == b"ACK":
            self._proxy.uac.send_ack(draft, destination, told.on_ack_sent)
        else:
            self._proxy.uac.send(UacRequest(draft, destination, told))
        return told.pending

    def _new_call_id(self, control: Control) -> bytes:
        """One whose messages come to this receiver."""
        host = bracketed(self._core.local.listeners[0].host).encode()
        while True:
            made = self._core.unique() + b"@" + host
            if control.owns(made):
                return made

    @fifo_command(
        line("call_id", "of the INVITE", missing="fifo_uac_cancel: callid expected"),
        line("cseq", "number and method", missing="fifo_uac_cancel: cseq expected"),
        where=Where.OWNER,
        changes=True,
        owner=_call_id_of,
        example=("9f3b2c6d0a51e874@192.0.2.1", "10 INVITE"),
        reply="481 fifo_uac_cancel: no such transaction",
    )
    def t_uac_cancel(self, _control: Control, call_id: bytes, cseq: bytes) -> Reply:
        """Cancel an INVITE that t_uac_dlg has sent.

        The CANCEL leaves as soon as a provisional response has come; t_uac_dlg's answer then tells
        how the INVITE ended.
        """
        if not self._proxy.uac.cancel(call_id, b" ".join(cseq.split())):
            raise FifoError(481, "fifo_uac_cancel: no such transaction")
        return Reply(200, "fifo_uac_cancel succeeded")

    # -- answering for others --------------------------------------------------------------------

    @fifo_command(
        line("code", "status code", missing="fifo_t_reply: code expected"),
        line("reason", "reason phrase", missing="fifo_t_reply: reason expected"),
        line("trans_id", "HASH:LABEL from t_write_req", missing="fifo_t_reply: trans_id expected"),
        line("to_tag", "put behind To", missing="fifo_t_reply: to-ta expected"),
        headers("headers", "of the response; may be none"),
        body("body", "may be empty"),
        name="t_reply",
        where=Where.ALL,
        changes=True,
        merge=_merge_reply,
        settles=_has_replied,
        example=("480", "Temporarily away", "1234:567890", "abc-1", ".", "."),
        reply="481 fifo_t_reply: no such transaction",
    )
    def answer_request(
        self,
        _control: Control,
        code: bytes,
        reason: bytes,
        trans_id: bytes,
        to_tag: bytes,
        header_lines: bytes,
        content: bytes,
    ) -> Reply:
        """Answer a request that t_write_req or t_write_unix has handed over.

        The transaction is the one that they named. To gets `to_tag` where it has none.
        """
        status = _status(code)
        ident = _ident(trans_id)
        if not is_token(to_tag):
            raise FifoError(400, "fifo_t_reply: to-tag is not a token")
        lines = _response_headers(header_lines)
        server = self._proxy.table.server_with(ident)
        if server is None:
            return NOT_HERE
        context: ResponseContext | None = server.context
        if context is None or context.final:
            raise FifoError(500, "fifo_t_reply: reply failed")
        context.to_tag = to_tag
        now = self._core.monotonic()
        if not self._proxy.responses.answer(context, status, reason, now, lines, content):
            raise FifoError(500, "fifo_t_reply: reply failed")
        self._core.arm_timers()
        return Reply(200, "fifo_t_reply succeeded")

    # -- statistics ------------------------------------------------------------------------------

    @fifo_command(
        reply="200 ok\n"
        "Current: 0 (0 waiting) Total: 12 (1 local)       \n"
        "Replied localy: 9      \n"
        "Completion status 6xx: 0, 5xx: 0, 4xx: 3, 3xx: 0,2xx: 8      ",
    )
    def t_stats(self, control: Control) -> Reply:
        """How many transactions there are, there were, and how they ended."""

        def total(name: str) -> int:
            return control.total(f"tm.{name}")

        made = total("total")
        current = made - total("finished")
        completed = {digit: total(f"completed_{digit}xx") for digit in range(2, 7)}
        # Scripts read this by place, blanks and all.
        text = (
            f"Current: {current} ({total('waiting')} waiting) "
            f"Total: {made} ({total('local')} local)       \n"
            f"Replied localy: {total('replied_locally')}      \n"
            f"Completion status 6xx: {completed[6]}, 5xx: {completed[5]}, "
            f"4xx: {completed[4]}, 3xx: {completed[3]},2xx: {completed[2]}      \n"
        )
        return Reply(body=text.encode())

    @fifo_command(
        where=Where.ALL,
        merge=merge_slots,
        reply="200 ok\n\tcurrent\ttotal\n0.\t0\t0\n1.\t0\t0\n...\n65535.\t0\t0",
    )
    def t_hash(self, _control: Control) -> Reply:
        """How many transactions stand in each of the 65,536 slots."""
        return show_slots(self._proxy.table.servers, self._proxy.uac.requests)


def _status(code: bytes) -> int:
    if not (code.isdigit() and len(code) == 3 and b"100" <= code <= b"699"):
        raise FifoError(400, "fifo_t_reply: code(int) has wrong format")
    return int(code)


def _ident(trans_id: bytes) -> Ident:
    found = _IDENT.fullmatch(trans_id)
    if found is None:
        raise FifoError(400, "fifo_t_reply: invalid trans_id")
    return Ident(int(found[1]), int(found[2]))


def _response_headers(block: bytes) -> list[bytes]:
    """Whole lines for a response. Raises FifoError for what can't or mustn't stand in it."""
    wrong = FifoError(400, "fifo_t_reply: while reading new headers")
    try:
        given = read_headers(block)
    except ParseError:
        raise wrong from None
    if any(each.name in _OF_THE_REQUEST for each in given):
        raise wrong
    return [each.line for each in given]
