"""Verbs of SER's serctl that need the subscriber database, which this version hasn't.

They are there, with SER's syntax, so that nobody looks for them elsewhere; each says so and fails.
"""

from __future__ import annotations

import click

from serctl.exit_status import Failure
from serctl.verbs import Verb


def _verb(name: str, syntax: str, text: str) -> Verb:
    def fail(words: tuple[str, ...]) -> None:
        raise Failure(
            f"{name} needs the subscriber database, which this version of ser doesn't have yet"
        )

    words = click.Argument(["words"], metavar=syntax, nargs=-1, type=click.UNPROCESSED)
    help_text = f"{text} Needs the subscriber database, which isn't there yet."
    settings = {"ignore_unknown_options": True}
    return Verb(
        name, params=[words], callback=fail, help=help_text, short_help=text,
        context_settings=settings,
    )  # fmt: skip


add = _verb("add", "USER PASSWORD EMAIL", "Add a subscriber.")
passwd = _verb("passwd", "USER PASSWORD", "Change a subscriber's password.")
rm = _verb("rm", "USER", "Remove a subscriber.")
mail = _verb("mail", "USER", "Send a subscriber an e-mail.")
showdb = _verb("showdb", "[USER]", "Show what the database knows of registrations.")
acl = _verb(
    "acl",
    "show [USER] | grant USER GROUP... | revoke USER [GROUP]",
    "Show and change what subscribers may do.",
)
rpid = _verb("rpid", "show [USER] | add USER RPID | rm USER", "Show and change Remote-Party-IDs.")
domain = _verb(
    "domain", "show | add DOMAIN | rm DOMAIN", "Show and change the domains that ser serves."
)
