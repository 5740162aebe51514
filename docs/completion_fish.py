"""completions/serctl.fish."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from docs.completions import LIVE, NOTICE, PLACES, OptionRow, rows, shared, spoken

PROGRAM = r"""
function __serctl_asked # KIND WORD PLACE...: words of a kind that a running ser knows
    set -l ask serctl --timeout 1 $argv[3..-1] -F lines
    switch $argv[1]
@LIVE@
    end 2>/dev/null </dev/null
end

function __serctl_words # KIND WORD PLACE...: the words that may stand in a place
    switch $argv[1]
        case 'words *'
            string replace 'words ' '' -- $argv[1] | string split ' '
        case file
            __fish_complete_path $argv[2]
        case directory
            __fish_complete_directories $argv[2]
        case anything
        case '*'
            __serctl_asked $argv | sort -u
    end
end

function __serctl_complete
    set -l tokens (commandline -opc)
    set -l current (commandline -ct)
    set -l verb ''
    set -l option ''
    set -l places
    set -l count 1
    for word in $tokens[2..-1]
        set -l name (string split -m 1 = -- $word)[1]
        if test -n "$option"
            contains -- $option @PLACES@; and set -a places $option $word
            set option ''
        else if string match -q -- '-*=*' $word
            contains -- $name @PLACES@; and set -a places $word
        else if string match -q -- '-*' $word
            test -n "$(__serctl_value "$verb" $word)"; and set option $word
        else if contains -- $word (__serctl_verbs "$verb" | cut -f1)
            set verb (string trim -- "$verb $word")
        else
            set count (math $count + 1)
        end
    end
    if test -z "$option"; and string match -q -- '--*=*' $current
        set option (string split -m 1 = -- $current)[1]
        set -l typed (string split -m 1 = -- $current)[2]
        for each in (__serctl_words (__serctl_value "$verb" $option) "$typed" $places)
            echo "$option=$each"
        end
    else if test -n "$option"
        __serctl_words (__serctl_value "$verb" $option) "$current" $places
    else if string match -q -- '-*' $current
        __serctl_options "$verb"
        __serctl_options shared
    else if test -n "$(__serctl_verbs "$verb")"
        __serctl_verbs "$verb"
    else
        set -l kinds (__serctl_arguments "$verb")
        set -q kinds[1]; or return
        if test $count -gt (count $kinds)
            string match -q -- '*...' $kinds[-1]; or return
            set count (count $kinds)
        end
        __serctl_words (string replace -r '\.\.\.$' '' -- $kinds[$count]) "$current" $places
    end
end

complete -c serctl -f -a '(__serctl_complete)'
"""


def text() -> str:
    """The whole file."""
    program = PROGRAM.replace("@LIVE@", _live()).replace("@PLACES@", " ".join(PLACES))
    options = [("shared", _pairs(shared())), *((x.path, _pairs(x.options)) for x in rows())]
    parts = [
        f"# fish completion of serctl. {NOTICE}\n",
        _listing("verbs", "PATH: what may follow", [(x.path, x.subcommands) for x in rows()]),
        _listing("options", "PATH: its own options, or the shared ones", options),
        _function("value", "PATH OPTION: what stands behind it", _values(), '"$argv[1] $argv[2]"'),
        _function("arguments", "PATH: what stands in its places, a line for each", _places()),
    ]
    return "\n".join(parts) + program


def quoted(text: str) -> str:
    """For fish, as it is."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _function(name: str, comment: str, lines: list[str], subject: str = '"$argv[1]"') -> str:
    inside = "\n".join(f"        {line}" for line in lines)
    start = f"function __serctl_{name} # {comment}\n    switch {subject}\n"
    return f"{start}{inside}\n    end\nend\n"


def _case(pattern: str, words: Iterable[str]) -> str:
    shown = "".join(f" \\\n                {quoted(word)}" for word in words)
    return f"case {pattern}\n            printf '%s\\n'{shown}"


def _pairs(options: Iterable[OptionRow]) -> list[tuple[str, str]]:
    return [(name, each.help) for each in options for name in each.names]


def _listing(
    name: str, comment: str, found: Iterable[tuple[str, Sequence[tuple[str, str]]]]
) -> str:
    """Words with what they are for, a tab between."""
    lines = [_case(quoted(path), map("\t".join, pairs)) for path, pairs in found if pairs]
    return _function(name, comment, lines)


def _values() -> list[str]:
    own = [(row.path, each) for row in rows() for each in row.options]
    every = [*(("*", each) for each in shared()), *own]
    return [
        _case(" ".join(quoted(f"{path} {name}") for name in each.names), [spoken(each.value)])
        for path, each in every
        if each.value
    ]


def _places() -> list[str]:
    return [_case(quoted(x.path), map(spoken, x.arguments)) for x in rows() if x.arguments]


def _live() -> str:
    lines = []
    for kind, (verb, column) in LIVE.items():
        typed = ' "$argv[2]"' if verb.endswith("--filter") else ""
        lines.append(f"        case {kind.value}; $ask {verb}{typed} | cut -f{column}")
    return "\n".join(lines)
