"""To-tags of stateless responses (RFC 3261 §8.2.7).

A stateless server must give each retransmission of a request the same tag, though it keeps nothing
about it. Ours is a hash, keyed with a secret of the process group, over what every retransmission
and the ACK to a negative response have in common: the topmost Via, the Call-ID and the number in
CSeq. Who doesn't know the secret can't make one up, so a tag that fits proves that it was ours.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ser_core.sip.message import Request
    from ser_core.sip.via import Via

SECRET_SIZE = 32
"""Bytes of secret to give to `StatelessTag`."""


class StatelessTag:
    """Makes and recognises the tags of one process group: PREFIX.HASH, 8 and 16 hex digits.

    The prefix is the same in all of them. It spares other people's tags the hashing.
    """

    __slots__ = ("_keyed", "_prefix", "_secret")

    def __init__(self, secret: bytes) -> None:
        """`secret` is shared by all processes and told to nobody; at most 64 bytes."""
        self._secret = secret
        self._keyed = blake2b(digest_size=8, key=secret)
        self._prefix = blake2b(b"prefix", digest_size=4, key=secret).hexdigest().encode() + b"."

    def tag_for(self, request: Request) -> bytes:
        """The tag for a response to `request`. Raises ParseError when its topmost Via is bad."""
        via = request.via
        # A message with a NUL in its headers is never read, so this is unambiguous.
        text = b"%b\0%b\0%b\0%d" % (via.sent_by, via.branch, request.call_id, request.cseq_number)
        return self._prefix + self._digest_of(text)

    def is_ours(self, request: Request) -> bool:
        """True when the request's To-tag is the one that `tag_for` gives it.

        So it is with the ACK to a response that we sent statelessly.
        """
        tag = request.to_tag
        return tag.startswith(self._prefix) and tag == self.tag_for(request)

    def branch_for(self, via: Via, method: bytes, call_id: bytes) -> bytes:
        """The branch of a request that is forwarded statelessly, without the magic cookie.

        It is made of what a response brings back, so that one which nobody asked for is known.
        `via` is the one below ours.
        """
        text = b"branch\0%b\0%b\0%b\0%b" % (via.sent_by.lower(), via.branch, method, call_id)
        return self._digest_of(text)

    def key_for(self, purpose: bytes) -> bytes:
        """A key of 32 bytes for something else that all processes of the group must make alike.

        Who knows it knows neither the secret nor the key for another purpose.
        """
        return blake2b(b"key\0" + purpose, digest_size=32, key=self._secret).digest()

    def _digest_of(self, text: bytes) -> bytes:
        digest = self._keyed.copy()  # half the time of beginning with the key anew
        digest.update(text)
        return digest.hexdigest().encode()
