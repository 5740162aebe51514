"""What tm can be told by modparam, and what it counts."""

from __future__ import annotations

from ser_core.modules.api import Module, counter, param


class TmParameters(Module):
    """The parameters and counters of tm."""

    fr_timer: int = param(30, "seconds to wait for any response", minimum=1, maximum=3600)
    fr_inv_timer: int = param(
        120, "seconds to wait for the final response of an INVITE that rings", minimum=1
    )
    wt_timer: int = param(
        32, "seconds that a finished transaction absorbs retransmissions", minimum=1, maximum=600
    )
    delete_timer: int = param(2, "accepted; nothing waits to be freed here", minimum=0)
    retr_timer1p1: int = param(0, "first retransmission gap in seconds; 0: T1, 0.5 s", minimum=0)
    retr_timer1p2: int = param(0, "second gap in seconds; 0: twice the one before", minimum=0)
    retr_timer1p3: int = param(0, "third gap in seconds; 0: twice the one before", minimum=0)
    retr_timer2: int = param(4, "largest gap in seconds (T2)", minimum=1)
    noisy_ctimer: int = param(1, "accepted; a timeout is always answered 408", minimum=0)
    ruri_matching: int = param(1, "accepted; requests of RFC 2543 match by Request-URI too")
    via1_matching: int = param(1, "accepted; requests of RFC 2543 match by topmost Via too")
    uac_from: str = param("sip:foo@foo.bar", "accepted; t_uac_dlg is given a From in any case")
    unix_tx_timeout: int = param(2, "milliseconds to wait for the reader of t_write_unix")
    restart_fr_on_each_reply: int = param(1, "1: each provisional response restarts fr_inv_timer")
    fr_timer_avp: str = param("callee_fr_timer", "accepted; there are no AVPs yet")
    fr_inv_timer_avp: str = param("callee_fr_inv_timer", "accepted; there are no AVPs yet")
    tw_append: str = param(
        "", "NAME:element;… more for t_write_*: [title=]hdr[NAME], msg[body]", cumulative=True
    )
    pass_provisional_replies: int = param(0, "accepted; for callbacks that don't exist here")
    var_timers: int = param(0, "accepted; there are no AVPs yet")

    max_transactions: int = param(
        200_000, "requests under way in one receiver; more are refused", minimum=1
    )

    total = counter("transactions made")
    local = counter("transactions for requests of our own")
    finished = counter("transactions ended")
    waiting = counter("transactions that have had their final response")
    replied_locally = counter("final responses that we made ourselves")
    completed_2xx = counter("transactions completed with 2xx")
    completed_3xx = counter("transactions completed with 3xx")
    completed_4xx = counter("transactions completed with 4xx")
    completed_5xx = counter("transactions completed with 5xx")
    completed_6xx = counter("transactions completed with 6xx")
    late_responses = counter("responses that came after the end of their branch")
    unmatched_responses = counter("responses that matched no transaction")
    unknown_acks = counter("ACKs dropped because they lead to ourselves and nobody waits for them")
