"""Order lines by the million, beside the physical limit: reading and writing the same Parquet with the same DuckDB.

    EXEAT_BENCH_LINES=1000000,10000000,30000000 python -m benchmarks.run portfolio

The batch runs in a process of its own, law and all, so that its memory is its own. Its time is told in stages.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter, process_time
from typing import Any

from benchmarks.portfolio_table import write_table

#: How many lines, as the environment says; without it, few enough for a run of everything.
LINES = "EXEAT_BENCH_LINES"
#: Whether what would settle an open answer is found for each ``row``, each ``trace``, or (the default) not at all.
ASKS = "EXEAT_BENCH_ASKS"
#: What stands beside the rows: ``outcomes`` on both tracks with trace ids (the default), or ``all`` eleven columns.
ANSWERS = "EXEAT_BENCH_ANSWERS"
#: Copies and batches in turn: the pace of a shared machine changes within minutes. The middle one of each counts.
ROUNDS = 3


@dataclass(frozen=True)
class Measured:
    """One table copied, then decided. Seconds; memory and spill in MiB."""

    lines: int
    copied: float
    copied_processor: float
    time: float
    processor: float
    memory: float
    spilled: float
    stages: dict[str, float]
    summary: dict[str, object]

    @property
    def ratio(self) -> float:
        """How many times as long as copying."""
        return self.time / self.copied


def sizes() -> list[int]:
    """The numbers of lines asked for."""
    return [int(word) for word in os.environ.get(LINES, "20_000").split(",")]


def shown() -> str:
    """What stands beside the rows, in words."""
    every = os.environ.get(ANSWERS, "outcomes") == "all"
    return f"outcomes on both tracks, trace ids{', requirements, exceptions, policies, red flags' if every else ''}"


def measured(lines: int) -> Measured:
    """Make a table, and copy it and decide it in turns."""
    copies, batches = [], []
    with TemporaryDirectory(prefix="exeat-bench-") as name:
        folder = Path(name)
        table = folder / "orders.parquet"
        write_table(lines, table)
        for _ in range(ROUNDS):
            copies.append(copy_once(table, folder / "copy.parquet"))
            batches.append(_batch_once(table, folder / "decided.parquet"))
            _check(table, folder / "decided.parquet", lines)
            (folder / "decided.parquet").unlink()
    copied, processor = sorted(copies)[ROUNDS // 2]
    told = sorted(batches, key=lambda one: float(one["time"]))[ROUNDS // 2]
    return Measured(lines, copied, processor, **told)


def _batch_once(table: Path, out: Path) -> dict[str, Any]:
    """Decide a table in a process of its own; what it told, and what it took."""
    argv = [sys.executable, "-m", "benchmarks.portfolio", str(table), str(out)]
    environment = {**os.environ, "TMPDIR": str(out.parent)}
    with (
        subprocess.Popen(argv, stdout=subprocess.PIPE, env=environment, text=True) as process,
        _watching(out.parent, process.pid) as peak,
    ):
        told = json.loads(process.communicate()[0])
    assert process.returncode == 0, process.returncode
    return {**told, **peak}


def copy_once(table: Path, to: Path) -> tuple[float, float]:
    """The seconds, and those of the processors, in which DuckDB reads and writes a table; threads as in the batch."""
    import duckdb

    with duckdb.connect() as connection:
        start, began = perf_counter(), process_time()
        connection.execute(f"COPY (SELECT * FROM '{table}') TO '{to}' (FORMAT parquet)")
        found = perf_counter() - start, process_time() - began
    to.unlink()
    return found


def _check(table: Path, decided: Path, lines: int) -> None:
    """Every line is there, in its place, as it was, with an answer on both tracks and a trace."""
    import duckdb

    with duckdb.connect() as connection:
        wrong = connection.execute(
            "SELECT count(*) FILTER (row <> order_id OR outcome_text IS NULL OR outcome_enforced IS NULL "
            f"OR trace_id IS NULL), count(*) FROM '{decided}'"
        ).fetchone()
        columns = "order_id, date, item, quantity, value_usd, destination, consignee_name"
        same = f"SELECT bit_xor(hash(o)) FROM (SELECT {columns} FROM '{{}}') AS o"
        before, after = (connection.execute(same.format(path)).fetchone() for path in (table, decided))
    assert wrong == (0, lines), wrong
    assert before == after, "the lines are not those that came in"


@contextmanager
def _watching(folder: Path, process: int) -> Iterator[dict[str, float]]:
    """The most memory a process and its forks had, and the most DuckDB had on disk for want of it, in MiB.

    Looked at once a second, since it halts the process for a moment. A page that processes share counts once (``Pss``
    of ``proc_pid_smaps(5)``).
    """
    peak, over = {"memory": 0.0, "spilled": 0.0}, Event()

    def watch() -> None:
        while not over.wait(1):
            sizes = [_size(path) for path in folder.rglob("duckdb_temp*")]
            peak["spilled"] = max(peak["spilled"], sum(sizes) / 2**20)
            peak["memory"] = max(peak["memory"], sum(map(_memory, _family(process))) / 1024)

    thread = Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # gone since


def _family(process: int) -> list[int]:
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="utf-8").split()
    except OSError:
        return []
    return [process, *(one for child in children for one in _family(int(child)))]


def _memory(process: int) -> int:
    """In KiB; 0 where the process is gone."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def child(table: Path, out: Path) -> None:
    """Decide a table in this process and print what it took as JSON."""
    import resource

    start = perf_counter()
    stages: dict[str, float] = {}
    current: tuple[str, float] = "loading", start

    def progress(what: str, done: int, of: int) -> None:
        nonlocal current
        if what != current[0]:
            stage, since = current
            current = what, perf_counter()
            stages[stage] = stages.get(stage, 0.0) + current[1] - since

    from exeat.desk import Desk
    from exeat.portfolio.commands import batch

    asks, answers = os.environ.get(ASKS, "none"), os.environ.get(ANSWERS, "outcomes")
    summary = batch(table, out, desk=Desk(), progress=progress, asks=asks, answers=answers)
    progress("", 0, 0)
    whole = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    kept = {name: summary[name] for name in ("rows", "decided", "errors", "classes", "programs", "traces")}
    told = {
        "time": perf_counter() - start,
        "processor": sum(used.ru_utime + used.ru_stime for used in whole),
        "stages": stages,
        "summary": kept,
    }
    print(json.dumps(told))


def report(found: list[Measured]) -> Iterator[str]:
    """The measurements as Markdown."""
    head = (
        "lines",
        "DuckDB copies",
        "exeat batch",
        "ratio",
        "lines/s",
        "processor, batch / copy",
        "peak memory",
        "spilled",
        "classes",
        "traces",
    )
    rows = [
        (
            f"{m.lines:,}",
            f"{m.copied:.2f} s",
            f"{m.time:.2f} s",
            f"{m.ratio:.2f}",
            f"{m.lines / m.time:,.0f}",
            f"{m.processor:.1f} s / {m.copied_processor:.1f} s",
            f"{m.memory:,.0f} MiB",
            f"{m.spilled:,.0f} MiB",
            f"{m.summary['classes']:,}",
            f"{m.summary['traces']:,}",
        )
        for m in found
    ]
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    for m in found:
        parts = ", ".join(f"{what} {seconds:.2f} s" for what, seconds in m.stages.items() if seconds >= 0.005)
        yield f"\n{m.lines:,} lines: {parts}."


if __name__ == "__main__":
    child(Path(sys.argv[1]), Path(sys.argv[2]))
