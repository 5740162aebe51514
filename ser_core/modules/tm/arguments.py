"""The kinds of argument that tm's functions take, read once when the script is compiled."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

_HOST_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9.])?\Z")


class Host(str):
    """An IP address or a host name, without brackets."""

    __slots__ = ()

    @classmethod
    def from_script(cls, text: str) -> Host:
        host = text.strip("[]")
        try:
            return cls(ipaddress.ip_address(host))
        except ValueError:
            if not _HOST_NAME.match(host):
                raise ValueError(f'"{text}" is neither an address nor a host name') from None
        return cls(host)


class Port(int):
    """A port number, 1 to 65535."""

    __slots__ = ()

    @classmethod
    def from_script(cls, text: str) -> Port:
        if not text.isascii() or not text.isdigit() or len(text) > 5:
            raise ValueError(f'"{text}" is not a port number')
        port = cls(text)
        if not 0 < port < 65536:
            raise ValueError(f"port {text} is out of range 1 to 65535")
        return port


class WriteAction(NamedTuple):
    """`action[/append]` of t_write_req and t_write_unix."""

    action: str
    append: str

    @classmethod
    def from_script(cls, text: str) -> WriteAction:
        action, _, append = text.partition("/")
        if not action:
            raise ValueError("the action is empty")
        return cls(action, append)
