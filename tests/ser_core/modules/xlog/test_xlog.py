from __future__ import annotations

import pytest

from ser_core import log
from ser_core.modules import xlog as package
from ser_core.modules.api import FAILURE, ONREPLY, REQUEST, commands_of, params_of
from ser_core.modules.xlog.template import Template
from ser_core.modules.xlog.xlog import LEVELS, Level, Xlog
from ser_core.script.loader import ConfigErrors, load_program
from tests.support.script_messages import FakeCore, request_in_script


class Core(FakeCore):
    def __init__(self, level: int = log.NOTICE) -> None:
        super().__init__()
        self.level = level

    def log_level(self) -> int:
        return self.level


def test_declarations_are_those_of_ser() -> None:
    assert package.MODULE is Xlog
    assert {made.name: made.default for made in params_of(Xlog)} == {"buf_size": 4096}
    anywhere = REQUEST | FAILURE | ONREPLY
    assert {made.name: made.routes for made in commands_of(Xlog)} == {
        "xlog": anywhere,
        "xdbg": anywhere,
    }


@pytest.mark.parametrize("name", LEVELS)
def test_a_level_has_sers_name(name: str) -> None:
    assert Level.from_script(name) == Level.from_script(name.lower()) == LEVELS[name]


@pytest.mark.parametrize("name", ["", "ERR", "1", "L_"])
def test_another_level_stops_the_start(name: str) -> None:
    with pytest.raises(ValueError, match="is not a level; there are L_ALERT, L_CRIT"):
        Level.from_script(name)


def test_a_line_is_written_from_its_level_on() -> None:
    core = Core()
    msg = request_in_script(core=core)
    text = Template.from_script("%rm of %fu")
    assert Xlog().xlog(msg, Level(log.NOTICE), text)
    assert Xlog().xlog(msg, Level(log.INFO), text)
    assert core.logged == [(log.NOTICE, "INVITE of sip:alice@example.org")]
    assert type(core.logged[0][0]) is int


def test_xdbg_writes_at_level_dbg() -> None:
    core = Core(log.DEBUG)
    assert Xlog().xdbg(request_in_script(core=core), Template.from_script("here"))
    assert core.logged == [(log.DEBUG, "here")]


def test_nothing_is_put_together_while_the_level_is_off() -> None:
    def never(_msg: object) -> bytes:
        raise AssertionError("the text was wanted")

    assert Xlog().xdbg(request_in_script(core=Core()), Template([never]))


def test_a_text_is_cut_at_buf_size_and_bytes_that_are_no_utf8_are_shown() -> None:
    core, module = Core(), Xlog()
    module.buf_size = 5
    msg = request_in_script(core=core)
    module.xlog(msg, Level(1), Template.from_script("%ci"))
    module.buf_size = 4
    module.xlog(msg, Level(1), Template([b"abc", lambda _msg: "é".encode()]))
    assert core.logged == [(1, "1@192"), (1, "abc\\xc3")]


def test_a_wrong_format_stops_the_start_at_its_line() -> None:
    text = 'loadmodule "xlog.so"\nroute {\n  xlog("L_INFO", "from %fx");\n}\n'
    with pytest.raises(ConfigErrors) as raised:
        load_program("ser.cfg", text=text)
    assert "ser.cfg:3:18" in str(raised.value)
    assert "'%fx', character 6 of the text, is no specifier" in str(raised.value)


def test_a_message_cant_forge_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    class Writing(Core):
        def log(self, level: int, text: str, msg: object = None) -> None:
            log.write(level, "%s", text)

    msg = request_in_script("Subject: a\r\n ERR forged\x07", core=Writing())
    Xlog().xlog(msg, Level(log.ERROR), Template.from_script("subject %{Subject}"))
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].endswith(r"subject a\r\n ERR forged\x07")
