"""The location table; see README.md."""

from ser_core.modules.usrloc.domain import Domain
from ser_core.modules.usrloc.usrloc import Usrloc

MODULE = Usrloc

__all__ = ["MODULE", "Domain", "Usrloc"]
