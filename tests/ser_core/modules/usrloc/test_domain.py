from __future__ import annotations

import pytest

from ser_core.modules.usrloc.domain import Domain


def test_there_is_one_domain_for_each_name() -> None:
    assert Domain.from_script("location") is Domain.from_script("location")
    assert Domain.from_script("location").name == "location"


def test_a_domain_is_known_as_long_as_a_script_mentions_it() -> None:
    kept = Domain.from_script("mentioned_in_a_test")
    assert kept.name in Domain.mentioned()
    del kept
    assert "mentioned_in_a_test" not in Domain.mentioned()


@pytest.mark.parametrize("text", ["", "1st", "a b", "a/due", "#a", "é", "a" * 65, "a\n"])
def test_what_is_no_name_of_a_table(text: str) -> None:
    with pytest.raises(ValueError, match="a table's name is a letter followed by"):
        Domain.from_script(text)
    assert text not in Domain.mentioned()


@pytest.mark.parametrize("text", ["location", "aliases", "_x", "Loc2", "a" * 64])
def test_names_of_tables(text: str) -> None:
    assert Domain.from_script(text).name == text
