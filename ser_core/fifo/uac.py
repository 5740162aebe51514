"""What `t_uac_dlg` is asked, and what it answers. No I/O.

The answer is the final response to the request: status line, three dialog lines, headers, body.
When ser itself decides how it ends (nobody answered, nobody could be reached) there are no headers,
or, over the Unix socket, only those that it made (reference: SER's FIFO, 6.1 and 9).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ser_core.fifo.protocol import BodyLines, HeaderLines, Reply
from ser_core.sip.request_text import SipRequest, plain_name, read_header

COMMAND = "t_uac_dlg"
NONE = "."
"""Stands for "there is none" in a line of a request and of a reply."""

TIMEOUT = 408
FOLDED = re.compile(r"\r\n[ \t]+")
"""A header that goes on in the next line (RFC 3261 §7.3.1)."""


def arguments(request: SipRequest) -> tuple[str, str, str, HeaderLines, BodyLines]:
    """What goes with `t_uac_dlg`."""
    return (
        request.method,
        request.uri,
        request.next_hop or NONE,
        HeaderLines(request.header_lines()),
        BodyLines(request.body),
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """How a request ended."""

    code: int
    reason: str
    target: str = ""
    """Whom requests in the dialog are for: the Contact of a 2xx."""
    next_hop: str = ""
    """Where they go first."""
    route: str = ""
    """Their Route header with its name."""
    head: str = ""
    """Header lines as received."""
    body: str = ""

    @property
    def is_from_afar(self) -> bool:
        """True for a response that came over the network; false when ser says so itself."""
        return self.header("via") is not None

    @property
    def is_success(self) -> bool:
        return 200 <= self.code < 300

    @property
    def is_not_sent(self) -> bool:
        """ser doesn't understand the request, or doesn't know the command: it is ours to mend."""
        return not self.is_from_afar and (self.code == 400 or self.reason.startswith("command '"))

    @property
    def words(self) -> str:
        """The reason without the name of SER's function before it."""
        return self.reason.removeprefix("fifo_uac_error:").strip()

    def header(self, name: str) -> str | None:
        """The first value of a header (`name` in lower case); None when there is none."""
        for line in FOLDED.sub(" ", self.head).splitlines():
            if ":" in line and plain_name(line.partition(":")[0].strip()) == name:
                return read_header(line)[1]
        return None


def read_answer(reply: Reply) -> Answer:
    """Take a reply of `t_uac_dlg` apart; SER adds a newline to the response in it."""
    text = reply.body.decode("utf-8", "surrogateescape")
    dialog, rest = _split_dialog_lines(text)
    head, _, body = rest.partition("\r\n\r\n")
    target, next_hop, route = ("" if line == NONE else line for line in dialog)
    return Answer(reply.code, reply.text, target, next_hop, route, head, body.removesuffix("\n"))


def _split_dialog_lines(text: str) -> tuple[list[str], str]:
    lines = text.split("\n", 3)
    if len(lines) < 4:
        return [NONE] * 3, ""
    return [line.rstrip("\r") for line in lines[:3]], lines[3]


def bye_after(invite: SipRequest, answer: Answer) -> SipRequest:
    """The BYE that ends the dialog which the 2xx to `invite` began (RFC 3261 §15.1.1, §12.2.1.1).

    From and To are taken from the response: ser has added our tag, the callee the other.
    """
    number = (answer.header("cseq") or "0").split()[0]
    headers = [
        ("From", answer.header("from") or ""),
        ("To", answer.header("to") or ""),
        ("Call-ID", answer.header("call-id") or ""),
        ("CSeq", f"{int(number) + 1} BYE"),
        *([read_header(answer.route)] if answer.route else []),
    ]
    target = answer.target or invite.uri
    next_hop = answer.next_hop or invite.next_hop
    return SipRequest(
        "BYE", target, tuple(headers), next_hop="" if next_hop == target else next_hop
    )
