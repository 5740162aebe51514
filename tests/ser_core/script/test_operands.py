"""Every operand with every operator: what is true, what is refused, what is an error."""

from __future__ import annotations

import pytest

from ser_core.modules.api import FAILURE, ONREPLY, RouteKind
from ser_core.script.operands import OPERANDS
from ser_core.sip.hop import Hop
from tests.support.scripts import (
    LOAD,
    OURS_SIX,
    OURS_TCP,
    RecordingCore,
    Run,
    errors_of,
    fake_of,
    is_true,
    load,
    message,
)

FROM_SIX = Hop("udp", "2001:db8::99", 5061, OURS_SIX)
FROM_TCP = Hop("tcp", "10.1.2.3", 40000, OURS_TCP)


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ('method=="INVITE"', True),
        ("method==INVITE", True),
        ('method=="invite"', True),
        ('method=="INVITES"', False),  # SER: true, for it compares as far as the message goes
        ('method=="INV"', False),
        ('method!="INVITE"', False),
        ('method!="ACK"', True),
        ('method=~"^inv"', True),
        ('method=~"ACK|BYE"', False),
        ('!method=~"ACK|BYE"', True),
        ('!method=="INVITE"', False),
        ('uri=="sip:bob@example.com"', True),
        ('uri=="SIP:BOB@EXAMPLE.COM"', True),
        ('uri=="sip:bob@example.com;x"', False),
        ('uri=="sip:bob@example"', False),
        ('uri==""', False),
        ('uri!="sip:carol@example.com"', True),
        ('uri=~"@example\\.(org|com)$"', True),
        ('uri=~"^sip:[0-9]+@"', False),
        ("uri==example.com", False),
        ("uri==myself", False),
        ("uri!=myself", True),
        ("!uri==myself", True),
        ("myself==uri", False),
        ("myself!=uri", True),
        ('from_uri=="sip:ALICE@example.org"', True),
        ('from_uri!="sip:alice@example.org"', False),
        ('from_uri=~"alice"', True),
        ('from_uri=~"bob"', False),
        ("from_uri==myself", False),
        ("from_uri!=myself", True),
        ('to_uri=="sip:bob@example.com"', True),
        ('to_uri!="sip:bob@example.com"', False),
        ('to_uri=~"^sip:b"', True),
        ("to_uri==myself", False),
        ("to_uri!=myself", True),
        ("src_ip==192.0.2.101", True),
        ("src_ip!=192.0.2.101", False),
        ("src_ip==192.0.2.10", False),
        ('src_ip=="192.0.2.101"', True),
        ('src_ip!="192.0.2.101"', False),
        ("src_ip==192.0.2.0/24", True),
        ("src_ip!=192.0.2.0/24", False),
        ("!src_ip==192.0.2.0/24", False),
        ("src_ip==192.0.2.77/255.255.255.0", True),
        ("src_ip==10.0.0.0/8", False),
        ("src_ip!=10.0.0.0/8", True),
        ("src_ip==::/0", False),
        ("src_ip!=::/0", True),
        ("src_ip==2001:db8::1", False),
        ('src_ip=~"^192\\.0\\."', True),
        ('src_ip=~"^10\\."', False),
        ("src_ip==myself", False),
        ("src_ip!=myself", True),
        ("myself==src_ip", False),
        ("dst_ip==192.0.2.1", True),
        ("dst_ip==192.0.2.0/24", True),
        ("dst_ip==myself", True),
        ("dst_ip!=myself", False),
        ("src_port==5060", True),
        ("src_port!=5060", False),
        ("src_port<5061", True),
        ("src_port>5060", False),
        ("src_port<=5060", True),
        ("src_port>=5061", False),
        ("!src_port<5061", False),
        ("!src_port>=5061", True),
        ("dst_port==5060", True),
        ("dst_port>0", True),
        ("proto==udp", True),
        ("proto==UDP", True),
        ("proto!=tcp", True),
        ("proto==tcp", False),
        ("proto==tls", False),
        ("proto==*", False),
        ("proto!=*", True),
        ("proto<tcp", True),
        ("proto>=tcp", False),
        ("af==inet", True),
        ("af==INET", True),
        ("af==inet6", False),
        ("af!=inet6", True),
        ("af<inet6", True),
        ("af==2", True),
        ("af==10", False),
        ("msg:len>max_len", False),
        ("msg:len<max_len", True),
        ("msg:len>20", True),
        ("msg:len==0", False),
    ],
)
def test_a_comparison_with_a_request(condition: str, truth: bool) -> None:
    assert is_true(condition) is truth


@pytest.mark.parametrize(
    ("condition", "source", "truth"),
    [
        ("af==inet6", FROM_SIX, True),
        ("af!=inet", FROM_SIX, True),
        ("af==10", FROM_SIX, True),
        ("src_ip==2001:DB8:0::99", FROM_SIX, True),
        ("src_ip==[2001:db8::99]", FROM_SIX, True),
        ('src_ip=="2001:db8::99"', FROM_SIX, True),
        ("src_ip==2001:db8::/32", FROM_SIX, True),
        ("src_ip!=2001:db8::/32", FROM_SIX, False),
        ("src_ip==0.0.0.0/0", FROM_SIX, False),
        ("dst_ip==myself", FROM_SIX, True),
        ("proto==tcp", FROM_TCP, True),
        ("proto>udp", FROM_TCP, True),
        ("proto<=tcp", FROM_TCP, True),
        ("dst_port==5070", FROM_TCP, True),
        ("src_port>1024", FROM_TCP, True),
        ("src_ip==10.0.0.0/8", FROM_TCP, True),
    ],
)
def test_a_comparison_with_where_it_came_from(condition: str, source: Hop, truth: bool) -> None:
    assert is_true(condition, message(source=source)) is truth


@pytest.mark.parametrize(
    ("uri", "truth"),
    [
        ("sip:joe@192.0.2.1", True),
        ("sip:192.0.2.1:5060", True),
        ("sip:joe@192.0.2.1:5070", True),
        ("sip:joe@192.0.2.1:5080", False),
        ("sip:joe@[2001:db8::1]", True),
        ("sip:joe@[2001:DB8::1];transport=tcp", True),
        ("sip:joe@Example.ORG", True),
        ("sip:joe@example.org:7000", True),
        ("sip:joe@ported.example", False),
        ("sip:joe@ported.example:7000", True),
        ("sip:joe@elsewhere.example", False),
        ("tel:+123", False),
    ],
)
def test_myself_is_listeners_and_aliases(uri: str, truth: bool) -> None:
    aliases = [("*", "example.org", 0), ("*", "ported.example", 7000)]
    msg = message(core=RecordingCore(aliases=aliases), uri=uri)
    assert is_true("uri==myself", msg) is truth
    assert is_true("uri!=myself", msg) is not truth


def test_the_rewritten_uri_is_compared() -> None:
    assert Run('sethost("192.0.2.1"); if (uri==myself) say("ours");').calls == ["ours"]


def test_addresses_of_peers_count_as_ours_when_they_are_aliases() -> None:
    core = RecordingCore(aliases=[("*", "192.0.2.101", 0)])
    assert is_true("src_ip==myself", message(core=core))


# --- replies


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ('status=="180"', True),
        ('uri=="180"', True),
        ('status=~"^1[0-9][0-9]$"', True),
        ('status!="180"', False),
        ('method=="SIP/2.0"', True),
        ('method=="INVITE"', False),
        ("uri==myself", False),
        ("uri!=myself", True),
        ('from_uri=="sip:alice@example.org"', True),
        ("src_ip==192.0.2.101", True),
        ("msg:len>20", True),
    ],
)
def test_a_comparison_with_a_response(condition: str, truth: bool) -> None:
    assert is_true(condition, message(kind=ONREPLY), block="onreply_route[1]") is truth


def test_in_a_failure_route_the_request_is_compared() -> None:
    assert is_true('method=="INVITE"', message(kind=FAILURE), block="failure_route[1]")


@pytest.mark.parametrize("kind", [FAILURE, ONREPLY])
def test_a_block_called_from_both_kinds_compares_what_it_gets(kind: RouteKind) -> None:
    program = load(
        LOAD + "route { route(1); } onreply_route[1] { route(1); } failure_route[1] { route(1); } "
        'route[1] { if (status=="180") say("180"); if (method=="INVITE") say("INVITE"); }'
    )
    blocks = program.reply_routes if kind is ONREPLY else program.failure_routes
    blocks["1"](message(kind=kind))
    assert fake_of(program).calls == ["180" if kind is ONREPLY else "INVITE"]


# --- host names


def test_a_host_name_is_resolved_when_the_script_is_loaded() -> None:
    asked: list[str] = []

    def resolve(name: str) -> list[str]:
        asked.append(name)
        return ["192.0.2.101", "2001:db8::99"]

    text = (
        LOAD
        + 'route { if (src_ip==gw.example.org) say("a"); if (src_ip!="gw.example.org") say("b"); }'
    )
    program = load(text, resolve=resolve)
    assert asked == ["gw.example.org", "gw.example.org"]
    program.main(message())
    program.main(message(source=FROM_SIX))
    program.main(message(source=FROM_TCP))
    assert fake_of(program).calls == ["a", "a", "b"]


def test_without_a_resolver_a_host_name_matches_no_address() -> None:
    assert not is_true("src_ip==gw.example.org")


# --- refused comparisons


@pytest.mark.parametrize(
    ("condition", "mistake"),
    [
        ('method<"x"', '"method" can\'t be compared with "<", only with == != =~'),
        ("method==5", '"method" is compared with string or word'),
        ("method==myself", '"method" can\'t be compared with myself'),
        ('method=~"("', '"(" is no regular expression: missing ): ('),
        ("uri=~myself", '"myself" can\'t be compared with "=~", only with == !='),
        ("uri>=5", '"uri" can\'t be compared with ">=", only with == != =~'),
        ("uri==10.0.0.0/8", '"uri" is compared with string, host; == and != also myself'),
        ("from_uri==5", '"from_uri" is compared with string, host; == and != also myself'),
        (
            "src_ip==5",
            '"src_ip" is compared with string, host; == and != also address, network, myself',
        ),
        (
            "src_ip==*",
            '"src_ip" is compared with string, host; == and != also address, network, myself',
        ),
        ("src_ip=~10.0.0.0/8", 'a network can be compared with == and != only, not with "=~"'),
        ("src_ip=~10.0.0.1", 'an address can be compared with == and != only, not with "=~"'),
        ('src_ip=~"10.0.0.1"', 'an address can be compared with == and != only, not with "=~"'),
        ("src_ip<10.0.0.1", '"src_ip" can\'t be compared with "<", only with == != =~'),
        ('src_port=="5060"', '"src_port" is compared with number'),
        ("src_port=~5060", '"src_port" can\'t be compared with "=~", only with == != < > <= >='),
        ("src_port==-1", '"src_port" is compared with a number from 0 to 65535'),
        ("src_port==myself", '"src_port" can\'t be compared with myself'),
        ("proto==sctp", '"proto" is compared with udp, tcp, tls or *'),
        ("proto==17", '"proto" is compared with udp, tcp, tls or *'),
        ("af==ipv6", '"af" is compared with inet, inet6 or number'),
        ('msg:len>"5"', '"msg:len" is compared with number or max_len (65535)'),
        ("src_port>max_len", '"src_port" is compared with number'),
        ("myself==method", '"method" can\'t be compared with myself'),
        ('myself=="x"', '"myself" can be compared with uri, from_uri, to_uri, src_ip or dst_ip'),
        ("myself==myself", '"myself" can be compared with uri, from_uri, to_uri, src_ip or dst_ip'),
        ("myself<uri", '"uri" can\'t be compared with "<", only with == != =~'),
    ],
)
def test_a_comparison_that_means_nothing(condition: str, mistake: str) -> None:
    assert errors_of(f"route {{\nif ({condition}) ;\n}}") == [f"2:5: {mistake}"]


def test_the_table_names_every_operand() -> None:
    assert set(OPERANDS) == {
        "method", "uri", "from_uri", "to_uri", "src_ip", "dst_ip", "src_port", "dst_port",
        "proto", "af", "msg:len", "myself",
    }  # fmt: skip
