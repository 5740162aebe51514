"""The torture messages of RFC 4475 (all 49) and RFC 5118 (all 12), by the names they have there."""

from __future__ import annotations

from tests.support.sip_case import Case
from tests.support.torture_application import APPLICATION
from tests.support.torture_invalid import INVALID
from tests.support.torture_ipv6 import RFC5118
from tests.support.torture_valid import VALID

RFC4475: tuple[Case, ...] = VALID + INVALID + APPLICATION
ALL: tuple[Case, ...] = RFC4475 + RFC5118
BY_NAME: dict[str, Case] = {case.name: case for case in ALL}

__all__ = ["ALL", "BY_NAME", "RFC4475", "RFC5118"]
