"""The pages as they are committed, in a renderer."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from docs.generate import ROOT

PAGES = sorted((ROOT / "docs" / "man").iterdir())


@pytest.mark.needs("groff")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_renders_without_a_warning(page: Path) -> None:
    run = subprocess.run(
        ["groff", "-mandoc", "-Tutf8", "-Kutf8", "-ww", "-rLL=78n", str(page)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stderr == ""
    assert run.returncode == 0
    assert len(run.stdout.splitlines()) > 50
