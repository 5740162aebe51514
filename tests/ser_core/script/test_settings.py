"""The table of directives itself."""

from __future__ import annotations

import pytest

from ser_core.script.settings import (
    BY_ANY_NAME,
    DIRECTIVES,
    LOG_FACILITIES,
    TLS_METHODS,
    Directive,
    Kind,
    Settings,
)


def test_the_defaults_are_those_of_ser() -> None:
    settings = Settings()
    assert (settings.debug, settings.fork, settings.log_stderror) == (2, True, False)
    assert (settings.port, settings.children, settings.fifo_mode) == (5060, 8, 0o660)
    assert (settings.listen, settings.alias, settings.log_facility) == ((), (), "LOG_DAEMON")
    assert (settings.sip_warning, settings.server_signature, settings.wdir) == (False, True, "/")


@pytest.mark.parametrize("directive", DIRECTIVES.values(), ids=list(DIRECTIVES))
def test_each_row_is_whole(directive: Directive) -> None:
    assert directive.help
    assert getattr(Settings(), directive.name) == directive.default
    expected = {
        Kind.NUMBER: int,
        Kind.SWITCH: bool,
        Kind.ADDRESSES: tuple,
    }.get(directive.kind, str)
    assert type(directive.default) is expected


def test_synonyms_lead_to_their_directive_and_never_collide() -> None:
    names = [name for x in DIRECTIVES.values() for name in (x.name, *x.synonyms)]
    assert len(names) == len(set(names)) == len(BY_ANY_NAME)
    assert BY_ANY_NAME["uid"].name == "user"
    assert BY_ANY_NAME["sock_mode"].name == "fifo_mode"
    assert BY_ANY_NAME["tlslog"].name == "tls_log"


def test_the_words_of_facilities_and_tls_methods() -> None:
    assert {"LOG_LOCAL0", "LOG_LOCAL7", "LOG_DAEMON", "LOG_AUTHPRIV"} <= set(LOG_FACILITIES)
    assert len(TLS_METHODS) == 12
    assert TLS_METHODS["SSLV23"] == "SSLv23"
