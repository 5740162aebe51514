"""What widgets and the feed tell screens."""

from __future__ import annotations

from textual.message import Message

from sertui.snapshot import Snapshot


class SnapshotTaken(Message, bubble=False):
    """The feed has looked at ser once more."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot

    def can_replace(self, message: Message) -> bool:
        """Whether a newer one may supersede this one: no line of the log may be lost."""
        return isinstance(message, SnapshotTaken) and not self.snapshot.log


class AddPing(Message):
    """Somebody shall be pinged: a URI, or a user with all his contacts."""

    def __init__(self, target: str, user: str = "") -> None:
        """`user`: whom a URI belongs to, when that is known."""
        super().__init__()
        self.target = target
        self.user = user


class WriteRequest(Message):
    """A request for a URI shall be written: the inject mode takes over."""

    def __init__(self, uri: str) -> None:
        super().__init__()
        self.uri = uri
