"""From the command line of `serctl send` to the request that it means."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from ser_core.sip import request_templates
from ser_core.sip.request_checks import complaints
from ser_core.sip.request_text import NotARequest, SipRequest, body_lines, read_header, read_request
from serctl.environment import Environment
from serctl.exit_status import ExitStatus, Failure
from serctl.targets import uris_of

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user said."""

    words: tuple[str, ...] = ()
    """METHOD and URI, either or both."""
    template: str | None = None
    """A name, the path of a file, or `-`."""
    headers: tuple[str, ...] = ()
    body: str | None = None
    sender: str = ""
    next_hop: str = ""
    edit: bool = False


def compose(environment: Environment, wish: Wish) -> SipRequest:
    """The request, ready to be sent. Raises UsageError, Failure."""
    try:
        request = _with_options(environment, _from_template(environment, wish), wish)
        if wish.edit:
            request = edited(environment, request)
    except NotARequest as error:
        raise click.UsageError(str(error)) from None
    return _checked(environment, dataclasses.replace(request, next_hop=wish.next_hop))


def _from_template(environment: Environment, wish: Wish) -> SipRequest:
    method, target = _method_and_target(wish)
    text = _text(environment, wish, method)
    uri = _only_uri(environment, target) if target else ""
    for name, value in (("$method", method), ("$uri", uri)):
        if name in text and not value:
            raise click.UsageError(f"this needs a {name[1:].upper()}: serctl send METHOD URI")
    request = request_templates.request_from(text, method=method, uri=uri, sender=wish.sender)
    return dataclasses.replace(request, method=method or request.method, uri=uri or request.uri)


def _method_and_target(wish: Wish) -> tuple[str, str]:
    """A single word is the target: the method stands in the template then."""
    if len(wish.words) > 2:
        raise click.UsageError(f"too many words: METHOD and URI, but what is {wish.words[2]!r}?")
    method, target = ("", "", *wish.words)[-2:]
    return method, target


def _text(environment: Environment, wish: Wish, method: str) -> str:
    """The text to start from."""
    if wish.template is not None:
        return _template_text(environment, wish.template)
    if method:
        return request_templates.text_of(request_templates.for_method(method))
    if not environment.input_is_terminal:
        return environment.stdin.read()
    raise click.UsageError("say what to send: METHOD URI, or a template (--list shows them)")


def _template_text(environment: Environment, template: str) -> str:
    if template == STDIN:
        return environment.stdin.read()
    try:
        return request_templates.text_of(template)
    except KeyError:
        return _file_text(template, f"no template and no file is called {template}: see --list")


def _file_text(path: str, missing: str) -> str:
    try:
        return Path(path).read_text(errors="surrogateescape")
    except FileNotFoundError:
        raise click.UsageError(missing) from None
    except OSError as error:
        raise click.UsageError(f"{path} can't be read: {error.strerror}") from None


def _only_uri(environment: Environment, target: str) -> str:
    """A request goes to one place; whoever has several phones has to say which."""
    uris = uris_of(environment, target)
    if len(uris) == 1:
        return uris[0]
    if environment.dry_run:
        raise click.exceptions.Exit(0)
    raise click.UsageError(f"{target} has {len(uris)} contacts; choose one: {' '.join(uris)}")


def _with_options(environment: Environment, request: SipRequest, wish: Wish) -> SipRequest:
    request = request.replaced([read_header(line) for line in wish.headers])
    if wish.body is None:
        return request
    text = _body_text(environment, wish.body)
    return dataclasses.replace(request, body=body_lines(text))


def _body_text(environment: Environment, body: str) -> str:
    if not body.startswith("@"):
        return body
    if body[1:] == STDIN:
        return environment.stdin.read()
    return _file_text(body[1:], f"there is no file {body[1:]}")


def edited(environment: Environment, request: SipRequest) -> SipRequest:
    """What the user made of it in an editor. Raises Failure when it wasn't saved."""
    variables = environment.variables
    editor = variables.get("VISUAL") or variables.get("EDITOR")
    text = click.edit(request.to_text(), editor=editor, extension=request_templates.SUFFIX)
    if text is None:
        raise Failure("not saved, so nothing is sent")
    return read_request(text)


def _checked(environment: Environment, request: SipRequest) -> SipRequest:
    request, left_out = request.without_ours()
    if left_out:
        environment.note(f"left out, since ser sets it itself: {', '.join(left_out)}")
    wrong = complaints(request)
    if wrong:
        raise Failure(f"this can't be sent: {'; '.join(wrong)}", ExitStatus.USAGE)
    return with_transaction(request)


def with_transaction(request: SipRequest) -> SipRequest:
    """With a Call-ID and CSeq that we know, so that it can be cancelled."""
    call_id = f"{os.urandom(12).hex()}@serctl"
    return request.completed([("Call-ID", call_id), ("CSeq", f"1 {request.method}")])


def template_list() -> Sequence[tuple[str, str]]:
    """Names and purposes."""
    return [(name, request_templates.purpose(name)) for name in request_templates.names()]
