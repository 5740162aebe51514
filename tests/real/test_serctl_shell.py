"""The shell of serctl on a real terminal, with a ser that runs; and scripts."""

from __future__ import annotations

import os
import re
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ser_core.fifo.client import open_client
from tests.real.test_serctl import CONFIG
from tests.support.console import Example
from tests.support.daemon import Ser
from tests.support.serctl_process import COMMAND, Serctl, environment
from tests.support.sip_peer import Peer
from tests.support.tmux import Tmux

pytestmark = [pytest.mark.real, pytest.mark.needs("tmux")]

PROMPT = "serctl>"
TERM = "screen-256color"
PAGE = Path(__file__).parents[2] / "docs" / "serctl.md"


@pytest.fixture(scope="module")
def ser() -> Iterator[Ser]:
    with Ser(CONFIG) as running:
        yield running


@pytest.fixture
def joe(ser: Ser) -> Iterator[Peer]:
    """Registered."""
    with Peer(f"127.0.0.1:{ser.port}", "joe") as peer:
        peer.register()
        yield peer
    with open_client(ser.fifo) as client:
        client.ask("ul_rm", "location", "joe")


@contextmanager
def shell(
    ser: Ser, state: Path, *options: str, size: tuple[int, int] = (80, 24), **variables: str
) -> Iterator[Tmux]:
    command = [*COMMAND, "--run-dir", str(ser.directory / "run"), *options]
    about = environment(**{"TERM": TERM, "XDG_STATE_HOME": str(state), **variables})
    with Tmux(command, about, width=size[0], height=size[1]) as screen:
        screen.wait_for(PROMPT)
        yield screen


@pytest.fixture
def screen(ser: Ser, tmp_path: Path) -> Iterator[Tmux]:
    with shell(ser, tmp_path) as running:
        yield running


def prompts(screen: Tmux) -> list[str]:
    """All that were typed, and the one that is being typed."""
    return [line for line in screen.lines() if re.match(r"serctl( \[\d+\])?>", line)]


def last_line(screen: Tmux) -> str:
    """The one that is being typed."""
    return (prompts(screen) or [""])[-1]


def has_typed(screen: Tmux, text: str, lines: int | None = None) -> Callable[[], bool]:
    """`text` stands behind the last prompt, with which there are so many `lines`."""
    return lambda: last_line(screen) == text and lines in (None, len(prompts(screen)))


# -- completion ----------------------------------------------------------------------------------


def test_a_registered_user_is_completed_and_shown(joe: Peer, screen: Tmux) -> None:
    screen.press("ul s", "Tab")
    screen.wait_until(has_typed(screen, "serctl> ul show"), "the verb")
    screen.press("j", "Tab")
    screen.wait_until(has_typed(screen, "serctl> ul show joe"), "the user")
    screen.press("Enter")
    screen.wait_for(joe.uri)
    prompt, heading, rule, row, *_ = screen.lines()[1:]
    assert prompt == "serctl> ul show joe"
    assert heading.split()[0] == "contact"
    assert set(rule) == {"-", " "}
    assert row.startswith(f"{joe.uri}  ")


def test_contacts_of_the_user_and_commands_of_the_fifo(joe: Peer, screen: Tmux) -> None:
    screen.press("ul rm joe ", "Tab")
    screen.wait_until(has_typed(screen, f"serctl> ul rm joe {joe.uri}"), "the contact")
    screen.press("C-u", "fifo ul_sh", "Tab")
    screen.wait_until(has_typed(screen, "serctl> fifo ul_show_contact"), "the command")


def test_a_menu_says_what_verbs_do_and_enter_takes_one(screen: Tmux) -> None:
    screen.press("alias ", "Tab")
    screen.wait_for("Show all aliases and what they stand for")
    menu = [line for line in screen.lines() if line.lstrip().startswith(("show", "add", "rm "))]
    assert len({len(line) - len(line.lstrip()) for line in menu}) == 1
    screen.press("Down", "Down", "Enter")
    screen.wait_until(has_typed(screen, "serctl> alias add"), "the verb")


def test_a_ser_that_hangs_keeps_nobody_from_typing(ser: Ser, screen: Tmux) -> None:
    os.kill(ser.fifo_server(), signal.SIGSTOP)
    try:
        screen.press("ul show j", "Tab", "ane")
        screen.wait_until(has_typed(screen, "serctl> ul show jane"), "what was typed")
    finally:
        os.kill(ser.fifo_server(), signal.SIGCONT)


# -- lines ---------------------------------------------------------------------------------------


def test_an_error_leaves_it_alive_and_its_status_is_shown(joe: Peer, screen: Tmux) -> None:
    screen.enter("ul show nobody")
    screen.wait_for("serctl [5]>")
    assert "serctl: ser says 404 Username nobody in table location not found" in screen.lines()
    screen.enter("ul shw")
    screen.wait_for("serctl [2]>")
    screen.wait_for("there is no 'shw'; did you mean show?")
    screen.enter("online")
    screen.wait_until(has_typed(screen, PROMPT), "a prompt without status")
    assert "joe" in screen.lines()


def test_lines_come_back_also_in_the_next_shell(ser: Ser, tmp_path: Path) -> None:
    with shell(ser, tmp_path) as screen:
        screen.enter("debug")
        screen.wait_until(has_typed(screen, PROMPT, 2), "the next prompt")
        screen.press("Up")
        screen.wait_until(has_typed(screen, "serctl> debug"), "the line")
        screen.press("C-u")
        screen.enter("passwd joe secret")
        screen.wait_for("serctl [2]>")
        screen.press("Up")
        screen.wait_until(has_typed(screen, "serctl [2]> debug"), "the line before the password")
    with shell(ser, tmp_path) as screen:
        screen.press("de")
        screen.wait_until(has_typed(screen, "serctl> debug"), "the suggestion")
        screen.press("Right", "Enter")
        screen.wait_for("level")
    kept = tmp_path / "ser" / "serctl_history"
    assert kept.read_text() == "debug\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_ctrl_c_clears_the_line_and_ends_what_runs(screen: Tmux) -> None:
    screen.press("half a line", "C-c")
    screen.wait_until(has_typed(screen, PROMPT, 2), "an empty line")
    screen.enter("log -f")
    screen.wait_for("ready:")
    screen.press("C-c")
    screen.wait_until(has_typed(screen, PROMPT, 3), "a prompt")
    assert "^C" in screen.lines()
    screen.enter("version")
    screen.wait_for("Sip EXpress router")


def test_a_question_is_answered_at_once(screen: Tmux) -> None:
    screen.press("ul ?")
    screen.wait_until(has_typed(screen, "serctl> ul", 2), "the line again")
    assert "  rm    Remove USER with all contacts, or one CONTACT of USER." in screen.lines()
    screen.press("rm ?")
    screen.wait_until(has_typed(screen, "serctl> ul rm", 3), "the line again")
    assert "  [CONTACT]  A contact of the user." in screen.lines()


def test_what_removes_something_asks(joe: Peer, screen: Tmux) -> None:
    screen.enter("ul rm joe")
    screen.wait_for("Remove joe with 1 contact from location? [y/N]")
    screen.enter("n")
    screen.wait_for("serctl: nothing was changed")
    screen.enter("ul rm joe")
    screen.wait_until(lambda: "\n".join(screen.lines()).count("[y/N]") == 2, "the question")
    screen.enter("y")
    screen.wait_for("200 user (location, joe) deleted")


def test_a_request_that_changes_something_asks(screen: Tmux) -> None:
    screen.enter("fifo kill")
    screen.wait_for("kill changes something: Stop ser: all its processes, cleanly. Send it? [y/N]")
    screen.enter("n")
    screen.wait_for("serctl: nothing was changed")
    screen.enter("fifo debug")
    screen.wait_for("level   2")


def test_pasted_lines_run_one_after_the_other(screen: Tmux) -> None:
    screen.paste("debug\nversion\n")
    screen.wait_for("version")
    assert "level" not in "".join(screen.lines())
    screen.press("Enter")
    screen.wait_for("Sip EXpress router")
    assert "level  2" in screen.lines()


def test_options_of_serctl_hold_in_its_shell(ser: Ser, tmp_path: Path) -> None:
    with shell(ser, tmp_path, "-F", "csv") as screen:
        screen.enter("ps")
        screen.wait_for("index,pid,description")


# -- leaving -------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [("C-d",), (":q", "Enter"), ("exit", "Enter"), ("quit", "Enter")])
def test_leaving(ser: Ser, screen: Tmux, keys: tuple[str, ...]) -> None:
    screen.enter("nothing")
    screen.wait_for("serctl [2]>")
    screen.press(*keys)
    assert screen.wait_for_end() == 0
    assert {path.name for path in ser.fifo.parent.iterdir() if path.is_fifo()} == {"ser_fifo"}


def test_a_signal_leaves_nothing_behind(ser: Ser, screen: Tmux) -> None:
    screen.wait_for("debug 2")
    os.kill(screen.pid, signal.SIGTERM)
    assert screen.wait_for_end() == 128 + signal.SIGTERM
    assert {path.name for path in ser.fifo.parent.iterdir() if path.is_fifo()} == {"ser_fifo"}
    screen.enter("the terminal echoes")
    screen.wait_for("the terminal echoes")


# -- the bar -------------------------------------------------------------------------------------


def test_the_bar_is_at_the_bottom_and_follows(ser: Ser, joe: Peer, screen: Tmux) -> None:
    screen.wait_for("msg/s")
    bar = screen.lines()[-1]
    assert bar.startswith(f" {ser.fifo.parent.name}   up ")
    assert "   1 registered   " in bar
    assert bar.endswith(" msg/s   debug 2")
    screen.enter("debug 3")
    screen.wait_for("msg/s   debug 3")
    screen.enter("debug 2")
    screen.wait_for("msg/s   debug 2")
    with Peer(f"127.0.0.1:{ser.port}", "jane") as jane:
        jane.register()
        screen.wait_for("   2 registered")
        with open_client(ser.fifo) as client:
            client.ask("ul_rm", "location", "jane")


def test_a_ser_that_goes_is_told_and_one_that_comes_is_found(tmp_path: Path) -> None:
    with Ser(CONFIG) as ser, shell(ser, tmp_path) as screen:
        screen.wait_for("debug 2")
        ser.stop()
        screen.wait_for(" ser isn't running: no FIFO in ")
        screen.press("ul show ", "Tab", "joe", "Enter")
        screen.wait_for("serctl [3]>")
        ser.start()
        screen.wait_for("debug 2")
        screen.enter("online")
        screen.wait_until(has_typed(screen, PROMPT), "a prompt")


# -- how it looks --------------------------------------------------------------------------------


def test_the_overview_fits_on_a_small_terminal(screen: Tmux) -> None:
    screen.wait_for("debug 2")
    screen.press("?")
    screen.wait_for("Leave.")
    screen.wait_until(lambda: "debug 2" in screen.lines()[-1], "the bar")
    lines = screen.lines()
    assert lines[0] == "? helps, Tab completes, Ctrl-D leaves."
    assert lines[1] == "serctl> ?"
    described = [line for line in lines if line.startswith("  ")]
    assert {line[24] == " " and line[25] != " " for line in described} == {True}


def test_the_session_of_the_docs(ser: Ser, joe: Peer, screen: Tmux) -> None:
    """Each line of it is typed; the screen must look as the page does."""
    [block] = re.findall(r"^```text\n\$ serctl\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    *session, _, bar = block.splitlines()
    *lines, last = (line for line in session if re.match(r"serctl.*>", line))
    for number, line in enumerate(lines, 1):
        prompt, typed = line.partition("> ")[::2]
        screen.wait_until(has_typed(screen, f"{prompt}>", number), f"the prompt for {typed}")
        screen.press(typed, *([] if typed.endswith("?") else ["Enter"]))
    screen.wait_until(has_typed(screen, last), "the end")
    shown = "".join(f"{line}\n" for line in screen.lines()[: len(session)])
    assert re.fullmatch(Example("serctl", tuple(session)).pattern(), shown), shown
    pattern = Example("the bar", (bar,)).pattern()
    screen.wait_until(lambda: re.fullmatch(pattern, f"{screen.lines()[-1]}\n"), "the bar")


def test_a_narrow_terminal(ser: Ser, tmp_path: Path) -> None:
    with shell(ser, tmp_path, size=(40, 12)) as screen:
        screen.wait_for("…")
        screen.press("ul ", "Tab")
        screen.wait_for("rm ")
        assert len(screen.lines()[-1]) == 40
        screen.resize(80, 24)
        screen.wait_for("debug 2")


def colors_in(screen: Tmux) -> set[str]:
    shown = "\n".join(screen.lines(colors=True))
    codes = {
        code for part in shown.split("\x1b[")[1:] for code in part.partition("m")[0].split(";")
    }
    return codes - {"0", "1", "2", "7", "39", "49", ""}


def test_a_failure_is_red_unless_no_color_says_otherwise(ser: Ser, tmp_path: Path) -> None:
    with shell(ser, tmp_path) as screen:
        screen.enter("nothing")
        screen.wait_for("serctl [2]>")
        assert colors_in(screen) == {"31"}
    with shell(ser, tmp_path, NO_COLOR="1") as screen:
        screen.enter("nothing")
        screen.wait_for("serctl [2]>")
        screen.press("ul ", "Tab")
        screen.wait_for("rm ")
        assert colors_in(screen) == set()


def test_a_dumb_terminal_has_no_bar(joe: Peer, ser: Ser, tmp_path: Path) -> None:
    with shell(ser, tmp_path, TERM="dumb") as screen:
        screen.enter("ul show joe")
        screen.wait_for(joe.uri)
        screen.enter("ul ?")
        screen.wait_for("  dump  ")
        screen.enter("nothing")
        screen.wait_for("serctl [2]>")
        assert not any("debug 2" in line for line in screen.lines())
        screen.press("C-d")
        assert screen.wait_for_end() == 0


# -- scripts -------------------------------------------------------------------------------------

SCRIPT = """\
# who is there
ul show joe
ul show nobody

alias show nobody
version
"""


def test_a_script_ends_with_its_first_failure(ser: Ser, joe: Peer) -> None:
    run = Serctl(ser.directory / "run")(stdin=SCRIPT)
    assert run.returncode == 5
    assert run.stdout.startswith(f"{joe.uri}\t")
    assert run.stdout.count("\n") == 1
    assert run.stderr.endswith("serctl: line 3 ended with 5: ul show nobody\n")


def test_a_script_may_go_on(ser: Ser, joe: Peer) -> None:
    run = Serctl(ser.directory / "run")("-k", stdin=SCRIPT)
    assert run.returncode == 5
    assert "Sip EXpress router" in run.stdout
    assert "line 5 ended with 5: alias show nobody\n" in run.stderr


def test_a_script_removes_with_y_only(ser: Ser, joe: Peer) -> None:
    serctl = Serctl(ser.directory / "run")
    assert serctl(stdin="ul rm joe\ny\n").returncode == 2
    assert serctl.out("online") == "joe\n"
    assert serctl(stdin="ul rm joe -y\n").returncode == 0
    assert serctl.out("online") == ""
