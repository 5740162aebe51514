"""`make install` and `make uninstall`: what goes where, what stays, and that nothing is left."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.support import own_machine
from tests.support.daemon import PROJECT
from tests.support.own_machine import needs_own_machine

pytestmark = pytest.mark.needs("setuptools")

PLACES = {
    "etc/default/ser",
    "etc/init.d/ser",
    "etc/ser/ser.cfg",
    "etc/ser/serctl.toml",
    "opt/voice/bin/serctl",
    "opt/voice/bin/sertui",
    "opt/voice/lib/systemd/system/ser.service",
    "opt/voice/sbin/ser",
    "opt/voice/share/bash-completion/completions/serctl.bash",
    "opt/voice/share/fish/vendor_completions.d/serctl.fish",
    "opt/voice/share/man/man5/ser.cfg.5",
    "opt/voice/share/man/man8/ser.8",
    "opt/voice/share/man/man8/serctl.8",
    "opt/voice/share/zsh/site-functions/_serctl",
}
"""All but what is below lib/ser."""


class Package:
    """An installation below a directory, as somebody who makes a package of it wants it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.home = directory / "opt" / "voice" / "lib" / "ser"
        self.config = directory / "etc" / "ser" / "ser.cfg"

    def make(self, verb: str, **variables: str) -> subprocess.CompletedProcess[str]:
        own = {
            "DESTDIR": str(self.directory),
            "PREFIX": "/opt/voice",
            "LIBRARIES": sysconfig.get_path("purelib"),
            **variables,
        }
        return subprocess.run(
            ["make", "-s", verb, *(f"{name}={value}" for name, value in own.items() if value)],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=100,
        )

    def files(self) -> set[str]:
        """All files but those below lib/ser."""
        found = (path for path in self.directory.rglob("*") if not path.is_relative_to(self.home))
        return {str(x.relative_to(self.directory)) for x in found if x.is_symlink() or x.is_file()}


@pytest.fixture
def package(tmp_path: Path) -> Package:
    """One that isn't there yet."""
    return Package(tmp_path / "package")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """One for all tests of this file, since it takes seconds; nobody touches it."""
    package = Package(tmp_path_factory.mktemp("made") / "package")
    run = package.make("install")
    assert run.returncode == 0, run.stdout
    return package


@pytest.fixture
def installed(made: Package, package: Package) -> Package:
    """A copy of it: nothing in there knows where it stands."""
    shutil.copytree(made.directory, package.directory, symlinks=True)
    return package


def test_what_goes_where_and_that_uninstall_leaves_nothing(
    made: Package, installed: Package
) -> None:
    package = installed
    assert package.files() == PLACES
    for command in ("sbin/ser", "bin/serctl", "bin/sertui"):
        link = package.directory / "opt/voice" / command
        assert link.readlink() == Path("/opt/voice/lib/ser/bin") / link.name
        script = (package.home / "bin" / link.name).read_text()
        assert script.startswith("#!/opt/voice/lib/ser/bin/python")
    for name in ("etc/init.d/ser", "opt/voice/lib/systemd/system/ser.service", "etc/default/ser"):
        text = (package.directory / name).read_text()
        assert "/opt/voice/sbin/ser" in text or "Documentation" in text
        assert "/usr/local" not in text
    assert (package.directory / "etc/init.d/ser").stat().st_mode & 0o111
    assert str(made.directory) not in (package.home / "pyvenv.cfg").read_text()
    compiled = next((package.home / "lib").rglob("ser_core/__pycache__/errors.*.pyc"))
    assert b"/opt/voice/lib/ser/" in compiled.read_bytes()
    assert os.fsencode(made.directory) not in compiled.read_bytes()
    assert package.make("uninstall").returncode == 0
    assert list(package.directory.iterdir()) == []


def test_a_changed_configuration_stays_and_another_one_is_replaced(installed: Package) -> None:
    package = installed
    shipped = package.config.read_text()
    package.config.write_text("# mine\nroute { }\n")
    untouched = package.config.with_name("serctl.toml")
    kept = package.home / "etc" / "serctl.toml"
    for older in (untouched, kept):  # as an earlier version had it
        older.write_text("# older\n")
    run = package.make("install")
    new = package.config.with_name("ser.cfg.new")
    assert f"{package.config} has been changed, and stays; the new one is {new}" in run.stdout
    assert package.config.read_text() == "# mine\nroute { }\n"
    assert new.read_text() == shipped
    assert untouched.read_text() != "# older\n"

    run = package.make("uninstall")
    assert f"Kept, since it has been changed: {package.config}" in run.stdout
    assert package.files() == {"etc/ser/ser.cfg"}


def test_an_installation_that_fails_leaves_the_old_one_as_it_is(
    installed: Package, tmp_path: Path
) -> None:
    package = installed
    before = {path: path.lstat().st_mtime_ns for path in package.home.rglob("*")}
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\necho 'Python 3.11 or newer is needed, this is 3.9.2' >&2; exit 1\n")
    old.chmod(0o755)
    run = package.make("install", LIBRARIES="/no/such/directory", PYTHON=str(old))
    assert f"Not using {old}: Python 3.11 or newer is needed, this is 3.9.2\n" in run.stdout
    assert run.returncode != 0
    assert {path: path.lstat().st_mtime_ns for path in package.home.rglob("*")} == before
    assert not list(package.home.parent.glob("ser.*"))


def test_a_program_of_that_name_is_left_alone(package: Package) -> None:
    other = package.directory / "opt/voice/sbin/ser"
    other.parent.mkdir(parents=True)
    other.write_text("the SER of 2004\n")
    run = package.make("install")
    assert run.returncode != 0
    assert f"{other} is another program; nothing was changed" in run.stdout
    assert package.files() == {"opt/voice/sbin/ser"}


def test_what_uninstall_has_kept_can_be_purged_later(installed: Package) -> None:
    installed.config.write_text("# mine\n")
    assert installed.make("uninstall").returncode == 0
    assert installed.config.exists()
    later = installed.make("uninstall", PURGE="1")
    assert (later.returncode, later.stdout) == (0, "What was kept of ser is removed.\n")
    assert not installed.config.parent.exists()


def test_what_is_not_installed_cannot_be_removed(package: Package) -> None:
    run = package.make("uninstall")
    assert run.returncode != 0
    assert f"ser: there is no {package.home} to remove" in run.stdout


@pytest.mark.parametrize("verb", ["install", "uninstall"])
def test_who_is_not_root_is_told_what_to_do(
    package: Package, verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    run = package.make(verb, DESTDIR="")
    assert run.returncode != 0
    assert f"ser: only root can do that: sudo make {verb}" in run.stdout


WHOLE_LIFE = """\
set -eu
all() { pgrep -f '^/usr/local/lib/ser/bin/python /usr/local/sbin/ser' "$@"; }
list() { find /etc /usr/local /var/lib /run -xdev | sort; cat /etc/passwd /etc/group; }
rmdir /run/ser 2>/dev/null || true
list >"$HOME/before"
make -s install
[ "$(stat -c %U:%G:%a /var/lib/ser)" = ser:ser:750 ]
[ "$(stat -c %U:%G:%a /etc/ser/ser.cfg)" = root:ser:640 ]
[ "$(stat -c %a /etc/ser/serctl.toml)" = 644 ]
/etc/init.d/ser start
/etc/init.d/ser status
[ "$(all -c -u ser)" = 5 ]
ser -V
man -w ser >/dev/null 2>&1 || [ -e /usr/local/share/man/man8/ser.8 ]
serctl ps | grep -q attendant

# A killed attendant leaves no orphans, and a start at once isn't hindered.
first=$(cat /run/ser/ser.pid)
kill -9 "$first"
while all | grep -qx "$first"; do sleep 0.01; done
/etc/init.d/ser start
[ "$(all -c)" = 6 ]

# Nor by what is left when all are killed.
kill -9 $(all)
while all >/dev/null; do sleep 0.05; done
[ -e /run/ser/ser.pid ] && [ -p /run/ser/udp-127.0.0.1-5060/ser_fifo ]
/etc/init.d/ser status || [ $? = 1 ]
serctl start
serctl -y restart
echo '# mine' >>/etc/ser/ser.cfg
touch /var/lib/ser/ser.db
make -s uninstall
id ser
make -s install
/etc/init.d/ser start
make -s uninstall PURGE=1
! all
list | diff "$HOME/before" - && echo nothing is left
"""


@pytest.mark.long
@needs_own_machine()
def test_a_machine_is_as_before_when_ser_has_lived_on_it() -> None:
    run = own_machine.run(["bash", "-c", WHOLE_LIFE])
    assert run.stdout.endswith("nothing is left\n"), run.stdout
