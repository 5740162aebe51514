"""Warnings: what the language allows, but nobody can have meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.scripts import LOAD, warnings_of

MODULES = (
    'loadmodule "sl" loadmodule "tm" loadmodule "maxfwd" loadmodule "usrloc" '
    'loadmodule "registrar" loadmodule "fake"\n'
)
GUARD = 'mf_process_maxfwd_header("10");'


def warnings(text: str) -> list[str]:
    """Warnings of a script with all modules; its first line isn't counted."""
    found = []
    for warning in warnings_of(MODULES + text):
        line, _, rest = warning.partition(":")
        found.append(f"{int(line) - 1}:{rest}")
    return found


def test_a_good_script_has_none() -> None:
    assert warnings(f"route {{ {GUARD} route(1); }} route[1] {{ t_relay(); }}") == []


def test_the_shipped_configuration_has_none() -> None:
    text = (Path(__file__).parents[3] / "etc" / "ser.cfg").read_text()
    assert warnings_of(text) == []


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (f"route {{ {GUARD} }}\nroute[1] {{ ; }}", "2:1: route[1] is never called"),
        (
            f"route {{ {GUARD} }}\nroute[A] {{ route(B); }} route[B] {{ route(A); }}",
            "2:1: route[A] is never called",
        ),
        (
            f"route {{ {GUARD} }}\nfailure_route[1] {{ ; }}",
            '2:1: failure_route[1] is never run: no t_on_failure("1")',
        ),
        (
            f"route {{ {GUARD} }}\nonreply_route[A] {{ ; }}",
            '2:1: onreply_route[A] is never run: no t_on_reply("A")',
        ),
        (f'route {{ {GUARD}\nbreak;\nlog("x"); log("y"); }}', "3:1: this is never reached"),
        (f"route {{ {GUARD}\nexit; drop; }}", "2:7: this is never reached"),
        (f'route {{ {GUARD}\nif (1) {{ return; log("x"); }} }}', "2:18: this is never reached"),
        (
            f'route {{ {GUARD}\nif (1) {{ break; }} else {{ exit; }}\nlog("x"); }}',
            "3:1: this is never reached",
        ),
        (f'route {{ {GUARD} break; }}\nroute {{ log("x"); }}', "2:9: this is never reached"),
        (
            f"route {{ {GUARD} route(1); }}\nroute[1] {{ route(1); }}",
            "2:12: this leads back to route[1], round and round",
        ),
        (
            f"route {{ {GUARD}\nroute(0); }}",
            "2:1: this leads back to route, round and round",
        ),
        (
            "route { t_relay(); }",
            "1:1: mf_process_maxfwd_header is never called, without it a request can circle "
            'for ever; it is in loadmodule "maxfwd.so"',
        ),
        (
            f'route {{ {GUARD} route(1); t_on_reply("1"); }} onreply_route[1] {{ route(1); }}\n'
            "route[1] { t_relay(); }",
            "2:12: t_relay also runs in onreply_route here, it is made for route and failure_route",
        ),
        (
            f'route {{ {GUARD} route(1); t_on_failure("1"); }} failure_route[1] {{ route(1); }}\n'
            'route[1] { sl_send_reply("404", "x"); }',
            "2:12: sl_send_reply also runs in failure_route here, it is made for route",
        ),
    ],
)
def test_a_warning(text: str, warning: str) -> None:
    assert warning in warnings(text)


def test_a_mf_process_maxfwd_header_in_a_called_block_will_do() -> None:
    assert warnings(f"route {{ route(1); }} route[1] {{ {GUARD} }}") == []


def test_one_in_a_block_that_is_not_called_will_not() -> None:
    found = warnings(f"route {{ t_relay(); }} route[1] {{ {GUARD} }}")
    assert any("is never called, without it" in x for x in found)


def test_a_statement_behind_an_if_that_may_go_on_is_reached() -> None:
    assert warnings(f'route {{ {GUARD} if (1) {{ break; }} log("x"); }}') == []
    assert warnings(f'route {{ {GUARD} if (1) {{ break; }} else {{ ; }} log("x"); }}') == []


def test_a_text_without_a_main_block_drops_everything() -> None:
    assert warnings_of("debug=3") == ["1:1: there is no route { … }, so every request is dropped"]
    assert "1:1: there is no route" in warnings_of(LOAD)[0]
    assert "1:1: there is no route" in warnings_of("failure_route[1] { ; }")[0]
