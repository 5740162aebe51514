"""What to leave out when more comes in than can be dealt with.

A full socket buffer loses datagrams at random. A call takes seven or more of them, so when each is
lost twice in three times hardly any call comes through, and what is sent again makes it worse.
Therefore new calls are shed before the buffer does it: as many INVITEs are ignored as it takes
to read all the rest. Their senders try again, as RFC 3261 has it for anything lost (§17.1.1.2).
Other requests that begin something are one message each: of those any loss costs just that one.

The sign is a buffer that was never found empty for a while, not one that is long for a moment.
"""

from __future__ import annotations

WINDOW = 0.1
"""Seconds in which a buffer should be found empty once."""
PATIENCE = 2
"""Windows in a row without that before anything is shed."""
INCREASE = 0.1
DECREASE = 0.02
"""Steps of the share, per window."""
MOST = 0.98
"""Of all new calls: some must come through to show when there is room again."""

SHED = b"INVITE "


class Overload:
    """Decides for one socket. Time is an argument, in seconds of a monotonic clock."""

    __slots__ = ("_credit", "_full_windows", "_window_began", "drained", "share")

    def __init__(self, now: float) -> None:
        self.share = 0.0
        """Of new calls that are ignored."""
        self.drained = True
        """The buffer was found empty in this window; set by the reader."""
        self._window_began = now
        self._full_windows = 0
        self._credit = 0.0

    def look(self, now: float) -> None:
        """Judge the windows that have ended by `now`."""
        windows = int((now - self._window_began) / WINDOW)
        if not windows:
            return
        self._window_began = now
        if self.drained:
            self._full_windows = 0
            self.share = max(0.0, self.share - DECREASE * windows)
        else:
            self._full_windows += 1
            if self._full_windows >= PATIENCE:
                self.share = min(MOST, self.share + INCREASE)
        self.drained = False

    def sheds(self, datagram: bytes) -> bool:
        """True when this one is to be ignored: evenly as many new calls as `share` says."""
        if not datagram.startswith(SHED):
            return False
        self._credit += self.share
        if self._credit < 1.0:
            return False
        self._credit -= 1.0
        return True
