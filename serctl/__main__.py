"""The `serctl` command."""

from __future__ import annotations

from serctl.cli import main

if __name__ == "__main__":
    main()
