from __future__ import annotations

from pathlib import Path

import pytest

from sertui.ping_list import LARGEST, Entry, PingList, PingListFile, read_list, written

LIST = PingList(
    5.0, (Entry("sip:joe@10.0.0.9", "joe", True), Entry("sip:x\udcff@a")), ("joe", "ann")
)


@pytest.fixture
def file(tmp_path: Path) -> PingListFile:
    return PingListFile(tmp_path, "udp-192.0.2.1-5060")


def test_what_was_pinged_is_there_the_next_time(file: PingListFile, tmp_path: Path) -> None:
    assert file.load() is None
    file.save(LIST)
    assert PingListFile(tmp_path, "udp-192.0.2.1-5060").load() == LIST
    assert PingListFile(tmp_path, "udp-192.0.2.1-5070").load() is None


@pytest.mark.parametrize("instance", ["../../etc/passwd", "", ".hidden", "a/b\n", "udp-::1-5060"])
def test_the_file_stays_in_its_directory(tmp_path: Path, instance: str) -> None:
    path = PingListFile(tmp_path, instance).path
    assert path.parent == tmp_path / "sertui_pings"
    assert path.name[:1] != "."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Expecting value"),
        ("\xff\xfe\xff", "decode"),
        ("[]", "it isn't a list of pings"),
        ("{}", "it lacks 'entries'"),
        ('{"entries": [], "users": []}', "it lacks 'interval'"),
        ('{"entries": [1], "users": [], "interval": 1}', "it isn't a list of pings"),
        ('{"entries": [], "users": [7], "interval": 1}', "7 is no text"),
        ('{"entries": [], "users": 7, "interval": 1}', "it isn't a list of pings"),
        ("[" * 100_000, "it isn't a list of pings"),
    ],
)
def test_what_makes_no_sense_is_told_in_words_and_put_aside(
    file: PingListFile, text: str, words: str
) -> None:
    file.path.parent.mkdir()
    file.path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=words):
        file.load()
    file.save(LIST)
    assert file.load() == LIST
    assert file.path.with_suffix(".bad").read_bytes() == text.encode("latin-1")


def test_a_file_of_any_size_is_not_read_whole(file: PingListFile) -> None:
    file.path.parent.mkdir()
    file.path.write_bytes(b" " * (LARGEST + 1))
    with pytest.raises(ValueError, match="too large"):
        file.load()


def test_writing_and_reading_is_the_identity() -> None:
    assert read_list(written(LIST)) == LIST


def uris(file: PingListFile) -> list[str]:
    found = file.load()
    assert found is not None
    return [entry.uri for entry in found.entries]


def test_two_dashboards_lose_nothing_of_each_other(file: PingListFile, tmp_path: Path) -> None:
    def pings(*names: str, interval: float = 2.0, users: tuple[str, ...] = ()) -> PingList:
        return PingList(interval, tuple(Entry(name) for name in names), users)

    other, seen = (PingListFile(tmp_path, "udp-192.0.2.1-5060") for _ in range(2))
    file.save(pings("sip:a", "sip:b"))
    other.load()
    other.save(pings("sip:b", "sip:c", users=("joe",)))
    file.save(pings("sip:a", "sip:b", "sip:d", interval=5.0, users=("ann",)))
    assert uris(seen) == ["sip:b", "sip:c", "sip:d"]
    assert seen.load() == pings("sip:b", "sip:c", "sip:d", interval=5.0, users=("joe", "ann"))
    other.save(pings("sip:b"))
    assert seen.load() == pings("sip:b", "sip:d", interval=5.0, users=("ann",))


def test_what_one_dashboard_lets_rest_rests_and_comes_back_when_the_other_removed_it(
    file: PingListFile, tmp_path: Path
) -> None:
    other = PingListFile(tmp_path, "udp-192.0.2.1-5060")
    file.save(PingList(2.0, (Entry("sip:a"),)))
    other.load()
    other.save(PingList(2.0))
    file.save(PingList(2.0, (Entry("sip:a", is_paused=True),)))
    assert file.load() == PingList(2.0, (Entry("sip:a", is_paused=True),))


def test_a_list_that_mustnt_be_read_isnt_overwritten(file: PingListFile) -> None:
    file.path.mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        file.save(LIST)
