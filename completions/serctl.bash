# bash completion of serctl. Written by docs/generate.py; changes made here are lost.

_serctl_verbs() { # PATH: what may follow
    case $1 in
        '') echo 'ul alias online ping send cisco_restart moni monitor console con instances ps uptime version config stats log debug start stop restart reload fifo which help add passwd rm mail showdb userdb acl rpid alias_db domain' ;;
        'ul') echo 'show add rm dump' ;;
        'alias') echo 'show add rm' ;;
        'acl') echo 'show grant revoke groups' ;;
        'rpid') echo 'show add rm' ;;
        'alias_db') echo 'show add rm' ;;
        'domain') echo 'show add rm' ;;
    esac
}

_serctl_options() { # PATH: its own options
    case $1 in
        'ul show') echo '--filter --sort --limit --offset --all --watch' ;;
        'ul add') echo '--expires --q' ;;
        'ul dump') echo '--watch' ;;
        'alias show') echo '--filter --sort --limit --offset --all --watch' ;;
        'alias add') echo '--expires --q' ;;
        'online') echo '--watch' ;;
        'ping') echo '-c --count -i --interval -W --wait -q --quiet --from' ;;
        'send') echo '-t --template -H --header -b --body --from --next-hop -e --edit -l --list -W --wait --no-hangup' ;;
        'cisco_restart') echo '-W --wait' ;;
        'instances') echo '--watch' ;;
        'ps') echo '--watch' ;;
        'uptime') echo '--watch' ;;
        'version') echo '--watch' ;;
        'config') echo '--watch' ;;
        'stats') echo '--watch' ;;
        'log') echo '-f --follow -n --lines -l --level --call-id' ;;
        'debug') echo '--for --watch' ;;
        'start') echo '-f --config -P --pid-file' ;;
        'stop') echo '-P --pid-file' ;;
        'restart') echo '-f --config -P --pid-file' ;;
        'reload') echo '--check' ;;
        'fifo') echo '--headers --body' ;;
        'which') echo '--watch' ;;
        'help') echo '--watch' ;;
        'add') echo '--password-stdin --db-url' ;;
        'passwd') echo '--password-stdin --db-url' ;;
        'rm') echo '--db-url' ;;
        'mail') echo '--subject --db-url' ;;
        'showdb') echo '--filter --limit --db-url --watch' ;;
        'userdb') echo '--filter --limit --db-url --watch' ;;
        'acl show') echo '--db-url --watch' ;;
        'acl grant') echo '--db-url' ;;
        'acl revoke') echo '--db-url' ;;
        'acl groups') echo '--watch' ;;
        'rpid show') echo '--db-url --watch' ;;
        'rpid add') echo '--db-url' ;;
        'rpid rm') echo '--db-url' ;;
        'alias_db show') echo '--db-url --watch' ;;
        'alias_db add') echo '--db-url' ;;
        'alias_db rm') echo '--db-url' ;;
        'domain show') echo '--db-url --watch' ;;
        'domain add') echo '--db-url' ;;
        'domain rm') echo '--db-url' ;;
    esac
}

_serctl_value() { # PATH OPTION: what stands behind it
    case "$1 $2" in
        *' -F'|*' --format') echo 'words table json lines raw csv' ;;
        *' --color') echo 'words auto always never' ;;
        *' --timeout') echo 'anything' ;;
        *' --fifo') echo 'file' ;;
        *' --unix-socket') echo 'file' ;;
        *' --instance') echo 'instance' ;;
        *' --run-dir') echo 'directory' ;;
        'ul show'' --filter') echo 'anything' ;;
        'ul show'' --sort') echo 'words aor -aor contact -contact expires -expires since -since q -q user_agent -user_agent' ;;
        'ul show'' --limit') echo 'anything' ;;
        'ul show'' --offset') echo 'anything' ;;
        'ul add'' --expires') echo 'anything' ;;
        'ul add'' --q') echo 'anything' ;;
        'alias show'' --filter') echo 'anything' ;;
        'alias show'' --sort') echo 'words aor -aor contact -contact expires -expires since -since q -q user_agent -user_agent' ;;
        'alias show'' --limit') echo 'anything' ;;
        'alias show'' --offset') echo 'anything' ;;
        'alias add'' --expires') echo 'anything' ;;
        'alias add'' --q') echo 'anything' ;;
        'ping'' -c'|'ping'' --count') echo 'anything' ;;
        'ping'' -i'|'ping'' --interval') echo 'anything' ;;
        'ping'' -W'|'ping'' --wait') echo 'anything' ;;
        'ping'' --from') echo 'anything' ;;
        'send'' -t'|'send'' --template') echo 'template' ;;
        'send'' -H'|'send'' --header') echo 'anything' ;;
        'send'' -b'|'send'' --body') echo 'file' ;;
        'send'' --from') echo 'anything' ;;
        'send'' --next-hop') echo 'anything' ;;
        'send'' -W'|'send'' --wait') echo 'anything' ;;
        'cisco_restart'' -W'|'cisco_restart'' --wait') echo 'anything' ;;
        'log'' -n'|'log'' --lines') echo 'anything' ;;
        'log'' -l'|'log'' --level') echo 'anything' ;;
        'log'' --call-id') echo 'anything' ;;
        'debug'' --for') echo 'anything' ;;
        'start'' -f'|'start'' --config') echo 'file' ;;
        'start'' -P'|'start'' --pid-file') echo 'file' ;;
        'stop'' -P'|'stop'' --pid-file') echo 'file' ;;
        'restart'' -f'|'restart'' --config') echo 'file' ;;
        'restart'' -P'|'restart'' --pid-file') echo 'file' ;;
        'fifo'' --headers') echo 'file' ;;
        'fifo'' --body') echo 'file' ;;
        'add'' --db-url') echo 'anything' ;;
        'passwd'' --db-url') echo 'anything' ;;
        'rm'' --db-url') echo 'anything' ;;
        'mail'' --subject') echo 'anything' ;;
        'mail'' --db-url') echo 'anything' ;;
        'showdb'' --filter') echo 'anything' ;;
        'showdb'' --limit') echo 'anything' ;;
        'showdb'' --db-url') echo 'anything' ;;
        'userdb'' --filter') echo 'anything' ;;
        'userdb'' --limit') echo 'anything' ;;
        'userdb'' --db-url') echo 'anything' ;;
        'acl show'' --db-url') echo 'anything' ;;
        'acl grant'' --db-url') echo 'anything' ;;
        'acl revoke'' --db-url') echo 'anything' ;;
        'rpid show'' --db-url') echo 'anything' ;;
        'rpid add'' --db-url') echo 'anything' ;;
        'rpid rm'' --db-url') echo 'anything' ;;
        'alias_db show'' --db-url') echo 'anything' ;;
        'alias_db add'' --db-url') echo 'anything' ;;
        'alias_db rm'' --db-url') echo 'anything' ;;
        'domain show'' --db-url') echo 'anything' ;;
        'domain add'' --db-url') echo 'anything' ;;
        'domain rm'' --db-url') echo 'anything' ;;
    esac
}

_serctl_arguments() { # PATH: what stands in its places, a line for each
    case $1 in
        'ul show') printf '%s\n' 'user' ;;
        'ul add') printf '%s\n' 'user' 'anything' ;;
        'ul rm') printf '%s\n' 'user' 'contact' ;;
        'alias show') printf '%s\n' 'alias' ;;
        'alias add') printf '%s\n' 'alias' 'anything' ;;
        'alias rm') printf '%s\n' 'alias' ;;
        'ping') printf '%s\n' 'user...' ;;
        'send') printf '%s\n' 'words OPTIONS MESSAGE NOTIFY INVITE INFO REGISTER SUBSCRIBE PUBLISH REFER BYE' 'user' ;;
        'cisco_restart') printf '%s\n' 'user...' ;;
        'moni') printf '%s\n' 'anything' ;;
        'monitor') printf '%s\n' 'anything' ;;
        'console') printf '%s\n' 'anything' ;;
        'con') printf '%s\n' 'anything' ;;
        'stats') printf '%s\n' 'anything' ;;
        'debug') printf '%s\n' 'anything' ;;
        'fifo') printf '%s\n' 'command' 'anything...' ;;
        'help') printf '%s\n' 'command' ;;
        'add') printf '%s\n' 'user' 'anything' ;;
        'passwd') printf '%s\n' 'subscriber' ;;
        'rm') printf '%s\n' 'subscriber' ;;
        'mail') printf '%s\n' 'subscriber' ;;
        'showdb') printf '%s\n' 'subscriber' ;;
        'userdb') printf '%s\n' 'subscriber' ;;
        'acl show') printf '%s\n' 'subscriber' ;;
        'acl grant') printf '%s\n' 'subscriber' 'group...' ;;
        'acl revoke') printf '%s\n' 'subscriber' 'group' ;;
        'rpid show') printf '%s\n' 'subscriber' ;;
        'rpid add') printf '%s\n' 'subscriber' 'anything' ;;
        'rpid rm') printf '%s\n' 'subscriber' ;;
        'alias_db show') printf '%s\n' 'subscriber' ;;
        'alias_db add') printf '%s\n' 'anything' 'subscriber' ;;
        'alias_db rm') printf '%s\n' 'anything' ;;
        'domain add') printf '%s\n' 'anything' ;;
        'domain rm') printf '%s\n' 'domain' ;;
    esac
}

_serctl_asked() { # KIND WORD: words of a kind that a running ser knows
    local ask=("$_serctl_program" --timeout 1 "${_serctl_place[@]}" -F lines)
    case $1 in
        user) "${ask[@]}" ul show --limit 100 --filter "$2" | cut -f1 ;;
        instance) "${ask[@]}" instances | cut -f1 ;;
        subscriber) "${ask[@]}" showdb --limit 100 --filter "$2" | cut -f1 ;;
        group) "${ask[@]}" acl groups | cut -f1 ;;
        domain) "${ask[@]}" domain show | cut -f1 ;;
        alias) "${ask[@]}" alias show --limit 100 --filter "$2" | cut -f1 ;;
        contact) "${ask[@]}" ul show --limit 100 --filter "$2" | cut -f2 ;;
        command) "${ask[@]}" which | cut -f1 ;;
        template) "${ask[@]}" send --list | cut -f1 ;;
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
            [[ " --fifo --unix-socket --instance --run-dir " == *" $option "* ]] && _serctl_place+=("$option" "$word")
            option=''
        elif [[ $word == -*=* ]]; then
            [[ " --fifo --unix-socket --instance --run-dir " == *" ${word%%=*} "* ]] && _serctl_place+=("$word")
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
        place="words $(_serctl_options "$path") -h --help -V --version -F --format --wide --color -y --yes --dry-run --timeout --fifo --unix-socket --instance --run-dir"
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
