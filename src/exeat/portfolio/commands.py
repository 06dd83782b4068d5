"""What the command line and the API call: plain arguments in, plain data out. Nothing is printed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exeat import __version__
from exeat.desk import Desk
from exeat.portfolio.columns import Columns, read_columns
from exeat.portfolio.decision import TRACE_COLUMNS
from exeat.portfolio.duck import MEMORY, Duck, Source, literal, opened, quoted
from exeat.portfolio.output import write_csv, write_people
from exeat.portfolio.run import Progress, Run, Tally, silent
from exeat.portfolio.running import assumed_by, limits_named, without_balances
from exeat.portfolio.running_table import running_limits
from exeat.terms import InputError

_TOP = 12
_ENDINGS = (".parquet", ".csv", ".xlsx")


@dataclass(frozen=True)
class Summary:
    """What became of a table. ``rows`` is always ``decided`` + ``errors``."""

    rows: int
    decided: int
    errors: int
    outcomes: Mapping[str, Mapping[str, int]]
    by_destination: Mapping[str, Mapping[str, int]]
    changed: int
    asks: Mapping[str, int]
    not_understood: Mapping[str, str | None]
    error_rows: tuple[tuple[int, str], ...]
    classes: int
    programs: int
    traces: int
    notes: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """The summary as plain data."""
        found = dict(vars(self))
        found["error_rows"] = [{"row": row, "error": error} for row, error in self.error_rows]
        return found


def batch(
    table: Any, out: str | Path, *, traces: str | Path | None = None, errors: str | Path | None = None,
    on: str | None = None, mapped: Mapping[str, str] | None = None, desk: Desk | None = None, memory: str = MEMORY,
    threads: int | None = None, progress: Progress | None = None, running: Sequence[str] = (), whom: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """``exeat batch``: decide every row of a table on both tracks.

    Args:
        table: a path (Parquet, CSV, Excel, JSON), or a table of Arrow, Polars or pandas. Columns are facts by name;
            ``item``, ``date``; parties as ``ultimate_consignee_country`` (or ``consignee_country``) and so on. An empty
            cell states nothing; ``?`` states that the fact is not known.
        out: Parquet (every column and answer), CSV (the same), or Excel (outcome, reason and asks, for people). Rows
            stand as they stood, numbered from 1; a row that cannot be read has its error and no outcome.
        traces: Parquet: for each ``trace_id`` the paragraphs with their truth, cited, and the reason in words.
        errors: Parquet, CSV or Excel: the rows that cannot be read, by number, and why.
        on: the column that holds the day.
        mapped: column to fact, for columns named otherwise.
        desk: where the law and the catalog are kept; its ledger and its screening are not asked here.
        memory: what DuckDB may take before it spills to disk.
        progress: called with a phrase, how much is done, and of how much.
        running: limits that fill up row by row, in date order (:data:`exeat.portfolio.running.LIMITS`): ``LPP`` ...
        whom: the column that names whom a limit per consignee counts for (its ultimate parent); otherwise the
            consignee's name.

    Returns:
        The :class:`Summary` as plain data, and ``out``, the name of the file.

    Raises:
        InputError: the table cannot be read as a whole, in one line. Nothing is left behind at ``out``.
    """
    desk, path = desk or Desk(), _path(out)
    with opened(memory, threads) as (duck, folder):
        source = Source(duck, folder, table, on, mapped)
        columns = read_columns(source.columns, desk.lawbook.vocabulary, mapped, on)
        limits = limits_named(running)
        columns, opening = without_balances(columns, limits)
        run = Run(desk, duck, source, columns, progress or silent, assumed=assumed_by(limits))
        run.prepare()
        run.decide()
        made = folder / "decided.parquet"
        run.write(made)
        if limits:
            made = running_limits(run, made, folder, limits, opening, whom, memory)
        scan = f"read_parquet({literal(str(made))})"
        _write_traces(run, scan)
        summary = _summary(run, scan)
        if traces is not None:
            duck.copy("SELECT * FROM traces", Path(traces))
        if errors is not None:
            _write_errors(duck, source, scan, Path(errors))
        _deliver(duck, made, path, source)
    return {**summary.to_dict(), "out": path.name}


def _path(out: str | Path) -> Path:
    path = Path(out)
    if path.suffix.casefold() not in _ENDINGS:
        raise InputError(f"{path.name}: expected a name that ends in {', '.join(_ENDINGS)}")
    return path


def _deliver(duck: Duck, made: Path, path: Path, source: Source) -> None:
    """Put the finished file in its place, in the form its ending asks for."""
    kind = path.suffix.casefold()
    if kind == ".parquet":
        _moved(made, path)
        return
    scan = f"read_parquet({literal(str(made))})"
    if kind == ".csv":
        write_csv(duck, scan, path)
    else:
        write_people(duck, scan, path, source)


def _moved(made: Path, path: Path) -> None:
    import shutil

    beside = path.with_name(path.name + ".part")
    shutil.move(made, beside)
    beside.replace(path)


def _write_traces(run: Run, scan: str) -> None:
    """One row for each trace, with the days and the number of rows it stands for."""
    found = {d.trace.id: d.trace for d in run.decisions}
    digest = run.desk.lawbook.digest
    kinds = dict.fromkeys(("trace_id", "outcome_text", "outcome_enforced", "eccn", "reason", "paragraphs"), "VARCHAR")
    rows = [(t.id, *t.outcomes, t.eccn, t.reason, t.paragraphs) for t in found.values()]
    run.duck.table("trace_texts", kinds, rows)
    trace, day = quoted(run.answer_name("trace_id")), quoted(run.columns.date)
    listed = ", ".join(TRACE_COLUMNS)
    run.duck.run(
        f"CREATE TEMP TABLE traces AS SELECT {listed} FROM (SELECT {trace} AS trace_id, min({day}) AS first_date, "
        f"max({day}) AS last_date, count(*) AS rows, {literal(digest)} AS law, {literal(__version__)} AS engine "
        f"FROM {scan} WHERE {trace} IS NOT NULL GROUP BY 1) JOIN trace_texts USING (trace_id) ORDER BY trace_id"
    )
    run.tally.traces = len(found)


def _write_errors(duck: Duck, source: Source, scan: str, path: Path) -> None:
    at = quoted(source.number)
    query = f"SELECT {at} AS row, error, {', '.join(map(quoted, source.columns))} FROM {scan} WHERE error IS NOT NULL"
    made = path.with_name(path.name + ".part")
    duck.copy(query + f" ORDER BY {at}", made)
    if path.suffix.casefold() == ".parquet":
        made.replace(path)
        return
    try:
        made_scan = f"read_parquet({literal(str(made))})"
        if path.suffix.casefold() == ".csv":
            write_csv(duck, made_scan, path)
        else:
            write_people(duck, made_scan, path, None)
    finally:
        made.unlink(missing_ok=True)


def _summary(run: Run, scan: str) -> Summary:
    duck, tally, columns = run.duck, run.tally, run.columns
    names = {t: quoted(run.answer_name(f"outcome_{t}")) for t in ("text", "enforced")}
    decided = f"{scan} WHERE {names['text']} IS NOT NULL"
    outcomes = {
        t: dict(duck.rows(f"SELECT {n}, count(*) FROM {decided} GROUP BY 1 ORDER BY 2 DESC, 1"))
        for t, n in names.items()
    }
    changed = duck.one(f"SELECT count(*) FROM {decided} AND {names['text']} <> {names['enforced']}")
    ask = quoted(run.answer_name("ask"))
    asks = duck.rows(
        f"SELECT unnest(string_split({ask}, '; ')) AS fact, count(*) FROM {scan} WHERE {ask} IS NOT NULL "
        f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_TOP}"
    )
    at = quoted(run.source.number)
    error_rows = duck.rows(f"SELECT {at}, error FROM {scan} WHERE error IS NOT NULL ORDER BY 1 LIMIT {_TOP}")
    return Summary(
        rows=tally.rows,
        decided=tally.decided,
        errors=tally.errors,
        outcomes=outcomes,
        by_destination=_by_destination(duck, columns, decided, names["enforced"]),
        changed=int(changed),
        asks=dict(asks),
        not_understood=columns.unread,
        error_rows=tuple((int(row), str(error)) for row, error in error_rows),
        classes=tally.classes,
        programs=tally.programs,
        traces=tally.traces,
        notes=tuple(run.source.notes),
    )


def _by_destination(duck: Duck, columns: Columns, decided: str, outcome: str) -> dict[str, dict[str, int]]:
    """Outcomes as enforced for the places with the most rows."""
    column = next((m.column for m in columns.read if m.fact == "destination"), None)
    if column is None:
        return {}
    found: dict[str, dict[str, int]] = {}
    name = quoted(column)
    top = f"SELECT {name} FROM {decided} AND {name} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {_TOP}"
    sql = f"SELECT {name}, {outcome}, count(*) FROM {decided} AND {name} IN ({top}) GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2"
    for place, answer, count in duck.rows(sql):
        found.setdefault(str(place), {})[str(answer)] = int(count)
    return found


__all__ = ["Summary", "Tally", "batch"]
