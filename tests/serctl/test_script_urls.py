from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest

from serctl.script_urls import url_in, urls_in

SCRIPT = r"""
# modparam("auth_db", "db_url", "mysql://comment@h/ser")
/* modparam("auth_db", "db_url", "mysql://block@h/ser") */
log("modparam(\"auth_db\", \"db_url\", \"mysql://string@h/ser\")");
modparam("usrloc|uri_db", "db_url", "mysql://ser:he#slo@h/ser")
modparam ( "auth_db" , "db_url" ,
    "postgresql://ser@h/ser" )
modparam("usrloc", "db_mode", 1)
"""


def test_comments_and_strings_arent_taken_for_it() -> None:
    assert urls_in(SCRIPT) == {
        "usrloc": "mysql://ser:he#slo@h/ser",
        "uri_db": "mysql://ser:he#slo@h/ser",
        "auth_db": "postgresql://ser@h/ser",
    }


@pytest.mark.parametrize(
    ("module", "url"),
    [("auth_db", "postgresql://ser@h/ser"), ("acc", "mysql://ser:he#slo@h/ser")],
)
def test_the_url_of_a_module_or_of_any(tmp_path: Path, module: str, url: str) -> None:
    (tmp_path / "ser.cfg").write_text(SCRIPT)
    assert url_in(tmp_path / "ser.cfg", module) == url


def test_a_file_that_may_not_be_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "read_text", Mock(side_effect=PermissionError))  # root may read all
    with pytest.raises(PermissionError):
        url_in(tmp_path / "ser.cfg", "acc")


def test_what_cant_be_read_has_none(tmp_path: Path) -> None:
    (tmp_path / "ser.cfg").write_bytes(b"\xff\x00 log(1)")
    assert url_in(tmp_path / "ser.cfg", "acc") == ""
    assert url_in(tmp_path / "absent", "acc") == ""
    assert url_in(tmp_path, "acc") == ""
