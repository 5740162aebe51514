from __future__ import annotations

import io
import re
from pathlib import Path

import click
import pytest

from ser_core.sip.request_text import SipRequest
from serctl.composing import Wish, compose
from serctl.environment import Environment
from serctl.exit_status import Failure
from tests.support.serctl_runs import FakeSer, Screen

JOE = "sip:joe@10.0.0.9"
ME = "sip:me@here"
WHOLE = f"INFO {JOE} SIP/2.0\nFrom: <{ME}>\nTo: <{JOE}>\nVia: SIP/2.0/UDP x\n\n"


def environment(
    stdin: str | None = None, ser: FakeSer | None = None, **variables: str
) -> Environment:
    """`stdin` None: a terminal."""
    return Environment(
        stdin=Screen() if stdin is None else io.StringIO(stdin),
        stdout=io.StringIO(),
        stderr=io.StringIO(),
        connect=lambda _: ser or FakeSer(),
        variables=variables,
    )


def composed(*words: str, stdin: str | None = None, **wish: object) -> SipRequest:
    return compose(environment(stdin), Wish(words, sender=ME, **wish))  # type: ignore[arg-type]  # fields of Wish


def test_a_method_has_its_template() -> None:
    request = composed("MESSAGE", JOE)
    assert (request.method, request.uri, request.body) == ("MESSAGE", JOE, ("Hello",))
    assert request.header("content-type") == "text/plain"
    assert request.header("from") == f"<{ME}>"


def test_a_method_without_one_gets_what_every_request_needs() -> None:
    assert composed("PUBLISH", JOE).header("to") == f"<{JOE}>"


def test_call_id_and_cseq_are_known() -> None:
    request = composed("INVITE", JOE)
    assert re.fullmatch(r"[0-9a-f]{24}@serctl", request.header("call-id") or "")
    assert request.header("cseq") == "1 INVITE"
    assert composed("INVITE", JOE).header("call-id") != request.header("call-id")


def test_a_template_by_name_with_a_target() -> None:
    request = composed(JOE, template="notify-check-sync")
    assert (request.method, request.uri) == ("NOTIFY", JOE)
    assert request.header("event") == "check-sync"


def test_a_template_may_be_sent_with_another_method() -> None:
    assert composed("PUBLISH", JOE, template="message").method == "PUBLISH"


def test_a_file_may_hold_a_whole_request(tmp_path: Path) -> None:
    path = tmp_path / "info.sip"
    path.write_text(WHOLE)
    assert composed(template=str(path)).uri == JOE
    assert composed("sip:other@x", template=str(path)).uri == "sip:other@x"


def test_stdin_may_hold_a_whole_request() -> None:
    assert composed(stdin=WHOLE).method == "INFO"
    assert composed(template="-", stdin=WHOLE).method == "INFO"


def test_headers_and_body_of_the_command_line_win() -> None:
    request = composed("MESSAGE", JOE, headers=("Subject: x", "content-type: text/html"), body="a")
    assert request.header("subject") == "x"
    assert request.header("content-type") == "text/html"
    assert request.body == ("a",)


def test_a_body_from_a_file_or_stdin(tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_text("one\ntwo\n")
    assert composed("MESSAGE", JOE, body=f"@{path}").body == ("one", "two")
    assert composed("MESSAGE", JOE, body="@-", stdin="three").body == ("three",)


def test_the_next_hop() -> None:
    assert composed("OPTIONS", JOE, next_hop="sip:proxy").next_hop == "sip:proxy"


def test_what_ser_sets_is_left_out_and_told() -> None:
    given = environment(WHOLE)
    assert compose(given, Wish(sender=ME)).header("via") is None
    assert isinstance(given.stderr, io.StringIO)
    assert given.stderr.getvalue() == "serctl: left out, since ser sets it itself: Via\n"


def test_a_user_with_one_contact() -> None:
    ser = FakeSer(ul_show_contact=f"200 OK\n<{JOE}>;q=;expires=60\n")
    assert compose(environment(ser=ser), Wish(("OPTIONS", "joe"), sender=ME)).uri == JOE


def test_a_user_with_several_contacts_has_to_choose() -> None:
    ser = FakeSer(ul_show_contact=f"200 OK\n<{JOE}>;q=;expires=60\n<sip:x@y>;q=;expires=60\n")
    with pytest.raises(click.UsageError, match="joe has 2 contacts; choose one: sip:joe@"):
        compose(environment(ser=ser), Wish(("OPTIONS", "joe"), sender=ME))


def test_in_an_editor(tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i s/Hello/Goodbye/ $1\n")
    editor.chmod(0o755)
    wish = Wish(("MESSAGE", JOE), sender=ME, edit=True)
    assert compose(environment(VISUAL=str(editor)), wish).body == ("Goodbye",)


def test_what_isnt_saved_isnt_sent() -> None:
    wish = Wish(("MESSAGE", JOE), sender=ME, edit=True)
    with pytest.raises(Failure, match="not saved, so nothing is sent"):
        compose(environment(EDITOR="true"), wish)


@pytest.mark.parametrize(
    ("wish", "complaint"),
    [
        (Wish(()), "say what to send: METHOD URI, or a template"),
        (Wish((JOE,)), "say what to send: METHOD URI, or a template"),
        (Wish(("A", "B", "C")), "too many words: METHOD and URI, but what is 'C'?"),
        (Wish((), template="message"), "this needs a URI: serctl send METHOD URI"),
        (Wish((JOE,), template="any"), "this needs a METHOD: serctl send METHOD URI"),
        (Wish((JOE,), template="mesage"), "no template and no file is called mesage: see --list"),
        (Wish(("A", JOE), body="@/nowhere"), "there is no file /nowhere"),
        (Wish(("A", JOE), body="@/"), "/ can't be read: Is a directory"),
        (Wish(("A", JOE), headers=("x",)), "'x' is no header"),
        (Wish(("A", "http://x")), "'http://x' is neither a SIP URI"),
    ],
)
def test_what_cant_be_understood(wish: Wish, complaint: str) -> None:
    with pytest.raises(click.UsageError) as told:
        compose(environment(), wish)
    assert str(told.value).startswith(complaint)


def test_mistakes_are_told_together() -> None:
    with pytest.raises(Failure, match=r"this can't be sent: .*From: 'x' is no.*; To is missing"):
        composed("OPTIONS", JOE, headers=("To:", "From: x"))
