# fish completion of serctl. Written by docs/generate.py; changes made here are lost.

function __serctl_verbs # PATH: what may follow
    switch "$argv[1]"
        case ''
            printf '%s\n' \
                'ul	Show, add and remove registrations' \
                'alias	Show, add and remove aliases: other names that ser.cfg looks up' \
                'online	List the users who are registered, each once' \
                'ping	Ask with OPTIONS whether somebody is there, as ping(8) does' \
                'send	Send a SIP request, and show its final response' \
                'cisco_restart	Restart phones: NOTIFY with Event: check-sync' \
                'moni	Show SER\'s statistics, refreshed in place every WATCH_PERIOD seconds (2)' \
                'monitor	Show SER\'s statistics, refreshed in place every WATCH_PERIOD seconds (2)' \
                'console	Show SER\'s statistics, refreshed in place every WATCH_PERIOD seconds (2)' \
                'con	Show SER\'s statistics, refreshed in place every WATCH_PERIOD seconds (2)' \
                'instances	List the ser that run here, by the names that --instance takes' \
                'ps	Show the processes of ser' \
                'uptime	Show how long ser has been running' \
                'version	Show the versions of serctl and of the ser that runs' \
                'config	Show which ser.cfg runs, where ser listens, and where its files are' \
                'stats	Show counters: all, or those whose name has PATTERN in it' \
                'log	Show the last lines of the log' \
                'debug	Show the debug level, or set it in all processes at once' \
                'start	Start ser in the background, and wait until it answers' \
                'stop	Stop ser, and wait until it has gone; no failure when none runs' \
                'restart	Stop ser and start it again; only when it could start with ser.cfg as it is' \
                'reload	Have ser read its ser.cfg again, without a restart' \
                'fifo	Send COMMAND to ser\'s FIFO as it is, and show the reply' \
                'which	List the commands that ser\'s FIFO takes' \
                'help	Say what ser\'s FIFO commands do: all, or one' \
                'add	Add a subscriber with an e-mail address: USER@DOMAIN, or USER with the domain of SIP_DOMAIN' \
                'passwd	Change a subscriber\'s password; it is asked for' \
                'rm	Remove a subscriber, with groups, URIs, aliases in the database, and registrations' \
                'mail	Send a subscriber an e-mail, with the text that is typed or piped in' \
                'showdb	Show subscribers with their contacts, as the database has them, or one subscriber' \
                'userdb	Show subscribers with their contacts, as the database has them, or one subscriber' \
                'acl	Show and change what subscribers may do: the groups of is_user_in()' \
                'rpid	Show and change Remote-Party-IDs: who subscribers are shown to be when they call' \
                'alias_db	Show and change aliases in the database: those of alias_db_lookup()' \
                'domain	Show and change the domains that ser serves: those of is_uri_host_local()'
        case 'ul'
            printf '%s\n' \
                'show	Show who is registered where, or the contacts of USER' \
                'add	Register USER at the contact URI, for good unless --expires says how long' \
                'rm	Remove USER with all contacts, or one CONTACT of USER' \
                'dump	Print all of both tables in the long form of SER\'s `ul show`'
        case 'alias'
            printf '%s\n' \
                'show	Show all aliases and what they stand for, or one ALIAS' \
                'add	Make ALIAS another name for URI, for good unless --expires says how long' \
                'rm	Remove ALIAS'
        case 'acl'
            printf '%s\n' \
                'show	Show who is in which groups, or the groups of one subscriber' \
                'grant	Put a subscriber into groups' \
                'revoke	Take a subscriber out of a group, or out of all; asks before all' \
                'groups	Show the groups that `grant` knows'
        case 'rpid'
            printf '%s\n' \
                'show	Show the Remote-Party-IDs of all, or of one subscriber' \
                'add	Give a subscriber a Remote-Party-ID: a number, or a URI' \
                'rm	Take a subscriber\'s Remote-Party-ID away'
        case 'alias_db'
            printf '%s\n' \
                'show	Show all aliases in the database, or those of one subscriber' \
                'add	Make NAME, as 1234 or 1234@DOMAIN, another name of a subscriber' \
                'rm	Remove an alias from the database'
        case 'domain'
            printf '%s\n' \
                'show	Show the domains in the database' \
                'add	Add a domain, and have the running ser know of it' \
                'rm	Remove a domain, and have the running ser know of it'
    end
end

function __serctl_options # PATH: its own options, or the shared ones
    switch "$argv[1]"
        case 'shared'
            printf '%s\n' \
                '-h	Show what it is for, and end.' \
                '--help	Show what it is for, and end.' \
                '-V	Show the version of serctl and end.' \
                '--version	Show the version of serctl and end.' \
                '-F	How data is written; a table on a terminal, lines otherwise.' \
                '--format	How data is written; a table on a terminal, lines otherwise.' \
                '--wide	Cut nothing in tables, and show all columns.' \
                '--color	Colours; NO_COLOR is heeded.' \
                '-y	Don\'t ask before something is removed or stopped.' \
                '--yes	Don\'t ask before something is removed or stopped.' \
                '--dry-run	Print the FIFO request instead of sending it.' \
                '--timeout	How long to wait for a reply (5).' \
                '--fifo	ser\'s FIFO (SER_FIFO); looked for in the run directory.' \
                '--unix-socket	ser\'s Unix socket, instead of the FIFO (SER_UNIXSOCK).' \
                '--instance	Which ser, where several run.' \
                '--run-dir	Where to look for the FIFO, as ser\'s --run-dir.'
        case 'ul show'
            printf '%s\n' \
                '--filter	Only those with TEXT in user, contact, user agent or received.' \
                '--sort	One of aor, contact, expires, since, q, user_agent; -COLUMN: the last first.' \
                '--limit	How many (50 on a terminal, else all).' \
                '--offset	How many to pass over.' \
                '--all	All of them.' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'ul add'
            printf '%s\n' \
                '--expires	How long it stays, such as 3600 or 2h; for good without it.' \
                '--q	How much it is preferred, 0 to 1 (1).'
        case 'ul dump'
            printf '%s\n' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'alias show'
            printf '%s\n' \
                '--filter	Only those with TEXT in user, contact, user agent or received.' \
                '--sort	One of aor, contact, expires, since, q, user_agent; -COLUMN: the last first.' \
                '--limit	How many (50 on a terminal, else all).' \
                '--offset	How many to pass over.' \
                '--all	All of them.' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'alias add'
            printf '%s\n' \
                '--expires	How long it stays, such as 3600 or 2h; for good without it.' \
                '--q	How much it is preferred, 0 to 1 (1).'
        case 'online'
            printf '%s\n' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'ping'
            printf '%s\n' \
                '-c	Stop after N probes (endless on a terminal, else 1).' \
                '--count	Stop after N probes (endless on a terminal, else 1).' \
                '-i	Time from one probe to the next (1).' \
                '--interval	Time from one probe to the next (1).' \
                '-W	How long to wait for an answer (5).' \
                '--wait	How long to wait for an answer (5).' \
                '-q	Show the summary only.' \
                '--quiet	Show the summary only.' \
                '--from	Whom it comes from (sip:daemon@HOST).'
        case 'send'
            printf '%s\n' \
                '-t	What to start from; - is stdin.' \
                '--template	What to start from; - is stdin.' \
                '-H	Put a header in; one without value takes it out.' \
                '--header	Put a header in; one without value takes it out.' \
                '-b	The body; @- is stdin.' \
                '--body	The body; @- is stdin.' \
                '--from	Whom it comes from (sip:daemon@HOST).' \
                '--next-hop	Where to send it, when not to URI.' \
                '-e	Look it over in $VISUAL or $EDITOR first.' \
                '--edit	Look it over in $VISUAL or $EDITOR first.' \
                '-l	List the templates.' \
                '--list	List the templates.' \
                '-W	How long to wait for the final response (35; 180 for INVITE).' \
                '--wait	How long to wait for the final response (35; 180 for INVITE).' \
                '--no-hangup	Don\'t end the call that an INVITE began.'
        case 'cisco_restart'
            printf '%s\n' \
                '-W	How long to wait for an answer (10).' \
                '--wait	How long to wait for an answer (10).'
        case 'instances'
            printf '%s\n' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'ps'
            printf '%s\n' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'uptime'
            printf '%s\n' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'version'
            printf '%s\n' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'config'
            printf '%s\n' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'stats'
            printf '%s\n' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'log'
            printf '%s\n' \
                '-f	Go on with what comes, until Ctrl-C.' \
                '--follow	Go on with what comes, until Ctrl-C.' \
                '-n	How many of the last lines (20).' \
                '--lines	How many of the last lines (20).' \
                '-l	Up to this level, by number or name: ERR, WARN, NOTICE, INFO, 4 to 9.' \
                '--level	Up to this level, by number or name: ERR, WARN, NOTICE, INFO, 4 to 9.' \
                '--call-id	Only lines of calls with TEXT in their Call-ID.'
        case 'debug'
            printf '%s\n' \
                '--for	Go back after TIME, such as 90, 10m or 1h.' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'start'
            printf '%s\n' \
                '-f	The ser.cfg to start with (/etc/ser/ser.cfg).' \
                '--config	The ser.cfg to start with (/etc/ser/ser.cfg).' \
                '-P	Where its pid stands (ser.pid in the run directory).' \
                '--pid-file	Where its pid stands (ser.pid in the run directory).'
        case 'stop'
            printf '%s\n' \
                '-P	Where its pid stands (ser.pid in the run directory).' \
                '--pid-file	Where its pid stands (ser.pid in the run directory).'
        case 'restart'
            printf '%s\n' \
                '-f	The ser.cfg to start with (/etc/ser/ser.cfg).' \
                '--config	The ser.cfg to start with (/etc/ser/ser.cfg).' \
                '-P	Where its pid stands (ser.pid in the run directory).' \
                '--pid-file	Where its pid stands (ser.pid in the run directory).'
        case 'reload'
            printf '%s\n' \
                '--check	Only tell what would change.'
        case 'fifo'
            printf '%s\n' \
                '--headers	Send the lines of FILE (-: stdin) as headers.' \
                '--body	Send the lines of FILE (-: stdin) as a body.'
        case 'which'
            printf '%s\n' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'help'
            printf '%s\n' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'add'
            printf '%s\n' \
                '--password-stdin	Read the password from stdin, instead of asking for it.' \
                '--db-url	The database, such as sqlite:////var/lib/ser/ser.db (SER_DB_URL); without a password. As in ser.cfg without it.'
        case 'passwd'
            printf '%s\n' \
                '--password-stdin	Read the password from stdin, instead of asking for it.' \
                '--db-url	The database, such as sqlite:////var/lib/ser/ser.db (SER_DB_URL); without a password. As in ser.cfg without it.'
        case 'rm'
            printf '%s\n' \
                '--db-url	The database, such as sqlite:////var/lib/ser/ser.db (SER_DB_URL); without a password. As in ser.cfg without it.'
        case 'mail'
            printf '%s\n' \
                '--subject	Message from DOMAIN SIP admin, without it.' \
                '--db-url	The database, such as sqlite:////var/lib/ser/ser.db (SER_DB_URL); without a password. As in ser.cfg without it.'
        case 'showdb'
            printf '%s\n' \
                '--filter	Only users whose name begins so.' \
                '--limit	How many rows; else all.' \
                '--db-url	The database, such as sqlite:////var/lib/ser/ser.db (SER_DB_URL); without a password. As in ser.cfg without it.' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'userdb'
            printf '%s\n' \
                '--filter	Only users whose name begins so.' \
                '--limit	How many rows; else all.' \
                '--db-url	The database, such as sqlite:////var/lib/ser/ser.db (SER_DB_URL); without a password. As in ser.cfg without it.' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'acl show'
            printf '%s\n' \
                '--db-url	The database, such as sqlite:////var/lib/ser/ser.db (SER_DB_URL); without a password. As in ser.cfg without it.' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'acl grant'
            printf '%s\n' \
                '--db-url	The database, such as sqlite:////var/lib/ser/ser.db (SER_DB_URL); without a password. As in ser.cfg without it.'
        case 'acl revoke'
            printf '%s\n' \
                '--db-url	The database, such as sqlite:////var/lib/ser/ser.db (SER_DB_URL); without a password. As in ser.cfg without it.'
        case 'acl groups'
            printf '%s\n' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'rpid show'
            printf '%s\n' \
                '--db-url	The database, such as sqlite:////var/lib/ser/ser.db (SER_DB_URL); without a password. As in ser.cfg without it.' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'rpid add'
            printf '%s\n' \
                '--db-url	The database, such as sqlite:////var/lib/ser/ser.db (SER_DB_URL); without a password. As in ser.cfg without it.'
        case 'rpid rm'
            printf '%s\n' \
                '--db-url	The database, such as sqlite:////var/lib/ser/ser.db (SER_DB_URL); without a password. As in ser.cfg without it.'
        case 'alias_db show'
            printf '%s\n' \
                '--db-url	The database, such as sqlite:////var/lib/ser/ser.db (SER_DB_URL); without a password. As in ser.cfg without it.' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'alias_db add'
            printf '%s\n' \
                '--db-url	The database, such as sqlite:////var/lib/ser/ser.db (SER_DB_URL); without a password. As in ser.cfg without it.'
        case 'alias_db rm'
            printf '%s\n' \
                '--db-url	The database, such as sqlite:////var/lib/ser/ser.db (SER_DB_URL); without a password. As in ser.cfg without it.'
        case 'domain show'
            printf '%s\n' \
                '--db-url	The database, such as sqlite:////var/lib/ser/ser.db (SER_DB_URL); without a password. As in ser.cfg without it.' \
                '--watch	Look again and again (every 2 s), until Ctrl-C.'
        case 'domain add'
            printf '%s\n' \
                '--db-url	The database, such as sqlite:////var/lib/ser/ser.db (SER_DB_URL); without a password. As in ser.cfg without it.'
        case 'domain rm'
            printf '%s\n' \
                '--db-url	The database, such as sqlite:////var/lib/ser/ser.db (SER_DB_URL); without a password. As in ser.cfg without it.'
    end
end

function __serctl_value # PATH OPTION: what stands behind it
    switch "$argv[1] $argv[2]"
        case '* -F' '* --format'
            printf '%s\n' \
                'words table json lines raw csv'
        case '* --color'
            printf '%s\n' \
                'words auto always never'
        case '* --timeout'
            printf '%s\n' \
                'anything'
        case '* --fifo'
            printf '%s\n' \
                'file'
        case '* --unix-socket'
            printf '%s\n' \
                'file'
        case '* --instance'
            printf '%s\n' \
                'instance'
        case '* --run-dir'
            printf '%s\n' \
                'directory'
        case 'ul show --filter'
            printf '%s\n' \
                'anything'
        case 'ul show --sort'
            printf '%s\n' \
                'words aor -aor contact -contact expires -expires since -since q -q user_agent -user_agent'
        case 'ul show --limit'
            printf '%s\n' \
                'anything'
        case 'ul show --offset'
            printf '%s\n' \
                'anything'
        case 'ul add --expires'
            printf '%s\n' \
                'anything'
        case 'ul add --q'
            printf '%s\n' \
                'anything'
        case 'alias show --filter'
            printf '%s\n' \
                'anything'
        case 'alias show --sort'
            printf '%s\n' \
                'words aor -aor contact -contact expires -expires since -since q -q user_agent -user_agent'
        case 'alias show --limit'
            printf '%s\n' \
                'anything'
        case 'alias show --offset'
            printf '%s\n' \
                'anything'
        case 'alias add --expires'
            printf '%s\n' \
                'anything'
        case 'alias add --q'
            printf '%s\n' \
                'anything'
        case 'ping -c' 'ping --count'
            printf '%s\n' \
                'anything'
        case 'ping -i' 'ping --interval'
            printf '%s\n' \
                'anything'
        case 'ping -W' 'ping --wait'
            printf '%s\n' \
                'anything'
        case 'ping --from'
            printf '%s\n' \
                'anything'
        case 'send -t' 'send --template'
            printf '%s\n' \
                'template'
        case 'send -H' 'send --header'
            printf '%s\n' \
                'anything'
        case 'send -b' 'send --body'
            printf '%s\n' \
                'file'
        case 'send --from'
            printf '%s\n' \
                'anything'
        case 'send --next-hop'
            printf '%s\n' \
                'anything'
        case 'send -W' 'send --wait'
            printf '%s\n' \
                'anything'
        case 'cisco_restart -W' 'cisco_restart --wait'
            printf '%s\n' \
                'anything'
        case 'log -n' 'log --lines'
            printf '%s\n' \
                'anything'
        case 'log -l' 'log --level'
            printf '%s\n' \
                'anything'
        case 'log --call-id'
            printf '%s\n' \
                'anything'
        case 'debug --for'
            printf '%s\n' \
                'anything'
        case 'start -f' 'start --config'
            printf '%s\n' \
                'file'
        case 'start -P' 'start --pid-file'
            printf '%s\n' \
                'file'
        case 'stop -P' 'stop --pid-file'
            printf '%s\n' \
                'file'
        case 'restart -f' 'restart --config'
            printf '%s\n' \
                'file'
        case 'restart -P' 'restart --pid-file'
            printf '%s\n' \
                'file'
        case 'fifo --headers'
            printf '%s\n' \
                'file'
        case 'fifo --body'
            printf '%s\n' \
                'file'
        case 'add --db-url'
            printf '%s\n' \
                'anything'
        case 'passwd --db-url'
            printf '%s\n' \
                'anything'
        case 'rm --db-url'
            printf '%s\n' \
                'anything'
        case 'mail --subject'
            printf '%s\n' \
                'anything'
        case 'mail --db-url'
            printf '%s\n' \
                'anything'
        case 'showdb --filter'
            printf '%s\n' \
                'anything'
        case 'showdb --limit'
            printf '%s\n' \
                'anything'
        case 'showdb --db-url'
            printf '%s\n' \
                'anything'
        case 'userdb --filter'
            printf '%s\n' \
                'anything'
        case 'userdb --limit'
            printf '%s\n' \
                'anything'
        case 'userdb --db-url'
            printf '%s\n' \
                'anything'
        case 'acl show --db-url'
            printf '%s\n' \
                'anything'
        case 'acl grant --db-url'
            printf '%s\n' \
                'anything'
        case 'acl revoke --db-url'
            printf '%s\n' \
                'anything'
        case 'rpid show --db-url'
            printf '%s\n' \
                'anything'
        case 'rpid add --db-url'
            printf '%s\n' \
                'anything'
        case 'rpid rm --db-url'
            printf '%s\n' \
                'anything'
        case 'alias_db show --db-url'
            printf '%s\n' \
                'anything'
        case 'alias_db add --db-url'
            printf '%s\n' \
                'anything'
        case 'alias_db rm --db-url'
            printf '%s\n' \
                'anything'
        case 'domain show --db-url'
            printf '%s\n' \
                'anything'
        case 'domain add --db-url'
            printf '%s\n' \
                'anything'
        case 'domain rm --db-url'
            printf '%s\n' \
                'anything'
    end
end

function __serctl_arguments # PATH: what stands in its places, a line for each
    switch "$argv[1]"
        case 'ul show'
            printf '%s\n' \
                'user'
        case 'ul add'
            printf '%s\n' \
                'user' \
                'anything'
        case 'ul rm'
            printf '%s\n' \
                'user' \
                'contact'
        case 'alias show'
            printf '%s\n' \
                'alias'
        case 'alias add'
            printf '%s\n' \
                'alias' \
                'anything'
        case 'alias rm'
            printf '%s\n' \
                'alias'
        case 'ping'
            printf '%s\n' \
                'user...'
        case 'send'
            printf '%s\n' \
                'words OPTIONS MESSAGE NOTIFY INVITE INFO REGISTER SUBSCRIBE PUBLISH REFER BYE' \
                'user'
        case 'cisco_restart'
            printf '%s\n' \
                'user...'
        case 'moni'
            printf '%s\n' \
                'anything'
        case 'monitor'
            printf '%s\n' \
                'anything'
        case 'console'
            printf '%s\n' \
                'anything'
        case 'con'
            printf '%s\n' \
                'anything'
        case 'stats'
            printf '%s\n' \
                'anything'
        case 'debug'
            printf '%s\n' \
                'anything'
        case 'fifo'
            printf '%s\n' \
                'command' \
                'anything...'
        case 'help'
            printf '%s\n' \
                'command'
        case 'add'
            printf '%s\n' \
                'user' \
                'anything'
        case 'passwd'
            printf '%s\n' \
                'subscriber'
        case 'rm'
            printf '%s\n' \
                'subscriber'
        case 'mail'
            printf '%s\n' \
                'subscriber'
        case 'showdb'
            printf '%s\n' \
                'subscriber'
        case 'userdb'
            printf '%s\n' \
                'subscriber'
        case 'acl show'
            printf '%s\n' \
                'subscriber'
        case 'acl grant'
            printf '%s\n' \
                'subscriber' \
                'group...'
        case 'acl revoke'
            printf '%s\n' \
                'subscriber' \
                'group'
        case 'rpid show'
            printf '%s\n' \
                'subscriber'
        case 'rpid add'
            printf '%s\n' \
                'subscriber' \
                'anything'
        case 'rpid rm'
            printf '%s\n' \
                'subscriber'
        case 'alias_db show'
            printf '%s\n' \
                'subscriber'
        case 'alias_db add'
            printf '%s\n' \
                'anything' \
                'subscriber'
        case 'alias_db rm'
            printf '%s\n' \
                'anything'
        case 'domain add'
            printf '%s\n' \
                'anything'
        case 'domain rm'
            printf '%s\n' \
                'domain'
    end
end

function __serctl_asked # KIND WORD PLACE...: words of a kind that a running ser knows
    set -l ask serctl --timeout 1 $argv[3..-1] -F lines
    switch $argv[1]
        case user; $ask ul show --limit 100 --filter "$argv[2]" | cut -f1
        case instance; $ask instances | cut -f1
        case subscriber; $ask showdb --limit 100 --filter "$argv[2]" | cut -f1
        case group; $ask acl groups | cut -f1
        case domain; $ask domain show | cut -f1
        case alias; $ask alias show --limit 100 --filter "$argv[2]" | cut -f1
        case contact; $ask ul show --limit 100 --filter "$argv[2]" | cut -f2
        case command; $ask which | cut -f1
        case template; $ask send --list | cut -f1
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
            contains -- $option --fifo --unix-socket --instance --run-dir; and set -a places $option $word
            set option ''
        else if string match -q -- '-*=*' $word
            contains -- $name --fifo --unix-socket --instance --run-dir; and set -a places $word
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
