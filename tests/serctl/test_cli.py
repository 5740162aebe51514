from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path

import click
import pytest

from ser_core.fifo.client import CannotReach, NoReply, Reach
from serctl import cli
from serctl.environment import Environment
from serctl.exit_status import ExitStatus
from serctl.settings import Settings
from tests.support.serctl_runs import FakeSer, serctl

ROOT = Path(__file__).parents[2]
VERBS = [name for section in cli.VERBS.values() for name in section]
SERS = [
    "add", "alias", "acl", "cisco_restart", "domain", "fifo", "mail", "moni", "online", "passwd",
    "ping", "ps", "restart", "rm", "rpid", "showdb", "start", "stop", "ul", "version",
]  # fmt: skip
"""The verbs of SER 0.9's serctl."""


def test_the_version_is_that_of_the_package() -> None:
    run = serctl("--version")
    assert (run.status, run.stdout, run.stderr) == (0, f"serctl {version('ser')}\n", "")


def test_help_lists_every_verb_with_what_it_does() -> None:
    run = serctl("--help")
    assert run.status == 0
    for name in VERBS:
        [line] = [x for x in run.stdout.splitlines() if x.startswith(f"  {name} ")]
        assert line.split(None, 1)[1]


def test_help_cuts_nothing_off() -> None:
    shown = serctl("--help").stdout
    assert "..." not in shown.partition("\n")[2]
    assert "is_uri_host_local().\n" in shown


def test_help_names_every_variable_of_the_environment() -> None:
    shown = serctl("--help").stdout
    variables = {field.metadata["variable"] for field in fields(Settings)} - {""}
    assert {name for name in variables if name not in shown} == set()
    assert set(cli.VARIABLES) <= variables | {"SERCTL_CONFIG"}


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_help_that_costs_no_connection(verb: str) -> None:
    ser = FakeSer()
    run = serctl(verb, "--help", ser=ser)
    assert run.status == 0
    assert run.stdout.startswith(f"Usage: serctl {verb} ")
    assert not ser.requests


@pytest.mark.parametrize("verb", [name for name in SERS if name in VERBS])
def test_sers_verbs_are_there(verb: str) -> None:
    with click.Context(cli.root) as context:
        assert cli.root.get_command(context, verb) is not None


@pytest.mark.parametrize(("short", "long"), cli.SHORT_FORMS.items())
def test_a_short_form_is_the_same_verb(short: str, long: str) -> None:
    with click.Context(cli.root) as context:
        short_form = cli.root.get_command(context, short)
        assert short_form is cli.root.get_command(context, long)


def test_a_verb_that_does_not_exist_is_a_usage_error_with_the_nearest_one() -> None:
    run = serctl("onlin")
    assert run.status == 2
    assert run.stdout == ""
    assert run.stderr == "serctl: there is no 'onlin'; did you mean online? (serctl --help)\n"


def test_an_option_that_does_not_exist_is_a_usage_error() -> None:
    run = serctl("ps", "--fast")
    assert run.status == 2
    assert run.stderr.startswith("serctl: No such option")


def test_options_that_all_share_may_stand_anywhere() -> None:
    answer = "200 ok\n0\t812\tattendant\n"
    before = serctl("-F", "csv", "ps", ser=FakeSer(ps=answer))
    behind = serctl("ps", "-F", "csv", ser=FakeSer(ps=answer))
    assert before.stdout == behind.stdout == "index,pid,description\n0,812,attendant\n"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (CannotReach(Reach.STALE, "nobody reads it"), ExitStatus.CANNOT_REACH),
        (NoReply("no reply within 5 s"), ExitStatus.TIMEOUT),
        (KeyboardInterrupt(), ExitStatus.INTERRUPTED),
    ],
)
def test_each_kind_of_failure_has_its_exit_status(error: BaseException, status: ExitStatus) -> None:
    def fail() -> str:
        raise error

    run = serctl("ps", ser=FakeSer(ps=fail))
    assert (run.status, run.stdout) == (status, "")
    assert run.stderr == (f"serctl: {error}\n" if str(error) else "")


def test_a_refusal_of_ser_is_told_and_fails() -> None:
    run = serctl("ps", ser=FakeSer(ps="500 no memory\nat all\n"))
    assert (run.status, run.stdout) == (1, "")
    assert run.stderr == "serctl: ser says 500 no memory at all\n"


def test_hostile_text_in_an_error_is_escaped() -> None:
    run = serctl("ps", ser=FakeSer(ps="500 \x1b[2Jno\n"))
    assert run.stderr == "serctl: ser says 500 \\x1b[2Jno\n"


def test_the_connection_is_closed_whatever_happens() -> None:
    ser = FakeSer(ps="500 no\n")
    serctl("ps", ser=ser)
    assert ser.closed == 1


def test_options_of_one_line_do_not_stay_for_the_next() -> None:
    streams = io.StringIO(), io.StringIO(), io.StringIO()
    ser = FakeSer(ps="200 ok\n0\t1\tx\n")
    environment = Environment(*streams, settings=Settings(), connect=lambda _: ser)
    cli.run(["ps", "-F", "csv", "-y"], environment)
    cli.run(["ps"], environment)
    assert streams[1].getvalue() == "index,pid,description\n0,1,x\n0\t1\tx\n"
    assert not environment.assume_yes


def run_process(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SERCTL_CONFIG": "", **variables}
    return subprocess.run(
        [sys.executable, "-m", "serctl", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_the_process_ends_with_the_status(tmp_path: Path) -> None:
    run = run_process("--run-dir", str(tmp_path), "ps")
    assert (run.returncode, run.stdout) == (3, "")
    assert run.stderr.startswith(f"serctl: ser isn't running: no FIFO in {tmp_path}; start it")
    assert run.stderr.count("\n") == 1


def test_a_mistake_in_the_environment_is_a_usage_error() -> None:
    run = run_process("ps", WATCH_PERIOD="often")
    assert (run.returncode, run.stderr) == (2, "serctl: WATCH_PERIOD: 'often' is not a number\n")


def test_a_reader_that_has_had_enough_is_no_error() -> None:
    environment = {**os.environ, "SERCTL_CONFIG": ""}
    reading, writing = os.pipe()
    os.close(reading)
    run = subprocess.run(
        [sys.executable, "-m", "serctl", "--help"],
        cwd=ROOT,
        env=environment,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=30,
    )
    os.close(writing)
    assert (run.returncode, run.stderr) == (0, b"")


def test_a_disk_that_is_full_is_told() -> None:
    with open("/dev/full", "wb") as full:
        run = subprocess.run(
            [sys.executable, "-m", "serctl", "--help"],
            cwd=ROOT,
            env={**os.environ, "SERCTL_CONFIG": ""},
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=30,
        )
    assert (run.returncode, run.stderr) == (1, b"serctl: No space left on device\n")


def test_an_error_that_cannot_be_told_leaves_the_exit_status_alone() -> None:
    with open("/dev/full", "wb") as full:
        run = subprocess.run(
            [sys.executable, "-m", "serctl", "nonsense"],
            cwd=ROOT,
            env={**os.environ, "SERCTL_CONFIG": ""},
            stderr=full,
            check=False,
            timeout=30,
        )
    assert run.returncode == 2


def test_without_stdout_there_is_nothing_to_tell() -> None:
    command = [sys.executable, "-m", "serctl", "--help"]
    shell = ["sh", "-c", '"$@" >&-', "sh", *command]
    environment = {**os.environ, "SERCTL_CONFIG": ""}
    run = subprocess.run(
        shell, cwd=ROOT, env=environment, stderr=subprocess.PIPE, check=False, timeout=30
    )
    assert (run.returncode, run.stderr) == (0, b"")


SLOW = ["tabulate", "prompt_toolkit", "importlib.metadata", "tomllib", "msgspec", "subprocess"]


def test_a_plain_command_imports_little(tmp_path: Path) -> None:
    """Each of these takes 5 to 50 ms of the 150 that a start may take."""
    probe = (
        "import sys; from serctl.cli import main; sys.argv[1:] = ['ps']; main(); "
        f"print([name for name in {SLOW} if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=ROOT,
        env={**os.environ, "SERCTL_CONFIG": "", "SER_FIFO": str(tmp_path / "none")},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert run.stdout == "[]\n"


def test_without_a_verb_it_reads_a_script() -> None:
    run = serctl(stdin="ps -F csv\n", ser=FakeSer(ps="200 ok\n0\t1\tx\n"))
    assert (run.status, run.stdout) == (0, "index,pid,description\n0,1,x\n")


def test_without_a_verb_it_is_a_shell_on_a_terminal() -> None:
    run = serctl(terminal=True, asked=True, stdin=":q\n")
    assert (run.status, run.stdout) == (0, "? helps, Tab completes, Ctrl-D leaves.\n")


def test_without_a_verb_and_with_nobody_to_see_it_there_is_help() -> None:
    run = serctl(asked=True, stdin="ps\n")
    assert (run.status, run.stdout) == (0, serctl("--help").stdout)


def test_a_reader_that_has_had_enough_of_a_script_ends_nothing(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    run = subprocess.run(
        [sys.executable, "-m", "serctl", "--run-dir", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "SERCTL_CONFIG": ""},
        input=b"--help\n--help\nnothing\n",
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=30,
    )
    os.close(writing)
    assert run.returncode == 2
    assert run.stderr.endswith(b"serctl: line 3 ended with 2: nothing\n")
