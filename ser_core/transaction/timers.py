"""The timers of RFC 3261 §17 (its Table 4), RFC 6026 and SER, in seconds."""

from __future__ import annotations

from dataclasses import dataclass

NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Timers:
    """How long things take. The defaults are the RFC's, where SER has no parameter of its own.

    | timer | here | RFC | what for |
    |---|---|---|---|
    | A, E, G | t1, doubled, E and G up to t2 | t1 | retransmission over UDP |
    | B, F | fr_timer | 64*t1 | no response at all |
    | C | fr_inv_timer | > 180 s | INVITE that has rung |
    | D | linger | 32 s | absorb retransmitted INVITE responses |
    | H | fr_timer | 64*t1 | no ACK |
    | I, K | t4 | t4 | absorb what is still under way |
    | J, L, M | linger | 64*t1 | absorb retransmitted requests, pass 2xx |
    """

    t1: float = 0.5
    t2: float = 4.0
    t4: float = 5.0
    fr_timer: float = 30.0
    fr_inv_timer: float = 120.0
    linger: float = 32.0
    gaps: tuple[float, ...] = ()
    """SER's retr_timer1p1, 1p2, 1p3 and retr_timer2 where the script sets them: the first gaps and
    the one for all later ones. Empty: t1 and its doublings."""
    restart_c: bool = True
    """Restart Timer C at each provisional response (§16.7 step 2), else only at the first."""

    def first_gap(self) -> float:
        """Seconds until the first retransmission."""
        return self.gaps[0] if self.gaps else self.t1

    def next_gap(self, gap: float, count: int, limit: float) -> float:
        """Seconds until the next retransmission, after `count` of them, the last `gap` long."""
        if self.gaps:
            return self.gaps[min(count, len(self.gaps) - 1)]
        return min(gap * 2, limit)
