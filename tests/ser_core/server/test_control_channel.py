"""FIFO, command socket and the core's commands in one process, inside the hub of the test."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from gevent.hub import get_hub

from ser_core.fifo.client import Client, FifoClient, UnixClient
from ser_core.fifo.declarations import Pending
from ser_core.fifo.dispatcher import OwnReceiver
from ser_core.fifo.log_ring import Line
from ser_core.fifo.protocol import Reply
from ser_core.registrar.location import MemoryLocation
from ser_core.script.settings import Settings
from ser_core.server.control import ProcessControl
from ser_core.server.control_channel import ControlChannel
from ser_core.server.control_files import control_files, places_of
from ser_core.server.plan import Plan
from ser_core.server.privileges import Identity
from ser_core.server.run_dir import RunDirectory
from ser_core.sip.hop import Listener
from tests.support.plans import no_database, plan_of


class FakeSide:
    index = 1
    life = -1
    stopped = 0

    def ready(self) -> None:
        """Nobody asks."""

    def tell_reload(self, word: str, number: int, rest: str = "") -> bool:
        return False

    def beat(self) -> None:
        pass

    def reloading(self) -> None:
        pass

    def reloaded(self) -> None:
        pass

    def stop_all(self) -> None:
        self.stopped += 1


class FakeReloader:
    def reload(self, *, only_check: bool) -> Pending:
        pending = Pending()
        pending.answer(Reply(200, "checked" if only_check else "reloaded"))
        return pending


class World:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.side = FakeSide()
        control = ProcessControl(plan, MemoryLocation("location"), 1, no_database)
        self.channel = ControlChannel(plan, self.side, control, FakeReloader())
        self.channel.start(OwnReceiver(self.channel.runner))

    def ask(self, client: Client, command: str, *arguments: str) -> Reply:
        """Ask from a thread, since clients block."""
        reply = get_hub().threadpool.spawn(client.ask, command, *arguments).get(timeout=10)
        assert reply is not None
        return reply


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    settings = Settings(unix_sock=str(tmp_path / "sock"))
    directory = RunDirectory(tmp_path / "run", Listener("udp", "127.0.0.1", 5060))
    places = places_of(settings, directory.path)
    with (
        control_files(places, settings, directory, Identity()) as files,
        plan_of(1, files) as plan,
    ):
        made = World(plan)
        yield made
        made.channel.stop()
    directory.remove()


def fifo(world: World) -> FifoClient:
    assert world.plan.control is not None
    assert world.plan.control.pipe is not None
    return FifoClient(world.plan.control.pipe.path)


def test_fifo_and_socket_take_the_same_commands(world: World, tmp_path: Path) -> None:
    with fifo(world) as one, UnixClient(tmp_path / "sock") as two:
        assert world.ask(one, "print", "x") == Reply(200, "ok", b"x\n")
        assert world.ask(two, "print", "x").body == b"x\n"
        assert world.ask(one, "arg").body == b"ser\n-D\n"
        assert world.ask(one, "which").body == world.ask(two, "which").body


def test_commands_of_the_loaded_modules_are_there(world: World) -> None:
    with fifo(world) as client:
        assert b"sl_stats\n" in world.ask(client, "which").body
        assert world.ask(client, "sl_stats").is_ok


def test_kill_stops_everything_once_its_reply_is_written(world: World) -> None:
    with fifo(world) as client:
        assert world.ask(client, "kill") == Reply(200, "killing now...")
    gevent.sleep(0)
    assert world.side.stopped == 1


def test_the_debug_level_goes_back_with_a_beat(world: World) -> None:
    world.plan.pages.debug_level = 4
    world.plan.pages.revert = (int(time.monotonic() * 1000), 2)
    world.channel.on_beat()
    assert world.plan.pages.debug_level == 2


def test_log_tail_reads_the_ring(world: World) -> None:
    world.channel.ring.add(Line(1.0, 2, "receiver 0", 1, "", "it rang"))
    with fifo(world) as client:
        assert b"\tit rang\n" in world.ask(client, "log_tail").body


def test_generation_and_help_of_counters_come_from_the_pages(world: World) -> None:
    world.plan.pages.script_generation = 7
    with fifo(world) as client:
        assert b"generation\t7\n" in world.ask(client, "config").body
        assert b"core.requests\t0\trequests received\n" in world.ask(client, "stats").body
