"""Transactions for the script: RFC 3261 §17 under SER's names."""

from ser_core.modules.tm.tm import Tm

MODULE = Tm

__all__ = ["MODULE", "Tm"]
