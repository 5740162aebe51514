"""What each module says of its db_url."""

from __future__ import annotations

from functools import partial

import pytest

from ser_core.modules.acc import MODULE as ACC
from ser_core.modules.api import Module, ParamError
from ser_core.modules.auth_db import MODULE as AUTH_DB
from ser_core.modules.database_param import check_db_url
from ser_core.modules.group import MODULE as GROUP


@pytest.mark.parametrize("module", [ACC, AUTH_DB, GROUP])
def test_a_wrong_one_is_blamed_on_the_parameter(module: type[Module]) -> None:
    made = module()
    check_db_url(made)
    made.__dict__["db_url"] = "oracle://ser:secret@localhost/ser"
    for check in (partial(check_db_url, made), made.check):
        with pytest.raises(ParamError, match="a db_url begins with") as told:
            check()
        assert told.value.param == "db_url"
        assert "secret" not in str(told.value)
