"""What an installation gets beside the Python files."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docs.generate import ROOT, WHOLE_FILES

PLACES = {
    "ser.8": "share/man/man8/ser.8",
    "serctl.8": "share/man/man8/serctl.8",
    "ser.cfg.5": "share/man/man5/ser.cfg.5",
    "serctl.bash": "share/bash-completion/completions/serctl.bash",
    "_serctl": "share/zsh/site-functions/_serctl",
    "serctl.fish": "share/fish/vendor_completions.d/serctl.fish",
}
"""Where man and the shells look for their files, below the prefix."""

COMMANDS = ("build_py", "--build-lib", "lib", "install_data", "--install-dir", "data")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What setuptools makes of a copy of the tree, without the network."""
    directory = tmp_path_factory.mktemp("built")
    for name in ("ser_core", "serctl", "sertui", "docs", "completions"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, directory / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, directory)
    setup = "from setuptools import setup; setup()"
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", setup, "-q", *COMMANDS],
        cwd=directory,
        check=True,
        capture_output=True,
    )
    return directory


@pytest.mark.needs("setuptools")
def test_manual_pages_and_completions_go_where_they_are_looked_for(built: Path) -> None:
    installed = {
        str(path.relative_to(built / "data"))
        for path in (built / "data").rglob("*")
        if path.is_file()
    }
    assert {PLACES[Path(name).name] for name in WHOLE_FILES} <= installed


@pytest.mark.needs("setuptools")
def test_templates_go_with_the_tools(built: Path) -> None:
    place = Path("ser_core", "sip", "templates")
    source = {path.name for path in (ROOT / place).iterdir()}
    assert {path.name for path in (built / "lib" / place).iterdir()} == source
