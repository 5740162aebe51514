from __future__ import annotations

import dataclasses

import pytest

from ser_core.transport.limits import DEFAULT_LIMITS, Limits


def test_defaults_are_safe_without_any_setting() -> None:
    limits = Limits()
    assert limits.max_connections == 1024
    assert limits.max_connections_per_source == 32
    assert limits.message_timeout == 30
    assert limits.idle_timeout == 120
    assert not limits.allow_multicast
    assert not limits.allow_broadcast
    assert not limits.allow_unspecified


def test_limits_can_not_be_changed_by_accident() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        DEFAULT_LIMITS.max_connections = 5  # type: ignore[misc]  # that is the test
