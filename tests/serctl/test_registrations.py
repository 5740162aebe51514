from __future__ import annotations

import csv
import io

import pytest

from ser_core.fifo.tables import table_body
from serctl import listing
from serctl.settings import Settings
from tests.support.serctl_runs import NOW, FakeSer, serctl
from tests.support.ul_list import COLUMNS, UlList, registration

MANY = [registration(f"user{n:04}") for n in range(2500)]
PAGE = 1000


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", PAGE)


HOSTILE = "\x1b[2J\t\n\r\udcff[red]<b>👩\u200d💻" + "x" * 2000


def asked(ser: FakeSer) -> list[tuple[str, ...]]:
    return [request[1:] for request in ser.requests]


def test_a_pipe_gets_all_page_by_page() -> None:
    ser = FakeSer(ul_list=UlList(MANY))
    run = serctl("ul", "show", ser=ser)
    assert run.status == 0
    assert [line.split("\t")[0] for line in run.stdout.splitlines()] == [x[0] for x in MANY]
    assert run.stderr == ""
    common = ("table=location", "sort=aor", f"limit={PAGE}")
    places = ("offset=0", "after=user0998", "after=user1997")
    assert asked(ser) == [(*common, place) for place in places]


def test_a_terminal_gets_the_first_fifty_and_is_told() -> None:
    ser = FakeSer(ul_list=UlList(MANY, total=9000))
    run = serctl("ul", "show", ser=ser, terminal=True)
    assert len(run.stdout.splitlines()) == 52
    assert run.stderr == (
        "serctl: 50 of 2500 (of 9000) shown; --all shows all, --offset what follows\n"
    )
    assert len(ser.requests) == 1


def test_all_on_a_terminal() -> None:
    run = serctl("ul", "show", "--all", ser=FakeSer(ul_list=UlList(MANY)), terminal=True)
    assert (len(run.stdout.splitlines()), run.stderr) == (2502, "")


def test_a_limit_and_an_offset() -> None:
    ser = FakeSer(ul_list=UlList(MANY))
    run = serctl("ul", "show", "--limit", "1200", "--offset", "100", ser=ser)
    users = [line.split("\t")[0] for line in run.stdout.splitlines()]
    assert users == [x[0] for x in MANY[100:1300]]
    assert [request[-2:] for request in ser.requests] == [
        ("limit=1000", "offset=100"),
        ("limit=201", "after=user1098"),
    ]
    assert run.stderr == ("serctl: 1200 of 2500 shown; --all shows all, --offset what follows\n")


def test_what_ser_is_asked_for() -> None:
    ser = FakeSer(ul_list=UlList([]))
    run = serctl("ul", "show", "--filter", "Grand stream", "--sort", "-expires", ser=ser)
    assert (run.status, run.stdout) == (0, "")
    [options] = asked(ser)
    assert options[:3] == ("table=location", "filter=Grand stream", "sort=-expires")


@pytest.mark.parametrize(
    ("words", "rows", "note"),
    [
        (("ul", "show"), [], "nobody is registered"),
        (("alias", "show"), [], "there is no alias"),
        (("ul", "show", "--filter", "Grand"), MANY[:9], "none of 9 has 'Grand' in it"),
        (("ul", "show", "--offset", "10"), MANY[:9], "there are only 9: --offset is too large"),
    ],
)
def test_an_empty_table_says_why_and_a_pipe_gets_nothing(
    words: tuple[str, ...], rows: list[list[str]], note: str
) -> None:
    class Filtering(UlList):
        def __call__(self, *options: str) -> bytes:
            if "filter=Grand" in options:
                return b"200 ok total=9 matched=0\n" + table_body(COLUMNS, [])
            return super().__call__(*options)

    run = serctl(*words, ser=FakeSer(ul_list=Filtering(rows)))
    assert (run.status, run.stdout, run.stderr) == (0, "", f"serctl: {note}\n")
    assert note in serctl(*words, ser=FakeSer(ul_list=Filtering(rows)), terminal=True).stderr


def test_the_tables_name_is_a_setting() -> None:
    ser = FakeSer(ul_list=UlList([]))
    settings = Settings(location_table="here", alias_table="names")
    serctl("ul", "show", ser=ser, settings=settings)
    serctl("alias", "show", ser=ser, settings=settings)
    assert [options[0] for options in asked(ser)] == ["table=here", "table=names"]


@pytest.mark.parametrize(
    "words",
    [
        ("--sort", "colour"), ("--limit", "0"), ("--limit", "x"), ("--offset", "-1"),
        ("--all", "--limit", "5"),
    ],
)  # fmt: skip
def test_options_that_make_no_sense(words: tuple[str, ...]) -> None:
    ser = FakeSer(ul_list=UlList([]))
    assert serctl("ul", "show", *words, ser=ser).status == 2
    assert not ser.requests


def test_raw_shows_every_reply() -> None:
    run = serctl("ul", "show", "-F", "raw", ser=FakeSer(ul_list=UlList(MANY)))
    assert run.stdout.count("200 ok total=2500") == 3


def test_a_hostile_user_agent_changes_nothing_but_its_own_text() -> None:
    rows = [registration("a", user_agent=HOSTILE), registration("b")]
    ser = FakeSer(ul_list=UlList(rows))
    lines = serctl("ul", "show", ser=ser).stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["a", "b"]
    assert {line.count("\t") for line in lines} == {lines[1].count("\t")}
    assert "x" * 2000 in lines[0]
    drawn = serctl("ul", "show", ser=ser, terminal=True).stdout.splitlines()
    assert len(drawn) == 4
    assert max(map(len, drawn)) <= 80
    table = serctl("ul", "show", "-F", "csv", ser=ser).stdout
    assert len(list(csv.reader(io.StringIO(table)))) == 3


def test_a_table_that_ser_does_not_have_is_explained() -> None:
    ser = FakeSer(ul_list="400 table (location) not found\n")
    run = serctl("ul", "show", ser=ser)
    assert run.status == 1
    assert run.stderr == (
        "serctl: ser says 400 table (location) not found; tables are those that ser.cfg names in "
        "save() and lookup()\n"
    )


def test_a_domain_that_ser_wants_is_asked_for_in_sers_words() -> None:
    ser = FakeSer(ul_show_contact="400 ul_show_contact: user@domain expected\n")
    run = serctl("ul", "show", "joe", ser=ser)
    assert run.status == 1
    assert run.stderr.endswith(
        "; domain unknown: use usernames with domain or set default domain in SIP_DOMAIN\n"
    )


CONTACTS = (
    "200 OK\n<sip:joe@192.0.2.9:5062>;q=0.5;expires=3590\n<sip:a;q=1;x>;q=;expires=2147483647\n"
    "<sip:b>;q=1;expires=-7\n"
)


def test_the_contacts_of_a_user() -> None:
    ser = FakeSer(ul_show_contact=CONTACTS)
    run = serctl("ul", "show", "joe", ser=ser, settings=Settings(domain="example.com"))
    assert ser.requests == [("ul_show_contact", "location", "joe@example.com")]
    rows = [line.split("\t") for line in run.stdout.splitlines()]
    assert [row[0] for row in rows] == ["sip:joe@192.0.2.9:5062", "sip:a;q=1;x", "sip:b"]
    assert [row[1] for row in rows] == ["0.5", "", "1"]
    assert [row[2:] for row in rows[1:]] == [["permanent", ""], ["permanent", ""]]
    assert rows[0][3] == "3590"


def test_contacts_that_cannot_be_read_are_told() -> None:
    run = serctl("ul", "show", "joe", ser=FakeSer(ul_show_contact="200 OK\nnonsense\n"))
    assert (run.status, run.stdout) == (1, "")
    assert "ser and serctl don't fit together" in run.stderr


def test_a_user_who_is_not_there_is_not_found() -> None:
    ser = FakeSer(ul_show_contact="404 Username joe in table location not found\n")
    run = serctl("ul", "show", "joe", ser=ser)
    assert (run.status, run.stdout) == (5, "")
    assert run.stderr == "serctl: ser says 404 Username joe in table location not found\n"


def test_a_registration_that_never_expires() -> None:
    ser = FakeSer(ul_list=UlList([registration("a", expires=0)]))
    assert serctl("ul", "show", ser=ser).stdout.split("\t")[2:4] == ["permanent", ""]


def test_an_expired_one_has_a_time_below_zero() -> None:
    ser = FakeSer(ul_list=UlList([registration("a", expires=NOW - 5)]))
    assert serctl("ul", "show", ser=ser).stdout.split("\t")[3] == "-5"
