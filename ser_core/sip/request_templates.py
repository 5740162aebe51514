"""The requests that the tools know by name: files in templates.

A template is the text of a request with $method, $uri, $host (of the URI) and $from in it. Its
first line is a comment that tells what it is for.
"""

from __future__ import annotations

import re
from pathlib import Path

from ser_core.sip.request_text import SipRequest, read_request

DIRECTORY = Path(__file__).parent / "templates"
ANY = "any"
"""The template of methods that have none of their own."""
SUFFIX = ".sip"
_PLACE = re.compile(r"\$(method|uri|host|from)\b")


def names() -> list[str]:
    """The templates there are."""
    return sorted(path.stem for path in DIRECTORY.glob(f"*{SUFFIX}"))


def purpose(name: str) -> str:
    """What a template is for."""
    return text_of(name).partition("\n")[0].lstrip("# ")


def text_of(name: str) -> str:
    """The text of a template. Raises KeyError for a name that isn't one."""
    if name not in names():
        raise KeyError(name)
    return (DIRECTORY / (name + SUFFIX)).read_text()


def for_method(method: str) -> str:
    """The name of the template for a method."""
    return method.lower() if method.lower() in names() else ANY


def filled(text: str, *, method: str, uri: str, sender: str) -> str:
    """The text of a request from that of a template. Other dollar signs stay as they are."""
    values = {"method": method, "uri": uri, "host": host_of(uri), "from": sender}
    return _PLACE.sub(lambda found: values[found[1]] or found[0], text)


def request_from(text: str, *, method: str, uri: str, sender: str) -> SipRequest:
    """The request of a template. Raises NotARequest."""
    return read_request(filled(text, method=method, uri=uri, sender=sender))


def host_of(uri: str) -> str:
    """Host and port of a SIP URI; what stands behind the colon where there is no user."""
    behind_user = uri.partition(":")[2].rpartition("@")[2]
    return behind_user.partition("?")[0].partition(";")[0]
