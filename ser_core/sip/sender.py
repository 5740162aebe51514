"""Whom requests of ours come from."""

from __future__ import annotations

import os
import re

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z](?:[a-z0-9-]*[a-z0-9])?", re.I)
"""A host name as RFC 3261 has it: the last label begins with a letter."""


def default_sender(node: str = "") -> str:
    """sip:daemon@HOST, as SER's serctl says; HOST is the name of this machine.

    A machine whose name can't stand in a URI (containers have such) is localhost.
    """
    host = node or os.uname().nodename
    return f"sip:daemon@{host if _HOST.fullmatch(host) else 'localhost'}"
