"""pike_check_req: whether the address that a request came from sends too much."""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import TYPE_CHECKING

from ser_core.log import NOTICE
from ser_core.modules.api import REQUEST, Core, Module, command, counter, param
from ser_core.modules.pike.shared_counts import MOST, SharedCounts

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage

FILE = "pike"
_NETWORK = 0xFFFFFFFFFFFFFFFF << 64


class Pike(Module):
    """Notices addresses that send more requests than they should."""

    name = "pike"

    sampling_time_unit: int = param(2, "seconds in which requests are counted", minimum=1)
    reqs_density_per_unit: int = param(
        30, "requests that an address may send in that time", minimum=1, maximum=MOST - 1
    )
    remove_latency: int = param(120, "taken for SER's sake; nothing has to be removed", minimum=0)

    blocked = counter("requests of addresses that sent too many")

    _counts: SharedCounts

    def start(self, core: Core) -> None:
        """Share the counts of the other processes."""
        self._counts = SharedCounts(core.table_path(FILE), core.stateless_tag.key_for(b"pike"))

    def stop(self) -> None:
        if "_counts" in self.__dict__:  # else the start failed
            self._counts.close()

    @command(routes=REQUEST)
    def pike_check_req(self, msg: ScriptMessage) -> bool:
        """Count the request; false when its address has sent too many."""
        address = _counted_as(msg.source.host)
        count = self._counts.add(address, int(msg.now / self.sampling_time_unit))
        if count <= self.reqs_density_per_unit:
            return True
        self.blocked.add()
        text = (
            f"pike: {address} sends more than {self.reqs_density_per_unit} requests in "
            f"{self.sampling_time_unit} s"
        )
        msg.core.complain("pike", text, msg, NOTICE)
        return False


def _counted_as(host: str) -> str:
    """An IPv6 address by its network, since who has one has 2**64."""
    if ":" not in host:
        return host
    network = IPv6Address(int(IPv6Address(host.partition("%")[0])) & _NETWORK)
    return f"{network}/64"
