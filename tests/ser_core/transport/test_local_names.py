from __future__ import annotations

from pathlib import Path

import pytest

from ser_core.transport.local_names import (
    CHECK_INTERVAL,
    HostsFile,
    ResolvConf,
    WatchedFile,
    parse_hosts,
    parse_resolv_conf,
)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_hosts_has_names_of_any_case_and_several_addresses() -> None:
    names = parse_hosts(
        "# comment\n"
        "192.0.2.1\tAlpha alpha.example  # trailing\n"
        "2001:db8::1 alpha\n"
        "192.0.2.1 alpha\n"
        "not-an-address beta\n"
        "fe80::1%lo gamma\n"
        "\n192.0.2.9\n"
    )
    assert names["alpha"] == ("192.0.2.1", "2001:db8::1")
    assert names["alpha.example"] == ("192.0.2.1",)
    assert names["gamma"] == ("fe80::1%lo",)
    assert "beta" not in names


def test_localhost_works_without_any_file_and_can_be_changed_by_one() -> None:
    assert parse_hosts("")["localhost"] == ("127.0.0.1", "::1")
    assert parse_hosts("127.0.0.7 localhost")["localhost"] == ("127.0.0.7",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ResolvConf()),
        ("rubbish\nnameserver\nnameserver not.an.address\n", ResolvConf()),
        ("nameserver 192.0.2.1\n", ResolvConf((("192.0.2.1", 53),))),
        (
            "search example.com\nnameserver 192.0.2.1 # main\nnameserver 2001:db8::1\n",
            ResolvConf((("192.0.2.1", 53), ("2001:db8::1", 53))),
        ),
        (
            "nameserver 192.0.2.1\n" * 5,
            ResolvConf((("192.0.2.1", 53),) * 3),
        ),
        ("options timeout:1 attempts:3 rotate\n", ResolvConf(timeout=1.0, attempts=3)),
        ("options timeout:0 attempts:99\n", ResolvConf(timeout=1.0, attempts=5)),
        ("options timeout:999999 attempts:x\n", ResolvConf()),
    ],
)
def test_resolv_conf(text: str, expected: ResolvConf) -> None:
    assert parse_resolv_conf(text) == expected


def test_a_file_is_read_again_only_when_it_has_changed(tmp_path: Path) -> None:
    clock = Clock()
    path = tmp_path / "file"
    path.write_text("one")
    file = WatchedFile(str(path), clock)
    assert file.read_if_changed() == "one"
    clock.now += CHECK_INTERVAL
    assert file.read_if_changed() is None
    path.write_text("second")
    assert file.read_if_changed() is None  # not looked at yet
    clock.now += CHECK_INTERVAL
    assert file.read_if_changed() == "second"


def test_a_missing_file_is_empty_and_looked_for_again(tmp_path: Path) -> None:
    clock = Clock()
    path = tmp_path / "file"
    file = WatchedFile(str(path), clock)
    assert file.read_if_changed() == ""
    clock.now += CHECK_INTERVAL
    assert file.read_if_changed() is None
    path.write_text("here")
    clock.now += CHECK_INTERVAL
    assert file.read_if_changed() == "here"
    path.unlink()
    clock.now += CHECK_INTERVAL
    assert file.read_if_changed() == ""


def test_hosts_follow_the_file(tmp_path: Path) -> None:
    clock = Clock()
    path = tmp_path / "hosts"
    path.write_text("192.0.2.1 alpha\n")
    hosts = HostsFile(str(path), clock)
    assert hosts.addresses("alpha") == ("192.0.2.1",)
    assert hosts.addresses("beta") is None
    path.write_text("192.0.2.2 alpha beta\n")
    clock.now += CHECK_INTERVAL
    assert hosts.addresses("beta") == ("192.0.2.2",)
    assert hosts.addresses("localhost") == ("127.0.0.1", "::1")
