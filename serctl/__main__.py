"""The `serctl` command."""

from __future__ import annotations

import sys

from serctl.cli import main

if __name__ == "__main__":
    sys.exit(main())
