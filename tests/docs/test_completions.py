from __future__ import annotations

from docs.completions import rows, shared, spoken
from serctl.value_kinds import METHODS, Value, ValueKind

ROWS = {row.path: row for row in rows()}


def test_serctl_has_its_verbs_by_each_of_their_names() -> None:
    names = [name for name, _ in ROWS[""].subcommands]
    assert {"ul", "moni", "monitor", "con"} <= set(names)
    assert ROWS[""].options == ()


def test_a_verb_by_another_name_takes_the_same() -> None:
    assert ROWS["monitor"].options == ROWS["moni"].options


def test_a_subject_has_verbs_and_no_places() -> None:
    assert dict(ROWS["ul"].subcommands)["rm"].startswith("Remove USER")
    assert ROWS["ul"].arguments == ()


def test_a_verb_has_options_and_places() -> None:
    assert ROWS["ul rm"].arguments == (Value(ValueKind.USER), Value(ValueKind.CONTACT))
    assert "--sort" in {name for each in ROWS["ul show"].options for name in each.names}


def test_options_of_all() -> None:
    names = {name for each in shared() for name in each.names}
    assert {"-h", "-V", "-F", "--dry-run"} <= names


def test_how_a_place_is_told() -> None:
    assert spoken(Value(ValueKind.USER, repeats=True)) == "user..."
    assert spoken(Value(ValueKind.WORDS, ("a", "b"))) == "words a b"
    assert spoken(Value(ValueKind.METHOD)) == f"words {' '.join(METHODS)}"
