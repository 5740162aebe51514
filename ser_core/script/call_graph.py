"""Which route block calls which, and with what kinds of message each can come to run."""

from __future__ import annotations

from ser_core.modules.api import REQUEST, RouteKind
from ser_core.script import nodes
from ser_core.script.bound import KIND_OF_BLOCK, MAIN, Checked, RouteKey
from ser_core.script.walk import leaves

MAX_DEPTH = 100
"""Route lists within each other, as in SER; beyond it route(n) gives up."""


class CallGraph:
    """The calls between the route blocks of one ser.cfg."""

    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        self.calls: dict[RouteKey, list[nodes.CallRoute]] = {
            key: [x for x in leaves(route.body) if isinstance(x, nodes.CallRoute)]
            for key, route in checked.routes.items()
        }
        self.kinds = self._kinds()

    def called_by(self, key: RouteKey) -> list[RouteKey]:
        """The blocks that `key` calls, in order; undefined ones left out."""
        targets = [(nodes.Block.ROUTE, x.target.text) for x in self.calls[key]]
        return [x for x in targets if x in self.checked.routes]

    def entries(self) -> list[RouteKey]:
        """Where a script begins: the main block and every failure_route and onreply_route."""
        return [
            key for key in self.checked.routes if key == MAIN or key[0] is not nodes.Block.ROUTE
        ]

    def _kinds(self) -> dict[RouteKey, RouteKind]:
        """The kinds of message that each reachable block can run with."""
        kinds: dict[RouteKey, RouteKind] = {}
        work = [(key, KIND_OF_BLOCK[key[0]]) for key in self.entries()]
        while work:
            key, kind = work.pop()
            before = kinds.get(key, RouteKind(0))
            if kind in before:
                continue
            kinds[key] = before | kind
            work.extend((target, kind) for target in self.called_by(key))
        return kinds

    def kinds_of(self, key: RouteKey) -> RouteKind:
        """The kinds of message of a block; of one that is never called, those of a request."""
        return self.kinds.get(key, REQUEST)

    def is_called(self, key: RouteKey) -> bool:
        """True when some route() names the block."""
        return any(key in self.called_by(x) for x in self.calls)

    def reachable_from(self, key: RouteKey) -> set[RouteKey]:
        """`key` and all that it calls, directly or not."""
        found = {key}
        work = [key]
        while work:
            for target in self.called_by(work.pop()):
                if target not in found:
                    found.add(target)
                    work.append(target)
        return found

    def recursive_calls(self) -> list[tuple[RouteKey, nodes.CallRoute]]:
        """The calls that can lead back to the block they stand in, with that block."""
        found = []
        for key, calls in self.calls.items():
            for call in calls:
                target = (nodes.Block.ROUTE, call.target.text)
                if target in self.checked.routes and key in self.reachable_from(target):
                    found.append((key, call))
        return found

    def needs_depth(self) -> bool:
        """True when a message could run through more than MAX_DEPTH nested blocks."""
        return len(self.checked.routes) > MAX_DEPTH or bool(self.recursive_calls())
