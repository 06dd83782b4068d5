"""Where the answers go: the file of rows, the traces behind them, and the rows that cannot be read."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from exeat import __version__
from exeat.portfolio.columns import Columns
from exeat.portfolio.decision import TRACE_COLUMNS
from exeat.portfolio.duck import Duck, literal, quoted
from exeat.portfolio.output import write_csv, write_people
from exeat.portfolio.run import Run
from exeat.portfolio.sheets import fits_a_sheet
from exeat.portfolio.source import Source
from exeat.terms import InputError

_ENDINGS = (".parquet", ".csv", ".xlsx")


class Outputs:
    """The files that a caller names, looked at before anything is decided.

    Raises:
        InputError: an ending that is not written, a folder that is not there, one file for two things.
    """

    def __init__(
        self, table: Any, out: str | Path, traces: str | Path | None = None, errors: str | Path | None = None
    ) -> None:
        self.out = _file(out, "--out", _ENDINGS)
        self.traces = None if traces is None else _file(traces, "--traces", (".parquet",))
        self.errors = None if errors is None else _file(errors, "--errors", _ENDINGS)
        named = [path.resolve() for path in (self.out, self.traces, self.errors) if path is not None]
        if isinstance(table, (str, Path)):
            named.append(Path(table).resolve())
        twice = next((path for path in named if named.count(path) > 1), None)
        if twice is not None:
            raise InputError(f"{twice.name} is named twice; the table and each file that is written need their own")

    def refuse_too_many(self, rows: int) -> None:
        """Refuse, before the work, more rows than a sheet can hold.

        Raises:
            InputError: with the way out.
        """
        if self.out.suffix.casefold() == ".xlsx":
            fits_a_sheet(rows)

    def deliver(self, duck: Duck, made: Path, source: Source | None, columns: Columns) -> None:
        """Put the finished rows in their place, in the form the ending asks for."""
        if self.out.suffix.casefold() == ".parquet":
            _written(self.out, lambda path: shutil.move(made, path))
            return
        _written(self.out, lambda path: _write(duck, made, path, source, columns))


def _file(name: str | Path, option: str, endings: tuple[str, ...]) -> Path:
    path = Path(name)
    if path.suffix.casefold() not in endings:
        raise InputError(f"{option} {path.name}: expected a name that ends in {', '.join(endings)}")
    if not path.parent.is_dir():
        raise InputError(f"{option} {path.name}: there is no folder {str(path.parent)[:200]!r}")
    if path.is_dir():
        raise InputError(f"{option} {path.name} is a folder")
    return path


def _write(duck: Duck, made: Path, path: Path, source: Source | None, columns: Columns | None) -> None:
    scan = f"read_parquet({literal(str(made))})"
    # The ending is that of the finished file: the one being written has another.
    if path.suffixes[-2:-1] == [".csv"] or path.suffix == ".csv":
        write_csv(duck, scan, path)
    else:
        write_people(duck, scan, path, source, [m.column for m in columns.of("number")] if columns else [])


def _written(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside the place and then move there, so that a file with the name is always whole."""
    beside = path.with_name(path.name + ".part")
    try:
        write(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_traces(run: Run, scan: str, path: Path | None) -> None:
    """One row for each trace, with the days and the number of rows it stands for; written where a file is named."""
    found = {d.trace.id: d.trace for d in run.decisions}
    digest = run.desk.lawbook.digest
    texts = ("trace_id", "outcome_text", "outcome_enforced", "eccn", "reason", "paragraphs", "ask")
    kinds = dict.fromkeys(texts, "VARCHAR")
    rows = [(t.id, *t.outcomes, t.eccn, t.reason, t.paragraphs, run.trace_asks.get(t.id)) for t in found.values()]
    run.duck.table("trace_texts", kinds, rows)
    run.tally.traces = len(found)
    if path is None:
        return
    run.duck.table("day_read", {"n": "BIGINT", "day": "DATE"}, list(enumerate(run.days)))
    trace, day = quoted(run.answer_name("trace_id")), quoted(run.columns.date)
    listed = ", ".join((*TRACE_COLUMNS, "ask") if run.ask == "trace" else TRACE_COLUMNS)
    query = (
        f"SELECT {listed} FROM (SELECT {trace} AS trace_id, "
        f"CAST(min(day_read.day) AS VARCHAR) AS first_date, CAST(max(day_read.day) AS VARCHAR) AS last_date, "
        f"count(*) AS rows, {literal(digest)} AS law, {literal(__version__)} AS engine "
        f"FROM {scan} AS s JOIN days ON days.c0 = s.{day} JOIN day_read ON day_read.n = days.n "
        f"WHERE {trace} IS NOT NULL GROUP BY 1) JOIN trace_texts USING (trace_id) ORDER BY trace_id"
    )
    _written(path, lambda beside: run.duck.copy(query, beside))


def write_errors(duck: Duck, source: Source, query: str, path: Path) -> None:
    """The rows that cannot be read: number, why, and every column. ``query`` gives them."""
    at = quoted(source.number)
    columns = ", ".join(map(quoted, source.columns))
    made = path.with_name(path.name + ".rows")
    try:
        duck.copy(f"SELECT {at} AS row, error, {columns} FROM ({query}) ORDER BY {at}", made)
        if path.suffix.casefold() == ".parquet":
            made.replace(path)
        else:
            _written(path, lambda beside: _write(duck, made, beside, None, None))
    finally:
        made.unlink(missing_ok=True)


__all__ = ["Outputs", "write_errors", "write_traces"]
