"""From `name=value` to Settings."""

from __future__ import annotations

from typing import Any

from ser_core.script import nodes
from ser_core.script.bound import Checked
from ser_core.script.diagnostics import Reporter, did_you_mean
from ser_core.script.settings import (
    BY_ANY_NAME,
    LOG_FACILITIES,
    TLS_METHODS,
    Directive,
    Kind,
    ListenAddress,
    Settings,
)

_RENAMED = {
    "open_fd_limit": "open_files_limit",
    "disable_core": "disable_core_dump",
    "mpath": "",
    "tls_port": "tls_port_no",
}
"""What sample files have, but SER 0.9 never knew."""

_TEMPORARY = ("/tmp/", "/var/tmp/", "/dev/shm/")


class _Refused(Exception):
    """The value doesn't fit; the text says what would."""


def apply(assigns: tuple[nodes.Assign, ...], checked: Checked, reporter: Reporter) -> None:
    """Put each directive into the settings; the last of a name wins, lists grow."""
    state = _Ports()
    for assign in assigns:
        directive = BY_ANY_NAME.get(assign.name.text)
        if directive is None:
            _unknown(assign, reporter)
            continue
        try:
            _assign(directive, assign, checked.settings, state)
        except _Refused as refused:
            reporter.error(assign.values[0].span, f"{assign.name.text} takes {refused}")
            continue
        if directive.without_meaning:
            checked.notes.append(
                f"{assign.span.place}: {assign.name.text} does nothing here: "
                f"{directive.without_meaning}"
            )
        _look_at(directive, assign, reporter)


class _Ports:
    """`port` counts for the `listen` items behind it, and the last one for those in front."""

    def __init__(self) -> None:
        self.current = 0


def _unknown(assign: nodes.Assign, reporter: Reporter) -> None:
    name = assign.name.text
    hint = did_you_mean(name, BY_ANY_NAME)
    if _RENAMED.get(name):
        hint = f'did you mean "{_RENAMED[name]}"?'
    elif name == "mpath":
        hint = "modules are found by their name"
    reporter.error(assign.name.span, f'unknown directive "{name}"', hint)


def _assign(directive: Directive, assign: nodes.Assign, settings: Settings, state: _Ports) -> None:
    if directive.kind is Kind.ADDRESSES:
        items = tuple(_address(directive, x, state) for x in assign.values)
        setattr(settings, directive.name, getattr(settings, directive.name) + items)
        return
    value = _value(directive, assign.values[0])
    if directive.name == "port":
        state.current = int(value)
    if directive.name in ("dns", "rev_dns"):
        value = value or getattr(settings, directive.name)  # once on, it stays on, as in SER
    setattr(settings, directive.name, value)


def _address(directive: Directive, value: nodes.Value, state: _Ports) -> ListenAddress:
    if not isinstance(value, nodes.SocketName):
        raise _Refused("a list of [proto:]host[:port]")
    address = value.address
    if address.port >= 0:
        return address
    return address._replace(port=state.current if directive.name == "listen" else 0)


def _value(directive: Directive, value: nodes.Value) -> Any:  # Any: as the field of Settings
    kind = directive.kind
    if kind is Kind.NUMBER:
        return _number(directive, value)
    if kind is Kind.SWITCH:
        if not isinstance(value, nodes.Number):
            raise _Refused("yes or no")
        return value.value != 0
    if kind is Kind.FACILITY:
        return _facility(value)
    if kind is Kind.TLS_METHOD:
        if not isinstance(value, nodes.Word) or value.text not in TLS_METHODS:
            raise _Refused("SSLv23, SSLv2, SSLv3 or TLSv1")
        return TLS_METHODS[value.text]
    if isinstance(value, nodes.String):
        if "\0" in value.value:
            raise _Refused("a string without NUL")
        return value.value
    return _word(kind, value)


def _number(directive: Directive, value: nodes.Value) -> int:
    if not isinstance(value, nodes.Number):
        raise _Refused("a number")
    if not directive.minimum <= value.value <= directive.maximum:
        if directive.maximum == 2**31 - 1:
            raise _Refused(f"a number from {directive.minimum}")
        if directive.name == "fifo_mode":
            raise _Refused("permissions in octal, as 0660")
        raise _Refused(f"a number from {directive.minimum} to {directive.maximum}")
    return value.value


def _facility(value: nodes.Value) -> str:
    if not isinstance(value, nodes.Word):
        raise _Refused("a facility without quotes, as LOG_DAEMON")
    if value.text.upper() not in LOG_FACILITIES:
        name = did_you_mean(value.text, LOG_FACILITIES)
        raise _Refused(f"a facility of syslog, as LOG_DAEMON; {name or 'see syslog(3)'}")
    return value.text.upper()


def _word(kind: Kind, value: nodes.Value) -> str:
    """A bare word, host or address where it may stand for a string."""
    if kind is Kind.STRING:
        raise _Refused("a string in quotes")
    if isinstance(value, nodes.Word | nodes.Ip):
        return value.text
    if kind is Kind.WORD and isinstance(value, nodes.Number) and not value.text.isalpha():
        return str(value.value)  # user=1000
    raise _Refused("a host" if kind is Kind.HOST else "a name")


def _look_at(directive: Directive, assign: nodes.Assign, reporter: Reporter) -> None:
    """Warn of what is allowed but unwise."""
    value = assign.values[0]
    if directive.name == "fifo" and isinstance(value, nodes.String):
        if value.value.startswith(_TEMPORARY):
            reporter.warning(
                value.span,
                "anybody can put a file into this directory before ser does",
                "choose one that only ser's user may write to",
            )
    elif isinstance(value, nodes.Number) and _is_decimal_mode(directive, value):
        reporter.warning(
            value.span, f"this is {value.value:#o} in octal", f"did you mean 0{value.text}?"
        )


def _is_decimal_mode(directive: Directive, value: nodes.Number) -> bool:
    return directive.name == "fifo_mode" and value.text[0] != "0" and value.value > 0o7
