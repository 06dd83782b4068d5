"""What the command line and the API call: plain arguments in, plain data out. Nothing is printed here."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from exeat.desk import Desk
from exeat.portfolio.asking import asks_for, refuse_asks
from exeat.portfolio.columns import read_columns
from exeat.portfolio.compare import Compared, Means
from exeat.portfolio.days import Order
from exeat.portfolio.delivery import Outputs, write_errors, write_traces
from exeat.portfolio.duck import MEMORY, Duck, literal, opened, quoted
from exeat.portfolio.run import Progress, Run, Tally, silent
from exeat.portfolio.running import assumed_by, limits_named, without_balances
from exeat.portfolio.running_table import running_limits
from exeat.portfolio.screened import with_screening
from exeat.portfolio.source import Source
from exeat.portfolio.spot_check import check_spots
from exeat.portfolio.summary import Summary, first_errors, notes_on, summary_of, told_errors
from exeat.portfolio.watching import Watched
from exeat.portfolio.ways import ways_between
from exeat.supplied import PartyScreening
from exeat.terms import InputError


def batch(
    table: Any, out: str | Path, *, traces: str | Path | None = None, errors: str | Path | None = None,
    on: str | None = None, mapped: Mapping[str, str] | None = None, desk: Desk | None = None, memory: str = MEMORY,
    threads: int | None = None, progress: Progress | None = None, running: Sequence[str] = (), whom: str | None = None,
    dates: Order = "", sheet: str | None = None, screening: PartyScreening | None = None, asks: str = "auto",
    answers: str = "all",
) -> dict[str, Any]:  # fmt: skip
    """``exeat batch``: decide every row of a table on both tracks.

    Memory: DuckDB takes at most ``memory`` and then spills to a folder of its own. Python holds each distinct part of
    the rows once (days, items, parties, facts beside them, numbers that are not whole) and one answer for each class
    of rows; a workbook is read whole. That grows with what is distinct, not with the number of rows.

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
        screening: screens the parties that rows name (None: nobody does), as the desk would: the columns
            ``screening`` and ``screening_hold`` tell what was found and why a row must wait.
        memory: what DuckDB may take before it spills to disk, such as ``2GB``.
        progress: called with a phrase, how much is done, and of how much (0: not known).
        running: limits that fill up row by row, in date order (:data:`exeat.portfolio.running.LIMITS`): ``LPP`` ...
        whom: the column that names whom a limit per consignee counts for (its ultimate parent); otherwise the
            consignee's name.
        dates: how 03/04/2025 is meant: ``dmy`` or ``mdy``; otherwise such a row is an error.
        sheet: the sheet of a workbook, where more than one has a header.
        asks: ``row`` finds for each row what would settle it, which costs milliseconds for each kind of row; ``trace``
            for the first row of each trace: the rows then have no ``ask``, the traces have one; ``none`` for none;
            ``auto`` is ``row`` for up to 20,000 rows and for a workbook, else ``trace``.
        answers: ``all``, or ``outcomes``: the outcome on each track and the ``trace_id`` alone, which is quicker to
            write; the traces have the rest.

    Returns:
        The :class:`Summary` as plain data, and ``out``, the name of the file.

    Raises:
        InputError: the table cannot be read as a whole, in one line. Nothing is left behind at ``out``.
    """
    desk, files = desk or Desk(), Outputs(table, out, traces, errors)
    refuse_asks(asks, files.out, answers, running=bool(running))
    with _opened(memory, threads, table) as (duck, folder), Watched(duck, progress) as watched:
        watched("reading the table", 0, 0)
        source = Source(duck, folder, table, on, mapped, sheet)
        files.refuse_too_many(source.rows)
        ask = asks_for(asks, source.rows, files.out, source.notes, answers)
        columns = read_columns(source.columns, desk.lawbook.vocabulary, mapped, on, dates=dates)
        if screening is not None:
            source, columns = with_screening(desk, duck, folder, source, columns, screening, watched)
        limits = limits_named(running)
        columns, opening = without_balances(columns, limits)
        run = Run(desk, duck, source, columns, watched, assumed=assumed_by(limits), ask=ask, by_class=ask == "row")
        run.answers_shown = "outcomes" if answers == "outcomes" else "all"
        run.prepare()
        run.decide()
        made = folder / "decided.parquet"
        run.write(made)
        check_spots(run, made)
        if limits:
            made = running_limits(run, made, folder, limits, opening, whom, memory)
        watched("counting", 0, source.rows)
        scan = f"read_parquet({literal(str(made))})"
        write_traces(run, scan, files.traces)
        summary = summary_of(run, scan)
        if files.errors is not None:
            write_errors(duck, source, f"SELECT * FROM {scan} WHERE error IS NOT NULL", files.errors)
        watched("putting the answers in their place", 0, source.rows)
        files.deliver(duck, made, source, columns)
    return {**summary.to_dict(), "out": files.out.name}


def compare(
    table: Any, out: str | Path, between: Sequence[str] = (), *, law: str | Path | None = None,
    errors: str | Path | None = None, on: str | None = None, mapped: Mapping[str, str] | None = None,
    desk: Desk | None = None, memory: str = MEMORY, threads: int | None = None, progress: Progress | None = None,
    dates: Order = "", sheet: str | None = None, screening: PartyScreening | None = None,
) -> dict[str, Any]:  # fmt: skip
    """``exeat batch --compare``: only the rows whose answer moves, with the instruments that moved it.

    An answer moves where, on a track, the outcome differs; or else the review policy, or the exceptions that are surely
    usable; or the red flags raised.

    Args:
        table, errors, on, mapped, desk, memory, threads, progress, dates, sheet, screening: as :func:`batch`; of two
            days, the lists of each are asked.
        out: Parquet, CSV or Excel: the number and every column of each row that moves, the answers on both sides,
            what ``moved``, and ``moved_by``: the instruments, what they did to which provision, from which day.
        between: two days, each put in the place of every row's own; or ``text`` and ``enforced``.
        law: another state of the law, against the desk's own: a folder, the digest of a state this machine has read
            before, or the name of a draft.

    Returns:
        ``compared`` (the two ways), ``rows``, ``decided``, ``errors``, ``moved``, ``moves`` (from which outcome to
        which, by track), ``moved_by`` (by instrument), ``law`` (two digests), ``error_rows``, ``notes``, ``out``.

    Raises:
        InputError: as :func:`batch`; two days, tracks or laws that are none. LawError: a folder of law with an error.
    """
    desk, files = desk or Desk(), Outputs(table, out, None, errors)
    ways = ways_between(desk, between, law)
    with _opened(memory, threads, table) as (duck, folder), Watched(duck, progress) as watched:
        watched("reading the table", 0, 0)
        source = Source(duck, folder, table, on, mapped, sheet)
        means = Means(mapped, on, dates, screening, memory, threads, progress or silent)
        compared = Compared(duck, folder, source, ways, means)
        summary = compared.summary()
        files.refuse_too_many(summary["moved"])
        summary["error_rows"] = told_errors(first_errors(duck, compared.errors))
        summary["notes"] = list(notes_on(source, compared.runs[0].columns, duck))
        if files.errors is not None:
            faulty = f"({compared.errors}) AS e ON e.n = s.{quoted(source.number)}"
            write_errors(duck, source, f"SELECT s.*, e.error FROM source AS s JOIN {faulty}", files.errors)
        made = folder / "moved.parquet"
        compared.write(made)
        files.deliver(duck, made, None, compared.runs[0].columns)
    return {**summary, "out": files.out.name}


#: What DuckDB raises for bytes it cannot make sense of, by name; its other errors would be ours.
_OF_THE_FILE = ("Error", "IOException", "InvalidInputException", "SerializationException")


@contextmanager
def _opened(memory: str, threads: int | None, table: Any) -> Iterator[tuple[Duck, Path]]:
    """The database, its refusals told as those of the table where they are."""
    if not re.fullmatch(r"\d+(\.\d+)?\s*[KMGT]i?B", str(memory), re.IGNORECASE):
        raise InputError(f"memory is {str(memory)[:40]!r}; expected a size such as 2GB or 800MB")
    if threads is not None and threads < 1:
        raise InputError(f"threads is {threads}; expected one or more")
    with opened(memory, threads) as (duck, folder), _seldom_collected():
        try:
            yield duck, folder
        except duck.error as error:
            said = next((line.strip() for line in str(error).splitlines() if line.strip()), "")[:300]
            if "out of memory" in said.casefold():
                raise InputError(f"{memory} is too little memory for this table (--memory SIZE): {said}") from None
            if isinstance(table, (str, Path)) and type(error).__name__ in _OF_THE_FILE:
                raise InputError(f"{Path(table).name} cannot be read to its end: {said}") from None
            raise


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Look for garbage more seldom: a plan keeps many small objects, and to walk them all costs more than to wait."""
    before = gc.get_threshold()
    if before[0]:
        gc.set_threshold(max(before[0], 200_000), max(before[1], 50), max(before[2], 100))
    try:
        yield
    finally:
        gc.set_threshold(*before)


__all__ = ["Summary", "Tally", "batch", "compare"]
