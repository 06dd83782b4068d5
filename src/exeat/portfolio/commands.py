"""What the command line and the API call: plain arguments in, plain data out. Nothing is printed here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exeat.desk import Desk
from exeat.portfolio.columns import read_columns
from exeat.portfolio.duck import MEMORY, Source, opened
from exeat.portfolio.run import Progress, Run, Tally


def batch(
    table: Any, out: str | Path, *, on: str | None = None, mapped: Mapping[str, str] | None = None,
    desk: Desk | None = None, memory: str = MEMORY, threads: int | None = None, progress: Progress | None = None,
) -> Tally:  # fmt: skip
    """``exeat batch``."""
    desk = desk or Desk()
    with opened(memory, threads) as (duck, folder):
        source = Source(duck, folder, table)
        columns = read_columns(source.columns, desk.lawbook.vocabulary, mapped, on)
        run = Run(desk, duck, source, columns, *([progress] if progress else []))
        run.prepare()
        run.decide()
        run.write(Path(out))
        return run.tally
