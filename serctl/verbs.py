"""What verbs are made of: the classes, the options that all share, reading and changing.

    @click.command(cls=Verb)
    @reading
    def ps(environment: Environment) -> None:
        '''Show the processes of ser.'''

Shared options may stand anywhere: before the verb, between its words, behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import update_wrapper
from typing import Any

import click

from serctl.environment import Environment
from serctl.settings import FORMATS, WHEN, checked

pass_environment = click.make_pass_decorator(Environment)
"""Gives a verb the Environment as its first argument."""

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

Callback = Callable[[click.Context, click.Parameter, Any], None]
"""Any: what click hands over has the type of the option."""


PLACES = ("fifo", "unix_socket", "instance")
"""Each says which ser is meant; the one on the command line counts, whatever is set elsewhere."""


def sets(key: str) -> Callback:
    """An option that stands for a setting of serctl.toml."""

    def take(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
        if value is not None:
            environment = context.find_object(Environment)
            assert environment is not None
            new: dict[str, Any] = dict.fromkeys(PLACES, "") if key in PLACES else {}
            new[key] = checked(key, value, parameter.opts[-1])
            environment.settings = replace(environment.settings, **new)

    return take


def _switch(name: str) -> Callback:
    """A flag that becomes an attribute of the Environment."""

    def take(context: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            setattr(context.find_object(Environment), name, True)

    return take


def shared_options(*, hidden: bool) -> list[click.Option]:
    """New ones for a command; click keeps them with it."""
    return [
        _option(sets("format"), "-F", "--format", type=click.Choice(FORMATS), hidden=hidden,
            help="How data is written; a table on a terminal, lines otherwise."),
        _option(_switch("wide"), "--wide", is_flag=True, hidden=hidden,
            help="Cut nothing in tables, and show all columns."),
        _option(sets("color"), "--color", type=click.Choice(WHEN), hidden=hidden,
            help="Colours; NO_COLOR is heeded."),
        _option(_switch("assume_yes"), "-y", "--yes", is_flag=True, hidden=hidden,
            help="Don't ask before something is removed or stopped."),
        _option(_switch("dry_run"), "--dry-run", is_flag=True, hidden=hidden,
            help="Print the FIFO request instead of sending it."),
        _option(sets("timeout"), "--timeout", metavar="SECONDS", hidden=hidden,
            help="How long to wait for a reply (5)."),
        _option(sets("fifo"), "--fifo", metavar="PATH", hidden=hidden,
            help="ser's FIFO (SER_FIFO); looked for in the run directory."),
        _option(sets("unix_socket"), "--unix-socket", metavar="PATH", hidden=hidden,
            help="ser's Unix socket, instead of the FIFO (SER_UNIXSOCK)."),
        _option(sets("instance"), "--instance", metavar="INSTANCE", hidden=hidden,
            help="Which ser, where several run."),
        _option(sets("run_dir"), "--run-dir", metavar="DIR", hidden=hidden,
            help="Where to look for the FIFO, as ser's --run-dir."),
    ]  # fmt: skip


def _option(callback: Callback, *names: str, **attributes: Any) -> click.Option:
    """Any: the attributes are click's."""
    return click.Option(names, callback=callback, expose_value=False, **attributes)


class Verb(click.Command):
    """A command that knows the shared options, and writes help where its Environment says."""

    hides_shared_options = True
    """They stand in `serctl --help` only."""

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        """Any: click's own signature, passed on."""
        attributes["context_settings"] = {**CONTEXT, **attributes.get("context_settings", {})}
        super().__init__(*arguments, **attributes)
        self.params += shared_options(hidden=self.hides_shared_options)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.callback = _show_help
        return option

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        if self.hides_shared_options:
            formatter.write_paragraph()
            formatter.write_text("Options that every command takes: serctl --help")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, _with_periods(args) if self.reads else args)

    @property
    def reads(self) -> bool:
        """It only shows something, so it has --watch."""
        return bool(getattr(self.callback, "reads", False))

    @property
    def changes(self) -> bool:
        """It removes or stops something, so it asks first."""
        return bool(getattr(self.callback, "changes", False))


class Subject(Verb, click.Group):
    """A command with verbs of its own, such as ul."""

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        """Any: click's own signature, passed on."""
        attributes.setdefault("no_args_is_help", False)
        attributes.setdefault("subcommand_metavar", "COMMAND [ARGS]...")
        attributes["invoke_without_command"] = True  # click's own complaint names no verbs
        super().__init__(*arguments, **attributes)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of their declaration."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Any: click's own signature. Raises UsageError, which names the verbs that there are."""
        result = super().invoke(ctx)
        if ctx.invoked_subcommand is None:
            verbs = ", ".join(self.list_commands(ctx))
            raise click.UsageError(f"a verb is missing: there are {verbs}", ctx)
        return result

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        found = self.get_command(ctx, args[0])
        if found is None and not ctx.resilient_parsing and not args[0].startswith("-"):
            raise click.UsageError(f"there is no {args[0]!r}{_nearest(self, ctx, args[0])}", ctx)
        return super().resolve_command(ctx, args)


def _nearest(subject: Subject, context: click.Context, word: str) -> str:
    from difflib import get_close_matches  # for whoever mistypes

    known = subject.list_commands(context)
    near = get_close_matches(word, known, 1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"


def _show_help(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        environment = context.find_object(Environment)
        assert environment is not None
        environment.write(context.get_help() + "\n")
        context.exit()


# -- reading and changing ------------------------------------------------------------------------

DEFAULT_PERIOD = "default"


def reading(function: Callable[..., None]) -> Callable[..., None]:
    """A verb that shows something; gets --watch. (Any: click calls it with what it has read.)"""

    def run(environment: Environment, *args: Any, **kwargs: Any) -> None:
        period = kwargs.pop("watch", None)
        if period is None or environment.dry_run:
            function(environment, *args, **kwargs)
            return
        from serctl.watch import watch

        seconds = environment.settings.watch_period
        if period != DEFAULT_PERIOD:
            seconds = checked("watch_period", str(period), "--watch")
        watch(environment, seconds, lambda each: function(each, *args, **kwargs))

    run.reads = True  # type: ignore[attr-defined]  # read by Verb.reads
    option = click.option(
        "--watch", metavar="[SECONDS]", help="Look again and again (every 2 s), until Ctrl-C."
    )
    return option(_passing(run, function))


def changing(function: Callable[..., None]) -> Callable[..., None]:
    """A verb that removes or stops something; it calls environment.confirm."""

    def run(environment: Environment, *args: Any, **kwargs: Any) -> None:
        function(environment, *args, **kwargs)

    run.changes = True  # type: ignore[attr-defined]  # read by Verb.changes
    return _passing(run, function)


def _passing(run: Callable[..., None], function: Callable[..., None]) -> Callable[..., None]:
    """`run` under the name and with the options of `function`, given the Environment."""
    return pass_environment(update_wrapper(run, function))


def _with_periods(arguments: list[str]) -> list[str]:
    """--watch with its default where no number follows; the next word is the verb's own then."""
    found = []
    for number, word in enumerate(arguments):
        following = arguments[number + 1 : number + 2]
        bare = word == "--watch" and not (following and _is_number(following[0]))
        found.append(f"--watch={DEFAULT_PERIOD}" if bare else word)
    return found


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()
