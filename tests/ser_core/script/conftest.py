"""Every test of the language can load the fake modules."""

from __future__ import annotations

from tests.support.scripts import fake_modules

__all__ = ["fake_modules"]
