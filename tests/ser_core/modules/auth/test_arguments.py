from __future__ import annotations

import pytest

from ser_core.modules.auth.arguments import OneLine, Qop, Realm, algorithms_named
from ser_core.sip.digest import Algorithm
from tests.support.scripts import errors_of

LOAD = 'loadmodule "sl.so" loadmodule "auth.so" '


def test_a_realm_is_any_text_on_one_line() -> None:
    assert Realm.from_script("") == b""
    assert Realm.from_script('the "Ünit"') == 'the "Ünit"'.encode()
    assert type(Realm.from_script("x")) is Realm


@pytest.mark.parametrize("text", ["a\r\nVia: b", "a\nb", "a\0", "\x7f"])
def test_nothing_breaks_out_of_a_header(text: str) -> None:
    with pytest.raises(ValueError, match="not one line"):
        OneLine.from_script(text)


def test_qop_is_one_or_none() -> None:
    assert Qop.from_script("1") == 1
    assert Qop.from_script("0") == 0
    with pytest.raises(ValueError, match='qop is "1"'):
        Qop.from_script("auth")


def test_algorithms_come_strongest_first() -> None:
    assert algorithms_named("MD5, sha-256") == (Algorithm.SHA_256, Algorithm.MD5)
    assert algorithms_named("MD5,MD5") == (Algorithm.MD5,)


def test_unknown_algorithms_are_told_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match='"SHA-1" is none of MD5, SHA-256, SHA-512-256'):
        algorithms_named("SHA-1, MD5")


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ('route { www_challenge("a", "2"); }', "qop is"),
        ('modparam("auth", "algorithms", "ROT13") route { }', "is none of"),
        ('modparam("auth", "rpid_suffix", "a\\nb") route { }', "not one line"),
        ('modparam("auth", "nonce_expire", 1) route { }', "at least 10"),
    ],
)
def test_mistakes_in_ser_cfg_are_told(script: str, error: str) -> None:
    (told,) = errors_of(LOAD + script)
    assert error in told
