from __future__ import annotations

from ser_core.fifo.command_help import BRIEF, FULL, brief_table, full_table, paragraphs
from ser_core.fifo.declarations import Control, fifo_command, fifo_commands_of, line, rest
from ser_core.fifo.protocol import Reply
from ser_core.fifo.tables import read_table


class Commands:
    @fifo_command(
        line("aor", "user", missing="user expected"),
        line("q", "0 to 1"),
        rest("options", "KEY=VALUE"),
        changes=True,
    )
    def add(self, control: Control) -> Reply:
        """Add a user.

        What is there
        stays.
        """
        return Reply()

    @fifo_command()
    def look(self, control: Control) -> Reply:
        """Look."""
        return Reply()


COMMANDS = fifo_commands_of(Commands)
HEAD = ["add", "aor [q] [options...]", "yes"]


def test_in_brief_a_command_is_its_first_sentence() -> None:
    assert read_table(brief_table(COMMANDS)) == (
        list(BRIEF),
        [[*HEAD, "Add a user."], ["look", "", "no", "Look."]],
    )


def test_in_full_it_is_the_whole_text_and_a_line_for_each_argument() -> None:
    takes = (
        "aor (one line): user\nq (one line, may be empty): 0 to 1\n"
        "options (lines, as many as there are): KEY=VALUE"
    )
    assert read_table(full_table(COMMANDS)) == (
        list(FULL),
        [[*HEAD, "Add a user.\nWhat is there stays.", takes], ["look", "", "no", "Look.", ""]],
    )


def test_a_paragraph_becomes_a_line() -> None:
    assert paragraphs("One.\n\nTwo\n  goes on.\n \nThree.") == "One.\nTwo goes on.\nThree."
