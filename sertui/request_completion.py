"""What could come next in a request that is being typed. No I/O, no Textual."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sertui.sip_highlighting import Part

METHODS = ("OPTIONS", "MESSAGE", "NOTIFY", "INVITE", "INFO", "BYE", "REGISTER", "SUBSCRIBE",
           "PUBLISH", "REFER", "UPDATE")  # fmt: skip
HEADERS = ("From", "To", "Contact", "Call-ID", "CSeq", "Content-Type", "Event", "Expires",
           "Accept", "Allow", "Subject", "Subscription-State", "Route", "Max-Forwards",
           "User-Agent", "Supported", "Require", "Refer-To", "Reason", "Authorization")  # fmt: skip
_URI_AT_END = re.compile(r"(?:sips?|tel):[^\s<>,;\"]*$", re.I)
_WORD_AT_END = re.compile(r"[A-Za-z0-9._+-]+$")
SHORTEST_NAME = 2
"""Letters of a user's name before his URI is offered without a scheme in front."""


def completion(part: Part, line: str, uris: Sequence[str]) -> str:
    """What to put behind `line`, the text up to the cursor; "" when nothing fits."""
    if part is Part.REQUEST_LINE:
        return _of_request_line(line, uris)
    if part is Part.HEADER and ":" not in line:
        return _rest(line, (f"{name}: " for name in HEADERS))
    return _of_uri(line, uris) if part is Part.HEADER else ""


def _of_request_line(line: str, uris: Sequence[str]) -> str:
    words = line.split()
    if len(words) == 1 and not line[-1:].isspace():
        return _rest(words[0], (f"{method} " for method in METHODS))
    if len(words) == 2:
        return "SIP/2.0" if line[-1:].isspace() else _of_uri(line, uris)
    if len(words) == 3:
        return _rest(words[2], ("SIP/2.0",))
    return ""


def _of_uri(line: str, uris: Sequence[str]) -> str:
    found = _URI_AT_END.search(line)
    return _rest(found[0], uris) if found and found[0][-1:] != ":" else ""


def _rest(typed: str, candidates: Iterable[str]) -> str:
    """Behind what was typed; of two that fit the first."""
    if not typed:
        return ""
    known = typed.lower()
    fitting = (each for each in candidates if each.lower().startswith(known))
    return next((each[len(typed) :] for each in fitting if len(each) > len(typed)), "")


def word_before(line: str) -> str:
    """What a user may be asked for by: the name at the end of a line, without its scheme."""
    uri = _URI_AT_END.search(line)
    text = uri[0].partition(":")[2].partition("@")[0] if uri else ""
    found = _WORD_AT_END.search(text)
    return found[0] if found and len(found[0]) >= SHORTEST_NAME else ""
