"""What acc can be told by modparam, and what it counts."""

from __future__ import annotations

from ser_core.modules.api import Module, counter, param

MAX_FLAG = 31


class AccParameters(Module):
    """The parameters and counters of acc."""

    early_media: int = param(0, "1: provisional responses with a body count, too", minimum=0)
    failed_transactions: int = param(0, "1: final responses from 300 up count, too", minimum=0)
    report_ack: int = param(1, "1: the first ACK to a 2xx is told of, too", minimum=0)
    report_cancels: int = param(0, "1: CANCELs are told of, too", minimum=0)
    log_flag: int = param(
        0, "message flag of transactions for the log; 0: none", minimum=0, maximum=MAX_FLAG
    )
    log_missed_flag: int = param(
        0, "message flag of calls to be logged when missed; 0: none", minimum=0, maximum=MAX_FLAG
    )
    log_level: int = param(2, "level of the lines; 2 is NOTICE", minimum=-3, maximum=9)
    log_fmt: str = param("miocfs", "what stands in a line, a letter for each thing")
    db_flag: int = param(
        0, "message flag of transactions for the database; 0: none", minimum=0, maximum=MAX_FLAG
    )
    db_missed_flag: int = param(
        0,
        "message flag of calls for the database when missed; 0: none",
        minimum=0,
        maximum=MAX_FLAG,
    )
    db_url: str = param("", "where the database is; empty: SQLite in its usual place")
    db_table_acc: str = param("acc", "table of transactions")
    db_table_missed_calls: str = param("missed_calls", "table of missed calls")
    db_localtime: int = param(0, "0: times are UTC, 1: local time", minimum=0, maximum=1)
    acc_sip_from_column: str = param("sip_from", "column of From")
    acc_sip_to_column: str = param("sip_to", "column of To")
    acc_sip_status_column: str = param("sip_status", "column of the status")
    acc_sip_method_column: str = param("sip_method", "column of the method")
    acc_i_uri_column: str = param("i_uri", "column of the Request-URI as it came")
    acc_o_uri_column: str = param("o_uri", "column of the Request-URI as it left")
    acc_sip_callid_column: str = param("sip_callid", "column of the Call-ID")
    acc_user_column: str = param("username", "column of the user")
    acc_time_column: str = param("time", "column of the time")
    acc_from_uri_column: str = param("from_uri", "column of the URI in From")
    acc_to_uri_column: str = param("to_uri", "column of the URI in To")
    acc_totag_column: str = param("totag", "column of the tag of To")
    acc_fromtag_column: str = param("fromtag", "column of the tag of From")
    acc_domain_column: str = param("domain", "column of the user's domain")

    db_queue: int = param(
        10_000, "records that a receiver keeps while the database is away", minimum=1
    )

    logged = counter("lines written to the log")
    written = counter("records written to the database")
    waiting = counter("records that wait for the database now")
    lost = counter("records not written: the log has them, or a killed receiver had")
