"""Running limits laid over a decided table: balances counted, rows that do not fit decided again, columns added."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from exeat.portfolio.columns import Columns, Meaning
from exeat.portfolio.duck import literal, opened, quoted
from exeat.portfolio.running import CHINA, RunningLimit, assumed_by
from exeat.portfolio.running_rows import Rows
from exeat.portfolio.running_walk import walk
from exeat.portfolio.source import Source

if TYPE_CHECKING:
    from exeat.portfolio.run import Run

#: What each account adds to a table, after its own name.
COLUMNS = ("used_tpp", "remaining_tpp", "fits", "tpp_that_fits", "units_that_fit")


def running_limits(
    run: Run,
    made: Path,
    folder: Path,
    limits: Sequence[RunningLimit],
    opening: Mapping[str, str],
    whom: str | None,
    memory: str,
) -> Path:
    """Lay running limits over the rows of a run that assumed :func:`exeat.portfolio.running.assumed_by`.

    For each account five columns are added, empty for rows that do not bear on it: ``…_used_tpp`` before the row,
    ``…_remaining_tpp`` before it, ``…_fits`` (yes, no, unknown), ``…_tpp_that_fits`` and ``…_units_that_fit`` (whole
    units) of a row that does not.

    Args:
        run: its decisions and tallies are added to.
        made: the decided rows (Parquet).
        folder: where to write.
        limits: in the order of :data:`exeat.portfolio.running.LIMITS`.
        opening: columns that state, of a balance, what is counted outside the table.
        whom: the column that names whom a limit per consignee counts for.
        memory: what a second database may take.

    Returns: the file with the columns added.

    Raises:
        InputError: no column names whom a limit counts for.
    """
    if whom is not None and whom not in run.source.columns:
        from exeat.logic.vocabulary import nearest
        from exeat.terms import InputError

        hint = nearest(whom, run.source.columns)
        raise InputError(f"the table has no column {whom[:60]!r}" + (f"; perhaps {hint!r}" if hint else ""))
    laid = _Laid(run, made, folder, memory)
    rows = Rows(
        run.desk,
        run.duck,
        run.columns,
        run.source.types,
        run.source.number,
        laid.scan,
        {name: run.answer_name(name) for name in run.shown},
        opening,
        whom,
    )
    for place, limit in enumerate(limits):
        run.progress(f"counting {limit.name}", place, len(limits))
        if not rows.draw(limit, limits[place + 1 :], laid.current):
            run.source.notes.append(f"{limit.name}: no rule of that limit is in force on the days of this table")
            continue
        walk(run.duck, f"ran_{limit.prefix}")
        laid.add(limit, limits[place + 1 :])
        run.source.notes.extend(_notes(run, limit, opening))
    return laid.written(limits)


class _Laid:
    """The decided rows with what was decided again."""

    def __init__(self, run: Run, made: Path, folder: Path, memory: str) -> None:
        self.run, self.folder, self.memory = run, folder, memory
        self.scan = f"read_parquet({literal(str(made))})"
        self.current = self.scan
        self.done: list[RunningLimit] = []
        self.again = 0
        self.answers = [quoted(run.answer_name(name)) for name in run.shown]
        self.row = quoted(run.source.number)

    def add(self, limit: RunningLimit, later: Sequence[RunningLimit]) -> None:
        """Decide again what does not fit, or of which that is not known."""
        self.done.append(limit)
        if not limit.refuses:
            return
        duck = self.run.duck
        count = duck.one(f"SELECT count(*) FROM ran_{limit.prefix} WHERE fits <> 'yes'")
        if not count:
            return
        self.again += 1
        given, found = (self.folder / f"{name}_{self.again}.parquet" for name in ("again", "decided_again"))
        fed, joins = self._fed()
        listed = ", ".join(f"s.{quoted(name)}" for name in (self.run.source.number, *self.run.source.columns))
        more = "".join(f", {sql} AS {quoted(_column(fact))}" for fact, sql in fed.items())
        duck.copy(f"SELECT {listed}{more} FROM {self.scan} AS s {joins} WHERE ran_{limit.prefix}.fits <> 'yes'", given)
        self._decide(given, found, list(fed), later)
        answers = ", ".join(self.answers)
        new = f"SELECT {self.row} AS row, {answers} FROM read_parquet({literal(str(found))})"
        if self.again > 1:
            new += " UNION ALL SELECT * FROM redone WHERE row NOT IN "
            new += f"(SELECT {self.row} FROM read_parquet({literal(str(found))}))"
        duck.run(f"CREATE TEMP TABLE redone_next AS {new}")
        duck.run("DROP TABLE IF EXISTS redone")
        duck.run("ALTER TABLE redone_next RENAME TO redone")
        self.current = f"(SELECT {self._merged()} FROM {self.scan} AS s LEFT JOIN redone ON redone.row = s.{self.row})"

    def _merged(self) -> str:
        replaced = ", ".join(
            f"CASE WHEN redone.row IS NULL THEN s.{name} ELSE redone.{name} END AS {name}" for name in self.answers
        )
        return f"s.* REPLACE ({replaced})"

    def _fed(self) -> tuple[dict[str, str], str]:
        """What each balance is for a row decided again, as a cell of text: over the limit, unknown, or nothing used."""
        fed: dict[str, str] = {}
        joins = []
        for limit in self.done:
            if not limit.refuses:
                continue
            ran = f"ran_{limit.prefix}"
            joins.append(f"LEFT JOIN {ran} ON {ran}.row = s.{self.row}")
            full = f"CAST({ran}.room + {ran}.opened AS VARCHAR)"
            for fact in limit.facts:
                over = full if limit.name != CHINA else "'1'" if fact == limit.fact else "'0'"
                fed[fact] = f"CASE {ran}.fits WHEN 'no' THEN {over} WHEN 'unknown' THEN '?' ELSE '0' END"
        return fed, " ".join(joins)

    def _decide(self, given: Path, found: Path, fed: Sequence[str], later: Sequence[RunningLimit]) -> None:
        from exeat.portfolio.run import Run

        run = self.run
        with opened(self.memory) as (duck, folder):
            source = Source(duck, folder, given)
            meanings = tuple(Meaning(_column(fact), "number", fact) for fact in fed)
            columns: Columns = replace(run.columns, read=(*run.columns.read, *meanings))
            kept: Callable[[RunningLimit], bool] = lambda one: one in later or not one.refuses  # noqa: E731
            assumed = assumed_by([one for one in (*self.done, *later) if kept(one)])
            again = Run(
                run.desk, duck, source, columns, run.progress, assumed=assumed, ask=run.ask, by_class=run.by_class
            )
            again.prepare()
            again.decide()
            again.write(found)
        run.decisions = [*run.decisions, *again.decisions]
        run.trace_asks = {**again.trace_asks, **run.trace_asks}
        run.tally.classes += again.tally.classes

    def written(self, limits: Sequence[RunningLimit]) -> Path:
        """The rows in their order, with the columns of every account."""
        run, out = self.run, self.folder / "with_limits.parquet"
        columns, joins = [], []
        if self.again:
            joins.append(f"LEFT JOIN redone ON redone.row = s.{self.row}")
        for limit in limits:
            names = [quoted(run.answer_name(f"{limit.prefix}_{name}")) for name in COLUMNS]
            ran = f"ran_{limit.prefix}"
            if limit not in self.done:
                columns += [f"CAST(NULL AS {kind}) AS {name}" for name, kind in zip(names, _KINDS, strict=True)]
                continue
            joins.append(f"LEFT JOIN {ran} ON {ran}.row = s.{self.row}")
            left = (
                f"CASE WHEN {ran}.room > {ran}.used THEN {ran}.room - {ran}.used WHEN {ran}.used IS NOT NULL THEN 0 END"
            )
            over = f"CASE WHEN {ran}.fits = 'no' THEN"
            cells = (
                f"{ran}.used + {ran}.opened",
                left,
                f"{ran}.fits",
                f"{over} {left} END",
                f"{over} CAST(({left}) * 10000 AS HUGEINT) // nullif(CAST({ran}.unit * 10000 AS HUGEINT), 0) END",
            )
            columns += [
                f"TRY_CAST({cell} AS {kind}) AS {name}" for name, cell, kind in zip(names, cells, _KINDS, strict=True)
            ]
        main = self._merged() if self.again else "s.*"
        sql = f"SELECT {', '.join([main, *columns])} FROM {self.scan} AS s {' '.join(joins)}"
        run.duck.run(f"COPY ({sql}) TO {literal(str(out))} (FORMAT parquet, PRESERVE_ORDER true)")
        run.tally.decided, run.tally.errors = run.keys.count_out(out)
        return out


_KINDS = ("DECIMAL(18,4)", "DECIMAL(18,4)", "VARCHAR", "DECIMAL(18,4)", "BIGINT")


def _column(fact: str) -> str:
    return f"@{fact}"


def _notes(run: Run, limit: RunningLimit, opening: Mapping[str, str]) -> list[str]:
    """What the balances of an account do not count."""
    notes = []
    for fact in limit.facts:
        if fact not in opening:
            notes.append(f"{limit.name}: {fact} counts the rows of this table alone, from zero")
    unnamed = run.duck.one("SELECT count(*) FROM drawn WHERE key IS NULL AND takes")
    if unnamed:
        of = "item" if "item" in limit.per else "destination or consignee" if len(limit.per) > 1 else limit.per[0]
        notes.append(
            f"{limit.name}: {unnamed:,} rows name no {of}; they are counted for nobody, and what fits is unknown"
        )
    return notes


__all__ = ["COLUMNS", "running_limits"]
