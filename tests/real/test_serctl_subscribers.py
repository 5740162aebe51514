"""serctl beside a ser that keeps registrations in a database: both mean the same one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemon import Ser
from tests.support.serctl_process import COMMAND, Serctl, environment
from tests.support.tmux import Tmux

CONFIG = """\
alias="example.com"
loadmodule "sl.so"
loadmodule "sqlite.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "domain.so"
modparam("usrloc|domain", "db_url", "sqlite:///{place}/ser.db")
modparam("usrloc", "db_mode", 1)
modparam("domain", "db_mode", 1)
route {{
    if (method=="REGISTER") {{ save("location"); break; }};
    if (!lookup("aliases")) {{ lookup("location"); }};
    sl_send_reply("404", "Not Found");
}}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("database")


@pytest.fixture(scope="module")
def serctl(place: Path) -> Iterator[Serctl]:
    with Ser(CONFIG.format(place=place), children=2) as ser:
        yield Serctl(ser.directory / "run")


def add(serctl: Serctl, user: str) -> None:
    run = serctl("add", user, "joe@example.net", "--password-stdin", stdin="heslo\n")
    assert (run.returncode, run.stderr) == (0, "")


def test_a_subscriber_goes_into_the_database_that_ser_has(serctl: Serctl, place: Path) -> None:
    add(serctl, "joe@example.com")
    assert (place / "ser.db").stat().st_mode & 0o777 == 0o600
    [row] = json.loads(serctl.out("showdb", "joe@example.com", "-F", "json"))
    assert (row["user"], row["contact"]) == ("joe@example.com", None)


def test_showdb_shows_what_is_registered_and_rm_ends_it(serctl: Serctl) -> None:
    add(serctl, "bob@example.com")
    serctl.out("ul", "add", "bob@example.com", "sip:bob@192.0.2.9", "--expires", "1h")
    contacts = json.loads(serctl.out("showdb", "bob@example.com", "-F", "json"))
    assert [each["contact"] for each in contacts] == ["sip:bob@192.0.2.9"]
    serctl.out("rm", "bob@example.com", "-y")
    assert serctl("ul", "show", "bob@example.com").returncode == 5
    assert serctl("showdb", "bob@example.com").returncode == 5


def test_showdb_and_ul_dump_agree(serctl: Serctl) -> None:
    for user, contact in (("kim", "sip:kim@192.0.2.1"), ("kim", "sip:kim@192.0.2.2:5070")):
        serctl.out("ul", "add", user, contact, "--expires", "1h")
    add(serctl, "lee@example.com")
    serctl.out("ul", "add", "lee@example.com", "sip:lee@192.0.2.3", "--expires", "1h")
    in_database = {
        (each["user"].partition("@")[0], each["contact"])
        for each in json.loads(serctl.out("showdb", "-F", "json"))
        if each["contact"] is not None
    }
    dumped, aor = set(), ""
    for line in serctl.out("fifo", "ul_dump").splitlines():
        kind, _, value = line.partition(":")
        value = value.strip().strip("'")
        if kind.strip() == "aor":
            aor = value
        elif kind.strip() == "Contact":
            dumped.add((aor, value))
    assert len(dumped) == 3
    assert in_database == dumped


def test_an_alias_with_the_name_of_a_subscriber_is_refused(serctl: Serctl) -> None:
    add(serctl, "ann@example.com")
    run = serctl("alias", "add", "ann@example.com", "sip:bob@example.com")
    assert (run.returncode, run.stderr) == (
        1,
        "serctl: overlap of alias with an existing subscriber name\n",
    )
    serctl.out("alias", "add", "1234@example.com", "sip:ann@example.com")
    run = serctl("add", "1234@example.com", "x@example.net", "--password-stdin", stdin="x\n")
    assert run.returncode == 1
    assert "there is an alias 1234@example.com already" in run.stderr


def test_a_new_domain_is_known_to_the_running_ser_at_once(serctl: Serctl) -> None:
    serctl.out("domain", "add", "example.com")
    assert "example.com" in serctl.out("fifo", "domain_dump")
    serctl.out("domain", "rm", "example.com", "-y")
    assert "example.com" not in serctl.out("fifo", "domain_dump")


def test_ser_counts_what_it_asks_the_database(serctl: Serctl) -> None:
    counters = {row["name"]: row["value"] for row in json.loads(
        serctl.out("stats", "database.", "-F", "json")
    )}  # fmt: skip
    assert counters["database.queries"] > 0
    assert (counters["database.down"], counters["database.waiting"]) == (0, 0)


@pytest.mark.needs("tmux")
def test_on_a_terminal_the_password_is_asked_for_twice_and_not_shown(place: Path) -> None:
    words = [*COMMAND, "add", "typed@example.com", "x@example.net"]
    database = f"sqlite:///{place}/typed.db"
    variables = {**environment(), "SERCTL_CONFIG": "", "SER_DB_URL": database}
    with Tmux(words, variables, width=100) as screen:
        screen.wait_for("New password:")
        screen.press("heslo", "Enter")
        screen.wait_for("The same again:")
        screen.press("heslo", "Enter")
        screen.wait_for("new user added")
        assert "heslo" not in "".join(screen.lines())


def test_the_log_tells_of_no_password(serctl: Serctl) -> None:
    assert "heslo" not in serctl.out("log", "-n", "1000")
