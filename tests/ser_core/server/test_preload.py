"""What is imported before the fork brings no gevent, and is what the processes need."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from ser_core.server import preload


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)


def test_it_brings_no_gevent() -> None:
    run(
        "import sys, ser_core.server.preload\n"
        "assert not {'gevent', 'greenlet'} & set(sys.modules)\n"
    )


def test_receivers_and_fifo_server_need_all_of_it() -> None:
    tree = ast.parse(Path(preload.__file__).read_text())
    names = [x.name for node in tree.body if isinstance(node, ast.Import) for x in node.names]
    assert len(names) > 5
    run(
        "import sys, ser_core.server.receiver, ser_core.server.fifo_process\n"
        f"assert not set({names!r}) - set(sys.modules), set({names!r}) - set(sys.modules)\n"
    )
