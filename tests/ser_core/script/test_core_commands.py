"""Every core command: its forms, its effect, its refusals."""

from __future__ import annotations

from typing import Any

import pytest

from ser_core.modules.api import FAILURE, ONREPLY
from ser_core.script.core_commands import BY_ANY_NAME, COMMANDS
from ser_core.script.runtime import E_BAD_URI, E_TOO_MANY_BRANCHES, Branch
from tests.support.scripts import OURS_TCP, RecordingCore, Run, errors_of, load, message

COMMANDS_OF_SER = [
    "forward",
    "forward_udp",
    "forward_tcp",
    "forward_tls",
    "send",
    "send_tcp",
    "log",
    "error",
    "exec",
    "setflag",
    "resetflag",
    "isflagset",
    "sethost",
    "rewritehost",
    "seth",
    "sethostport",
    "rewritehostport",
    "sethp",
    "setport",
    "rewriteport",
    "setp",
    "setuser",
    "rewriteuser",
    "setu",
    "setuserpass",
    "rewriteuserpass",
    "setup",
    "seturi",
    "rewriteuri",
    "revert_uri",
    "prefix",
    "strip",
    "strip_tail",
    "append_branch",
    "force_rport",
    "add_rport",
    "force_tcp_alias",
    "add_tcp_alias",
    "set_advertised_address",
    "set_advertised_port",
    "force_send_socket",
]


def test_every_core_command_of_ser_is_known_and_documented() -> None:
    assert set(COMMANDS_OF_SER) == set(BY_ANY_NAME)
    assert all(x.doc for x in COMMANDS.values())


def core_of(run: Run) -> RecordingCore:
    core = run.msg.core
    assert isinstance(core, RecordingCore)
    return core


# --- forward and send


@pytest.mark.parametrize(
    ("command", "uri", "transport"),
    [
        ("forward(10.0.0.1)", b"sip:10.0.0.1", "udp"),
        ("forward(10.0.0.1, 5070)", b"sip:10.0.0.1:5070", "udp"),
        ('forward("gw.example.org")', b"sip:gw.example.org", "udp"),
        ("forward(gw.example.org, 5070)", b"sip:gw.example.org:5070", "udp"),
        ("forward([2001:db8::1])", b"sip:[2001:db8::1]", "udp"),
        ("forward(2001:db8::1, 5070)", b"sip:[2001:db8::1]:5070", "udp"),
        ("forward(uri:host)", b"sip:bob@example.com:5090", None),
        ("forward(uri:host, uri:port)", b"sip:bob@example.com:5090", None),
        ("forward(uri:host, 5070)", b"sip:bob@example.com:5070", None),
        ("forward_udp(10.0.0.1)", b"sip:10.0.0.1", "udp"),
        ("forward_udp(uri:host)", b"sip:bob@example.com:5090", "udp"),
        ("forward_tcp(10.0.0.1, 5070)", b"sip:10.0.0.1:5070", "tcp"),
        ("forward_tls(10.0.0.1)", b"sip:10.0.0.1", "tls"),
    ],
)
def test_forward(command: str, uri: bytes, transport: str | None) -> None:
    run = Run(f"{command};", message(uri="sip:bob@example.com:5090"))
    assert core_of(run).forwarded == [(uri, transport)]
    assert run.result == 1


def test_forward_to_a_host_keeps_the_transport_it_came_by() -> None:
    msg = message()
    msg.source = msg.source._replace(transport="tcp", listener=OURS_TCP)
    assert core_of(Run("forward(10.0.0.1);", msg)).forwarded == [(b"sip:10.0.0.1", "tcp")]


def test_forward_by_uri_goes_where_the_route_leads() -> None:
    msg = message()
    msg.next_hop = b"sip:10.9.9.9;lr"
    assert core_of(Run("forward(uri:host);", msg)).forwarded == [(b"sip:10.9.9.9;lr", None)]


def test_a_forward_that_fails_is_false_and_leaves_its_error() -> None:
    msg = message()
    msg.core.result = -478  # type: ignore[attr-defined]
    run = Run('if (forward(uri:host)) say("sent"); else say("failed");', msg)
    assert run.calls == ["failed"]
    assert msg.error == -478


@pytest.mark.parametrize(
    ("command", "sent"),
    [
        ("send(10.0.0.1)", ("10.0.0.1", 5060, "udp")),
        ("send(10.0.0.1, 5070)", ("10.0.0.1", 5070, "udp")),
        ("send(2001:db8::1)", ("2001:db8::1", 5060, "udp")),
        ('send_tcp("10.0.0.1", 5070)', ("10.0.0.1", 5070, "tcp")),
    ],
)
def test_send(command: str, sent: tuple[str, int, str]) -> None:
    run = Run(f"{command};")
    assert core_of(run).sent == [sent]
    assert run.result == 1


def test_send_looks_no_names_up() -> None:
    assert errors_of('route { send("gw.example.org", 5070); }') == [
        '1:9: send: "gw.example.org" is not an IP address, and no name is looked up here'
    ]


def test_a_send_that_fails_is_false() -> None:
    msg = message()
    msg.core.result = -477  # type: ignore[attr-defined]
    assert Run("send(10.0.0.1);", msg).result == -1
    assert msg.error == -477


# --- logging, programs, flags


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ('log("hello\\n")', (4, "hello")),
        ('log(1, "100 %s")', (1, "100 %s")),
        ('log(9, "all")', (9, "all")),
        ('error("a", "b")', (1, 'error("a", "b")')),
    ],
)
def test_logging(command: str, line: tuple[int, str]) -> None:
    run = Run(f"{command};")
    assert run.log == [line]
    assert run.result == 1


def test_exec_is_true_whatever_the_program_says() -> None:
    run = Run('exec("echo hello");')
    assert core_of(run).executed == ["echo hello"]
    assert run.result == 1


def test_flags() -> None:
    body = (
        'if (isflagset(3)) say("a"); setflag(3); setflag(31); if (isflagset(3)) say("b"); '
        'resetflag(3); if (!isflagset(3)) say("c");'
    )
    run = Run(body)
    assert run.calls == ["b", "c"]
    assert run.msg.flags == 1 << 31


# --- the Request-URI


@pytest.mark.parametrize(
    ("command", "before", "after"),
    [
        ('sethost("h.org")', "sip:joe:pw@a.b:5070;x=y?h=v", b"sip:joe:pw@h.org:5070;x=y?h=v"),
        ('rewritehost("2001:db8::1")', "sip:joe@a.b", b"sip:joe@[2001:db8::1]"),
        ('seth("10.0.0.1")', "sip:a.b", b"sip:10.0.0.1"),
        ('sethost("h.org")', "sips:joe@a.b", b"sips:joe@h.org"),
        ('sethostport("h.org:5090")', "sip:joe@a.b:5070", b"sip:joe@h.org:5090"),
        ('sethostport("h.org")', "sip:joe@a.b:5070", b"sip:joe@h.org"),
        ('rewritehostport("[2001:db8::1]:5090")', "sip:joe@a.b", b"sip:joe@[2001:db8::1]:5090"),
        ('sethp("h.org")', "sip:joe@a.b", b"sip:joe@h.org"),
        ('setport("5090")', "sip:joe@a.b:5070", b"sip:joe@a.b:5090"),
        ('rewriteport("")', "sip:joe@a.b:5070", b"sip:joe@a.b"),
        ('setp("1")', "sip:joe@a.b", b"sip:joe@a.b:1"),
        ('setuser("jane")', "sip:joe:pw@a.b", b"sip:jane:pw@a.b"),
        ('rewriteuser("jane")', "sip:a.b", b"sip:jane@a.b"),
        ('setu("")', "sip:joe@a.b", b"sip:a.b"),
        ('setuserpass("jane:x")', "sip:joe@a.b", b"sip:jane:x@a.b"),
        ('rewriteuserpass("jane")', "sip:joe:pw@a.b", b"sip:jane@a.b"),
        ('setup("jane:")', "sip:joe:pw@a.b", b"sip:jane:@a.b"),
        ('seturi("sip:x@y;z")', "sip:joe@a.b", b"sip:x@y;z"),
        ('rewriteuri("tel:+123")', "sip:joe@a.b", b"tel:+123"),
        ('prefix("00")', "sip:123@a.b", b"sip:00123@a.b"),
        ('prefix("00")', "sip:a.b", b"sip:00@a.b"),
        ("strip(2)", "sip:00123@a.b", b"sip:123@a.b"),
        ("strip(0)", "sip:00123@a.b", b"sip:00123@a.b"),
        ("strip(3)", "sip:123@a.b", b"sip:a.b"),
        ("strip_tail(2)", "sip:123@a.b", b"sip:1@a.b"),
        ("strip_tail(0)", "sip:123@a.b", b"sip:123@a.b"),
        ("strip_tail(3)", "sip:123@a.b", b"sip:a.b"),
    ],
)
def test_the_request_uri_is_rewritten(command: str, before: str, after: bytes) -> None:
    run = Run(f"{command};", message(uri=before))
    assert run.msg.uri == after
    assert run.result == 1
    assert run.log == []


@pytest.mark.parametrize("command", ["strip(4)", "strip_tail(4)"])
def test_cutting_more_than_there_is_takes_the_user_out_and_warns(command: str) -> None:
    run = Run(f"{command};", message(uri="sip:123@a.b"))
    assert run.msg.uri == b"sip:a.b"
    assert run.log == [(1, "strip: the user has fewer than 4 characters")]


@pytest.mark.parametrize("command", ["revert_uri", "revert_uri()"])
def test_revert_uri_takes_the_uri_back_and_leaves_the_rest(command: str) -> None:
    msg = message()
    msg.next_hop = b"sip:10.0.0.1"
    run = Run(f'append_branch("sip:x@y"); seturi("sip:x@y"); {command};', msg)
    assert run.msg.uri == b"sip:bob@example.com"
    assert len(run.msg.branches) == 1
    assert run.msg.next_hop == b"sip:10.0.0.1"


@pytest.mark.parametrize("command", ['sethost("x")', 'prefix("1")', "strip(1)", "strip_tail(1)"])
@pytest.mark.parametrize("uri", [b"sip:joe@[x", b"tel:+123"])
def test_a_uri_that_can_not_be_rewritten_stays_and_the_script_goes_on(
    command: str, uri: bytes
) -> None:
    msg = message()
    msg.message.uri = uri
    run = Run(f'if ({command}) say("then"); else say("else"); say("behind");', msg)
    assert run.calls == ["else", "behind"]
    assert run.msg.uri == uri
    assert run.msg.error == E_BAD_URI
    assert run.log[0][1].startswith("the Request-URI can't be rewritten: ")


def test_a_uri_that_would_become_too_long_stays() -> None:
    run = Run(f'prefix("{"9" * 1020}");')
    assert run.msg.uri == b"sip:bob@example.com"
    assert run.result == -1
    assert run.log == [
        (1, "the Request-URI can't be rewritten: it would have more than 1024 bytes")
    ]


# --- forking and sending


@pytest.mark.parametrize(
    ("command", "branch"),
    [
        ("append_branch()", Branch(b"sip:bob@example.com", b"sip:10.0.0.1", -1)),
        ("append_branch", Branch(b"sip:bob@example.com", b"sip:10.0.0.1", 0)),
        ('append_branch("sip:x@y")', Branch(b"sip:x@y", None, -1)),
        ('append_branch("sip:x@y", "0.7")', Branch(b"sip:x@y", None, 700)),
        ('append_branch("sip:x@y", "1")', Branch(b"sip:x@y", None, 1000)),
        ('append_branch("sip:x@y", "0")', Branch(b"sip:x@y", None, 0)),
    ],
)
def test_append_branch(command: str, branch: Branch) -> None:
    msg = message()
    msg.next_hop = b"sip:10.0.0.1"
    run = Run(f"{command};", msg)
    assert run.msg.branches == [branch]
    assert run.result == 1


def test_there_is_a_limit_to_branches() -> None:
    run = Run('append_branch("sip:x@y");' * 11 + 'if (append_branch()) say("a"); else say("b");')
    assert run.calls == ["b"]
    assert len(run.msg.branches) == 11
    assert run.msg.error == E_TOO_MANY_BRANCHES
    assert run.log == [(-1, "append_branch: more than 12 destinations")]


@pytest.mark.parametrize("command", ["force_rport", "force_rport()", "add_rport()", "add_rport"])
def test_force_rport(command: str) -> None:
    assert Run(f"{command};").msg.force_rport


@pytest.mark.parametrize(
    ("command", "port"),
    [
        ("force_tcp_alias", 0),
        ("force_tcp_alias()", 0),
        ("force_tcp_alias(5060)", 5060),
        ("add_tcp_alias()", 0),
    ],
)
def test_force_tcp_alias_asks_the_process(command: str, port: int) -> None:
    run = Run(f"{command};")
    assert run.result == 1
    assert run.msg.core.aliases == [port]  # type: ignore[attr-defined]  # it is a RecordingCore


@pytest.mark.parametrize(
    ("command", "host", "port"),
    [
        ("set_advertised_address(10.0.0.1)", b"10.0.0.1", 0),
        ('set_advertised_address("sip.example.org")', b"sip.example.org", 0),
        ("set_advertised_address([2001:db8::1])", b"[2001:db8::1]", 0),
        ("set_advertised_port(5090)", None, 5090),
    ],
)
def test_the_advertised_address(command: str, host: bytes | None, port: int) -> None:
    msg = Run(f"{command};").msg
    assert (msg.advertised_host, msg.advertised_port) == (host, port)


@pytest.mark.parametrize(
    ("socket", "listener"),
    [
        ("192.0.2.1", "udp:192.0.2.1:5060"),
        ("udp:192.0.2.1:5060", "udp:192.0.2.1:5060"),
        ("tcp:192.0.2.1:5070", "tcp:192.0.2.1:5070"),
        ("192.0.2.1:5070", "tcp:192.0.2.1:5070"),
        ('"192.0.2.1"', "udp:192.0.2.1:5060"),
        ("[2001:db8::1]:5060", "udp:[2001:db8::1]:5060"),
    ],
)
def test_force_send_socket(socket: str, listener: str) -> None:
    run = Run(f"force_send_socket({socket});")
    assert repr(run.msg.send_listener) == listener
    assert run.program.unknown_sockets(run.msg.core.local) == []


def test_a_socket_that_nobody_listens_on_is_found_when_ser_knows_its_listeners() -> None:
    program = load("route {\n  force_send_socket(tcp:192.0.2.1:5060);\n}")
    (problem,) = program.unknown_sockets(RecordingCore().local)
    assert problem.render() == (
        "ser.cfg:2:3: error: force_send_socket: ser doesn't listen on tcp:192.0.2.1:5060\n"
        "    2 |   force_send_socket(tcp:192.0.2.1:5060);\n"
        "      |   ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~"
    )
    msg = message()
    assert program.main(msg) == -1
    assert msg.send_listener is None


# --- route kinds


@pytest.mark.parametrize("name", list(COMMANDS))
def test_a_command_for_requests_can_not_stand_in_an_onreply_route(name: str) -> None:
    examples: dict[str, str] = {
        "send": "(::1)", "send_tcp": "(::1)", "log": '("x")', "error": '("a","b")', "exec": '("x")',
        "setflag": "(1)", "resetflag": "(1)", "isflagset": "(1)", "force_rport": "()",
        "force_tcp_alias": "()", "set_advertised_address": "(a)", "set_advertised_port": "(1)",
        "force_send_socket": "(a)",
    }  # fmt: skip
    mistakes = errors_of(f"onreply_route[1] {{ {name}{examples.get(name, '()')}; }}")
    if COMMANDS[name].routes & ONREPLY:
        assert mistakes == []
    else:
        assert "can't stand in an onreply_route" in mistakes[0]
        assert COMMANDS[name].routes & FAILURE


# --- refusals


@pytest.mark.parametrize(
    ("command", "mistake"),
    [
        ("forward()", "1: forward takes 1 to 2 arguments, not 0"),
        ("forward(a, 1, 2)", "1: forward takes 1 to 2 arguments, not 3"),
        ("forward(5)", "9: forward takes a host or uri:host here"),
        ("forward(uri:port)", '9: forward: write "uri:host" first'),
        ("forward(a, uri:port)", '1: forward: "uri:port" can stand behind "uri:host" only'),
        (
            "forward(uri:host, uri:host)",
            '19: forward: behind "uri:host" write "uri:port", a number, or nothing',
        ),
        ("forward(a, 0)", "12: forward: a port is a number from 1 to 65535"),
        ("forward(a, 65536)", "12: forward: a port is a number from 1 to 65535"),
        ('forward(a, "5060")', "12: forward takes a port or uri:port here"),
        ('forward("a b")', '9: forward: "a b" is no host'),
        ('forward("a:5060")', '9: forward: "a:5060" is no host'),
        ('forward("")', '9: forward: "" is no host'),
        ("send(uri:host)", "6: send takes a host here"),
        ("log()", "1: log takes 1 to 2 arguments, not 0"),
        ("log(1)", "1: log: the text to log is missing"),
        ('log("x", "y")', '1: log: the level stands in front of the text, as in log(1, "…")'),
        ('log(10, "y")', "5: log: a level is a number from 0 to 9"),
        ('log(-1, "y")', "5: log: a level is a number from 0 to 9"),
        ("log(a)", "5: log takes a level or a string in quotes here"),
        ('error("a")', "1: error takes 2 arguments, not 1"),
        ("exec(ls)", "6: exec takes a string in quotes here"),
        ("setport(5060)", "9: setport takes a port in quotes here"),
        ('setport("0")', '9: setport: "0" is no port, a number from 1 to 65535'),
        ('setport("x")', '9: setport: "x" is no port, a number from 1 to 65535'),
        ('sethost("a/b")', '9: sethost: "a/b" is no host'),
        ('sethost("1.2.3.400")', "9: sethost: 1.2.3.400 is no IPv4 address"),
        ('sethostport("a:b")', '13: sethostport: "a:b" is not host or host:port'),
        ('sethostport("udp:a:1")', '13: sethostport: "udp:a:1" is not host or host:port'),
        ('sethostport("a:99999")', "13: sethostport: 99999 is no port"),
        ('seturi("nonsense")', '8: seturi: "nonsense" is no URI'),
        ('strip("1")', "7: strip takes a number here"),
        ("strip(-1)", "7: strip: a count is a number from 0 to 1024"),
        ('append_branch("x")', '15: append_branch: "x" is no URI'),
        (
            'append_branch("sip:a@b", "2")',
            '26: append_branch: "2" is no q value, 0 to 1 with at most three decimals',
        ),
        (
            'append_branch("sip:a@b", "0.1234")',
            '26: append_branch: "0.1234" is no q value, 0 to 1 with at most three decimals',
        ),
        ("force_send_socket(1)", "19: force_send_socket takes [proto:]host[:port] here"),
        ('set_advertised_port("1")', "21: set_advertised_port takes a port here"),
        ("set_advertised_address(1)", "24: set_advertised_address takes a host here"),
    ],
)
def test_a_wrong_argument(command: str, mistake: str) -> None:
    assert errors_of(f"route {{\n{command};\n}}") == [f"2:{mistake}"]


def test_the_forms_in_the_table_are_whole() -> None:
    for command in COMMANDS.values():
        assert 0 <= command.required <= len(command.arguments)
        example: Any = command.bare
        assert example is None or isinstance(example, tuple)


def test_timers_that_start_after_exec_begin_when_it_has_ended() -> None:
    run = Run('exec("true");')
    assert run.msg.now == 31.0
