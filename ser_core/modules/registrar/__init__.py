"""The registrar; see README.md."""

from ser_core.modules.registrar.registrar import LookupResult, Registrar, SaveResult

MODULE = Registrar

__all__ = ["MODULE", "LookupResult", "Registrar", "SaveResult"]
