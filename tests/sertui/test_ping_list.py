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
