"""Writing to the terminal: JSON as it is, text plain, and bold headings only where a person looks."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from typing import Any


def write_json(data: Any) -> None:
    """Print data as JSON, in letters the output can hold."""
    print(json.dumps(data, indent=2, ensure_ascii=not _unicode()))


def write(lines: Iterable[str]) -> None:
    """Print lines of text. On a terminal a heading (a line in capitals) is bold, unless NO_COLOR is set."""
    bold = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    console = _console() if bold else None
    for line in lines:
        if console is not None and is_heading(line):
            console.print(line, style="bold", markup=False, highlight=False, soft_wrap=True)
        elif _unicode():
            print(line)
        else:
            encoding = sys.stdout.encoding or "ascii"
            print(line.replace("§", "Sec.").encode(encoding, "replace").decode(encoding))


def is_heading(line: str) -> bool:
    """Whether a line is a heading: it stands at the margin and begins with a word in capitals."""
    first = line.split(" ", 1)[0].strip(":")
    return len(first) > 2 and first.isalpha() and first.isupper()


def _unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")


def _console() -> Any:
    from rich.console import Console

    return Console()
