"""What t_uac_dlg answers once its request is over: reference ser-fifo 6.1.

CODE REASON
Request-URI of the dialog      or .
next hop                       or .
Route: <…>, <…>                or .
all headers and the body of the response, as they came

The response comes from anybody, so nothing of it may end a line that it doesn't stand on: a reason
has no line end by the parser, a URI none by its grammar, and what may have any stands last.
"""

from __future__ import annotations

from ser_core.fifo.declarations import Pending
from ser_core.fifo.protocol import Reply
from ser_core.modules.tm.uac_arguments import unsendable
from ser_core.proxy.uac_request import Sent
from ser_core.sip.dialog import uac_dialog
from ser_core.sip.message import Response

NO_DIALOG = b".\n.\n.\n"
_REASONS = {
    408: "Request Timeout",
    487: "Request Terminated",
    503: "Service Unavailable",
}


class DialogReply:
    """Waits for the end of a request and answers whoever asked for it."""

    def __init__(self) -> None:
        self.pending = Pending()

    def on_response(self, response: Response) -> None:
        """Answer with the final response."""
        if response.status >= 200:
            self.pending.answer(reply_of(response))

    def on_no_response(self, status: int) -> None:
        """Answer with the status that stands for a response."""
        self.pending.answer(Reply(status, _REASONS[status]))

    def on_error(self, error: int) -> None:
        """Answer that it couldn't be sent."""
        self.pending.answer(unsendable(error).reply())

    def on_ack_sent(self, outcome: Sent | int) -> None:
        """Answer for an ACK, which has no response."""
        if isinstance(outcome, int):
            self.on_error(outcome)
        else:
            self.pending.answer(Reply(200, "ACK sent", NO_DIALOG))


def reply_of(response: Response) -> Reply:
    """The reply that shows a final response."""
    reason = response.reason.decode("utf-8", "surrogateescape")
    shown = response.buffer[response.first_header_position :]
    return Reply(response.status, reason, _dialog_lines(response) + shown + b"\n")


def _dialog_lines(response: Response) -> bytes:
    if not 200 <= response.status < 299:
        return NO_DIALOG
    dialog = uac_dialog(response)
    request_uri = dialog.request_uri or b"."
    next_hop = dialog.next_hop or b"."
    route = b"."
    if dialog.route_set:
        # SER shows the whole set, the next hop among it
        routes = dialog.route_set
        if dialog.is_strict and dialog.remote_target:
            routes = (*routes, dialog.remote_target)
        route = b"Route: " + b", ".join(b"<%b>" % uri for uri in routes) + b"\r"
    return b"%b\n%b\n%b\n" % (request_uri, next_hop, route)
