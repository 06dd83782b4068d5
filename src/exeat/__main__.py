"""``python -m exeat`` is the command line."""

from __future__ import annotations

from exeat.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
