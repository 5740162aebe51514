"""acc: accounts for transactions, to the log and to a database."""

from ser_core.modules.acc.acc import Acc as MODULE

__all__ = ["MODULE"]
