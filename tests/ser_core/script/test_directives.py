"""From `name=value` to Settings: every directive, every type, every refusal."""

from __future__ import annotations

from typing import Any

import pytest

from ser_core.script.settings import DIRECTIVES, Directive, Kind
from tests.support.scripts import errors_of, load, warnings_of

DIRECTIVES_OF_SER = [
    "debug",
    "fork",
    "log_stderror",
    "log_facility",
    "listen",
    "port",
    "alias",
    "children",
    "dns",
    "rev_dns",
    "statistics",
    "maxbuffer",
    "check_via",
    "syn_branch",
    "memlog",
    "sip_warning",
    "server_signature",
    "reply_to_via",
    "fifo",
    "fifo_dir",
    "fifo_mode",
    "fifo_user",
    "fifo_group",
    "fifo_db_url",
    "unix_sock",
    "unix_sock_children",
    "unix_tx_timeout",
    "user",
    "group",
    "chroot",
    "wdir",
    "mhomed",
    "disable_tcp",
    "tcp_children",
    "tcp_accept_aliases",
    "tcp_connect_timeout",
    "tcp_send_timeout",
    "disable_tls",
    "tls_log",
    "tls_port_no",
    "tls_method",
    "tls_verify",
    "tls_require_certificate",
    "tls_certificate",
    "tls_private_key",
    "tls_ca_list",
    "tls_handshake_timeout",
    "tls_send_timeout",
    "advertised_address",
    "advertised_port",
    "disable_core_dump",
    "open_files_limit",
    "mcast_loopback",
    "mcast_ttl",
]


def test_every_directive_of_ser_is_known() -> None:
    assert set(DIRECTIVES_OF_SER) == {x.name for x in DIRECTIVES.values() if not x.ours}


def example_of(directive: Directive) -> tuple[str, Any]:
    """A good value for a directive, other than its default, and what it is in Settings."""
    match directive.kind:
        case Kind.NUMBER:
            number = max(directive.minimum, 1)
            return (str(number), number) if number != directive.default else ("2", 2)
        case Kind.SWITCH:
            return ("no", False) if directive.default else ("yes", True)
        case Kind.FACILITY:
            return "LOG_LOCAL7", "LOG_LOCAL7"
        case Kind.TLS_METHOD:
            return "tlsv1", "TLSv1"
        case Kind.ADDRESSES:
            return "udp:10.0.0.1:5070", (("udp", "10.0.0.1", 5070),)
        case _:
            return '"a.b"', "a.b"


@pytest.mark.parametrize(
    ("name", "directive"),
    [(name, x) for x in DIRECTIVES.values() for name in (x.name, *x.synonyms)],
    ids=[name for x in DIRECTIVES.values() for name in (x.name, *x.synonyms)],
)
def test_each_directive_under_each_name_reaches_its_setting(
    name: str, directive: Directive
) -> None:
    written, value = example_of(directive)
    assert getattr(load("debug=1").settings, directive.name) in (directive.default, 1)
    assert getattr(load(f"{name}={written}").settings, directive.name) == value


WITHOUT_MEANING = [x.name for x in DIRECTIVES.values() if x.without_meaning]


@pytest.mark.parametrize("name", WITHOUT_MEANING)
def test_a_directive_without_meaning_is_accepted_and_noted(name: str) -> None:
    written, _ = example_of(DIRECTIVES[name])
    assert load(f"{name}={written}").notes == [
        f"ser.cfg:1:1: {name} does nothing here: {DIRECTIVES[name].without_meaning}"
    ]


def test_a_directive_with_meaning_is_not_noted() -> None:
    assert load("debug=3\nfork=no").notes == []


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("debug=yes", "debug", 1),
        ("debug=0x9", "debug", 9),
        ("fork=0", "fork", False),
        ("fork=5", "fork", True),
        ("fork=disable", "fork", False),
        ("fifo_mode=0600", "fifo_mode", 0o600),
        ("user=ser", "user", "ser"),
        ("user=1000", "user", "1000"),
        ('group="my group"', "group", "my group"),
        ("log_facility=log_mail", "log_facility", "LOG_MAIL"),
        ("advertised_address=sip.example.org", "advertised_address", "sip.example.org"),
        ("advertised_address=10.0.0.1", "advertised_address", "10.0.0.1"),
        ("advertised_address=[2001:DB8::1]", "advertised_address", "2001:db8::1"),
        ('wdir="/"', "wdir", "/"),
        ("debug=1 debug=2", "debug", 2),
        ("dns=yes dns=no", "dns", True),
        ("rev_dns=on rev_dns=off", "rev_dns", True),
    ],
)
def test_values(text: str, name: str, value: Any) -> None:
    assert getattr(load(text).settings, name) == value


@pytest.mark.parametrize(
    ("text", "listen"),
    [
        ("listen=10.0.0.1", [("*", "10.0.0.1", 0)]),
        ("listen=10.0.0.1:5070", [("*", "10.0.0.1", 5070)]),
        ("listen=10.0.0.1:*", [("*", "10.0.0.1", 0)]),
        ("listen=a listen=b c", [("*", "a", 0), ("*", "b", 0), ("*", "c", 0)]),
        # In front of any port line: the final port, which 0 stands for. Behind one: that port.
        ("listen=a port=5070", [("*", "a", 0)]),
        ("port=5070 listen=a port=5080", [("*", "a", 5070)]),
        ("listen=a port=5070 listen=b", [("*", "a", 0), ("*", "b", 5070)]),
    ],
)
def test_listen_and_port(text: str, listen: list[Any]) -> None:
    assert list(load(text).settings.listen) == listen


def test_an_alias_without_port_matches_any_whatever_port_says() -> None:
    settings = load("port=5070 alias=example.org tcp:example.net:5080").settings
    assert list(settings.alias) == [("*", "example.org", 0), ("tcp", "example.net", 5080)]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('debug="3"', "1:7: debug takes a number"),
        ("debug=high", "1:7: debug takes a number"),
        ("debug=10", "1:7: debug takes a number from 0 to 9"),
        ("debug=-1", "1:7: debug takes a number from 0 to 9"),
        ("fork=maybe", "1:6: fork takes yes or no"),
        ('fork="yes"', "1:6: fork takes yes or no"),
        ("children=0", "1:10: children takes a number from 1 to 256"),
        ("port=65536", "1:6: port takes a number from 1 to 65535"),
        ("tcp_send_timeout=0", "1:18: tcp_send_timeout takes a number from 1"),
        ("fifo_mode=070000", "1:11: fifo_mode takes permissions in octal, as 0660"),
        ("fifo=ser_fifo", "1:6: fifo takes a string in quotes"),
        ('fifo="a\\x00b"', "1:6: fifo takes a string without NUL"),
        ("user=yes", "1:6: user takes a name"),
        ("user=*", "1:6: user takes a name"),
        ("advertised_address=5", "1:20: advertised_address takes a host"),
        ("advertised_address=10.0.0.0/8", "1:20: advertised_address takes a host"),
        (
            'log_facility="LOG_MAIL"',
            "1:14: log_facility takes a facility without quotes, as LOG_DAEMON",
        ),
        (
            "log_facility=LOG_DEMON",
            "1:14: log_facility takes a facility of syslog, as LOG_DAEMON; "
            'did you mean "LOG_DAEMON"?',
        ),
        (
            "log_facility=x",
            "1:14: log_facility takes a facility of syslog, as LOG_DAEMON; see syslog(3)",
        ),
        ("tls_method=TLSv3", "1:12: tls_method takes SSLv23, SSLv2, SSLv3 or TLSv1"),
        ("debgu=3", '1:1: unknown directive "debgu", did you mean "debug"?'),
        ("Debug=3", '1:1: unknown directive "Debug", did you mean "debug"?'),
        ("zzz=3", '1:1: unknown directive "zzz"'),
        ("zzz=3 4 {", '1:1: unknown directive "zzz"'),
        (
            "open_fd_limit=3",
            '1:1: unknown directive "open_fd_limit", did you mean "open_files_limit"?',
        ),
        (
            "disable_core=yes",
            '1:1: unknown directive "disable_core", did you mean "disable_core_dump"?',
        ),
        ('mpath="/x"', '1:1: unknown directive "mpath", modules are found by their name'),
    ],
)
def test_a_wrong_directive(text: str, mistake: str) -> None:
    assert errors_of(text) == [mistake]


@pytest.mark.parametrize("directory", ["/tmp", "/var/tmp", "/dev/shm"])
def test_a_fifo_in_a_directory_for_all_is_warned_of(directory: str) -> None:
    assert warnings_of(f'fifo="{directory}/ser_fifo" route {{ ; }}')[0] == (
        "1:6: anybody can put a file into this directory before ser does, "
        "choose one that only ser's user may write to"
    )


def test_a_fifo_elsewhere_is_not() -> None:
    assert not any("anybody" in x for x in warnings_of('fifo="/run/ser/ser_fifo"'))


def test_a_mode_written_in_decimal_is_warned_of() -> None:
    warning = "1:11: this is 0o1224 in octal, did you mean 0660?"
    assert warning in warnings_of("fifo_mode=660")
    assert not any("octal" in x for x in warnings_of("fifo_mode=0660"))
