"""A machine of its own for a test that installs: what it writes below /etc, /usr/local, /var and
/run, its network and its processes are gone when it ends, and nobody else sees them.

    run(["sh", "-c", "make install"])

Linux namespaces do that: a file system laid over the real one, which is only read, and a network
with nothing but loopback. For root only.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence

import pytest

TIMEOUT = 300.0
COVERED = ("etc", "usr/local", "var", "run")

# A ser that has been installed for real isn't there.
# $1: a directory that is there for this. Then what to run. The Python and the packages of the one
# who tests may stand where only he gets at; the user that ser runs as finds them in $1.
SETUP = """\
set -e
here=$1; shift
mount -t tmpfs -o mode=755 tmpfs "$here"
for place in {covered}; do
    mkdir -p "$here/over/$place" "$here/work/$place"
    options="lowerdir=/$place,upperdir=$here/over/$place,workdir=$here/work/$place"
    mount -t overlay overlay -o "$options" "/$place"
done
mkdir "$here/python" "$here/packages"
mount --bind "$BASE_PYTHON" "$here/python"
mount --bind "$BASE_PACKAGES" "$here/packages"
ip link set lo up
cd "$PROJECT"
[ ! -e /usr/local/lib/ser ] || make -s uninstall PURGE=1 >/dev/null 2>&1
rm -rf /run/ser
exec "$@"
"""

NAMESPACES = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")


@functools.cache
def why_not() -> str:
    """Why there can't be such a machine here; empty when it can."""
    if os.geteuid() != 0:
        return "only root can have a machine of its own (namespaces)"
    missing = [name for name in ("unshare", "mount", "ip", "make") if not shutil.which(name)]
    if missing:
        return f"there is no {', '.join(missing)}"
    with tempfile.TemporaryDirectory() as directory:
        tried = subprocess.run(
            _command(directory, ["true"]), env=_environment(directory), capture_output=True
        )
    return tried.stderr.decode().strip()


def needs_own_machine() -> pytest.MarkDecorator:
    """Leaves a test out, with the reason, where there can't be one."""
    return pytest.mark.skipif(bool(why_not()), reason=why_not())


def run(
    command: Sequence[str], *, variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command there, in the directory of the project, to its end and that of all it started.

    `make install` there takes Python and packages from the one who tests, and fetches nothing.
    """
    with tempfile.TemporaryDirectory() as directory:
        return subprocess.run(
            _command(directory, command),
            env={**_environment(directory), **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )


def _command(directory: str, command: Sequence[str]) -> list[str]:
    setup = SETUP.format(covered=" ".join(COVERED))
    return [*NAMESPACES, "sh", "-c", setup, "sh", directory, *command]


def _environment(directory: str) -> dict[str, str]:
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    # Without what `make test` tells a make within it: that would say where it goes to and fro.
    others = ("SER", "SIP", "MAKE", "MFLAGS")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(others)}
    return {
        **kept,
        "BASE_PYTHON": sys.base_prefix,
        "BASE_PACKAGES": sysconfig.get_path("purelib"),
        "PROJECT": os.fspath(_project()),
        "PYTHON": f"{directory}/python/bin/{python}",
        "LIBRARIES": f"{directory}/packages",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": directory,
    }


def _project() -> os.PathLike[str]:
    from tests.support.daemon import PROJECT

    return PROJECT
