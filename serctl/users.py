"""Users and contacts as they are named on the command line."""

from __future__ import annotations

import re

import click

from serctl.settings import Settings


def address_of_record(settings: Settings, user: str) -> str:
    """USER@DOMAIN as it is, USER with the default domain if there is one.

    Without either it goes to ser as it is: with use_domain=0 no domain is needed, and with
    use_domain=1 ser says so.
    """
    name = re.sub(r"^sips?:", "", user, flags=re.I)
    if not name.strip() or name.startswith("@"):
        raise click.UsageError(f"{user!r} is not a user")
    if "@" not in name and settings.domain:
        return f"{name}@{settings.domain}"
    return name


def subscriber_name(settings: Settings, user: str) -> tuple[str, str]:
    """User and domain of USER@DOMAIN, or of USER with the default domain. Raises UsageError."""
    from ser_core.database.names import checked_domain, checked_user

    name, at, domain = re.sub(r"^sips?:", "", user, flags=re.I).rpartition("@")
    if not at:
        name, domain = domain, settings.domain
    if not domain and name:
        raise click.UsageError(
            "domain unknown: use usernames with domain or set default domain in SIP_DOMAIN"
        )
    try:
        user = checked_user(name)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    try:
        return user, checked_domain(domain)
    except ValueError as error:
        where = "" if at else "SIP_DOMAIN: "
        raise click.UsageError(f"{where}{error}") from None


def check_uri(text: str) -> str:
    """A SIP or SIPS URI, for a contact. Raises UsageError."""
    from ser_core.errors import ParseError
    from ser_core.sip.uri import parse_uri  # 15 ms

    try:
        scheme = parse_uri(text.encode("utf-8", "surrogateescape")).scheme
    except ParseError as error:
        hint = "" if ":" in text else f", say sip:{text if '@' in text else text + '@DOMAIN'}"
        raise click.UsageError(f"invalid URI {text!r}: {error}{hint}") from None
    if scheme not in (b"sip", b"sips"):
        raise click.UsageError(f"invalid URI {text!r}: it must begin with sip: or sips:")
    return text
