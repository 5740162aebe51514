"""FIFO commands as their declarations have them, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from docs.markdown import table
from ser_core.fifo.command_help import SHAPES, may_be_empty
from ser_core.fifo.declarations import Argument, FifoCommand, Where

PLACES = {
    Where.FIFO: "Runs in the fifo server",
    Where.OWNER: "Runs in the receiver that the call belongs to",
    Where.ALL: "Runs in every receiver, and the answers become one",
}
REPLY_NAME = "ser_reply_1"


def described(commands: Iterable[FifoCommand]) -> str:
    """A paragraph for each command, with its example."""
    return "\n".join(map(_command, commands))


def _command(command: FifoCommand) -> str:
    arguments = table(
        ["argument", "how many lines", "what it is"], map(_argument, command.arguments)
    )
    changes = ", and changes something" if command.changes else ""
    parts = [f"### {command.name}", command.doc, f"{PLACES[command.where]}{changes}."]
    parts += [arguments.rstrip()] if arguments else []
    return "\n\n".join([*parts, *_example(command)]) + "\n"


def _argument(argument: Argument) -> tuple[str, str, str]:
    shape = SHAPES[argument.shape] + (", may be empty" if may_be_empty(argument) else "")
    return f"`{argument.name}`", shape, argument.help


def _example(command: FifoCommand) -> list[str]:
    if not command.reply:
        return []
    request = "\n".join([f":{command.name}:{REPLY_NAME}", *command.example])
    return [f"```\n{request}\n\n```", f"is answered by\n\n```\n{command.reply}\n```"]
