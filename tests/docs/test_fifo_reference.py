from __future__ import annotations

import re

from docs.fifo_reference import commands_of_all, core_commands
from docs.generate import ROOT, rewritten


def test_every_command_is_there_and_reached_from_the_list() -> None:
    text = commands_of_all()
    headings = re.findall(r"^### (\w+)$", text, re.M)
    links = re.findall(r"\[(\w+)\]\(#\1\)", text)
    assert headings == links
    assert {"uptime", "kill", "log_tail", "t_uac_dlg", "sl_stats", "ul_list"} <= set(headings)
    assert len(headings) == len(set(headings))


def test_the_core_comes_first() -> None:
    text = commands_of_all()
    assert text.index("## Commands of the core") < text.index("## Commands of module sl")
    assert "module maxfwd" not in text, "it has none"
    assert [x.name for x in core_commands()][:2] == ["print", "uptime"]


def test_each_command_of_the_core_shows_a_reply() -> None:
    assert [x.name for x in core_commands() if not x.reply] == []


def test_the_page_has_the_block() -> None:
    page = ROOT / "docs" / "fifo.md"
    made = rewritten(page, "<!-- generated: fifo_commands -->\n<!-- end -->")
    assert commands_of_all() in made
