from __future__ import annotations

import pytest

from serctl.cli import VERBS, root
from serctl.place import Place
from serctl.shell_help import described, help_at
from serctl.value_kinds import Value, ValueKind

NO_DESCRIPTION = (ValueKind.WORDS, ValueKind.ANYTHING)


def shown(line: str, width: int | None = 80) -> list[str]:
    return help_at(Place.behind(root, line.split()), width).splitlines()


def test_at_the_beginning_all_verbs_and_keys_fit_on_the_smallest_terminal() -> None:
    lines = shown("")
    assert len(lines) < 20
    assert max(map(len, lines)) <= 80
    for heading, verbs in VERBS.items():
        assert any(heading[:10] in line and " ".join(verbs) in line for line in lines)
    assert lines[-1].split() == ["Ctrl-D,", ":q,", "exit", "Leave."]


def test_verbs_of_a_subject() -> None:
    lines = shown("ul")
    assert lines[0] == "  show  Show who is registered where, or the contacts of USER."
    assert [line.split()[0] for line in lines if line[2] != " "] == ["show", "add", "rm", "dump"]


def test_arguments_and_options_of_a_verb() -> None:
    lines = shown("ul rm")
    assert lines == [
        "  USER       A registered user.",
        "  [CONTACT]  A contact of the user.",
        "  --help     More of this verb; alone, the options of all.",
    ]
    assert "  --filter TEXT      Only those" in "\n".join(shown("ul show"))
    assert "  -f, --follow " in "\n".join(shown("log"))


def test_arguments_that_were_given_are_left_out() -> None:
    assert shown("ul rm joe")[0] == "  [CONTACT]  A contact of the user."
    assert shown("ul rm joe sip:joe@h")[0].startswith("  --help")


def test_an_argument_that_repeats_stays() -> None:
    assert shown("ping joe bob")[0].startswith("  URI|USER... ")


def test_the_value_of_an_option() -> None:
    [first, *_] = shown("ul show -F")
    assert first.startswith("  [table|json|lines|raw|csv]  How data is written")


def test_a_word_that_is_no_verb() -> None:
    assert shown("ull") == ["there is no ull"]


def test_a_narrow_terminal_wraps() -> None:
    lines = shown("ul show", 40)
    assert max(map(len, lines)) <= 41
    assert lines[1:3] == [
        "  --filter TEXT      Only those with TEXT",
        "                     in user, contact,",
    ]


def test_a_long_name_has_a_line_of_its_own() -> None:
    assert "  --from URI" in "\n".join(shown("send"))


@pytest.mark.parametrize("kind", [kind for kind in ValueKind if kind not in NO_DESCRIPTION])
def test_each_kind_of_value_is_described(kind: ValueKind) -> None:
    assert described(Value(kind)).endswith(".")


def test_words_are_listed() -> None:
    assert described(Value(ValueKind.WORDS, ("a", "b"))) == "One of a, b."
    assert described(Value(ValueKind.ANYTHING)) == ""


def test_a_place_that_is_there_only_to_be_refused_isnt_shown() -> None:
    assert [line.split()[0] for line in shown("passwd") if line][:2] == [
        "SUBSCRIBER",
        "--password-stdin",
    ]
