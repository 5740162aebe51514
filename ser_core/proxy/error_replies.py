"""Which response tells the caller about which of SER's error numbers (sl_reply_error, t_relay)."""

from __future__ import annotations

from ser_core.script.runtime import (
    E_BAD_ADDRESS,
    E_BAD_REQ,
    E_BAD_TO,
    E_BAD_TUPEL,
    E_BAD_URI,
    E_EXEC,
    E_Q_DOT_MISSING,
    E_Q_EMPTY,
    E_Q_INV_CHAR,
    E_Q_TOO_BIG,
    E_SEND,
    E_TOO_MANY_BRANCHES,
    E_UNSPEC,
    E_UNSUPPORTED_SCHEME,
)

_REPLIES: dict[int, tuple[int, bytes]] = {
    E_SEND: (477, b"Unfortunately error on sending to next hop occurred"),
    E_BAD_ADDRESS: (478, b"Unresolvable destination"),
    E_BAD_REQ: (400, b"Bad Request"),
    E_UNSUPPORTED_SCHEME: (416, b"Unsupported URI Scheme"),
    E_BAD_URI: (479, b"Regretfully, we were not able to process the URI"),
    E_BAD_TUPEL: (400, b"Transaction tuple incomplete"),
    E_BAD_TO: (400, b"Bad To"),
    E_EXEC: (500, b"Error in external logic"),
    E_TOO_MANY_BRANCHES: (500, b"Forking capacity exceeded"),
    E_Q_INV_CHAR: (400, b"Invalid character in q parameter"),
    E_Q_EMPTY: (400, b"Empty q parameter"),
    E_Q_TOO_BIG: (400, b"q parameter too big"),
    E_Q_DOT_MISSING: (400, b"Decimal part missing in q"),
}
_OTHER = (500, b"I'm terribly sorry, server error occurred")


def reply_for(error: int, suffix: str) -> tuple[int, bytes]:
    """Status and reason that answer for `error`, a number below 0 (0 counts as unspecified).

    `suffix` names who replies, SL or TM; it ends the reason as in `(478/TM)`.
    """
    number = error or E_UNSPEC
    status, text = _REPLIES.get(number, _OTHER)
    return status, b"%b (%d/%b)" % (text, abs(number), suffix.encode())
