"""Tables on Spark: the same plan, on every executor over its part of the rows. This is where Spark enters.

Spark reads the rows, spreads them, repeats what fails; each task decides its rows (:mod:`exeat.portfolio.spark_task`).
Rows are numbered as they stand in the files before anything is spread, and put back in that order.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from exeat.desk import Desk
from exeat.portfolio.asking import asks_for, refuse_asks
from exeat.portfolio.columns import read_columns
from exeat.portfolio.days import Order
from exeat.portfolio.decision import TRACE_COLUMNS
from exeat.portfolio.delivery import Outputs, write_errors
from exeat.portfolio.duck import MEMORY, literal, opened, quoted
from exeat.portfolio.run import Progress, Run, silent
from exeat.portfolio.source import Source
from exeat.portfolio.spark_task import ROW, TOLD, Task
from exeat.portfolio.summary import summary_of
from exeat.terms import InputError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: The oldest Java that Spark 4 runs on.
JAVA = 17
_HOW = (
    f"install OpenJDK {JAVA} or later (Debian, Ubuntu: apt install openjdk-{JAVA}-jre-headless; macOS: brew install "
    f"openjdk@{JAVA}; Windows: winget install Microsoft.OpenJDK.{JAVA}) or let JAVA_HOME name it"
)
_FILE, _INDEX = "@file", "@index"


def check_java() -> int:
    """The major version of the Java that Spark would start.

    Raises:
        InputError: there is none, or it is too old; how to get one.
    """
    home = os.environ.get("JAVA_HOME")
    found = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if not found or not (shutil.which(found) or Path(found).is_file()):
        where = f"JAVA_HOME is {home} and holds no bin/java" if home else "no java was found on the PATH"
        raise InputError(f"Spark needs Java {JAVA}: {where}; {_HOW}")
    try:
        said = subprocess.run([found, "-version"], capture_output=True, text=True, timeout=60, check=False).stderr
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(f"Spark needs Java {JAVA}: {found} does not run ({error}); {_HOW}") from None
    match = re.search(r'version "(\d+)(?:\.(\d+))?', said)
    if match is None:
        first = next(iter(said.splitlines()), "nothing")
        raise InputError(f"Spark needs Java {JAVA}: {found} -version says {first[:100]!r}; {_HOW}")
    major = int(match[2] or 0) if match[1] == "1" else int(match[1])  # Java 8 calls itself 1.8
    if major < JAVA:
        raise InputError(f"Spark needs Java {JAVA}: {found} is Java {major}; {_HOW}")
    return major


@contextmanager
def session(master: str) -> Iterator[SparkSession]:
    """A Spark session on a master, stopped afterwards; one that is open already is used and left open.

    Raises:
        InputError: pyspark or Java is missing, or the master cannot be reached.
    """
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise InputError("--engine spark needs pyspark: pip install 'exeat[spark]'") from None
    running = SparkSession.getActiveSession()
    if running is not None:
        yield running
        return
    check_java()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName("exeat batch")
    for name, value in {"spark.ui.showConsoleProgress": "false", "spark.sql.session.timeZone": "UTC"}.items():
        builder = builder.config(name, value)
    try:
        made = builder.getOrCreate()
    except (PySparkException, OSError, RuntimeError, ValueError) as error:
        raise InputError(f"Spark does not start on {master!r}: {_first(error)}") from None
    try:
        made.sparkContext.setLogLevel("ERROR")
        yield made
    finally:
        made.stop()


def batch_on_spark(
    table: str | Path, out: str | Path, *, master: str = "local[*]", traces: str | Path | None = None,
    errors: str | Path | None = None, on: str | None = None, mapped: Mapping[str, str] | None = None,
    desk: Desk | None = None, drafts: tuple[str, ...] = (), memory: str = MEMORY, progress: Progress | None = None,
    dates: Order = "", asks: str = "auto",
) -> dict[str, Any]:  # fmt: skip
    """``exeat batch --engine spark``: decide the rows of Parquet on a Spark cluster; the answers are those of DuckDB.

    Every executor needs ``exeat[tables]`` of the same version and must see the folder of ``out``, in which the parts
    are gathered: a disk of this machine for ``local[…]`` and ``local-cluster[…]``, a shared one otherwise. Parties are
    not screened and limits do not run here.

    Args:
        table: a Parquet file, a folder of them, or whatever address Spark reads Parquet from.
        out: Parquet, CSV or Excel: every row in the order of the files (by name) and of their rows.
        master: the URL of the master, as Spark takes it.
        traces, errors, on, mapped, memory, progress, dates: as :func:`exeat.portfolio.commands.batch`; ``memory`` is
            what each task may take.
        asks: as there; for a trace, what would settle one of its rows is found.
        desk: whose law decides; the executors read their own, which must be the same.
        drafts: drafts that the desk reads as law.

    Returns:
        The :class:`exeat.portfolio.summary.Summary` as plain data, with ``out`` and ``executors``.

    Raises:
        InputError: Spark, Java or the table; another law on an executor.
    """
    desk, report = desk or Desk(drafts=drafts), progress or silent
    files = Outputs(table, out, traces, errors)
    refuse_asks(asks, files.out)
    if isinstance(table, Path) or "://" not in table:
        _refuse_no_parquet(Path(table))
    means: dict[str, Any] = {"on": on, "mapped": dict(mapped or {}), "dates": dates, "drafts": drafts, "memory": memory}
    gathered = Path(mkdtemp(prefix=f".{files.out.name}.", dir=files.out.parent))
    try:
        with session(master) as spark, opened(memory) as (duck, folder):
            report("reading the table", 0, 0)
            rows, names, count = _numbered(spark, str(table))
            files.refuse_too_many(count)
            source = Source(duck, folder, _no_rows(rows, names), on, mapped)
            columns = read_columns(source.columns, desk.lawbook.vocabulary, mapped, on, dates=dates)
            means["asks"] = ask = asks_for(asks, count, files.out, source.notes)
            run = Run(desk, duck, source, columns, ask=ask, by_class=ask == "row")
            run.prepare()
            run.decide()
            run.write(folder / "empty.parquet")
            report("deciding on Spark", 0, count)
            _write(_decided(rows, names, run, folder / "empty.parquet", means), gathered / "rows")
            report("putting the rows in order", 0, count)
            made = folder / "decided.parquet"
            told = _in_order(run, gathered / "rows", made, count)
            scan = f"read_parquet({literal(str(made))})"
            _write_traces(run, told, files.traces)
            source.notes.extend(dict.fromkeys(note for task in told for note in task["notes"]))
            summary = summary_of(run, scan)
            if files.errors is not None:
                write_errors(duck, source, f"SELECT * FROM {scan} WHERE error IS NOT NULL", files.errors)
            files.deliver(duck, made, source, columns)
            executors = len({task["executor"] for task in told})
            return {**summary.to_dict(), "out": files.out.name, "executors": executors}
    finally:
        shutil.rmtree(gathered, ignore_errors=True)


def _refuse_no_parquet(path: Path) -> None:
    if not path.exists():
        raise InputError(f"there is no file {str(path)[:200]!r}")
    if path.is_file() and path.suffix.casefold() != ".parquet":
        raise InputError(
            f"{path.name}: --engine spark reads Parquet (a file or a folder); the default engine reads the rest"
        )


def _numbered(spark: SparkSession, table: str) -> tuple[DataFrame, list[str], int]:
    """The rows with their numbers, from 1, by the names of the files and the place in each; the columns; how many rows.

    On their way the columns are called ``c0``, ``c1`` …: Spark would read a dot in a name as a path.
    """
    from pyspark.errors import PySparkException
    from pyspark.sql import functions as F  # noqa: N812

    spark.conf.set("spark.sql.caseSensitive", "true")
    try:
        read = spark.read.parquet(table)
        place = {_FILE: "_metadata.file_path", _INDEX: "_metadata.row_index"}
        located = read.select("*", *(F.col(source).alias(name) for name, source in place.items()))
        counts = sorted((row[0], row[1]) for row in located.groupBy(_FILE).agg(F.count(F.lit(1))).collect())
    except PySparkException as error:
        raise InputError(f"{Path(table).name} cannot be read as Parquet by Spark: {_first(error)}") from None
    start, starts = 0, []
    for file, count in counts:
        starts += [F.lit(file), F.lit(start)]
        start += count
    first = F.create_map(*starts)[F.col(_FILE)] if len(counts) > 1 else F.lit(0)
    number = (first + F.col(_INDEX) + 1).cast("long").alias(ROW)
    cells = (F.col(_back(name)).alias(f"c{place}") for place, name in enumerate(read.columns))
    return located.select(number, *cells), read.columns, start


def _no_rows(rows: DataFrame, names: list[str]) -> Any:
    """The table without its rows, as Arrow: for what its columns mean, and what columns the answers have."""
    from pyspark.sql.pandas.types import to_arrow_schema

    return to_arrow_schema(rows.drop(ROW).schema).empty_table().rename_columns(names)


def _back(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _decided(rows: DataFrame, names: list[str], run: Run, empty: Path, means: Mapping[str, Any]) -> DataFrame:
    """The rows decided, with a last row for each task that tells of it."""
    from pyspark.sql.pandas.types import from_arrow_schema
    from pyspark.sql.types import StringType

    from exeat import __version__

    schema = from_arrow_schema(
        run.duck.connection.sql(f"SELECT * FROM read_parquet({literal(str(empty))})").to_arrow_table().schema
    )
    number, digest = run.source.number, run.desk.lawbook.digest
    task = Task(tuple(names), tuple(schema.names), number, digest, __version__, **means)
    return rows.mapInArrow(task, schema.add(TOLD, StringType()))


def _write(decided: DataFrame, path: Path) -> None:
    from pyspark.errors import PySparkException

    try:
        decided.write.parquet(path.as_uri())
    except PySparkException as error:
        raise InputError(f"Spark could not decide the table: {_first(error)}") from None


def _in_order(run: Run, parts: Path, made: Path, expected: int) -> list[dict[str, Any]]:
    """Put the parts into one file, in the order of the rows; what the tasks told. Fails if a row was lost."""
    duck, number = run.duck, quoted(run.source.number)
    scan = f"read_parquet({literal(str(parts / '*.parquet'))})"
    notes = duck.rows(f"SELECT {quoted(TOLD)} FROM {scan} WHERE {quoted(TOLD)} IS NOT NULL")
    told = [json.loads(row[0]) for row in notes]
    duck.copy(f"SELECT * EXCLUDE ({quoted(TOLD)}) FROM {scan} WHERE {number} IS NOT NULL ORDER BY {number}", made)
    run.source.rows = run.tally.rows = expected
    run.tally.decided, run.tally.errors = run.keys.count_out(made)
    run.tally.classes = sum(task["classes"] for task in told)
    return told


def _traces(told: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The traces of all tasks, each once: over the days and rows of every task that met it."""
    first, last, rows = (TRACE_COLUMNS.index(name) for name in ("first_date", "last_date", "rows"))
    found: dict[str, list[Any]] = {}
    for trace in (trace for task in told for trace in task["traces"]):
        known = found.get(trace[0])
        if known is None:
            found[trace[0]] = list(trace)
            continue
        known[first], known[last] = min(known[first], trace[first]), max(known[last], trace[last])
        known[rows] += trace[rows]
        # Where tasks found different asks for a trace, the same one is taken in whatever order they ended.
        if len(known) > len(TRACE_COLUMNS):
            known[-1] = min((ask for ask in (known[-1], trace[-1]) if ask is not None), default=None)
    return [tuple(found[id_]) for id_ in sorted(found)]


def _write_traces(run: Run, told: list[dict[str, Any]], path: Path | None) -> None:
    columns = (*TRACE_COLUMNS, "ask") if run.ask == "trace" else TRACE_COLUMNS
    kinds = dict.fromkeys(columns, "VARCHAR") | {"rows": "BIGINT"}
    traces = _traces(told)
    run.duck.table("traces", kinds, traces)
    if run.ask == "trace":
        run.trace_asks = {trace[0]: trace[-1] for trace in traces}
    run.duck.run("CREATE TEMP VIEW trace_texts AS SELECT * FROM traces")
    run.tally.traces = int(run.duck.one("SELECT count(*) FROM traces"))
    if path is not None:
        run.duck.copy("SELECT * FROM traces ORDER BY trace_id", path)


def _first(error: BaseException) -> str:
    """The line of an error that tells most: what an executor's own refusal says, or the first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    refused = next((line for line in reversed(lines) if "InputError: " in line), None)
    if refused is not None:
        return refused.partition("InputError: ")[2][:500]
    return (lines or [type(error).__name__])[0][:300]


__all__ = ["JAVA", "batch_on_spark", "check_java", "session"]
