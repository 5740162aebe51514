from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from docs.completions import Row, rows, shared
from ser_core.sip.request_templates import names
from serctl import cli
from serctl.candidates import MOST, Candidate, candidates
from serctl.cli import root
from serctl.place import Place
from serctl.value_kinds import METHODS, ValueKind


class Known:
    """Knows words of one kind, and what it was asked for."""

    def __init__(self, kind: ValueKind = ValueKind.USER, *words: str) -> None:
        self.kind = kind
        self.words = words
        self.asked: list[tuple[ValueKind, str]] = []

    def values(self, kind: ValueKind, typed: str, place: Place) -> Iterable[str]:
        self.asked.append((kind, typed))
        return self.words if kind is self.kind else ()


def offered(line: str, typed: str = "", source: Known | None = None) -> list[str]:
    return [each.text for each in found(line, typed, source)]


def found(line: str, typed: str = "", source: Known | None = None) -> list[Candidate]:
    return candidates(Place.behind(root, line.split()), typed, source or Known())


def test_every_verb_is_offered_first_with_what_it_does() -> None:
    verbs = found("")
    assert {each.text for each in verbs} == {
        *(name for section in cli.VERBS.values() for name in section), *cli.SHORT_FORMS,
    }  # fmt: skip
    assert all(each.help for each in verbs)
    assert offered("", "al") == ["alias", "alias_db"]


def test_verbs_of_a_subject() -> None:
    assert offered("ul") == ["show", "add", "rm", "dump"]
    assert offered("ul", "s") == ["show"]
    assert offered("-F json alias") == ["show", "add", "rm"]


def test_options_its_own_ones_first() -> None:
    options = offered("ul show", "-")
    assert options[:3] == ["--filter", "--sort", "--limit"]
    assert {"--format", "--help", "--dry-run", "--watch"} <= set(options)
    assert offered("ul show", "--fi") == ["--filter", "--fifo"]
    assert offered("ul show", "-F") == ["-F"]


def test_an_option_that_stands_there_is_not_offered_again() -> None:
    assert offered("ul show --filter x", "--fi") == ["--fifo"]
    assert offered("send -H a:b", "--he") == ["--header", "--help"]


def test_values_behind_an_option() -> None:
    assert offered("ul show -F") == ["table", "json", "lines", "raw", "csv"]
    assert offered("ul show --format", "j") == ["json"]
    assert offered("ul show --sort", "-e") == ["-expires"]
    assert offered("ul show", "--format=c") == ["--format=csv"]
    assert offered("send -t", "") == names()


def test_nothing_is_offered_where_only_the_user_knows() -> None:
    source = Known(ValueKind.ANYTHING, "x")
    assert offered("ul show --filter", "", source) == []
    assert offered("ps", "", source) == offered("fifo print", "", source) == []
    assert offered("nothing", "", source) == offered("nothing", "-", source) == []
    assert source.asked == []


def test_live_values_come_from_the_source() -> None:
    source = Known(ValueKind.USER, "jane", "joe", "Joel", "joe", "bob")
    assert offered("ul show", "jo", source) == ["joe", "Joel"]
    assert offered("ul rm -y", "", source) == ["jane", "joe", "Joel", "bob"]
    assert source.asked == [(ValueKind.USER, "jo"), (ValueKind.USER, "")]


def test_more_than_anybody_reads_is_cut() -> None:
    source = Known(ValueKind.USER, *(f"u{number}" for number in range(1000)))
    assert len(offered("ul show", "u", source)) == MOST


def test_methods() -> None:
    assert offered("send") == list(METHODS)
    assert offered("send", "opt") == ["OPTIONS"]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "a file").touch()
    (tmp_path / ".hidden").touch()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "inside").touch()
    return tmp_path


def test_files(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(directory)
    assert found("fifo --body") == [Candidate("a file"), Candidate("deep/", is_open=True)]
    assert offered("fifo --body", ".") == [".hidden"]
    assert offered("fifo --body", "deep/") == ["deep/inside"]
    assert offered("fifo --body", "deep/x") == offered("fifo --body", "nowhere/") == []
    assert offered("fifo", f"--body={directory}/d") == [f"--body={directory}/deep/"]


def test_directories(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(directory)
    assert offered("--run-dir") == ["deep/"]


def test_a_file_behind_an_at_sign(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(directory)
    assert offered("send -b", "@a") == ["@a file"]


@pytest.mark.parametrize("row", [row for row in rows() if row.path], ids=lambda row: row.path)
def test_the_shell_and_the_completion_files_agree(row: Row) -> None:
    place = Place.behind(root, row.path.split())
    if row.subcommands:
        assert offered(row.path) == [name for name, _ in row.subcommands]
    else:
        assert place.value() == (row.arguments[0] if row.arguments else None)
    known = {name for option in (*row.options, *shared()) for name in option.names}
    assert {*offered(row.path, "-")} <= known - {"-V", "--version"}
    for option in row.options:
        waiting = Place.behind(root, [*row.path.split(), max(option.names, key=len)])
        assert (waiting.value() if waiting.waiting else None) == option.value
