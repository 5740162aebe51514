"""What the dashboard costs, and how fast it is, seen from outside: through a terminal.

While it is measured, 10,000 users are registered and 2,000 messages a second pass.
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

from bench.flood import Flood, Target
from bench.measures import Measure, Sizes, progress, workplace
from bench.processes import CpuMeter
from bench.proxies import SER, Kind, Proxy
from bench.terminal import Terminal
from ser_core.fifo.client import FifoClient
from ser_core.fifo.places import find_instances
from ser_core.fifo.tables import read_table

REGISTRATIONS = 10_000
REQUESTS = 1200
"""REGISTERs a second, with a short rest every few seconds; each has its 200."""
MESSAGES = 2000
STARTS = 5
KEYS = 40
PAUSE = 0.23
"""Seconds between two keys: they meet the snapshots, one a second, at ever other moments."""
SECONDS = 8.0
"""How long a cost is summed up."""
SETTLE = 3.0
TIMEOUT = 15.0
MODES = {"overview": "1", "registrations": "2", "log": "5"}
FIRST_TEXT = "Overview"


def sertui(kinds: list[Kind], sizes: Sizes) -> list[Measure]:
    """Ours only. Some two minutes."""
    paint = Measure("sertui, first paint", "ms", "<= 700 ms", at_most=700)
    key = Measure("sertui, a key answered (median)", "ms", "<= 50 ms", at_most=50)
    late = Measure("sertui, a key answered (95 of 100)", "ms", "<= 50 ms", at_most=50)
    other = Measure("sertui, another screen (median)", "ms", "<= 50 ms", at_most=50)
    rate = Measure("sertui, meanwhile passed", "messages/s", f">= {MESSAGES}/s", at_least=MESSAGES)
    daemon = Measure("sertui, what it costs ser", "% core", "<= 2 %", at_most=2)
    own = {
        mode: Measure(f"sertui, what it costs itself: {mode}", "% core", "<= 15 %", at_most=15)
        for mode in MODES
    }
    with workplace() as directory, Proxy(SER, directory) as proxy:
        (instance,) = find_instances(proxy.run_directory)
        server = _fill(instance.fifo)
        command = [sys.executable, "-m", "sertui", "--run-dir", str(proxy.run_directory)]
        with _messages(proxy):
            for _ in range(STARTS):
                paint.add(SER, _first_paint(command))
            alone = _idle_cost(server)
            with Terminal(command) as terminal:
                terminal.wait_for("msg/s  debug 1", TIMEOUT)
                began, before = time.monotonic(), _messages_so_far(instance.fifo)
                _measure_costs(terminal, server, alone, daemon, own)
                times = sorted(_answer_times(terminal))
                other.add(SER, statistics.median(_change_times(terminal)))
                passed = _messages_so_far(instance.fifo) - before
                rate.add(SER, passed / (time.monotonic() - began))
        key.add(SER, statistics.median(times))
        late.add(SER, times[len(times) * 95 // 100])
    progress(f"  first paint {paint.median('ser'):.0f} ms, a key {key.median('ser'):.0f} ms")
    return [paint, key, late, other, rate, daemon, *own.values()]


def _fill(fifo: Path) -> int:
    """Register the users; the pid of the fifo server, who answers the dashboard."""
    with FifoClient(fifo, timeout=30) as client:
        for number in range(REGISTRATIONS):
            contact = f"sip:user{number}@192.0.2.{number % 250}:5060"
            client.ask("ul_add", "location", f"user{number:05}", contact, "3600", "1.00", "0", "0")
        rows = client.ask("ps").body.decode().splitlines()
    return next(int(row.split("\t")[1]) for row in rows if row.endswith("fifo server"))


def _messages_so_far(fifo: Path) -> int:
    """Received and sent."""
    with FifoClient(fifo) as client:
        _, rows = read_table(client.ask("stats", "transport.udp_").body)
    wanted = ("transport.udp_received", "transport.udp_sent")
    return sum(int(value) for name, value, _ in rows if name in wanted)


@contextmanager
def _messages(proxy: Proxy) -> Iterator[None]:
    """REGISTERs pass, from a process of their own, until the block is left."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    sender = context.Process(target=_send, args=(proxy.port, proxy.target, stop), daemon=True)
    sender.start()
    try:
        yield
    finally:
        stop.set()
        sender.join(TIMEOUT)


def _send(port: int, target: str, stop: Event) -> None:
    flood = Flood(Target(port, target))
    while not stop.is_set():
        flood.run(REQUESTS, 5)
    flood.close()


def _first_paint(command: list[str]) -> float:
    with Terminal(command) as terminal:
        return (terminal.wait_for(FIRST_TEXT, TIMEOUT) - terminal.began) * 1000


def _idle_cost(server: int) -> float:
    """What the fifo server uses without a dashboard."""
    meter = CpuMeter(server)
    time.sleep(SECONDS / 2)  # the cost is defined by its length
    return meter.seconds() / (SECONDS / 2) * 100


def _measure_costs(
    terminal: Terminal, server: int, alone: float, daemon: Measure, own: dict[str, Measure]
) -> None:
    for mode, digit in MODES.items():
        terminal.press(digit)
        terminal.look_on(SETTLE)
        of_server, of_sertui = CpuMeter(server), CpuMeter(terminal.pid)
        terminal.look_on(SECONDS)
        daemon.add(SER, of_server.seconds() / SECONDS * 100 - alone)
        own[mode].add(SER, of_sertui.seconds() / SECONDS * 100)
        progress(f"  {mode}: {own[mode].figures['ser'][-1]:.1f} % of a core")


def _answer_times(terminal: Terminal) -> Iterator[float]:
    """On the log screen: a key shows fewer levels, the next one more; the screen says which."""
    for turn in range(KEYS):
        key, answer = ("L", "all levels") if turn % 2 else ("l", "up to DBG8")
        pressed = terminal.press(key)
        yield (terminal.wait_for(answer, TIMEOUT) - pressed) * 1000
        terminal.look_on(PAUSE)


def _change_times(terminal: Terminal) -> Iterator[float]:
    """From the log to the overview and back, until what only one of them has is written."""
    for turn in range(KEYS):
        key, answer = ("5", "Call-ID") if turn % 2 else ("1", "Warnings")
        pressed = terminal.press(key)
        yield (terminal.wait_for(answer, TIMEOUT) - pressed) * 1000
        terminal.look_on(PAUSE)
