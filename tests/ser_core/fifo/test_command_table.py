"""Finding commands by their names."""

from __future__ import annotations

import pytest

from ser_core.fifo.command_table import CommandTable
from ser_core.fifo.declarations import Control, fifo_command, line
from ser_core.fifo.protocol import Reply


class Greetings:
    def __init__(self, word: bytes = b"hello") -> None:
        self.word = word

    @fifo_command(line("who", "whom to greet"))
    def greet(self, control: Control, who: bytes) -> Reply:
        return Reply(body=self.word + who)

    @fifo_command(name="DB")
    def database(self, control: Control) -> Reply:
        return Reply()


def test_a_command_is_found_whatever_its_case() -> None:
    table = CommandTable()
    table.register(Greetings())
    for name in ("greet", "GREET", "Greet"):
        entry = table.find(name)
        assert entry is not None
        assert entry.command.name == "greet"
    assert table.find("db") is table.find("DB") is not None
    assert table.find("gree") is None


def test_it_runs_on_the_object_that_was_registered() -> None:
    table = CommandTable()
    table.register(Greetings(b"good bye "))
    entry = table.find("greet")
    assert entry is not None
    assert entry.function(None, b"joe") == Reply(body=b"good bye joe")


@pytest.mark.parametrize("waits", [False, True])
def test_a_command_that_waits_is_slow_when_its_module_says_so(waits: bool) -> None:
    class Module:
        def waits(self) -> bool:
            return waits

        @fifo_command(waits=True)
        def ask(self, control: Control) -> Reply:
            return Reply()

    table = CommandTable()
    table.register(Module())
    entry = table.find("ask")
    assert entry is not None
    assert entry.is_slow is waits


def test_arguments_are_those_of_the_declaration() -> None:
    table = CommandTable()
    table.register(Greetings())
    arguments = table.arguments_of("greet")
    assert arguments is not None
    assert [x.name for x in arguments] == ["who"]
    assert table.arguments_of("db") == ()
    assert table.arguments_of("weather") is None


def test_commands_are_listed_in_the_order_of_their_registration() -> None:
    class More:
        @fifo_command()
        def another(self, control: Control) -> Reply:
            return Reply()

    table = CommandTable()
    table.register(Greetings())
    table.register(More())
    assert [x.name for x in table] == ["greet", "DB", "another"]


def test_the_last_of_two_with_one_name_stays(capfd: pytest.CaptureFixture[str]) -> None:
    table = CommandTable()
    table.register(Greetings(b"first "))
    table.register(Greetings(b"second "))
    entry = table.find("greet")
    assert entry is not None
    assert entry.function(None, b"") == Reply(body=b"second ")
    assert [x.name for x in table] == ["greet", "DB"]
    assert "the FIFO command greet is there twice" in capfd.readouterr().err


def test_commands_of_others_take_the_place_of_all_before(
    capfd: pytest.CaptureFixture[str],
) -> None:
    class More:
        @fifo_command()
        def another(self, control: Control) -> Reply:
            return Reply()

    table = CommandTable()
    table.use([Greetings(b"first ")])
    table.use([More(), Greetings(b"second ")])
    assert [x.name for x in table] == ["another", "greet", "DB"]
    table.use([More()])
    assert [x.name for x in table] == ["another"]
    assert "there twice" not in capfd.readouterr().err
