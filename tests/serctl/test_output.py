from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.fifo.protocol import Reply
from serctl.environment import Environment
from serctl.output import (
    Column,
    Format,
    Part,
    Record,
    Table,
    Value,
    show,
    show_parts,
    show_reply,
    show_stream,
    show_text,
)
from serctl.settings import Settings
from serctl.times import Moment
from tests.support.serctl_runs import NOW, Screen

HOSTILE = "\x1b[2J\t\n\r\udcff[red]<b>👩\u200d💻\u202e" + "x" * 2000


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("COLUMNS", "60")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def make(format: str = "", *, terminal: bool = False, wide: bool = False) -> Environment:
    return Environment(
        io.StringIO(), Screen() if terminal else io.StringIO(), io.StringIO(),
        settings=Settings(format=format), wide=wide, now=lambda: NOW, variables={"NO_COLOR": "1"},
    )  # fmt: skip


def written(environment: Environment) -> str:
    assert isinstance(environment.stdout, io.StringIO)
    return environment.stdout.getvalue()


def shown(data: Table | Record, format: str = "", **how: bool) -> str:
    environment = make(format, **how)
    show(environment, data, Reply(body=b"raw\n"))
    return written(environment)


USERS = Table(
    (
        Column("aor", "user"),
        Column("expires", is_time=True),
        Column("cseq", is_number=True),
        Column("call_id", only_wide=True),
    ),
    (
        ("00441234", Moment(NOW + 3600), 7, "a@b"),
        ("joe", Moment(None, "permanent"), None, ""),
    ),
)


def test_a_table_for_people() -> None:
    assert shown(USERS, terminal=True) == (
        "user      expires              cseq\n"
        "--------  -----------------  ------\n"
        "00441234  23:13:20 (in 1 h)       7\n"
        "joe       permanent\n"
    )


def test_columns_without_text_are_left_out() -> None:
    table = Table((Column("a"), Column("b")), (("1", ""), ("2", None)))
    assert shown(table, terminal=True) == "a\n---\n1\n2\n"
    assert shown(table, terminal=True, wide=True).startswith("a    b\n")
    assert shown(Table(table.columns, ()), terminal=True).startswith("a    b\n")
    assert shown(table) == "1\t\n2\t\n"


def test_wide_shows_all_columns() -> None:
    lines = shown(USERS, terminal=True, wide=True).splitlines()
    assert lines[0].split() == ["user", "expires", "cseq", "call", "id"]


def test_lines_for_scripts() -> None:
    assert shown(USERS) == (
        "00441234\t2023-11-14T23:13:20+00:00\t3600\t7\ta@b\njoe\tpermanent\t\t\t\n"
    )


def test_json() -> None:
    assert json.loads(shown(USERS, "json")) == [
        {
            "aor": "00441234", "expires": "2023-11-14T23:13:20+00:00", "expires_in": 3600,
            "cseq": 7, "call_id": "a@b",
        },
        {"aor": "joe", "expires": None, "expires_in": None, "cseq": None, "call_id": ""},
    ]  # fmt: skip


def test_csv_has_a_line_of_names() -> None:
    assert shown(USERS, "csv") == (
        "aor,expires,expires_in,cseq,call_id\n"
        "00441234,2023-11-14T23:13:20+00:00,3600,7,a@b\n"
        "joe,permanent,,,\n"
    )


@pytest.mark.parametrize("terminal", [False, True])
def test_raw_is_the_reply(terminal: bool) -> None:
    assert shown(USERS, "raw", terminal=terminal) == "200 ok\nraw\n"


def test_raw_is_byte_for_byte_in_a_pipe_only() -> None:
    reply = Reply(body=b"\x1b[2J\xff\n")
    pipe, screen = make("raw"), make("raw", terminal=True)
    show_reply(pipe, reply)
    show_reply(screen, reply)
    assert written(pipe) == "200 ok\n\x1b[2J\udcff\n"
    assert written(screen) == "200 ok\n\\x1b[2J\\xff\n"


RECORD = Record(
    [
        (Column("loaded"), Moment(NOW - 60)),
        (Column("run_dir"), "/run/ser"),
        (Column("listen"), ("udp:a", "tcp:b")),
        (Column("debug"), 2),
    ]
)


def test_a_record_for_people() -> None:
    assert shown(RECORD, terminal=True) == (
        "loaded   22:12:20 (1 min ago)\nrun dir  /run/ser\nlisten   udp:a, tcp:b\ndebug    2\n"
    )


def test_a_record_for_scripts() -> None:
    assert shown(RECORD) == (
        "loaded\t2023-11-14T22:12:20+00:00\nloaded_in\t-60\nrun_dir\t/run/ser\n"
        "listen\tudp:a, tcp:b\ndebug\t2\n"
    )


def test_a_record_as_json_is_an_object() -> None:
    assert json.loads(shown(RECORD, "json")) == {
        "loaded": "2023-11-14T22:12:20+00:00", "loaded_in": -60, "run_dir": "/run/ser",
        "listen": ["udp:a", "tcp:b"], "debug": 2,
    }  # fmt: skip


def test_a_record_as_csv() -> None:
    assert shown(RECORD, "csv").splitlines()[:2] == [
        "name,value",
        "loaded,2023-11-14T22:12:20+00:00",
    ]


# -- hostile text --------------------------------------------------------------------------------


def one_cell(value: Value, *, name: str = "user_agent") -> Table:
    return Table((Column("aor"), Column(name), Column("q")), (("joe", value, "1"),))


def test_a_hostile_text_is_one_cut_cell_of_a_table() -> None:
    lines = shown(one_cell(HOSTILE), terminal=True).splitlines()
    assert len(lines) == 3
    assert lines[2].startswith("joe    \\x1b[2J\\t\\n\\r\\xff[red]<b>👩")
    assert lines[2].endswith("…  1")


def test_wide_cuts_nothing() -> None:
    assert "x" * 2000 in shown(one_cell(HOSTILE), terminal=True, wide=True)


@pytest.mark.parametrize("format", ["", "table", "json", "csv"])
def test_a_pipe_cuts_nothing(format: str) -> None:
    assert "x" * 2000 in shown(one_cell(HOSTILE), format)


def test_a_hostile_text_is_one_column_of_a_line() -> None:
    [line] = shown(one_cell(HOSTILE)).splitlines()
    aor, agent, q = line.split("\t")
    assert (aor, q) == ("joe", "1")
    assert agent.startswith("\\x1b[2J\\t\\n\\r\\xff[red]<b>👩")


def test_a_hostile_text_is_itself_in_json() -> None:
    [row] = json.loads(shown(one_cell(HOSTILE), "json"))
    assert row["user_agent"] == HOSTILE.replace("\udcff", "\ufffd")


def test_a_hostile_text_is_one_field_of_csv() -> None:
    text = shown(one_cell('a,"b"\n\x1b'), "csv")
    assert list(csv.reader(io.StringIO(text)))[1] == ["joe", 'a,"b"\n\x1b', "1"]


def test_csv_on_a_terminal_harms_nobody() -> None:
    assert "\x1b" not in shown(one_cell("\x1b[2J"), "csv", terminal=True)


@pytest.mark.parametrize("format", list(Format))
@given(text=st.text(), number=st.integers())
def test_a_terminal_never_gets_a_control_character(format: Format, text: str, number: int) -> None:
    for data in (one_cell(text), one_cell(number), Record([(Column("x"), text)])):
        for character in shown(data, format, terminal=True):
            assert character in "\n\t" or (character >= " " and not "\x7f" <= character < "\xa0")


@given(st.text("0123456789.eE+-_ xXnaifNAIF", max_size=12))
def test_no_text_is_taken_for_a_number(text: str) -> None:
    for format in ("table", "json", "csv", "lines"):
        assert text.strip() in shown(one_cell(text), format).replace('""', '"')


# -- what is no table ----------------------------------------------------------------------------


def test_text_without_columns() -> None:
    for format, expected in (
        ("", "a\tb\n\\x1bc\n"),
        ("raw", "200 ok\na\n"),
        ("json", '[\n  "a\\tb",\n  "\\u001bc"\n]\n'),
    ):
        environment = make(format)
        show_text(environment, "a\tb\n\x1bc\n", Reply(body=b"a\n"))
        assert written(environment) == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(body=b"hello\n"), "hello\n"),
        (Reply(text="OK"), ""),
        (Reply(text="Added to table", body=b"('a','b')\n"), "200 Added to table\n('a','b')\n"),
        (Reply(202, "ok"), "202 ok\n"),
    ],
)
def test_a_reply_is_shown_without_200_ok(reply: Reply, expected: str) -> None:
    environment = make()
    show_reply(environment, reply)
    assert written(environment) == expected


def test_a_reply_as_json() -> None:
    environment = make("json")
    show_reply(environment, Reply(text="Added", body=b"x\n"))
    assert json.loads(written(environment)) == {"code": 200, "text": "Added", "body": ["x"]}


def test_a_stream_has_one_heading_and_an_object_a_line() -> None:
    table = Table((Column("a"),), (("1",), ("2",)))
    for format, expected in (
        ("csv", "a\n1\n2\n1\n2\n"),
        ("json", '{"a": "1"}\n{"a": "2"}\n' * 2),
        ("lines", "1\n2\n1\n2\n"),
    ):
        environment = make(format)
        show_stream(environment, table, Reply(), heading=True)
        show_stream(environment, table, Reply(), heading=False)
        assert written(environment) == expected


@pytest.mark.parametrize("format", ["lines", "csv", "json", "table"])
def test_a_table_in_parts_is_the_same_table(format: str) -> None:
    for rows in ((), USERS.rows[:1], USERS.rows):
        environment = make(format)
        parts = [Part(Reply(), []), *(Part(Reply(), [row]) for row in rows)]
        show_parts(environment, USERS.columns, parts)
        assert written(environment) == shown(Table(USERS.columns, rows), format)


def test_a_list_is_laid_out_as_python_does_it() -> None:
    text = shown(USERS, "json")
    assert text == json.dumps(json.loads(text), indent=2) + "\n"
    assert shown(Table(USERS.columns, ()), "json") == "[]\n"


def test_parts_are_written_as_they_come() -> None:
    environment = make("json")

    def parts() -> Iterator[Part]:
        yield Part(Reply(), USERS.rows[:1])
        assert "00441234" in written(environment)
        yield Part(Reply(), [])
        yield Part(Reply(), USERS.rows[1:])

    show_parts(environment, USERS.columns, parts())
    assert len(json.loads(written(environment))) == 2


def test_raw_parts_are_the_replies() -> None:
    environment = make("raw")
    show_parts(
        environment, USERS.columns, [Part(Reply(body=b"1\n"), ()), Part(Reply(body=b"2\n"), ())]
    )
    assert written(environment) == "200 ok\n1\n200 ok\n2\n"


def test_json_is_json_whatever_the_locale() -> None:
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="iso8859-1", errors="backslashreplace")
    environment = make("json")
    environment.stdout = stdout
    show(environment, Table((Column("a"),), (("jürgen \U0001f4bb",),)), Reply())
    stdout.flush()
    assert isinstance(stdout.buffer, io.BytesIO)
    assert json.loads(stdout.buffer.getvalue()) == [{"a": "jürgen \U0001f4bb"}]
