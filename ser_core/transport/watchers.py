"""The modules that want to know how transactions go, and the guard round them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Self

from ser_core import log
from ser_core.modules.api import Counter, Module

if TYPE_CHECKING:
    from ser_core.proxy.response_context import ProxyBranch, ResponseContext


class Watchers:
    """Passes on to modules what the stateful proxy tells."""

    def __init__(self, modules: Sequence[Module], failures: Counter) -> None:
        self._modules = modules
        self._failures = failures

    @classmethod
    def of(cls, modules: Iterable[Module], failures: Counter) -> Self | None:
        """For those modules that override a hook; None when none does, which costs nothing."""
        watching = [module for module in modules if _watches(type(module))]
        return cls(watching, failures) if watching else None

    def on_response_sent(self, context: ResponseContext, status: int, data: bytes) -> None:
        for module in self._modules:
            self._guarded(lambda told: told.on_response_sent(context, status, data), module)

    def on_branches_failed(self, context: ResponseContext, best: ProxyBranch) -> None:
        for module in self._modules:
            self._guarded(lambda told: told.on_branches_failed(context, best), module)

    def _guarded(self, tell: Callable[[Module], None], module: Module) -> None:
        try:
            tell(module)
        except Exception:  # noqa: BLE001  guard: the call goes on whatever befalls who looks on
            self._failures.add()
            log.exception("%s failed upon what a transaction told", module.name)


def _watches(module: type[Module]) -> bool:
    return (
        module.on_response_sent is not Module.on_response_sent
        or module.on_branches_failed is not Module.on_branches_failed
    )
