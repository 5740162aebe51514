from __future__ import annotations

import stat
from pathlib import Path

import pytest

from sertui.request_history import (
    KEPT,
    RequestHistory,
    SentRequest,
    ended,
    history_path,
    line_of,
)

OPTIONS = SentRequest("OPTIONS sip:joe@a SIP/2.0\n", "", 1000.5, 200, "OK", 0.012)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ser" / "requests"


def test_what_was_sent_is_there_the_next_time(path: Path) -> None:
    RequestHistory(path).add(OPTIONS)
    assert RequestHistory(path).entries == [OPTIONS]


def test_one_that_nobody_waited_for_is_there_too(path: Path) -> None:
    begun = SentRequest("INVITE sip:joe@a SIP/2.0\n", "", 1000.5, is_over=False)
    RequestHistory(path).add(begun)
    assert RequestHistory(path).entries == [begun]
    assert line_of(begun).endswith("  … ---  INVITE sip:joe@a")


def test_its_end_takes_the_place_of_its_beginning(path: Path) -> None:
    first = SentRequest("REGISTER sip:a SIP/2.0\nAuthorization: x\n", "", 1.5, is_over=False)
    other = SentRequest("other", "", 2.5, is_over=False)
    history = RequestHistory(path)
    for entry in (first, other, ended(first, 200, "OK", 0.1)):
        history.add(entry)
    for entries in (history.entries, RequestHistory(path).entries):
        assert [(x.code, x.is_over) for x in entries] == [(200, True), (0, False)]


def test_what_an_older_dashboard_kept_is_over(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(
        '{"text": "x", "next_hop": "", "sent_at": 1, "code": 200, "words": "OK", "seconds": 1}\n'
    )
    assert RequestHistory(path).entries == [SentRequest("x", "", 1.0, 200, "OK", 1.0)]


def test_two_dashboards_keep_both(path: Path) -> None:
    one, other = RequestHistory(path), RequestHistory(path)
    one.add(OPTIONS)
    other.add(SentRequest("x\udcff"))
    assert [each.text for each in RequestHistory(path).entries] == [OPTIONS.text, "x\udcff"]


def test_nobody_else_may_read_it(path: Path) -> None:
    RequestHistory(path).add(OPTIONS)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_credentials_are_left_out(path: Path) -> None:
    text = (
        "REGISTER sip:a SIP/2.0\nFrom: <sip:joe@a>\n"
        "Authorization: Digest x,\n response=1\nproxy-authorization : y\nTo: <sip:joe@a>\n"
    )
    history = RequestHistory(path)
    history.add(SentRequest(text))
    kept = "REGISTER sip:a SIP/2.0\nFrom: <sip:joe@a>\nTo: <sip:joe@a>\n"
    assert history.entries[0].text == kept
    assert "response" not in path.read_text()


def test_lines_that_make_no_sense_are_passed_over(path: Path) -> None:
    RequestHistory(path).add(OPTIONS)
    with path.open("ab") as file:
        file.write(b'{"text": "cut o\n[]\n7\n{}\n\xff\n')
    RequestHistory(path).add(OPTIONS)
    assert RequestHistory(path).entries == [OPTIONS, OPTIONS]


def test_a_long_history_is_cut_back(path: Path) -> None:
    history = RequestHistory(path)
    for number in range(2 * KEPT + 1):
        history.add(SentRequest(f"{number}"))
    assert len(history.entries) == KEPT
    assert len(RequestHistory(path).entries) == KEPT
    assert len(path.read_text().splitlines()) == KEPT
    assert RequestHistory(path).entries[-1].text == f"{2 * KEPT}"


def test_a_place_that_cant_be_written_is_told(path: Path) -> None:
    path.parent.write_text("a file")
    history = RequestHistory(path)
    history.add(OPTIONS)
    assert history.entries == [OPTIONS]
    assert "ser" in history.problem


def test_a_directory_in_its_place_is_told(path: Path) -> None:
    path.mkdir(parents=True)
    assert "Is a directory" in RequestHistory(path).problem


def test_without_a_home_it_lasts_as_long_as_the_dashboard() -> None:
    history = RequestHistory(None)
    history.add(OPTIONS)
    assert history.entries == [OPTIONS]
    assert "no home directory" in history.problem


@pytest.mark.parametrize(
    ("variables", "path"),
    [
        ({"XDG_STATE_HOME": "/s", "HOME": "/h"}, "/s/ser/sertui_requests"),
        ({"XDG_STATE_HOME": "s", "HOME": "/h"}, "/h/.local/state/ser/sertui_requests"),
        ({"HOME": "/h"}, "/h/.local/state/ser/sertui_requests"),
    ],
)
def test_it_lies_where_state_is_kept(variables: dict[str, str], path: str) -> None:
    assert history_path(variables) == Path(path)


def test_somebody_without_a_home_has_none() -> None:
    assert history_path({}) is None


def test_a_line_tells_when_and_how_it_ended() -> None:
    assert line_of(OPTIONS).endswith("  ✓ 200  OPTIONS sip:joe@a")
    assert line_of(SentRequest("what\nnow")).endswith("  ✗ ---  what")
