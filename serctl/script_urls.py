"""The db_url that a ser.cfg gives to its modules, read without running anything of it.

serctl must find the database of the ser it looks after, and knows nothing of the language but this:
what a modparam of db_url looks like, and what a comment is.
"""

from __future__ import annotations

import re
from pathlib import Path

_TOKENS = re.compile(
    r"""
    /\*.*?\*/                                   # a comment, or
    | \#[^\n]*
    | modparam\s*\(\s*"(?P<modules>[^"]*)"\s*,\s*"db_url"\s*,\s*"(?P<url>(?:\\.|[^"\\])*)"\s*\)
    | "(?:\\.|[^"\\])*"                         # a string that might look like one
    """,
    re.S | re.X,
)


def urls_in(text: str) -> dict[str, str]:
    """Names of modules, and the db_url of each; a later one counts, as in ser."""
    found: dict[str, str] = {}
    for match in _TOKENS.finditer(text):
        if match["modules"] is not None:
            url = re.sub(r"\\(.)", r"\1", match["url"])
            found.update(dict.fromkeys(re.split(r"[|\s]+", match["modules"].strip()), url))
    return found


def url_in(path: Path, module: str) -> str:
    """The db_url of a module, else of any; empty when there is none, or no such file.

    Raises PermissionError: what stands in the file isn't known then.
    """
    try:
        found = urls_in(path.read_text("utf-8", "replace"))
    except PermissionError:
        raise
    except OSError:
        return ""
    return found.get(module) or next(filter(None, found.values()), "")
