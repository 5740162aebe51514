"""Messages as text: searching, replacing, headers added and removed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from ser_core.errors import ParseError
from ser_core.modules.api import FAILURE, ONREPLY, REQUEST, Module, command
from ser_core.modules.arguments import HeaderLines
from ser_core.modules.textops.arguments import HeaderEnd, HeaderName, HeaderStart, Substitution
from ser_core.modules.textops.http_date import date_line
from ser_core.modules.textops.replacements import Span, insert_text, replace_spans
from ser_core.sip.message import Request
from ser_core.sip.uri import parse_uri

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage

ANYWHERE = REQUEST | FAILURE | ONREPLY


class Textops(Module):
    """Searches and edits messages as text.

    Every function reads the message as it was received, whatever the script has changed so far.
    """

    name = "textops"

    @command(routes=ANYWHERE)
    def search(self, msg: ScriptMessage, expression: re.Pattern[bytes]) -> bool:
        """True when the expression matches somewhere in the message, first line and body too."""
        return expression.search(msg.message.buffer) is not None

    @command(routes=ANYWHERE)
    def search_append(self, msg: ScriptMessage, expression: re.Pattern[bytes], text: bytes) -> bool:
        """Put text behind the first match; false when there is none."""
        message = msg.message
        found = expression.search(message.buffer, message.first_header_position)
        return found is not None and insert_text(message, found.end(), text)

    @command(routes=ANYWHERE)
    def replace(self, msg: ScriptMessage, expression: re.Pattern[bytes], text: bytes) -> bool:
        """Put text in the place of the first match; false when there is none."""
        spans = ((*found.span(), text) for found in islice(_matches(msg, expression), 1))
        return replace_spans(msg.message, spans) > 0

    @command(routes=ANYWHERE)
    def replace_all(self, msg: ScriptMessage, expression: re.Pattern[bytes], text: bytes) -> bool:
        """Put text in the place of each match; false when there is none."""
        spans = ((*found.span(), text) for found in _matches(msg, expression))
        return replace_spans(msg.message, spans) > 0

    @command(routes=ANYWHERE)
    def append_hf(self, msg: ScriptMessage, header: HeaderLines) -> bool:
        """Add a header behind the last one."""
        msg.message.append_header(header)
        return True

    @command(routes=REQUEST | FAILURE)
    def append_urihf(self, msg: ScriptMessage, prefix: HeaderStart, suffix: HeaderEnd) -> bool:
        """Add the header `prefix` + Request-URI + `suffix` behind the last one."""
        msg.message.append_header(prefix + msg.uri + suffix)
        return True

    @command(routes=ANYWHERE)
    def remove_hf(self, msg: ScriptMessage, name: HeaderName) -> bool:
        """Remove all headers of that name; false when there are none."""
        fields = msg.message.all(name)
        for field in fields:
            msg.message.remove_field(field)
        return bool(fields)

    @command(routes=ANYWHERE)
    def is_present_hf(self, msg: ScriptMessage, name: HeaderName) -> bool:
        """True when there is a header of that name."""
        return msg.message.first(name) is not None

    @command(routes=ANYWHERE)
    def subst(self, msg: ScriptMessage, substitution: Substitution) -> bool:
        """Replace in the headers and the body; false without a match."""
        matches = _matches(msg, substitution.pattern)
        uri = msg.uri if isinstance(msg.message, Request) else b""
        spans: Iterator[Span] = (
            (*found.span(), substitution.expand(found, uri))
            for found in (matches if substitution.every else islice(matches, 1))
        )
        return replace_spans(msg.message, spans) > 0

    @command(routes=REQUEST | FAILURE)
    def subst_uri(self, msg: ScriptMessage, substitution: Substitution) -> bool:
        """Replace in the Request-URI; false without a match, or if no URI results."""
        changed = substitution.apply(msg.uri, msg.uri)
        if changed is None:
            return False
        try:
            msg.uri = parse_uri(changed).raw
        except ParseError as error:
            msg.core.complain("subst_uri", f"subst_uri: {error}", msg)
            return False
        return True

    @command(routes=REQUEST | FAILURE)
    def subst_user(self, msg: ScriptMessage, substitution: Substitution) -> bool:
        """Replace in the user of the Request-URI; false without a match, or if no URI results."""
        try:
            uri = parse_uri(msg.uri)
            changed = substitution.apply(uri.user or b"", msg.uri)
            if changed is None:
                return False
            msg.uri = uri.replace(user=changed or None).raw
        except ParseError as error:
            msg.core.complain("subst_user", f"subst_user: {error}", msg)
            return False
        return True

    @command(routes=REQUEST)
    def append_to_reply(self, msg: ScriptMessage, header: HeaderLines) -> bool:
        """Add a header to the replies that we make to this request from now on."""
        msg.reply_headers.append(header)
        return True

    @command(routes=REQUEST)
    def append_time(self, msg: ScriptMessage) -> bool:
        """Add the time, as Date, to the replies that we make to this request from now on."""
        if not any(line.startswith(b"Date:") for line in msg.reply_headers):
            msg.reply_headers.append(date_line(msg.core.wall_time()))
        return True


def _matches(msg: ScriptMessage, expression: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
    """Matches that aren't empty, in the headers and the body."""
    message = msg.message
    for found in expression.finditer(message.buffer, message.first_header_position):
        if found.end() > found.start():
            yield found
