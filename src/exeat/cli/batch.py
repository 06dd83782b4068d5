"""``exeat batch``: decide every row of a table, or find the rows whose answer moves."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING, Any

from exeat.cli import DECIDED, UNKNOWN
from exeat.cli.batch_options import TableOptions
from exeat.cli.batch_told import told, told_moves
from exeat.cli.show import write, write_json
from exeat.library import desk
from exeat.logic.vocabulary import nearest
from exeat.terms import InputError

if TYPE_CHECKING:
    from exeat.portfolio.days import Order
    from exeat.supplied import PartyScreening

    Report = Callable[[str, int, int], None]

#: Work shorter than this shows no bar, in seconds.
_SHORT = 1.0
_ENGINES = ("duckdb", "spark")


def run_batch(table: str, options: TableOptions, *, as_json: bool) -> int:
    """Decide the rows of ``table``, or compare two ways to decide them; exit code 3 when a row could not be read.

    Raises:
        InputError: the table, a column, an option or a mapping cannot be read; DuckDB is not installed.
    """
    gc.enable()  # a table is no single answer: what is no longer needed has to go
    try:
        from exeat.portfolio import commands
    except ModuleNotFoundError as error:
        raise InputError(f"tables need {error.name}: pip install 'exeat[tables]'") from None
    comparing = options.compare is not None or options.compare_law is not None
    _refuse_together(options, comparing)
    _refuse_engine(options, comparing)
    with TemporaryDirectory(prefix="exeat-batch-") as folder, _bar() as progress:
        common: dict[str, Any] = {
            "errors": options.errors,
            "on": options.on,
            "mapped": _pairs(options.map),
            "desk": desk(),
            "memory": options.memory,
            "threads": options.threads,
            "progress": progress,
            "dates": _order(options.dates),
            "sheet": options.sheet,
            "screening": None if options.no_screen else _lists(),
        }
        out = options.out or str(Path(folder) / "answers.parquet")
        if options.engine == "spark":
            found = _on_spark(table, out, options, common)
        elif comparing:
            found = commands.compare(table, out, options.compare or (), law=options.compare_law, **common)
        else:
            more: dict[str, Any] = {"traces": options.traces, "running": options.running, "whom": options.whom}
            more.update(asks=options.asks, answers=options.answers)
            found = commands.batch(table, out, **common, **more)
    if options.out is None:
        found["out"] = None
    if as_json:
        write_json(found)
    else:
        write(told_moves(found, options) if comparing else told(found, options))
    return UNKNOWN if found["errors"] else DECIDED


def _lists() -> PartyScreening:
    """The lists held, as for one transaction."""
    from exeat.bound.screening import Lists

    folder = os.environ.get("EXEAT_DATA_DIR")
    return Lists(Path(folder) if folder else None)


def _refuse_together(options: TableOptions, comparing: bool) -> None:
    if comparing and options.traces:
        raise InputError("--traces and --compare do not go together: moved_by tells the causes of a comparison")
    if comparing and options.running:
        raise InputError("--running and --compare do not go together: limits that fill up are not compared")
    if comparing and options.asks != "auto":
        raise InputError("--asks and --compare do not go together: a comparison does not look for what would settle")
    if comparing and options.answers != "all":
        raise InputError("--answers and --compare do not go together: a comparison shows both answers")


def _refuse_engine(options: TableOptions, comparing: bool) -> None:
    """What the engine named cannot do, before anything is started."""
    if options.engine not in _ENGINES:
        hint = nearest(options.engine, _ENGINES)
        raise InputError(
            f"--engine {options.engine[:40]}: expected {' or '.join(_ENGINES)}" + (f"; perhaps {hint}" if hint else "")
        )
    if options.engine != "spark":
        if options.master is not None:
            raise InputError("--master names a Spark cluster: give --engine spark with it")
        return
    given = {
        "--compare": comparing,
        "--running": options.running,
        "--sheet": options.sheet,
        "--threads": options.threads,
        "--answers": options.answers != "all",
    }
    for name, value in given.items():
        if value:
            raise InputError(f"{name} and --engine spark do not go together; the default engine does it")
    if not options.no_screen:
        raise InputError(
            "--engine spark does not screen parties: give --no-screen, and state what the lists say in a column such "
            "as ultimate_consignee_lists (without one, it is taken as not known)"
        )


def _on_spark(table: str, out: str, options: TableOptions, common: Mapping[str, Any]) -> dict[str, Any]:
    from exeat.portfolio.spark import batch_on_spark

    shared = {name: value for name, value in common.items() if name not in ("threads", "sheet", "screening")}
    master = options.master or "local[*]"
    return batch_on_spark(table, out, traces=options.traces, master=master, asks=options.asks, **shared)


def _pairs(mapped: list[str]) -> dict[str, str]:
    pairs = {}
    for pair in mapped:
        column, equals, fact = pair.rpartition("=")
        if not equals or not column or not fact:
            raise InputError(f"--map {pair[:60]}: expected COLUMN=FACT")
        pairs[column] = fact
    return pairs


def _order(word: str | None) -> Order:
    if word is None:
        return ""
    if word == "dmy":
        return "dmy"
    if word == "mdy":
        return "mdy"
    raise InputError(f"--dates {word[:40]}: expected dmy (day first) or mdy (month first)")


@contextmanager
def _bar() -> Iterator[Report | None]:
    """A bar on standard error while a person waits; nothing where nobody looks, and nothing for short work."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            if not task.total:
                return Text(f"{int(task.completed):,}" if task.completed else "")
            speed = f", {int(task.speed):,}/s" if task.speed else ""
            return Text(f"{int(task.completed):,} of {int(task.total):,}{speed}")

    started = monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), Rate(), TimeElapsedColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("")
    phase = ""

    def report(what: str, done: int, of: int) -> None:
        nonlocal phase
        if what != phase:
            phase = what
            bar.reset(task, description=what, total=of or None, completed=done)
        bar.update(task, completed=done, total=of or None)
        if not bar.live.is_started and monotonic() - started > _SHORT:
            bar.start()

    try:
        yield report
    finally:
        bar.stop()


__all__ = ["run_batch"]
