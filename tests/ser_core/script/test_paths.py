"""A REGISTER that was saved and is then relayed: found when it is sure, and only then."""

from __future__ import annotations

import pytest

from ser_core.script.call_graph import MAX_DEPTH
from tests.support.scripts import warnings_of

MODULES = (
    'loadmodule "sl" loadmodule "tm" loadmodule "usrloc" loadmodule "registrar" '
    'loadmodule "maxfwd"\n'
)


def relays_found(body: str, more: str = "") -> int:
    text = f'{MODULES}route {{ mf_process_maxfwd_header("10"); {body} }} {more}'
    return sum("is relayed" in x for x in warnings_of(text))


@pytest.mark.parametrize(
    "body",
    [
        'save("location"); t_relay();',
        'save_memory("location"); t_relay();',
        'if (method=="REGISTER") save("location"); t_relay();',
        'if (save("location")) { t_relay(); }',
        'if (!save("location")) { sl_reply_error(); } t_relay();',
        'if (method=="REGISTER") { save("location"); } if (method!="INVITE") { t_relay(); }',
        'save("location"); if (1) { forward(uri:host); }',
        'save("location"); if (0) ; else t_relay_to_udp("10.0.0.1", "5060");',
        'if (method=="REGISTER" && save("location")) ; if (method=="REGISTER" || 0) t_relay();',
        'if ({ save("location"); }) t_relay();',
    ],
)
def test_it_is_found(body: str) -> None:
    assert relays_found(body) == 1


@pytest.mark.parametrize(
    "body",
    [
        't_relay(); save("location");',
        'if (method=="REGISTER") { save("location"); break; } t_relay();',
        'if (method=="REGISTER") { save("location"); exit; } t_relay();',
        'if (method=="REGISTER") { save("location"); } else { t_relay(); }',
        'if (method=="REGISTER") { save("location"); } if (method=="INVITE") { t_relay(); }',
        'if (method=="REGISTER") { save("location"); } if (method!="REGISTER") { t_relay(); }',
        'if (method=="register") save("location"); if (!method=="REGISTER") t_relay();',
        'if (!save("location")) { t_relay(); }',
        'save("location"); t_replicate("10.0.0.1", "5060");',
        'save_noreply("location"); t_relay();',
        'save("location"); if (0) t_relay();',
        'if (save("location") && 0) t_relay();',
        "if (break || 1) t_relay();",
    ],
)
def test_what_is_right_or_not_sure_is_left_alone(body: str) -> None:
    assert relays_found(body) == 0


def test_it_is_found_through_called_blocks() -> None:
    more = 'route[1] { t_relay(); } route[2] { save("location"); break; }'
    assert relays_found("route(2); route(1);", more) == 1
    assert relays_found("if (route(2)) route(1);", more) == 1
    assert relays_found('if (method=="REGISTER") { route(2); break; } route(1);', more) == 0


def test_an_exit_in_a_called_block_ends_the_way() -> None:
    assert relays_found("route(2); t_relay();", 'route[2] { save("location"); exit; }') == 0


def test_a_relay_is_told_of_once() -> None:
    more = "route[1] { t_relay(); }"
    assert relays_found('save("location"); route(1); route(1);', more) == 1


def test_blocks_that_call_each_other_for_ever_end_the_search() -> None:
    more = 'route[1] { route(2); save("location"); } route[2] { route(1); t_relay(); }'
    relays_found("route(1);", more)


def test_very_deep_ways_are_given_up() -> None:
    count = MAX_DEPTH * 3
    more = "".join(f"route[r{n}] {{ if (1) {{ route(r{n + 1}); }} }}\n" for n in range(count))
    more += f'route[r{count}] {{ save("location"); t_relay(); }}'
    assert relays_found("route(r0);", more) == 0
