"""The rows of docs/completions.py as functions that bash and zsh both understand."""

from __future__ import annotations

from docs.completions import LIVE, OptionRow, rows, shared, spoken


def quoted(text: str) -> str:
    """For the shell, as it is."""
    return "'" + text.replace("'", "'\\''") + "'"


def function(name: str, comment: str, lines: list[str], subject: str = "$1") -> str:
    """One that looks its argument up; `lines` are patterns with what they stand for."""
    inside = "\n".join(f"        {line}" for line in lines)
    return f"_serctl_{name}() {{ # {comment}\n    case {subject} in\n{inside}\n    esac\n}}\n"


def values() -> str:
    """What stands behind options; the shared ones first, whose names no verb uses otherwise."""
    own = ((quoted(row.path), each) for row in rows() for each in row.options)
    every = [*(("*", each) for each in shared()), *own]
    lines = [_value(path, each) for path, each in every if each.value]
    return function("value", "PATH OPTION: what stands behind it", lines, '"$1 $2"')


def _value(path: str, option: OptionRow) -> str:
    assert option.value is not None  # only such are asked for
    patterns = "|".join(f"{path}' {name}'" for name in option.names)
    return f"{patterns}) echo {quoted(spoken(option.value))} ;;"


def places() -> list[tuple[str, str]]:
    """Paths of commands, and what stands in their places, each in quotes."""
    return [
        (quoted(row.path), " ".join(quoted(spoken(each)) for each in row.arguments))
        for row in rows()
        if row.arguments
    ]


def live(ask: str) -> str:
    """The patterns of kinds that ser is asked for; `ask` is how serctl is called."""
    lines = []
    for kind, (verb, column) in LIVE.items():
        typed = ' "$2"' if verb.endswith("--filter") else ""
        lines.append(f"        {kind.value}) {ask} {verb}{typed} | cut -f{column} ;;")
    return "\n".join(lines)
