from __future__ import annotations

import pytest

from ser_core.modules.auth_db.arguments import TableName, column_names
from tests.support.scripts import errors_of

LOAD = 'loadmodule "sl.so" loadmodule "auth.so" loadmodule "auth_db.so" '


def test_a_table_has_a_name() -> None:
    assert TableName.from_script("subscriber") == "subscriber"


@pytest.mark.parametrize("text", ["", "a b", "a;drop table b", "a.b", "1a", "x" * 65, 'a"'])
def test_what_cannot_be_a_table_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not the name of a table"):
        TableName.from_script(text)


def test_columns_stand_in_a_list() -> None:
    assert column_names("rpid| email_address") == ("rpid", "email_address")
    assert column_names("") == ()


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ('route { www_authorize("a", "b c"); }', '"b c" is not the name of a table'),
        ('modparam("auth_db", "user_column", "a-b") route { }', "is not the name of a column"),
        ('modparam("auth_db", "avps_column_str", "a|b c") route { }', "is not the name of"),
        ('modparam("auth_db", "db_url", "oracle://x") route { }', "db_url"),
        ('modparam("auth", "algorithms", "SHA-512-256") route { }', "needs calculate_ha1"),
        ('onreply_route[1] { www_authorize("a", "b"); } route { }', "onreply_route"),
    ],
)
def test_mistakes_in_ser_cfg_are_told(script: str, error: str) -> None:
    (told,) = errors_of(LOAD + script)
    assert error in told
