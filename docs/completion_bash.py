"""completions/serctl.bash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from docs.completion_cases import function, live, places, quoted, values
from docs.completions import NOTICE, PLACES, rows, shared

PROGRAM = r"""
_serctl_asked() { # KIND WORD: words of a kind that a running ser knows
    local ask=("$_serctl_program" --timeout 1 "${_serctl_place[@]}" -F lines)
    case $1 in
@LIVE@
    esac 2>/dev/null </dev/null
}

_serctl_words() { # KIND WORD...: the words that may stand in a place
    local kind=$1
    shift
    case $kind in
        words) printf '%s\n' "$@" ;;
        file) compgen -f -- "$_serctl_current" ;;
        directory) compgen -d -- "$_serctl_current" ;;
        anything) ;;
        *) _serctl_asked "$kind" "$_serctl_current" ;;
    esac
}

_serctl_place_of() { # PATH NUMBER: what stands in that place of a command; the last may repeat
    local -a places
    mapfile -t places < <(_serctl_arguments "$1")
    local number=$2 last=$((${#places[@]} - 1))
    ((last >= 0)) || return
    if ((number > last)); then
        [[ ${places[last]} == *... ]] || return
        number=$last
    fi
    printf '%s\n' "${places[number]%...}"
}

_serctl() {
    local line=${COMP_LINE:0:COMP_POINT} path='' option='' value word place each
    local -i count=0
    local -a words
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    local _serctl_current=${words[-1]} _serctl_program=${words[0]}
    local -a _serctl_place=()
    for word in "${words[@]:1:${#words[@]}-2}"; do
        if [[ -n $option ]]; then
            [[ " @PLACES@ " == *" $option "* ]] && _serctl_place+=("$option" "$word")
            option=''
        elif [[ $word == -*=* ]]; then
            [[ " @PLACES@ " == *" ${word%%=*} "* ]] && _serctl_place+=("$word")
        elif [[ $word == -* ]]; then
            value=$(_serctl_value "$path" "$word")
            [[ -n $value ]] && option=$word
        elif [[ " $(_serctl_verbs "$path") " == *" $word "* ]]; then
            path="${path:+$path }$word"
        else
            count+=1
        fi
    done
    if [[ -z $option && $_serctl_current == --*=* ]]; then
        option=${_serctl_current%%=*}
        _serctl_current=${_serctl_current#*=}
    fi
    if [[ -n $option ]]; then
        place=$(_serctl_value "$path" "$option")
    elif [[ $_serctl_current == -* ]]; then
        place="words $(_serctl_options "$path") @SHARED@"
    elif [[ -n $(_serctl_verbs "$path") ]]; then
        place="words $(_serctl_verbs "$path")"
    else
        place=$(_serctl_place_of "$path" $count)
    fi
    # bash breaks words at these; what stands before the last one is already there.
    local broken=${COMP_WORDBREAKS//[^:=@]/} before=''
    [[ -n $broken && $_serctl_current == *["$broken"]* ]] &&
        before=${_serctl_current%"${_serctl_current##*["$broken"]}"}
    COMPREPLY=()
    while read -r each; do
        [[ -n $each && $each == "$_serctl_current"* ]] && COMPREPLY+=("${each#"$before"}")
    done < <(_serctl_words $place | sort -u)
    [[ $place == file || $place == directory ]] && compopt -o filenames 2>/dev/null
}

complete -F _serctl serctl
"""


def text() -> str:
    """The whole file."""
    names = " ".join(name for row in shared() for name in row.names)
    program = PROGRAM.replace("@LIVE@", live('"${ask[@]}"')).replace("@PLACES@", " ".join(PLACES))
    parts = [f"# bash completion of serctl. {NOTICE}\n", _verbs(), _options(), values(), _places()]
    return "\n".join(parts) + program.replace("@SHARED@", names)


def _verbs() -> str:
    return _echoes("verbs", "PATH: what may follow", ((x.path, x.subcommands) for x in rows()))


def _options() -> str:
    own = ((x.path, [(name, "") for each in x.options for name in each.names]) for x in rows())
    return _echoes("options", "PATH: its own options", own)


def _echoes(name: str, comment: str, found: Iterable[tuple[str, Sequence[tuple[str, str]]]]) -> str:
    """Words only: bash shows no help beside them."""
    lines = [
        f"{quoted(path)}) echo {quoted(' '.join(word for word, _ in pairs))} ;;"
        for path, pairs in found
        if pairs
    ]
    return function(name, comment, lines)


def _places() -> str:
    lines = [f"{path}) printf '%s\\n' {shown} ;;" for path, shown in places()]
    return function("arguments", "PATH: what stands in its places, a line for each", lines)
