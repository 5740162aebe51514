from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.modules.api import FAILURE, ONREPLY, REQUEST, commands_of
from ser_core.modules.arguments import HeaderLines
from ser_core.modules.textops.arguments import HeaderEnd, HeaderName, HeaderStart, Substitution
from ser_core.modules.textops.textops import Textops
from ser_core.script.posix import compile_posix
from tests.support.script_messages import (
    FakeCore,
    in_script,
    leaving,
    request_bytes,
)
from tests.support.script_messages import request_in_script as request

TEXTOPS = Textops()
SDP = "v=0\r\nc=IN IP4 10.1.1.1\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 10.1.1.1\r\n"


def posix(expression: str) -> re.Pattern[bytes]:
    return compile_posix(expression)


def subst(text: str) -> Substitution:
    return Substitution.from_script(text)


def edited(msg: Any) -> bytes:
    data: bytes = msg.message.to_bytes()
    return data


# -- search --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("^INVITE sip:bob", True),
        ("user-agent: zoiper", True),
        ("a=sendonly", True),
        ("Subject", False),
        ("^Phone", False),
    ],
)
def test_search_covers_first_line_headers_and_body(expression: str, found: bool) -> None:
    msg = request("User-Agent: Zoiper Phone", body="v=0\r\na=sendonly\r\n")
    assert TEXTOPS.search(msg, posix(expression)) is found


def test_search_works_on_responses_too() -> None:
    data = request_bytes().split(b"\r\n", 1)[1]
    msg = in_script(b"SIP/2.0 180 Ringing\r\n" + data, kind=ONREPLY)
    assert TEXTOPS.search(msg, posix("ringing"))
    assert TEXTOPS.append_hf(msg, HeaderLines(b"P-Hint: y\r\n"))
    assert leaving(msg).header(b"p-hint") == b"y"


# -- replace -------------------------------------------------------------------------------------


def test_replace_changes_the_first_match_and_the_content_length() -> None:
    msg = request(body=SDP)
    assert TEXTOPS.replace(msg, posix("10\\.1\\.1\\.1"), b"192.0.2.55")
    assert edited(msg) == request_bytes(body=SDP.replace("10.1.1.1", "192.0.2.55", 1))


def test_replace_all_changes_each_match() -> None:
    msg = request(body=SDP)
    assert TEXTOPS.replace_all(msg, posix("10\\.1\\.1\\.1"), b"::1")
    assert edited(msg) == request_bytes(body=SDP.replace("10.1.1.1", "::1"))


def test_replace_leaves_the_first_line_alone() -> None:
    msg = request("Contact: <sip:bob@example.com>")
    assert TEXTOPS.replace(msg, posix("sip:bob@example.com"), b"sip:x@y")
    assert edited(msg).startswith(b"INVITE sip:bob@example.com SIP/2.0\r\n")
    assert leaving(msg).header(b"to") == b"<sip:x@y>"
    assert leaving(msg).header(b"contact") == b"<sip:bob@example.com>"


@pytest.mark.parametrize("expression", ["nothing like it", "(nothing)*", "^"])
def test_without_a_match_replace_is_false_and_an_empty_match_is_none(expression: str) -> None:
    msg = request()
    assert not TEXTOPS.replace(msg, posix(expression), b"x")
    assert not TEXTOPS.replace_all(msg, posix(expression), b"x")
    assert edited(msg) == request_bytes()


def test_text_that_was_replaced_before_isnt_there_any_more() -> None:
    msg = request("Subject: hello", body="hello")
    assert TEXTOPS.replace_all(msg, posix("hello"), b"a longer text")
    assert not TEXTOPS.replace_all(msg, posix("ell"), b"x")
    assert edited(msg) == request_bytes("Subject: a longer text", body="a longer text")


def test_many_matches_and_many_edits_stay_quick() -> None:
    msg = request(body="ab" * 20_000)
    assert TEXTOPS.replace_all(msg, posix("a"), b"c")
    assert TEXTOPS.replace_all(msg, posix("b"), b"d")
    assert edited(msg).endswith(b"cd" * 20_000)


def test_search_append_puts_text_behind_the_first_match() -> None:
    msg = request(body=SDP)
    assert TEXTOPS.search_append(msg, posix("RTP/AVP 0"), b" 8")
    assert edited(msg) == request_bytes(body=SDP.replace("AVP 0", "AVP 0 8"))
    assert not TEXTOPS.search_append(msg, posix("PCMU"), b" 8")


def test_search_append_leaves_the_first_line_alone() -> None:
    msg = request()
    assert not TEXTOPS.search_append(msg, posix("INVITE sip:bob"), b"by")


def test_search_append_into_an_empty_line_before_the_body_belongs_to_the_body() -> None:
    msg = request(body="hello")
    assert TEXTOPS.search_append(msg, posix("Content-Length: 5\r\n\r\n"), b"oh, ")
    assert edited(msg) == request_bytes(body="oh, hello")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["replace", "replace_all", "search_append"]),
            st.sampled_from(["a", "b+", "ab", "c=", "tag=", "[0-9]", "^v", "0$", ":", "x|y|z"]),
            st.sampled_from([b"", b"Q", b"much longer than it was"]),
        ),
        max_size=5,
    )
)
def test_whatever_is_edited_in_the_body_content_length_is_right(
    calls: list[tuple[str, str, bytes]],
) -> None:
    msg = request(body=SDP)
    for name, expression, text in calls:
        getattr(TEXTOPS, name)(msg, posix("^[acmv]=.*" + expression), text)
    head, _, body = edited(msg).partition(b"\r\n\r\n")
    assert f"\r\nContent-Length: {len(body)}".encode() in head


# -- headers -------------------------------------------------------------------------------------


def test_append_hf_stands_behind_the_last_header() -> None:
    msg = request("X: y", body="hello")
    TEXTOPS.append_hf(msg, HeaderLines(b"P-hint: usrloc\r\n"))
    assert edited(msg).endswith(b"Content-Length: 5\r\nP-hint: usrloc\r\n\r\nhello")


def test_headers_appended_stand_in_the_order_of_the_calls() -> None:
    msg = request()
    TEXTOPS.append_hf(msg, HeaderLines(b"A: 1\r\n"))
    TEXTOPS.append_hf(msg, HeaderLines(b"B: 2\r\n"))
    assert edited(msg).endswith(b"\r\nA: 1\r\nB: 2\r\n\r\n")


def test_append_urihf_puts_the_current_request_uri_between() -> None:
    msg = request()
    msg.uri = b"sip:carol@192.0.2.7"
    TEXTOPS.append_urihf(msg, HeaderStart(b"CC-Diversion: <"), HeaderEnd(b">\r\n"))
    assert edited(msg).endswith(b"\r\nCC-Diversion: <sip:carol@192.0.2.7>\r\n\r\n")


def test_remove_hf_removes_all_of_that_name() -> None:
    msg = request("Subject: a", "X: y", "s: b", "SUBJECT : c\r\n d")
    assert TEXTOPS.remove_hf(msg, HeaderName.from_script("Subject"))
    assert edited(msg) == request_bytes("X: y")
    assert not TEXTOPS.remove_hf(msg, HeaderName.from_script("Organization"))


def test_is_present_hf_knows_compact_names() -> None:
    msg = request("k: timer")
    assert TEXTOPS.is_present_hf(msg, HeaderName.from_script("Supported"))
    assert not TEXTOPS.is_present_hf(msg, HeaderName.from_script("Require"))


# -- subst ---------------------------------------------------------------------------------------


def test_subst_replaces_one_match_with_groups_and_the_request_uri() -> None:
    msg = request("User-Agent: Zoiper Zoiper")
    assert TEXTOPS.subst(msg, subst(r"/^User-Agent: (Zo)(iper)/User-Agent: \2\1 \0 \u/"))
    assert leaving(msg).header(b"user-agent") == (
        b"iperZo User-Agent: Zoiper sip:bob@example.com Zoiper"
    )


def test_subst_is_case_sensitive_unless_told() -> None:
    assert not TEXTOPS.subst(request("Subject: Hello"), subst("/hello/x/"))
    assert TEXTOPS.subst(request("Subject: Hello"), subst("/hello/x/i"))


def test_subst_g_replaces_each_match() -> None:
    msg = request("Subject: aaa", body="aaa")
    assert TEXTOPS.subst(msg, subst("/aaa/b/g"))
    assert edited(msg) == request_bytes("Subject: b", body="b")


def test_subst_leaves_the_first_line_alone() -> None:
    msg = request()
    assert not TEXTOPS.subst(msg, subst("/INVITE sip/x/"))


def test_a_dot_matches_no_newline_unless_told() -> None:
    assert not TEXTOPS.subst(request(body="a\nb"), subst("/a.b/x/"))
    assert TEXTOPS.subst(request(body="a\nb"), subst("/a.b/x/s"))


def test_subst_in_a_response_has_no_request_uri() -> None:
    data = request_bytes("P-Hint: y").split(b"\r\n", 1)[1]
    msg = in_script(b"SIP/2.0 200 OK\r\n" + data, kind=ONREPLY)
    assert TEXTOPS.subst(msg, subst(r"/Hint: y/Hint: z\u/"))
    assert leaving(msg).header(b"p-hint") == b"z"


@pytest.mark.parametrize(
    ("expression", "uri"),
    [
        (r"/^sip:([0-9]+)@(.*)$/sip:+\1@\2/", b"sip:+4930@example.com;x=y"),
        (r"/example\.com/example.org/", b"sip:4930@example.org;x=y"),
        (r"/;x=y//", b"sip:4930@example.com"),
        (r"/^sip:/sips:/", b"sips:4930@example.com;x=y"),
    ],
)
def test_subst_uri_rewrites_the_request_uri(expression: str, uri: bytes) -> None:
    msg = request(uri="sip:4930@example.com;x=y")
    assert TEXTOPS.subst_uri(msg, subst(expression))
    assert msg.uri == uri


def test_subst_uri_without_a_match_is_false() -> None:
    msg = request()
    assert not TEXTOPS.subst_uri(msg, subst("/carol/x/"))
    assert msg.uri == b"sip:bob@example.com"


@pytest.mark.parametrize("replacement", ["si p:x", "sip:<x>", "x", r"sip:a\nb"])
def test_subst_uri_never_makes_what_isnt_a_uri(replacement: str) -> None:
    core = FakeCore()
    msg = request(core=core)
    assert not TEXTOPS.subst_uri(msg, subst(f"/^.*$/{replacement}/"))
    assert msg.uri == b"sip:bob@example.com"
    assert len(core.logged) == 1


@pytest.mark.parametrize(
    ("uri", "expression", "uri_after"),
    [
        ("sip:0030@a:5070;x", r"/^00/+/", b"sip:+30@a:5070;x"),
        ("sip:bob:pw@a", r"/$/-1/", b"sip:bob-1:pw@a"),
        ("sip:a", r"/^$/nobody/", b"sip:nobody@a"),
        ("sip:bob@a", r"/.*//", b"sip:a"),
        ("sip:aXbX@c", r"/X/-/g", b"sip:a-b-@c"),
    ],
)
def test_subst_user_rewrites_the_user(uri: str, expression: str, uri_after: bytes) -> None:
    msg = request(uri=uri)
    assert TEXTOPS.subst_user(msg, subst(expression))
    assert msg.uri == uri_after


@pytest.mark.parametrize(("uri", "expression"), [("sip:bob@a", "/x/y/"), ("tel:+49", "/4/5/")])
def test_subst_user_without_a_match_or_a_user_is_false(uri: str, expression: str) -> None:
    msg = request(uri=uri)
    assert not TEXTOPS.subst_user(msg, subst(expression))
    assert msg.uri == uri.encode()


def test_subst_user_never_breaks_the_uri() -> None:
    msg = request()
    assert not TEXTOPS.subst_user(msg, subst("/bob/b ob@x/"))
    assert msg.uri == b"sip:bob@example.com"


# -- replies -------------------------------------------------------------------------------------


def test_append_to_reply_is_kept_for_our_replies() -> None:
    msg = request()
    TEXTOPS.append_to_reply(msg, HeaderLines(b"Retry-After: 5\r\n"))
    assert msg.reply_headers == [b"Retry-After: 5\r\n"]
    assert edited(msg) == request_bytes()


def test_append_time_is_kept_once() -> None:
    msg = request()
    TEXTOPS.append_time(msg)
    TEXTOPS.append_time(msg)
    assert msg.reply_headers == [b"Date: Sun, 09 Sep 2001 01:46:40 GMT\r\n"]


def test_where_the_functions_may_stand() -> None:
    routes = {info.name: info.routes for info in commands_of(Textops)}
    everywhere = REQUEST | FAILURE | ONREPLY
    assert routes == {
        "search": everywhere,
        "search_append": everywhere,
        "replace": everywhere,
        "replace_all": everywhere,
        "append_hf": everywhere,
        "append_urihf": REQUEST | FAILURE,
        "remove_hf": everywhere,
        "is_present_hf": everywhere,
        "subst": everywhere,
        "subst_uri": REQUEST | FAILURE,
        "subst_user": REQUEST | FAILURE,
        "append_to_reply": REQUEST,
        "append_time": REQUEST,
    }
