"""What happens on the walk through docs/service.md beside the commands: phones are used."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.phone import Phone

PROXY = "127.0.0.1:5060"
DOMAIN = "example.org"
PASSWORDS = {"alice": "wonderland", "bob": "builder"}


class Events:
    """Phones that stay where they are while ser is restarted; a context manager."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self._phones: dict[str, Phone] = {}

    def by_name(self) -> dict[str, Callable[[], None]]:
        """As the page names them."""
        return {
            "anybody's phone registers as alice": self._anybody_registers,
            "alice's phone registers": lambda: self._registers("alice"),
            "bob's phone registers": lambda: self._registers("bob"),
            "a wrong password is refused": self._is_refused,
            "bob calls alice": self._bob_calls_alice,
        }

    def _anybody_registers(self) -> None:
        with Phone("alice", PROXY, self._directory) as phone:
            phone.register()

    def _registers(self, user: str) -> None:
        phone = Phone(user, PROXY, self._directory, password=PASSWORDS[user], domain=DOMAIN)
        self._phones[user] = self._stack.enter_context(phone)
        phone.register()

    def _is_refused(self) -> None:
        phone = Phone("alice", PROXY, self._directory, password="guess", domain=DOMAIN)
        with phone:
            assert phone.try_to_register() == 401

    def _bob_calls_alice(self) -> None:
        """Alice's phone hasn't said a word since ser was restarted."""
        call = self._phones["bob"].call("alice")
        self._phones["alice"].incoming_call().answer()
        call.wait_for("CONFIRMED")
        call.hang_up()
        call.wait_for("DISCONNECTED")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()
