"""The root of `serctl`: which verbs there are, and how a command line runs.

A verb's file is imported when the verb is used, so that none pays for the others.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from ser_core.errors import SerError
from serctl.environment import Environment
from serctl.exit_status import ExitStatus, message_of, status_of
from serctl.settings import load
from serctl.verbs import Subject, pass_environment
from serctl.way_out import end_in_order

VERBS: dict[str, dict[str, str]] = {
    "Registrations": {
        "ul": "serctl.commands.ul:ul",
        "alias": "serctl.commands.alias:alias",
        "online": "serctl.commands.ul:online",
    },
    "SIP requests": {
        "ping": "serctl.commands.ping:ping",
        "send": "serctl.commands.send:send",
        "cisco_restart": "serctl.commands.cisco_restart:cisco_restart",
    },
    "What ser is doing": {
        "moni": "serctl.commands.moni:moni",
        "instances": "serctl.commands.server:instances",
        "ps": "serctl.commands.server:ps",
        "uptime": "serctl.commands.server:uptime",
        "version": "serctl.commands.server:version",
        "config": "serctl.commands.server:config",
        "stats": "serctl.commands.server:stats",
        "log": "serctl.commands.log:log",
        "debug": "serctl.commands.debug:debug",
    },
    "Starting and stopping": {
        "start": "serctl.commands.daemon:start",
        "stop": "serctl.commands.daemon:stop",
        "restart": "serctl.commands.daemon:restart",
        "reload": "serctl.commands.reload:reload",
    },
    "The FIFO": {
        "fifo": "serctl.commands.fifo:fifo",
        "which": "serctl.commands.fifo:which",
        "help": "serctl.commands.fifo:help_",
    },
    "Subscribers": {
        "add": "serctl.commands.subscriber:add",
        "passwd": "serctl.commands.subscriber:passwd",
        "rm": "serctl.commands.subscriber:rm",
        "mail": "serctl.commands.mail:mail",
        "showdb": "serctl.commands.showdb:showdb",
        "acl": "serctl.commands.acl:acl",
        "rpid": "serctl.commands.rpid:rpid",
        "alias_db": "serctl.commands.alias_db:alias_db",
        "domain": "serctl.commands.domain:domain",
    },
}
"""Headings of --help, the verbs below each, and where they are."""

SHORT_FORMS: dict[str, str] = {
    "userdb": "showdb",
    "monitor": "moni",
    "console": "moni",
    "con": "moni",
}
"""Other names of verbs, SER's own."""

VARIABLES: dict[str, str] = {
    "SIP_DOMAIN": "The domain of users that are named without one.",
    "SER_DB_URL": "The database; else that of ser.cfg.",
    "ACL_GROUPS": "The groups that `acl grant` grants.",
    "UL_TABLE": "The table of `ul` (location).",
    "ALS_TABLE": "The table of `alias` (aliases).",
    "WATCH_PERIOD": "Seconds between two looks of --watch and moni (2).",
    "SERCTL_CONFIG": "The serctl.toml to read.",
}
"""Of the environment, beside those that an option's help names; serctl.toml says the same."""

_PLACES = {name: place for section in VERBS.values() for name, place in section.items()}


LONGEST_HELP = 200
"""Characters; what is too long for a line goes on in the next."""


class Root(Subject):
    """The group of all verbs, each imported when it is asked for."""

    hides_shared_options = False

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = _PLACES.get(SHORT_FORMS.get(cmd_name, cmd_name))
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, places in VERBS.items():
            with formatter.section(heading):
                formatter.write_dl([(name, self._short_help(ctx, name)) for name in places])
        with formatter.section("Environment"):
            formatter.write_dl(list(VARIABLES.items()))

    def _short_help(self, context: click.Context, name: str) -> str:
        command = self.get_command(context, name)
        return command.get_short_help_str(LONGEST_HELP) if command else ""


def _show_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from importlib.metadata import version  # 30 ms

        environment = context.find_object(Environment)
        assert environment is not None
        environment.write(f"serctl {version('ser')}\n")
        context.exit()


@click.group("serctl", cls=Root, invoke_without_command=True)
@click.option(
    "-V", "--version", is_flag=True, expose_value=False, is_eager=True, callback=_show_version,
    help="Show the version of serctl and end.",
)  # fmt: skip
@click.option(
    "-k", "--keep-going", is_flag=True,
    help="In a script (serctl < FILE): go on behind a line that fails.",
)  # fmt: skip
@pass_environment
def root(environment: Environment, keep_going: bool) -> None:
    """Look after a running ser from the shell.

    Without a verb, on a terminal, it is a shell for the verbs; from a file or pipe it reads them
    line by line, and ends with the exit status of the first that fails.
    """
    context = click.get_current_context()
    if context.invoked_subcommand is None:
        context.exit(_run_without_verb(environment, context, keep_going=keep_going))


def _run_without_verb(environment: Environment, context: click.Context, *, keep_going: bool) -> int:
    """Lines of the user, or of a script; help where there are neither."""
    if environment.in_shell:
        raise click.UsageError("a verb is missing", context)
    if not environment.input_is_terminal:
        from serctl.script import run_script

        return run_script(environment, keep_going=keep_going)
    if environment.is_terminal:
        from serctl.shell import run_shell  # takes a while

        return run_shell(environment)
    environment.write(context.get_help() + "\n")
    return ExitStatus.OK


def run(arguments: Sequence[str], environment: Environment) -> int:
    """Run one command line and answer its exit status; errors are told on stderr."""
    own = environment.for_one_run()
    try:
        _invoke(list(arguments), own)
    except click.exceptions.Exit as end:
        return end.exit_code
    except BrokenPipeError:
        _forget_output(own)
    except (SerError, click.ClickException, click.Abort, KeyboardInterrupt) as error:
        if not isinstance(error, click.Abort | KeyboardInterrupt):
            own.note(message_of(error))
        return status_of(error)
    except OSError as error:  # a full disk behind stdout, as a rule
        _forget_output(own)
        own.note(error.strerror or str(error))
        return ExitStatus.REFUSED
    finally:
        own.close()
    return ExitStatus.OK


def _invoke(arguments: list[str], environment: Environment) -> None:
    try:
        with root.make_context("serctl", arguments, obj=environment) as context:
            root.invoke(context)
    finally:
        environment.stdout.flush()


def _forget_output(environment: Environment) -> None:
    """What is still to be written to stdout has no place to go; it must not raise at the end.

    Not for a line of the shell: whoever runs it does this at the end, if it is still so.
    """
    if environment.in_shell:
        return
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def main() -> int:
    """The `serctl` command."""
    end_in_order()
    environment = Environment.of_process()
    try:
        environment.settings = load(environment.variables)
    except click.ClickException as error:
        environment.note(message_of(error))
        return status_of(error)
    return run(sys.argv[1:], environment)
