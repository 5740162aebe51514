from __future__ import annotations

from docs.man_ser_cfg import module_names, page
from docs.module_lists import module_class
from ser_core.modules.api import commands_of
from ser_core.script.core_commands import COMMANDS
from ser_core.script.operands import OPERANDS
from ser_core.script.settings import DIRECTIVES

PAGE = page()


def test_every_directive_command_and_operand_is_there() -> None:
    for name in (*DIRECTIVES, *COMMANDS, *OPERANDS):
        assert f"\\fB{name}\\fR" in PAGE


def test_every_function_of_every_module_is_there() -> None:
    for module in map(module_class, module_names()):
        assert f".SH MODULE {module.name.upper()}" in PAGE
        for info in commands_of(module):
            assert f"\\fB{info.name}(" in PAGE


def test_a_directive_has_its_type_and_default() -> None:
    assert ".TP\n\\fBchildren\\fR=\\fInumber, 1 to 256\\fR\n" in PAGE
    assert "(default 8)" in PAGE
