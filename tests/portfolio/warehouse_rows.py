"""Rows decided in a warehouse beside the desk. ``python tests/portfolio/warehouse_rows.py 100000`` compares so many on
DuckDB; a second argument names another warehouse (postgres, spark), a third the rows of one table, a fourth the first seed."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from random_tables import FIRST, LAST, RandomTable

from exeat.contents import CONTAINED_FACTS
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
    desk: Desk, seed: int, count: int, warehouse: Warehouse, dialect: str, day: date | None = None
) -> list[str]:
    """Rows on which the warehouse and the desk differ, in words. With a day, its law decides every row."""
    table = OfWarehouse(desk, seed, None if day is None else [day])
    rows = list(table.sample(count))
    order = Order(day or FIRST, day or LAST, day is None, dialect, columns=table.columns, items=True)
    got = warehouse(query(order, desk).sql, table.columns, rows)
    return list(compared(desk, rows, table.columns, got))


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


assert set(CONTAINED_FACTS)  # the generator leaves these out beside an item, as a table must


def _warehouse(dialect: str) -> Warehouse:
    if dialect == "duckdb":
        return on_duckdb
    raise SystemExit(f"{dialect}: not here")


if __name__ == "__main__":
    import time

    total = int(sys.argv[1])
    dialect_ = sys.argv[2] if len(sys.argv) > 2 else "duckdb"
    each = int(sys.argv[3]) if len(sys.argv) > 3 else 500
    first = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    single = date.fromisoformat(sys.argv[5]) if len(sys.argv) > 5 else None
    shared, run, wrong, start = Desk(), _warehouse(dialect_), 0, time.time()
    for seed_ in range(first, first + -(-total // each)):
        for line in differences(shared, seed_, each, run, dialect_, single):
            wrong += 1
            if wrong <= 20:
                print(f"seed {seed_} {line[:1500]}")
        done = (seed_ - first + 1) * each
        print(f"{done:,} rows compared, {wrong} differ, {time.time() - start:.0f} s", file=sys.stderr)
    sys.exit(bool(wrong))
