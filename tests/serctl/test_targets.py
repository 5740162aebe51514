from __future__ import annotations

import io

import click
import pytest

from serctl.environment import Environment
from serctl.exit_status import ExitStatus, Refused
from serctl.replies import Misunderstood
from serctl.settings import Settings
from serctl.targets import uris_of
from tests.support.serctl_runs import FakeSer


def environment(ser: FakeSer, domain: str = "") -> Environment:
    stream = io.StringIO()
    return Environment(stream, stream, stream, Settings(domain=domain), connect=lambda _: ser)


def test_a_uri_stands_for_itself() -> None:
    ser = FakeSer()
    for uri in ("sip:joe@10.0.0.9", "SIPS:joe@a", "tel:+123"):
        assert uris_of(environment(ser), uri) == [uri]
    assert ser.requests == []


def test_a_user_stands_for_all_contacts() -> None:
    ser = FakeSer(
        ul_show_contact="200 OK\n<sip:joe@10.0.0.9:5062>;q=1;expires=3590\n"
        "<sip:j<o>e@10.0.0.8;x=y>;q=;expires=-1\n"
    )
    found = uris_of(environment(ser, "example.com"), "joe")
    assert found == ["sip:joe@10.0.0.9:5062", "sip:j<o>e@10.0.0.8;x=y"]
    assert ser.requests == [("ul_show_contact", "location", "joe@example.com")]


def test_a_dry_run_prints_the_question_and_says_what_comes_then() -> None:
    dry = environment(FakeSer())
    dry.dry_run, dry.stderr = True, io.StringIO()
    assert uris_of(dry, "joe") == []
    written = [stream.getvalue() for stream in (dry.stdout, dry.stderr)]  # type: ignore[attr-defined]  # StringIO
    assert written == [
        ":ul_show_contact:serctl\nlocation\njoe\n\n",
        "serctl: then t_uac_dlg, for each contact that this tells of joe\n",
    ]


def test_a_user_who_isnt_registered() -> None:
    ser = FakeSer(ul_show_contact="404 Username joe in table location not found\n")
    with pytest.raises(Refused, match="Username joe") as told:
        uris_of(environment(ser), "joe")
    assert told.value.status == ExitStatus.NOT_FOUND


def test_a_reply_that_cant_be_read() -> None:
    with pytest.raises(Misunderstood):
        uris_of(environment(FakeSer(ul_show_contact="200 OK\nnobody\n")), "joe")


@pytest.mark.parametrize("target", ["http://x", "sip:", "joe:5060", "", " "])
def test_what_is_neither(target: str) -> None:
    with pytest.raises(click.UsageError):
        uris_of(environment(FakeSer()), target)
