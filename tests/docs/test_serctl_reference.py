from __future__ import annotations

from docs import serctl_reference
from docs.click_tree import every_entry


def test_every_verb_and_each_of_its_options_is_in_the_reference() -> None:
    text = serctl_reference.commands()
    for entry in every_entry():
        if entry.path and not entry.is_group:
            assert f"\n#### `serctl {entry.name}" in text
        for option in entry.options:
            for name in option.opts:
                assert f"`{name}`" in text


def test_shared_options_stand_there_once() -> None:
    assert serctl_reference.commands().count("`--unix-socket`") == 1


def test_a_verb() -> None:
    text = serctl_reference.commands()
    expected = (
        "#### `serctl ul add USER URI`\n"
        "\n"
        "Register USER at the contact URI, for good unless --expires says how long.\n"
        "\n"
        "```sh\n"
        "serctl ul add joe@example.com sip:joe@192.0.2.9:5062 --expires 1h\n"
        "```\n"
        "\n"
        "| option |  |\n"
        "|---|---|\n"
        "| `--expires` `TIME` | How long it stays, such as 3600 or 2h; for good without it. |\n"
    )
    assert expected in text


def test_other_names_are_told() -> None:
    assert "Also called `userdb`." in serctl_reference.commands()


def test_formats_and_statuses() -> None:
    assert "| `lines` | A line for each row" in serctl_reference.formats()
    assert "| `130` | Ctrl-C. |\n" in serctl_reference.statuses()
