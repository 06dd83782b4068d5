"""What one Spark task does: its rows, as DuckDB and the desk decide them on one machine. Runs on the executors.

The answer to a row depends on the row alone, so that a table cut anywhere gives the same answers. The task runs the
very code of ``exeat batch``: nothing is written a second time for Spark, whose decimals round products that ours keep.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from exeat.desk import Desk
from exeat.portfolio.arrow_files import spooled
from exeat.portfolio.days import Order
from exeat.portfolio.duck import literal, quoted, read_back
from exeat.terms import InputError

#: The columns that travel with the rows: their numbers on the way there, what is told of a task on the way back.
ROW, TOLD = "@row", "@told"

_desks: dict[tuple[str, ...], Desk] = {}


@dataclass(frozen=True)
class Task:
    """How rows are decided: picklable, and the same for every task.

    ``given`` are the columns of the table, ``columns`` those of the output, in order.
    """

    given: Sequence[str]
    columns: Sequence[str]
    number: str
    digest: str
    version: str
    drafts: tuple[str, ...]
    on: str | None
    mapped: Mapping[str, str]
    dates: Order
    memory: str
    asks: str

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Arrow batches of rows in, Arrow batches of decided rows out; the last row of a task tells its traces.

        Raises:
            InputError: the executor has another law or another version than the driver.
        """
        desk = self._desk()
        with TemporaryDirectory(prefix="exeat-task-") as name:
            folder = Path(name)
            given, decided, traces = (folder / f"{word}.parquet" for word in ("given", "decided", "traces"))
            if not spooled(batches, given, [ROW, *self.given]):
                return
            summary = self._decide(desk, given, decided, traces)
            about = {name: summary[name] for name in ("classes", "notes")}
            told = json.dumps({"traces": _traces(traces), "executor": _executor(), **about})
            listed = ", ".join(self._cell(column) for column in self.columns)
            scan = f"read_parquet({literal(str(decided))})"
            nothing = ", ".join("NULL" for _ in self.columns)
            yield from read_back(
                f"SELECT {listed}, CAST(NULL AS VARCHAR) AS {quoted(TOLD)} FROM {scan} "
                f"UNION ALL SELECT {nothing}, {literal(told)}",
                self.memory,
                folder,
            )

    def _cell(self, column: str) -> str:
        return f"{quoted(ROW)} AS {quoted(column)}" if column == self.number else quoted(column)

    def _decide(self, desk: Desk, given: Path, decided: Path, traces: Path) -> Mapping[str, Any]:
        from exeat.portfolio.commands import batch

        return batch(
            given, decided, traces=traces, on=self.on, mapped=self.mapped, desk=desk, memory=self.memory,
            threads=1, dates=self.dates, asks=self.asks,
        )  # fmt: skip

    def _desk(self) -> Desk:
        """The executor's own desk, kept from task to task."""
        from exeat import __version__

        desk = _desks.get(self.drafts)
        if desk is None:
            desk = _desks[self.drafts] = Desk(drafts=self.drafts)
        if (desk.lawbook.digest, __version__) != (self.digest, self.version):
            raise InputError(
                f"an executor has exeat {__version__} with the law {desk.lawbook.digest[:12]}, the driver has exeat "
                f"{self.version} with the law {self.digest[:12]}; install the same package on both"
            )
        return desk


def _executor() -> str:
    """The executor this runs on: Python workers are children of a process of its own."""
    return f"{platform.node()} {os.getppid()}"


def _traces(path: Path) -> list[list[Any]]:
    from exeat.portfolio.duck import opened

    with opened() as (duck, _):
        return [list(row) for row in duck.rows(f"SELECT * FROM read_parquet({literal(str(path))})")]


__all__ = ["ROW", "TOLD", "Task"]
