"""start, stop and restart of the ser of this machine."""

from __future__ import annotations

import click

from serctl import daemon
from serctl.environment import Environment
from serctl.verbs import Verb, changing, pass_environment, sets

config_option = click.option(
    "-f", "--config", metavar="FILE", expose_value=False, callback=sets("config"),
    help="The ser.cfg to start with (/etc/ser/ser.cfg).",
)  # fmt: skip
pid_file_option = click.option(
    "-P", "--pid-file", metavar="FILE", expose_value=False, callback=sets("pid_file"),
    help="Where its pid stands (ser.pid in the run directory).",
)  # fmt: skip


@click.command(cls=Verb)
@config_option
@pid_file_option
@pass_environment
def start(environment: Environment) -> None:
    """Start ser in the background, and wait until it answers.

    As root, and without options that name another one: the service of this machine,
    as /etc/init.d/ser start does it.

    \b
        serctl start
        serctl start -f etc/ser.cfg
    """
    daemon.start(environment)


@click.command(cls=Verb)
@pid_file_option
@changing
def stop(environment: Environment) -> None:
    """Stop ser, and wait until it has gone; no failure when none runs."""
    daemon.stop(environment)


@click.command(cls=Verb)
@config_option
@pid_file_option
@changing
def restart(environment: Environment) -> None:
    """Stop ser and start it again; only when it could start with ser.cfg as it is."""
    source = click.get_current_context().get_parameter_source("config")
    is_chosen = source is click.core.ParameterSource.COMMANDLINE
    daemon.restart(environment, with_another_config=is_chosen)
