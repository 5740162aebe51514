"""A caller and a callee made of sockets, who meet through a proxy."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.sip_peer import Peer, in_dialog
from tests.support.sip_reading import Message

_numbers = itertools.count(1)


class Two:
    """A caller, and a callee who is registered; names that no other test uses."""

    def __init__(self, target: str, *, register: bool = True) -> None:
        number = next(_numbers)
        self.target = target
        self.caller = Peer(target, f"alice{number}")
        self.callee = Peer(target, f"bob{number}")
        self.uri = f"sip:bob{number}@{target}"
        if register:
            self.callee.register()

    def established(self) -> tuple[str, Message]:
        """A call that has been answered and acknowledged: the INVITE, and the 200 to it."""
        invite = self.caller.request("INVITE", self.uri)
        self.caller.send(invite)
        self.callee.reply(self.callee.receive("INVITE"), 200, contact=self.callee.uri)
        answer = self.caller.response(200)
        self.caller.send(in_dialog(self.caller, "ACK", invite, answer))
        self.callee.receive("ACK")
        return invite, answer


@contextmanager
def two_of(target: str, *, register: bool = True) -> Iterator[Two]:
    two = Two(target, register=register)
    with two.caller, two.callee:
        yield two
