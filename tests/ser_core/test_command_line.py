"""The options of `ser`: SER's letters, long names, and that they win over the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ser_core.command_line import DEFAULT_CONFIG, make_parser, parse
from ser_core.exit_codes import ExitCode
from ser_core.script.settings import ListenAddress, Settings

LETTERS = set("fclnNrRvdDETbmwtugPGixsVhp")


def applied(*arguments: str, settings: Settings | None = None) -> Settings:
    settings = settings or Settings()
    parse(list(arguments)).apply(settings)
    return settings


def test_all_letters_of_ser_are_there_each_with_a_long_name() -> None:
    actions = make_parser()._actions
    letters = {x[1] for action in actions for x in action.option_strings if len(x) == 2}
    assert letters == LETTERS
    for action in actions:
        assert any(x.startswith("--") for x in action.option_strings)
        assert action.help


def test_nothing_said_changes_nothing() -> None:
    assert applied() == Settings()
    assert parse([]).config == DEFAULT_CONFIG


@pytest.mark.parametrize(
    ("arguments", "name", "value"),
    [
        (["-p", "5070"], "port", 5070),
        (["--port", "0"], "port", 0),
        (["-n", "4"], "children", 4),
        (["-n4"], "children", 4),
        (["-N", "3"], "tcp_children", 3),
        (["-r"], "dns", True),
        (["-R"], "rev_dns", True),
        (["-v"], "check_via", True),
        (["-E"], "log_stderror", True),
        (["--log-syslog"], "log_stderror", False),
        (["-T"], "disable_tcp", True),
        (["-b", "100000"], "maxbuffer", 100000),
        (["-w", "/tmp"], "wdir", "/tmp"),
        (["-t", "/jail"], "chroot", "/jail"),
        (["-u", "ser"], "user", "ser"),
        (["-g", "ser"], "group", "ser"),
        (["-i", "/run/f"], "fifo", "/run/f"),
        (["-x", "/run/s"], "unix_sock", "/run/s"),
        (["-s", "/tmp/s"], "statistics", "/tmp/s"),
        (["--fork", "no"], "fork", False),
        (["-l", "udp:127.0.0.1:5070"], "listen", (ListenAddress("udp", "127.0.0.1", 5070),)),
        (
            ["-l", "::1", "-l", "lo"],
            "listen",
            (ListenAddress("*", "::1"), ListenAddress("*", "lo")),
        ),
    ],
)
def test_an_option_wins_over_the_directive(arguments: list[str], name: str, value: object) -> None:
    assert getattr(applied(*arguments), name) == value


def test_listen_addresses_of_the_file_give_way() -> None:
    settings = Settings(listen=(ListenAddress("*", "192.0.2.1"),), fork=False, children=9)
    applied("-l", "127.0.0.1", "-n", "2", "--fork", "yes", settings=settings)
    assert settings.listen == (ListenAddress("*", "127.0.0.1"),)
    assert settings.fork
    assert settings.children == 2


@pytest.mark.parametrize(("letters", "level"), [("-d", 4), ("-dd", 5), ("-dddddddd", 9)])
def test_each_d_adds_one_to_the_level_of_the_file(letters: str, level: int) -> None:
    assert applied(letters, settings=Settings(debug=3)).debug == level


def test_foreground_keeps_the_receivers_whatever_the_file_says_of_fork() -> None:
    options = parse(["-D"])
    settings = Settings(fork=False)
    options.apply(settings)
    assert options.foreground
    assert settings.fork


def test_foreground_and_fork_no_is_one_process() -> None:
    assert not applied("-D", "--fork", "no").fork


def test_letters_can_be_put_together() -> None:
    options = parse(["-DEddf", "x.cfg"])
    assert options.foreground
    assert options.config == Path("x.cfg")


def test_files_are_paths() -> None:
    options = parse(["-P", "a.pid", "-G", "a.pgid", "--run-dir", "run"])
    assert (options.pid_file, options.pgid_file) == (Path("a.pid"), Path("a.pgid"))
    assert options.run_dir == Path("run")


def test_options_without_effect_are_known() -> None:
    assert parse(["-m", "64", "-N", "4"]).ignored == ["tcp_children", "shared_memory"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["-n", "0"], "0 is not between 1 and 256"),
        (["-n", "five"], "'five' is not a number"),
        (["-p", "65536"], "65536 is not between 0 and 65535"),
        (["-p", "٣"], "is not a number"),
        (["-l", "host:port:x"], "is not an address: [proto:]host[:port] expected"),
        (["-f"], "expected one argument"),
        (["--list"], "unrecognized arguments: --list"),
        (["stray"], "unrecognized arguments: stray"),
    ],
)
def test_mistakes_are_told_in_one_line(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(arguments)
    assert caught.value.code == ExitCode.USAGE
    errors = capsys.readouterr().err
    assert text in errors
    assert errors.startswith("ser: ")
    assert errors.count("\n") == 1


def test_help_lists_the_options_and_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(["-h"])
    assert caught.value.code == ExitCode.OK
    text = capsys.readouterr().out
    assert "--pid-file" in text
    assert "Exit status" in text
