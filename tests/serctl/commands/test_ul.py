from __future__ import annotations

import json

import pytest

from tests.support.serctl_runs import FakeSer, serctl
from tests.support.ul_list import UlList, registration

NOBODY = "404 Username joe in table aliases not found\n"
ADDED = "200 Added to table\n('joe','sip:joe@192.0.2.9') to 'location'\n"
ADD = ("ul", "add", "joe@example.com", "sip:joe@192.0.2.9")
REMOVED = "200 user (location, joe) deleted\n"
TWO = "200 OK\n<sip:a@b>;q=1;expires=9\n<sip:c@d>;q=1;expires=9\n"


def test_show_on_a_terminal() -> None:
    ser = FakeSer(ul_list=UlList([registration("00441234")]))
    run = serctl("ul", "show", ser=ser, terminal=True)
    assert "00441234" in run.stdout.splitlines()[2]


def test_add_is_for_good() -> None:
    ser = FakeSer(ul_show_contact=NOBODY, ul_add=ADDED)
    run = serctl(*ADD, ser=ser)
    assert (run.status, run.stdout, run.stderr) == (0, ADDED, "")
    assert ser.requests[-1] == (
        "ul_add", "location", "joe@example.com", "sip:joe@192.0.2.9", "0", "1.00", "0", "128",
    )  # fmt: skip


def test_add_for_some_time_with_a_q() -> None:
    ser = FakeSer(ul_show_contact=NOBODY, ul_add=ADDED)
    serctl(*ADD, "--expires", "2h", "--q", "0.5", ser=ser)
    assert ser.requests[-1][4:] == ("7200", "0.50", "0", "0")


@pytest.mark.parametrize(
    "words",
    [("--expires", "soon"), ("--expires", "0"), ("--q", "2"), ("--q", "much")],
)
def test_add_with_values_that_make_no_sense(words: tuple[str, ...]) -> None:
    ser = FakeSer(ul_show_contact=NOBODY, ul_add=ADDED)
    assert serctl(*ADD, *words, ser=ser).status == 2
    assert not ser.requests


def test_add_wants_a_uri() -> None:
    run = serctl("ul", "add", "joe", "192.0.2.9", ser=FakeSer(ul_show_contact=NOBODY))
    assert run.status == 2
    assert "invalid URI '192.0.2.9'" in run.stderr


def test_add_does_not_overlap_with_an_alias() -> None:
    ser = FakeSer(ul_show_contact="200 OK\n<sip:bob@example.com>;q=1;expires=2147483647\n")
    run = serctl(*ADD, ser=ser)
    assert (run.status, run.stdout) == (1, "")
    assert run.stderr == (
        "serctl: there is an alias joe@example.com already, for sip:bob@example.com: remove it "
        "first\n"
    )
    assert [request[0] for request in ser.requests] == ["ul_show_contact"]


def test_add_needs_no_aliases_in_ser_cfg() -> None:
    ser = FakeSer(ul_show_contact="400 table (aliases) not found\n", ul_add=ADDED)
    assert serctl(*ADD, ser=ser).status == 0


def test_add_stops_where_aliases_cannot_be_read() -> None:
    ser = FakeSer(ul_show_contact="500 no memory\n", ul_add=ADDED)
    assert serctl(*ADD, ser=ser).status == 1
    assert len(ser.requests) == 1


def test_a_dry_run_of_add_prints_what_would_be_added() -> None:
    ser = FakeSer()
    run = serctl(*ADD, "--dry-run", ser=ser)
    assert (run.status, run.stdout) == (
        0,
        ":ul_add:serctl\nlocation\njoe@example.com\nsip:joe@192.0.2.9\n0\n1.00\n0\n128\n\n",
    )
    assert not ser.requests


def test_an_argument_is_never_a_format() -> None:
    ser = FakeSer(ul_show_contact=NOBODY, ul_add=ADDED)
    serctl("ul", "add", "%s\\n%n@example.com", "sip:%25x@192.0.2.9", ser=ser)
    assert ser.requests[-1][2:4] == ("%s\\n%n@example.com", "sip:%25x@192.0.2.9")


def test_rm_asks_on_a_terminal() -> None:
    ser = FakeSer(ul_show_contact=TWO, ul_rm=REMOVED)
    run = serctl("ul", "rm", "joe", ser=ser, stdin="y\n", asked=True)
    assert (run.status, run.stdout) == (0, REMOVED)
    assert run.stderr == "Remove joe with 2 contacts from location? [y/N] "
    assert ser.requests[-1] == ("ul_rm", "location", "joe")


@pytest.mark.parametrize(("stdin", "asked", "status"), [("n\n", True, 1), ("y\n", False, 2)])
def test_rm_without_a_yes_removes_nothing(stdin: str, asked: bool, status: int) -> None:
    ser = FakeSer(ul_show_contact=TWO, ul_rm=REMOVED)
    run = serctl("ul", "rm", "joe", ser=ser, stdin=stdin, asked=asked)
    assert (run.status, run.stdout) == (status, "")
    assert "ul_rm" not in [request[0] for request in ser.requests]


def test_rm_with_y_asks_nobody() -> None:
    ser = FakeSer(ul_show_contact=TWO, ul_rm=REMOVED)
    run = serctl("ul", "rm", "joe", "-y", ser=ser)
    assert (run.status, run.stdout, run.stderr) == (0, REMOVED, "")


def test_rm_of_nobody_is_not_found() -> None:
    """The FIFO's ul_rm is content with that."""
    ser = FakeSer(ul_show_contact=NOBODY, ul_rm=REMOVED)
    assert serctl("ul", "rm", "joe", "-y", ser=ser).status == 5


def test_rm_of_one_contact() -> None:
    ser = FakeSer(ul_rm_contact="200 Contact (joe, sip:a@b) deleted from table location\n")
    run = serctl("ul", "rm", "joe", "sip:a@b", ser=ser, stdin="y\n", asked=True)
    assert run.status == 0
    assert run.stderr == "Remove the contact sip:a@b of joe from location? [y/N] "
    assert ser.requests == [("ul_rm_contact", "location", "joe", "sip:a@b")]


def test_a_question_is_harmless() -> None:
    run = serctl("ul", "rm", "joe\x1b[2J", "sip:a@b", stdin="n\n", asked=True)
    assert run.stderr.startswith("Remove the contact sip:a@b of joe\\x1b[2J from location?")


def test_a_newline_cannot_smuggle_a_second_command() -> None:
    ser = FakeSer(ul_show_contact=TWO, ul_rm=REMOVED)
    run = serctl("ul", "rm", "joe\n\n:kill:x", "-y", ser=ser)
    assert (run.status, run.stdout) == (2, "")
    assert not ser.requests


def test_json_of_a_change() -> None:
    ser = FakeSer(ul_show_contact=NOBODY, ul_add=ADDED)
    run = serctl(*ADD, "-F", "json", ser=ser)
    assert json.loads(run.stdout)["text"] == "Added to table"


def test_dump_is_sers_text() -> None:
    dump = "200 ok\n===Domain list===\n---Domain---\nname : 'location'\n"
    assert serctl("ul", "dump", ser=FakeSer(ul_dump=dump)).stdout == dump[7:]


def test_online_lists_each_user_once() -> None:
    rows = [registration("joe"), registration("bob"), registration("joe")]
    run = serctl("online", ser=FakeSer(ul_list=UlList(rows)))
    assert (run.status, run.stdout) == (0, "bob\njoe\n")


def test_online_without_users_is_empty() -> None:
    run = serctl("online", ser=FakeSer(ul_list=UlList([])))
    assert (run.status, run.stdout, run.stderr) == (0, "", "")
