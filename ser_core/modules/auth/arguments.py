"""Arguments of the functions of auth and auth_db, checked when ser.cfg is loaded."""

from __future__ import annotations

from ser_core.sip.digest import Algorithm, algorithm_named


class OneLine(bytes):
    """A text that may stand in a header."""

    @classmethod
    def from_script(cls, text: str) -> OneLine:
        """Raises ValueError when it would break the line."""
        if any(ord(character) < 0x20 or character == "\x7f" for character in text):
            raise ValueError(f"{text!r} is not one line without control characters")
        return cls(text.encode())


class Realm(OneLine):
    """A realm. Empty: the host of To in a REGISTER, of From else."""


class Qop(int):
    """Whether a challenge offers quality of protection: "1" or "0"."""

    @classmethod
    def from_script(cls, text: str) -> Qop:
        """Raises ValueError for anything else."""
        if text not in ("0", "1"):
            raise ValueError(f'qop is "1" (a challenge with qop="auth") or "0", not "{text}"')
        return cls(text)


def algorithms_named(text: str) -> tuple[Algorithm, ...]:
    """The algorithms in a comma list, the strongest first. Raises ValueError."""
    found = set()
    for name in text.split(","):
        algorithm = algorithm_named(name.strip().encode())
        if algorithm is None:
            known = ", ".join(x.value.decode() for x in Algorithm)
            raise ValueError(f'algorithms: "{name.strip()}" is none of {known}')
        found.add(algorithm)
    return tuple(sorted(found, key=lambda x: x.strength, reverse=True))
