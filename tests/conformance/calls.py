"""What most conformance tests begin with: a call that has reached the callee."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.conformance.proxy import RunningProxy, new_user
from tests.support.sip_peer import Peer, ack
from tests.support.sip_reading import Message


@dataclass(slots=True)
class Call:
    """An INVITE, the proxy's 100 taken, and what the callees got of it."""

    caller: Peer
    callees: tuple[Peer, ...]
    text: str
    """The INVITE as it was sent."""
    invites: tuple[Message, ...]
    """As it arrived, one for each callee."""

    @property
    def callee(self) -> Peer:
        return self.callees[0]

    @property
    def invite(self) -> Message:
        return self.invites[0]

    def answer(self, status: int, number: int = 0, *, to_tag: str = "") -> str:
        """One of the callees answers."""
        callee = self.callees[number]
        tag = to_tag or f"b{number}"
        return callee.reply(self.invites[number], status, to_tag=tag, contact=callee.uri)

    def end(self) -> None:
        """All that still ring refuse, and the caller acknowledges what comes of it."""
        for number in range(len(self.callees)):
            self.answer(480, number)
        self.acknowledge(self.caller.final_response())

    def acknowledge(self, response: Message) -> None:
        """The caller's ACK to a response that isn't 2xx."""
        self.caller.send(ack(self.text, response))


def branch_of(message: Message) -> str:
    """Of the topmost Via."""
    return message.values("via")[0].partition("branch=")[2].split(";")[0]


def place_call(
    caller: Peer, *callees: Peer, headers: Sequence[str] = (), body: str = "", via: str = ""
) -> Call:
    """INVITE the user whom the callees have registered as."""
    uri = f"sip:{callees[0].user}@{caller.proxy}"
    text = caller.request("INVITE", uri, headers=headers, body=body, via=via)
    caller.send(text)
    caller.response(100)
    return Call(caller, callees, text, tuple(callee.receive("INVITE") for callee in callees))


@contextmanager
def ringing(proxy: RunningProxy, callees: int = 1, transport: str = "udp") -> Iterator[Call]:
    """A call to one user at so many phones, over UDP or TCP throughout."""
    with ExitStack() as stack:
        user = new_user("callee")
        phones = [
            stack.enter_context(proxy.peer(user, transport=transport)) for _ in range(callees)
        ]
        for phone in phones:
            phone.register()
        caller = stack.enter_context(proxy.peer(transport=transport))
        yield place_call(caller, *phones)
