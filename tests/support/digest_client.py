"""A phone's half of digest authentication, plainly; it shares nothing with `ser_core`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


def digest(algorithm: str, text: str) -> str:
    return hashlib.new(HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def ha1(user: str, realm: str, password: str, algorithm: str = "MD5") -> str:
    return digest(algorithm, f"{user}:{realm}:{password}")


@dataclass
class Challenge:
    """One WWW-Authenticate or Proxy-Authenticate, and how often its nonce has been used."""

    params: dict[str, str]
    count: int = 0

    @classmethod
    def read(cls, value: str) -> Challenge:
        """The value of the header."""
        assert value.startswith("Digest "), value
        found = re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))', value)
        return cls({name: re.sub(r"\\(.)", r"\1", a) or b for name, a, b in found})

    @property
    def nonce(self) -> str:
        return self.params["nonce"]

    @property
    def algorithm(self) -> str:
        return self.params.get("algorithm", "MD5")

    @property
    def is_stale(self) -> bool:
        return self.params.get("stale") == "true"

    def answer(
        self,
        method: str,
        uri: str,
        user: str = "joe",
        password: str = "secret",
        *,
        count: int | None = None,
        qop: bool | None = None,
        realm: str = "",
        cnonce: str = "0a4f113b",
    ) -> str:
        """The value of Authorization, with the next count unless one is given.

        `qop`: whether to use it; None: when it is offered.
        """
        if count is None:
            self.count += 1
            count = self.count
        realm = realm or self.params["realm"]
        one = ha1(user, realm, password, self.algorithm)
        two = digest(self.algorithm, f"{method}:{uri}")
        parts = [one, self.nonce]
        params = [
            f'Digest username="{user}"',
            f'realm="{realm}"',
            f'nonce="{self.nonce}"',
            f'uri="{uri}"',
            f"algorithm={self.algorithm}",
        ]
        if "qop" in self.params if qop is None else qop:
            parts += [f"{count:08x}", cnonce, "auth"]
            params += ["qop=auth", f"nc={count:08x}", f'cnonce="{cnonce}"']
        params.append(f'response="{digest(self.algorithm, ":".join([*parts, two]))}"')
        return ", ".join(params)


def strongest(values: Sequence[str]) -> Challenge:
    """Of several challenges the first, as RFC 8760 §2.4 has it."""
    return Challenge.read(values[0])
