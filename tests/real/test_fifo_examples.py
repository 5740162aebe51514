"""Every example of a FIFO command in the docs is run against a ser, and answered as it says."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from docs.fifo_reference import core_commands
from docs.module_lists import module_class
from ser_core.database import domains
from ser_core.database.engine import make_engine
from ser_core.database.schema import prepare
from ser_core.database.url import DatabaseUrl
from ser_core.fifo.client import FifoClient
from ser_core.fifo.declarations import FifoCommand, fifo_commands_of
from ser_core.fifo.protocol import Reply
from ser_core.modules.registry import built_in
from tests.support.daemon import Ser
from tests.support.reply_patterns import fits
from tests.support.sip_peer import Peer

CONFIG = (
    'alias="example.com"\n'
    + "".join(f'loadmodule "{name}"\n' for name in built_in())
    + """
route {
    if (lookup("location")) { t_relay(); break; };
    sl_send_reply("404", "Not Found");
}
"""
)
DATABASE = """
modparam("acc|alias_db|auth_db|domain|group|uri_db", "db_url", "{url}")
modparam("domain", "db_mode", 1)
"""
ADDRESS = "192.0.2.9"
"""Of the phone in the examples."""
CONTACT = ("location", "joe@example.com", f"sip:joe@{ADDRESS}:5062", "3600", "1.00", "0", "0")


def all_commands() -> list[FifoCommand]:
    of_modules = [x for name in built_in() for x in fifo_commands_of(module_class(name))]
    return [*core_commands(), *of_modules]


@pytest.fixture(scope="module")
def ser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ser]:
    url = DatabaseUrl("sqlite", str(tmp_path_factory.mktemp("database") / "ser.db"))
    engine = make_engine(url)
    prepare(engine)
    with engine.begin() as connection:
        for name in ("example.com", "example.org"):
            domains.add(connection, name, 0.0)
    engine.dispose()
    with Ser(CONFIG + DATABASE.replace("{url}", str(url)), children=2) as made:
        yield made


@pytest.fixture
def fifo(ser: Ser) -> Iterator[FifoClient]:
    with FifoClient(ser.fifo) as client:
        client.ask("ul_add", *CONTACT)
        yield client
        client.ask("debug", "2")


RUN_BY_ITSELF = {"kill", "t_uac_dlg"}
COMMANDS = [command for command in all_commands() if command.name not in RUN_BY_ITSELF]


def check(command: FifoCommand, reply: Reply) -> None:
    text = reply.to_bytes().decode().replace("\r", "")
    assert fits(command.reply, text), f"not as shown:\n{text[:2000]}"


def the(name: str) -> FifoCommand:
    return next(command for command in all_commands() if command.name == name)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command.name))
def test_a_command_answers_as_its_example_shows(command: FifoCommand, fifo: FifoClient) -> None:
    check(command, fifo.ask(command.name, *command.example))


def test_a_request_is_sent_as_the_example_shows(ser: Ser, fifo: FifoClient) -> None:
    command = the("t_uac_dlg")
    with Peer(f"127.0.0.1:{ser.port}", "joe") as phone, ThreadPoolExecutor(1) as pool:
        lines = [line.replace(ADDRESS, phone.host_port) for line in command.example]
        asked = pool.submit(fifo.ask, command.name, *lines)
        phone.reply(phone.receive("OPTIONS"), 200, "OK")
        check(command, asked.result())


def test_kill_answers_before_all_ends(tmp_path: Path) -> None:
    database = DATABASE.replace("{url}", f"sqlite:///{tmp_path}/ser.db")
    with Ser(CONFIG + database, children=1) as ser:
        with FifoClient(ser.fifo) as fifo:
            check(the("kill"), fifo.ask("kill"))
        assert ser.process.wait(5) == 0
