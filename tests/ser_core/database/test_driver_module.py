from __future__ import annotations

import pytest

from ser_core.database import url as url_module
from ser_core.modules.registry import find_module


@pytest.mark.parametrize("name", ["mysql", "postgres", "sqlite"])
def test_the_module_takes_sers_parameters(name: str) -> None:
    module = find_module(name)()
    module.check()
    assert (module.ping_interval, module.auto_reconnect) == (300, 1)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("name", "extra"), [("mysql", "mysql"), ("postgres", "postgres")])
def test_without_its_driver_it_stops_the_start_and_names_the_extra(
    name: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(url_module, "find_spec", lambda package: None)
    with pytest.raises(ValueError, match=rf"isn't installed: pip install 'ser\[{extra}\]'"):
        find_module(name)().check()
    find_module("sqlite")().check()
