"""`serctl send`: any SIP request."""

from __future__ import annotations

import click

from ser_core.fifo import uac
from ser_core.fifo.probes import milliseconds
from ser_core.sip.request_text import SipRequest
from ser_core.sip.sender import default_sender
from serctl.askers import Askers
from serctl.composing import Wish, compose, template_list
from serctl.environment import Environment
from serctl.escaping import escaped_lines
from serctl.exit_status import ExitStatus, Failure
from serctl.finite_range import SECONDS
from serctl.output import Column, Format, Record, Table, show
from serctl.sending import Outcome, Sender
from serctl.verbs import Verb, pass_environment

WAIT, INVITE_WAIT = 35.0, 180.0
"""Seconds; longer than ser's own timers (fr_timer, fr_inv_timer), so that it is ser who tells."""
BYE_WAIT = 35.0


@click.command(cls=Verb)
@click.argument("words", metavar="[METHOD] [URI|USER]", nargs=-1)
@click.option("-t", "--template", metavar="NAME|FILE|-", help="What to start from; - is stdin.")
@click.option("-H", "--header", "headers", metavar="'NAME: VALUE'", multiple=True,
    help="Put a header in; one without value takes it out.")  # fmt: skip
@click.option("-b", "--body", metavar="TEXT|@FILE", help="The body; @- is stdin.")
@click.option("--from", "sender", metavar="URI", default=default_sender, show_default=False,
    help="Whom it comes from (sip:daemon@HOST).")  # fmt: skip
@click.option("--next-hop", metavar="URI", default="",
    help="Where to send it, when not to URI.")  # fmt: skip
@click.option("-e", "--edit", is_flag=True, help="Look it over in $VISUAL or $EDITOR first.")
@click.option("-l", "--list", "lists", is_flag=True, help="List the templates.")
@click.option("-W", "--wait", metavar="SECONDS", type=SECONDS,
    help="How long to wait for the final response (35; 180 for INVITE).")  # fmt: skip
@click.option("--no-hangup", is_flag=True, help="Don't end the call that an INVITE began.")
@pass_environment
def send(
    environment: Environment, /, lists: bool, wait: float | None, no_hangup: bool, **wish: object
) -> None:
    """Send a SIP request, and show its final response.

    The request is made from a template: the one named as the method, or that of -t, which may also
    be a file with a whole request; without METHOD it is read from stdin. An INVITE that is answered
    is ended with a BYE; Ctrl-C cancels one that still rings.

    Exit status: 0 for a 2xx, 4 for a timeout (408), 5 when nobody is there (404, 410, 480, 604),
    1 for all other responses.

    \b
        serctl send MESSAGE joe -b 'Lunch?'
        serctl send -t notify-mwi joe --edit
        serctl send -H 'Subject: Hello' < request.sip
    """
    if lists:
        rows = [list(row) for row in template_list()]
        show(environment, Table((Column("template"), Column("purpose")), rows))
        return
    request = compose(environment, Wish(**wish))  # type: ignore[arg-type]  # click checks its types
    if environment.dry_run:
        environment.request(uac.COMMAND, *uac.arguments(request))
        return
    outcome = _sent(environment, request, wait, hang_up=not no_hangup)
    click.get_current_context().exit(outcome.status)


def _sent(
    environment: Environment, request: SipRequest, wait: float | None, *, hang_up: bool
) -> Outcome:
    askers: Askers[str] = Askers(lambda: environment.connect(environment.settings))
    try:
        sender = Sender(askers, environment.note)
        if request.method == "INVITE" and environment.is_terminal:
            environment.note("waiting for somebody to answer; Ctrl-C cancels the call")
        outcome = sender.send(request, wait or _default_wait(request))
        show_outcome(environment, outcome)
        if request.method == "INVITE" and outcome.answer.is_success:
            if hang_up:
                _hang_up(environment, sender, request, outcome)
            else:
                environment.note("the call goes on: end it with serctl send -t bye")
    finally:
        askers.close()
    return outcome


def _default_wait(request: SipRequest) -> float:
    return INVITE_WAIT if request.method == "INVITE" else WAIT


def _hang_up(
    environment: Environment, sender: Sender, invite: SipRequest, outcome: Outcome
) -> None:
    ended = sender.hang_up(invite, outcome.answer, BYE_WAIT).answer
    status = f"{ended.code} {ended.words}"
    if not ended.is_success:
        raise Failure(f"the call was answered, but not ended: {status}", ExitStatus.REFUSED)
    environment.note(f"the call was answered, and ended: BYE {status}")


def show_outcome(environment: Environment, outcome: Outcome) -> None:
    """The response for people, or its parts for programs."""
    answer = outcome.answer
    source = "" if answer.is_from_afar else " (says ser)"
    if environment.format is not Format.TABLE:
        show(environment, _record(outcome), outcome.reply)
    else:
        status = escaped_lines(f"{answer.code} {answer.words}{source}")
        environment.write(environment.painted(status, "bold") + "\n")
        environment.write(escaped_lines(_message_text(answer)))
    environment.note(f"{answer.code}{source} after {milliseconds(outcome.seconds)} ms")


def _message_text(answer: uac.Answer) -> str:
    """Headers and body, with the line ends of a terminal."""
    parts = [part.replace("\r\n", "\n").strip("\n") for part in (answer.head, answer.body)]
    return "\n".join(f"{part}\n" for part in parts if part)


def _record(outcome: Outcome) -> Record:
    answer = outcome.answer
    return Record(
        (
            (Column("code", is_number=True), answer.code),
            (Column("reason"), answer.words),
            (Column("from_ser"), "" if answer.is_from_afar else "yes"),
            (Column("ms", is_number=True), round(outcome.seconds * 1000, 3)),
            (Column("headers"), answer.head.replace("\r\n", "\n").strip("\n")),
            (Column("body"), answer.body.replace("\r\n", "\n")),
        )
    )
