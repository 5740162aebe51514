"""completions/_serctl, for zsh."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from docs.completion_cases import function, live, places, quoted, values
from docs.completions import NOTICE, PLACES, OptionRow, rows, shared

PROGRAM = r"""
_serctl_asked() { # KIND WORD: words of a kind that a running ser knows
    local -a ask=($_serctl_program --timeout 1 $_serctl_place -F lines)
    case $1 in
@LIVE@
    esac 2>/dev/null </dev/null
}

_serctl_add() { # KIND WORD...: the words that may stand in a place
    local kind=$1
    shift
    case $kind in
        words) compadd -- "$@" ;;
        file) _files ;;
        directory) _files -/ ;;
        anything) _message 'nothing to choose from' ;;
        *) compadd -- ${(uf)"$(_serctl_asked $kind $PREFIX)"} ;;
    esac
}

_serctl() {
    local verb='' option='' word
    local -i count=0
    local -a reply _serctl_place=()
    local _serctl_program=${(Q)words[1]}
    for word in "${(@Q)words[2,CURRENT-1]}"; do
        if [[ -n $option ]]; then
            [[ " @PLACES@ " == *" $option "* ]] && _serctl_place+=($option $word)
            option=''
        elif [[ $word == -*=* ]]; then
            [[ " @PLACES@ " == *" ${word%%=*} "* ]] && _serctl_place+=($word)
        elif [[ $word == -* ]]; then
            [[ -n $(_serctl_value "$verb" $word) ]] && option=$word
        else
            reply=()
            _serctl_verbs "$verb"
            if [[ -n ${(M)reply:#$word:*} ]]; then
                verb="${verb:+$verb }$word"
            else
                (( count += 1 ))
            fi
        fi
    done
    if [[ -z $option && $PREFIX == --*=* ]]; then
        option=${PREFIX%%=*}
        compset -P '*='
    fi
    reply=()
    if [[ -n $option ]]; then
        _serctl_add ${=$(_serctl_value "$verb" $option)}
        return
    fi
    if [[ $PREFIX == -* ]]; then
        _serctl_options "$verb"
        reply+=(@SHARED@)
        _describe -o option reply
        return
    fi
    _serctl_verbs "$verb"
    if (( $#reply )); then
        _describe verb reply
        return
    fi
    _serctl_arguments "$verb"
    (( $#reply )) || return
    if (( count >= $#reply )); then
        [[ $reply[-1] == *... ]] || return
        count=$(( $#reply - 1 ))
    fi
    _serctl_add ${=reply[count + 1]%...}
}

_serctl "$@"
"""


def text() -> str:
    """The whole file."""
    program = PROGRAM.replace("@LIVE@", live("$ask")).replace("@PLACES@", " ".join(PLACES))
    parts = [
        f"#compdef serctl\n# zsh completion of serctl. {NOTICE}\n",
        _replies("verbs", "PATH: what may follow", [(x.path, x.subcommands) for x in rows()]),
        _replies("options", "PATH: its own options", [(x.path, _pairs(x.options)) for x in rows()]),
        values(),
        _places(),
    ]
    return "\n".join(parts) + program.replace("@SHARED@", _described(_pairs(shared())))


def _described(pairs: Iterable[tuple[str, str]]) -> str:
    """NAME:HELP as _describe wants it."""
    return "".join(f"\n            {quoted(f'{name}:{text}')}" for name, text in pairs)


def _pairs(options: Iterable[OptionRow]) -> list[tuple[str, str]]:
    return [(name, each.help) for each in options for name in each.names]


def _replies(
    name: str, comment: str, found: Iterable[tuple[str, Sequence[tuple[str, str]]]]
) -> str:
    lines = [
        f"{quoted(path)}) reply=({_described(pairs)}\n        ) ;;"
        for path, pairs in found
        if pairs
    ]
    return function(name, comment, lines)


def _places() -> str:
    lines = [f"{path}) reply=({shown}) ;;" for path, shown in places()]
    return function("arguments", "PATH: what stands in its places", lines)
