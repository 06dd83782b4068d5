"""What the command line and the API call: plain arguments in, plain data out. Nothing is printed here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exeat.desk import Desk
from exeat.portfolio.columns import read_columns
from exeat.portfolio.duck import MEMORY, Duck, Source, literal, opened
from exeat.portfolio.run import Progress, Run


def batch(
    table: Any, out: str | Path, *, on: str | None = None, mapped: Mapping[str, str] | None = None,
    desk: Desk | None = None, memory: str = MEMORY, threads: int | None = None, progress: Progress | None = None,
) -> dict[str, Any]:  # fmt: skip
    """``exeat batch``: decide every row of a table and write it, with its answer, to ``out`` (Parquet).

    Args:
        table: a path to Parquet, CSV or JSON, an Arrow table, or a data frame.
        out: the Parquet file to write: every row in its order, the answer or the error beside it.
        on: the column that holds the day, if it is not ``date``.
        mapped: column to the name of a fact.

    Returns:
        Counts of rows, decided and refused; outcomes by track; the columns that were not understood, each with the
        nearest fact.

    Raises:
        InputError: the table or its columns cannot be read.
    """
    desk = desk or Desk()
    out = Path(out)
    with opened(memory, threads) as (duck, folder):
        source = Source(duck, folder, table)
        columns = read_columns(source.columns, desk.lawbook.vocabulary, mapped, on)
        run = Run(desk, duck, source, columns) if progress is None else Run(desk, duck, source, columns, progress)
        run.prepare()
        run.decide()
        run.write(out)
        tally = run.tally
        return {
            "rows": tally.rows,
            "decided": tally.decided,
            "errors": tally.errors,
            "classes": tally.classes,
            "outcomes": {track: _outcomes(duck, out, f"outcome_{track}") for track in ("text", "enforced")},
            "not_understood": dict(columns.unread),
            "out": out.name,
        }


def _outcomes(duck: Duck, out: Path, column: str) -> dict[str, int]:
    query = (
        f"SELECT {column}, count(*) FROM {literal(str(out))} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    return {str(name): int(count) for name, count in duck.rows(query)}
