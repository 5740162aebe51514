"""A request as it is being written: what is missing in it, and how it is made ready. No I/O."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from ser_core.sip import request_templates
from ser_core.sip.request_checks import complaints
from ser_core.sip.request_text import NotARequest, SipRequest, read_request

TARGET = "sip:user@example.com"
"""Stands in a template until somebody is chosen."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What can be said of a draft."""

    request: SipRequest | None
    """What would be sent; None when it can't be."""
    problems: tuple[str, ...] = ()
    """What is wrong or missing, in sentences."""
    left_out: tuple[str, ...] = ()
    """Headers that aren't sent, since ser sets them itself."""


def judge(text: str, next_hop: str = "") -> Verdict:
    """Read a draft and check it."""
    try:
        request, left_out = read_request(text).without_ours()
    except NotARequest as error:
        return Verdict(None, (str(error),))
    request = dataclasses.replace(request, next_hop=next_hop.strip())
    problems = tuple(_not_chosen(request) + complaints(request))
    return Verdict(None if problems else request, problems, tuple(left_out))


def _not_chosen(request: SipRequest) -> list[str]:
    """A template that goes to nobody yet must not go to whoever has that name."""
    return [f"nobody is chosen: press F8, or write a URI for {TARGET}"] * (request.uri == TARGET)


def ready(request: SipRequest, token: str) -> SipRequest:
    """With a Call-ID and CSeq that we know, so that it can be cancelled. `token` is unique."""
    lacking = [("Call-ID", f"{token}@sertui"), ("CSeq", f"1 {request.method}")]
    return request.completed(lacking)


def from_template(name: str, uri: str, sender: str) -> str:
    """The text of a template, with its comment, for `uri`."""
    method = "INFO" if name == request_templates.ANY else name.upper()
    text = request_templates.text_of(name)
    return request_templates.filled(text, method=method, uri=uri or TARGET, sender=sender)


def retargeted(text: str, old: str, new: str) -> str:
    """The draft for somebody else: his URI wherever that of the one before stands."""
    host, new_host = request_templates.host_of(old), request_templates.host_of(new)
    first, _, rest = text.partition(" SIP/2.0")
    if first.endswith(f"REGISTER sip:{host}"):
        first = first.removesuffix(host) + new_host
        text = f"{first} SIP/2.0{rest}"
    return text.replace(old, new) if old else text


def request_uri(text: str) -> str:
    """The Request-URI of a text that somebody wrote; "" when it has none."""
    try:
        return read_request(text).uri
    except NotARequest:
        return ""


def gist(text: str) -> str:
    """Method and Request-URI, or whatever the text begins with."""
    try:
        request = read_request(text)
    except NotARequest:
        return text.partition("\n")[0]
    return f"{request.method} {request.uri}"
