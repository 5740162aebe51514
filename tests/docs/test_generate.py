from __future__ import annotations

from pathlib import Path

import pytest

from docs import generate
from docs.ser_cfg_tables import directive_table


def test_what_is_written_by_hand_stays() -> None:
    path = generate.ROOT / "docs" / "ser-cfg.md"
    text = "above\n<!-- generated: directives -->\nold\n<!-- end -->\nbelow\n"
    new = generate.rewritten(path, text)
    assert new.startswith("above\n<!-- generated: directives -->\n\n| directive |")
    assert new.endswith("<!-- end -->\nbelow\n")
    assert "old\n" not in new
    assert generate.rewritten(path, new) == new


def test_a_block_of_unknown_name_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing is called weather"):
        generate.rewritten(Path("x.md"), "<!-- generated: weather -->\n<!-- end -->")


def test_directives_without_meaning_stand_apart_with_the_reason() -> None:
    used, _, unused = directive_table().partition("Read, and then left alone:")
    assert "| `children` (restart) |" in used
    assert "| `debug` |" in used
    assert "| `mcast_ttl` | number, 0 to 255 | multicast isn't sent |" in unused


def test_every_state_table_is_shown() -> None:
    shown = generate.transition_tables()
    assert "| CALLING | RESPONSE_1XX |" in shown
    assert shown.count("## ") == 4


def test_check_names_the_stale_files_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "docs" / "ser-cfg.md"
    page.parent.mkdir()
    page.write_text("<!-- generated: directives -->\n<!-- end -->\n")
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "MODULES", tmp_path)
    monkeypatch.setattr(generate, "WHOLE_FILES", {"man/x.8": lambda: "whole"})
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().err == (
        "docs/ser-cfg.md is stale: make docs\nman/x.8 is stale: make docs\n"
    )
    assert generate.main([]) == 0
    assert capsys.readouterr().out == "docs/ser-cfg.md written\nman/x.8 written\n"
    assert (tmp_path / "man" / "x.8").read_text() == "whole"
    assert generate.main(["--check"]) == 0


MODULES = sorted(path.parent.name for path in generate.MODULES.glob("*/__init__.py"))


@pytest.mark.parametrize("module", MODULES)
def test_each_module_has_a_readme_with_generated_lists(module: str) -> None:
    text = (generate.MODULES / module / "README.md").read_text()
    assert "<!-- generated: module -->" in text
