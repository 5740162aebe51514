from __future__ import annotations

import pytest

from tests.support.serctl_runs import FakeSer, serctl


@pytest.mark.parametrize(
    "words",
    [
        ("add", "joe", "secret", "joe@example.com"),
        ("passwd", "joe", "-secret-"),
        ("rm", "joe"),
        ("mail", "joe"),
        ("showdb",),
        ("userdb", "joe"),
        ("acl", "grant", "joe", "ld", "int"),
        ("rpid", "add", "joe", "sip:x"),
        ("domain", "show"),
    ],
)
def test_what_needs_the_database_says_so_and_fails(words: tuple[str, ...]) -> None:
    ser = FakeSer()
    run = serctl(*words, ser=ser)
    name = "showdb" if words[0] == "userdb" else words[0]
    assert (run.status, run.stdout) == (1, "")
    assert run.stderr == (
        f"serctl: {name} needs the subscriber database, which this version of ser doesn't have "
        "yet\n"
    )
    assert not ser.requests


def test_sers_syntax_stands_in_the_help() -> None:
    text = serctl("acl", "--help").stdout
    assert "show [USER] | grant USER GROUP... | revoke USER [GROUP]" in " ".join(text.split())
