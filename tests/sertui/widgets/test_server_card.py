from __future__ import annotations

from sertui.snapshot import Snapshot
from sertui.widgets.server_card import ServerCard
from tests.support.sertui_feed import snapshot


def plain(shown: Snapshot, width: int) -> list[str]:
    card = ServerCard(id="server")
    card.show(shown)
    return [line.plain.rstrip() for line in card.lines(width, 20)]


def test_uptime_config_hash_and_addresses_come_first() -> None:
    assert plain(snapshot(), 28)[:5] == [
        "up      3 d 3 h",
        "config  /etc/ser/ser.cfg",
        "hash    9f86d081884c",
        "listens udp:192.0.2.1:5060",
        "        tcp:192.0.2.1:5060",
    ]


def test_with_room_the_hash_is_whole_and_the_rest_below() -> None:
    lines = plain(snapshot(), 80)
    assert lines[2].endswith("15b0f00a08")
    assert lines[5:] == [
        "loaded  3 d 3 h ago",
        "pid     4100",
        "fifo    /run/ser/udp-192.0.2.1-5060/ser_fifo",
    ]


def test_of_a_long_path_the_end_is_shown() -> None:
    shown = snapshot(config={"path": "/a/very/long/way/to/ser.cfg"})
    assert plain(shown, 20)[1] == "config  …/to/ser.cfg"


def test_reloads_are_counted_and_a_socket_is_told() -> None:
    config = {**snapshot().config, "generation": "2", "unix_sock": "/run/ser.sock"}
    lines = plain(snapshot(config=config), 60)
    assert "loaded  3 d 3 h ago, reloaded 2 ×" in lines
    assert lines[-1] == "socket  /run/ser.sock"


def test_nothing_before_ser_was_seen() -> None:
    assert plain(Snapshot(), 28) == []


def test_another_ser_may_not_tell_when_it_loaded() -> None:
    assert "loaded" in plain(snapshot(config={"path": "x"}), 28)


def test_a_version_is_no_markup() -> None:
    card = ServerCard(id="server")
    card.show(snapshot(version="[red]1"))
    assert "red" in str(card.border_title)
