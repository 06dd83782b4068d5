"""``exeat sql``: the law as one query for the user's own warehouse."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from exeat.cli import DECIDED
from exeat.cli.sql_options import SqlOptions
from exeat.library import desk
from exeat.terms import InputError, read_day


def run_sql(options: SqlOptions) -> int:
    """Print the query (or with ``schema`` the dbt schema of its columns).

    Raises:
        InputError: no day, or both a day and a span; a column, table, dialect or mapping that cannot be read.
    """
    from exeat.portfolio.warehouse import USUAL_COLUMNS, Order, query, schema_yml

    first, last, dated = _days(options.on, options.from_, options.to)
    if options.items not in (None, "catalog"):
        raise InputError(f"--items {options.items[:40]}: expected catalog")
    order = Order(
        first=first,
        last=last,
        dated=dated,
        dialect=options.dialect,
        table=options.table,
        columns=USUAL_COLUMNS if options.columns is None else _columns(options.columns),
        mapped=_mapped(options.map),
        items=options.items == "catalog",
        dbt=options.dbt,
    )
    if options.schema:
        print(schema_yml(order), end="")
        return DECIDED
    found = query(order, desk())
    print(found.sql, end="")
    # Of the usual columns nobody needs to be told: they stand in the query's own head.
    for column, near in (found.unread if options.columns is not None else {}).items():
        hint = f"; perhaps {near}" if near else ""
        print(f"exeat: the column {column!r} is carried along unread{hint}", file=sys.stderr)
    return DECIDED


def _days(on: str | None, from_: str | None, to: str | None) -> tuple[date, date, bool]:
    if on is not None:
        if from_ is not None or to is not None:
            raise InputError("state either --on DATE (one day's law for every row) or --from and --to, not both")
        day = read_day(on, "--on")
        return day, day, False
    if from_ is None or to is None:
        raise InputError("state the days: --on DATE (one day's law for every row), or --from DATE --to DATE")
    return read_day(from_, "--from"), read_day(to, "--to"), True


def _columns(stated: str) -> list[str]:
    """Names with commas between them, or the header of a CSV file."""
    path = Path(stated)
    if path.suffix.casefold() != ".csv":
        return [name.strip() for name in stated.split(",") if name.strip()]
    import csv

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
    except OSError as error:
        raise InputError(f"{path.name}: {error.strerror or error}") from None
    except (UnicodeDecodeError, csv.Error):
        raise InputError(f"{path.name}: expected a CSV in UTF-8, whose first line names the columns") from None
    return [name.strip() for name in header if name.strip()]


def _mapped(stated: Sequence[str]) -> dict[str, str]:
    found = {}
    for pair in stated:
        column, equals, fact = pair.partition("=")
        if not equals:
            raise InputError(f"--map {pair[:60]}: expected COLUMN=FACT")
        found[column.strip()] = fact.strip()
    return found
