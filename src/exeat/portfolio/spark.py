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
from exeat.portfolio.columns import read_columns
from exeat.portfolio.days import Order
from exeat.portfolio.delivery import Outputs, write_errors
from exeat.portfolio.duck import MEMORY, Source, literal, opened, quoted
from exeat.portfolio.run import Progress, Run, silent
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
    dates: Order = "",
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
        desk: whose law decides; the executors read their own, which must be the same.
        drafts: drafts that the desk reads as law.

    Returns:
        The :class:`exeat.portfolio.summary.Summary` as plain data, with ``out`` and ``executors``.

    Raises:
        InputError: Spark, Java or the table; another law on an executor.
    """
    desk, report = desk or Desk(drafts=drafts), progress or silent
    files = Outputs(table, out, traces, errors)
    if isinstance(table, Path) or "://" not in table:
        _refuse_no_parquet(Path(table))
    means: dict[str, Any] = {"on": on, "mapped": dict(mapped or {}), "dates": dates, "drafts": drafts, "memory": memory}
    gathered = Path(mkdtemp(prefix=f".{files.out.name}.", dir=files.out.parent))
    try:
        with session(master) as spark, opened(memory) as (duck, folder):
            report("starting Spark", 0, 0)
            rows, names = _numbered(spark, str(table))
            source = Source(duck, folder, rows.limit(0).drop(ROW).toArrow(), on, mapped)
            columns = read_columns(source.columns, desk.lawbook.vocabulary, mapped, on, dates=dates)
            run = Run(desk, duck, source, columns)
            run.prepare()
            run.decide()
            empty = folder / "empty.parquet"
            run.write(empty)
            report("deciding on Spark", 0, 0)
            decided = _decided(spark, rows, names, run, empty, means)
            _write(decided, gathered / "rows")
            executors = _executors(spark)
            report("putting the rows in order", 0, 0)
            made = folder / "decided.parquet"
            told = _in_order(run, gathered / "rows", made, rows)
            return {**_summary(run, made, told, files), "executors": executors}
    finally:
        shutil.rmtree(gathered, ignore_errors=True)
