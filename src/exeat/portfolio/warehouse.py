"""``exeat sql``: the law of a day, or of a span of days, as one query over a table in the user's own warehouse.

The query needs nothing but the table. It decides every row on both tracks as :meth:`exeat.desk.Desk.check` would, or
says in ``error`` why it cannot; unknown stays unknown throughout.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from exeat import __version__
from exeat.desk import Desk
from exeat.portfolio.columns import Columns, read_columns
from exeat.portfolio.warehouse_answers import ANSWERS, Paragraphs
from exeat.portfolio.warehouse_cells import Span, place_rows
from exeat.portfolio.warehouse_facts import Facts
from exeat.portfolio.warehouse_items import item_tables
from exeat.portfolio.warehouse_law import LawOfSpan, eras_of
from exeat.portfolio.warehouse_text import Names, Spelling, comment, spelling_of
from exeat.terms import InputError

#: The columns a table is taken to have where nobody names them.
USUAL_COLUMNS = (
    "order_id", "date", "item", "quantity", "activity", "origin", "destination", "end_use",
    *(
        f"{slot}_{fact}"
        for slot in ("ultimate_consignee", "end_user", "intermediate_consignee", "purchaser")
        for fact in ("name", "country", "headquarters", "ultimate_parent_headquarters", "lists")
    ),
)  # fmt: skip

_TABLE = re.compile(r"[^;\n\r]{1,200}")
_COLUMN = re.compile(r"[^\n\r\x00]{1,120}")


@dataclass(frozen=True)
class Order:
    """What is asked for.

    Args:
        first, last: the days decided. One day, and ``dated`` False: its law decides every row, whatever its date.
        dialect: duckdb, spark, snowflake, bigquery or postgres.
        table: the table as the warehouse calls it.
        columns: the table's columns, all that are to come back; those named as facts are read.
        mapped: column to fact, for columns named otherwise.
        items: look names of items up in the catalog, which is written into the query.
        dbt: a dbt model instead of a bare query.
    """

    first: date
    last: date
    dated: bool
    dialect: str = "duckdb"
    table: str = "orders"
    columns: Sequence[str] = USUAL_COLUMNS
    mapped: Mapping[str, str] = field(default_factory=dict)
    items: bool = False
    dbt: bool = False


@dataclass(frozen=True)
class Query:
    """The query as text, and the columns that are carried along unread, each with the nearest word."""

    sql: str
    unread: Mapping[str, str | None]


def query(order: Order, desk: Desk | None = None) -> Query:
    """The query.

    Raises:
        InputError: a day before the encoded law, a dialect, table, column or mapping that cannot be read.
    """
    desk = desk or Desk()
    spelling = spelling_of(order.dialect)
    _check(order, desk)
    columns = _columns(order, desk)
    eras = eras_of(desk, order.first, order.last if order.dated else order.first)
    names = Names()
    for word in ("day", "row_error", "item_id"):
        names(word)
    read = frozenset[str]().union(*(e.engine.program.input_facts for e in eras))
    tables = item_tables(desk, eras, read, spelling) if columns.item else None
    day = next((m.column for m in columns.read if m.kind == "date"), None) if order.dated else None
    span = Span(order.first.isoformat(), order.last.isoformat(), day)
    facts = Facts(columns, order.columns, desk.lawbook.vocabulary, spelling, names, tables, eras, span)
    law = LawOfSpan(eras, facts.slots, facts.of_slot, facts.stated).law()
    paragraphs = Paragraphs(law, facts, spelling, names)
    parts: list[tuple[str, str, str]] = []
    if any(desk.lawbook.vocabulary[m.fact].country for m in columns.of("fact", "party")):
        parts.append(
            ("Places by code and name; no code: the EAR's tables do not say.", "places", _places(desk, spelling))
        )
    if tables is not None:
        parts.append(("Names of the catalog's items.", "item_names", tables.names_table()))
        parts.append(("What the catalog knows of each item.", "items", tables.facts_table()))
    parts.append(("The table, and the cells that are read as trimmed texts.", "cells", facts.cells(_table(order))))
    parts.append(
        ("Each cell as a value; null: not stated, said to be unknown, or not readable.", "stated", facts.stated_layer())
    )
    parts.append(("The facts of a row. Null is unknown, never no.", "facts", facts.facts_layer(law.leaves)))
    for number in range(len(law.layers)):
        parts.append((_LAYER.get(number, ""), f"law_{number + 1}", paragraphs.layer(number)))
    parts.append(
        ("The answers as texts; ? after a paragraph: a missing fact decides.", "answers", paragraphs.answers(facts))
    )
    written = ",\n".join(f"{comment(told, 0) if told else ''}{name} AS (\n{body}\n)" for told, name, body in parts)
    taken = [name.casefold() for name in order.columns]
    final = paragraphs.final(facts, taken, desk.lawbook.digest, __version__)
    sql = f"{_head(order, desk, columns, len(eras))}WITH\n{written}\n{final}\n"
    return Query(sql if order.dbt else sql.rstrip("\n") + ";\n", columns.unread)


_LAYER = {0: "The law, paragraph by paragraph. A layer reads only those above it."}


def _check(order: Order, desk: Desk) -> None:
    begins = desk.lawbook.begins
    if order.first < begins:
        raise InputError(f"{order.first} is before {begins}, when the encoded law begins; nothing earlier is decided")
    if order.last < order.first:
        raise InputError(f"the span ends on {order.last}, before it begins on {order.first}")
    if not _TABLE.fullmatch(order.table) or "--" in order.table or "/*" in order.table or "{" in order.table:
        raise InputError(f"--table {order.table[:60]!r}: expected a table as the warehouse names it")
    if not order.columns:
        raise InputError("the table has no columns; name them with --columns")
    seen: set[str] = set()
    for column in order.columns:
        if not _COLUMN.fullmatch(column):
            raise InputError(f"{column[:60]!r} cannot be a column's name")
        if column.casefold() in seen:
            raise InputError(f"the column {column[:60]!r} is named twice")
        seen.add(column.casefold())


def _columns(order: Order, desk: Desk) -> Columns:
    """What the columns mean. Without a catalog an item's name says nothing; without a span, a date."""
    vocabulary = desk.lawbook.vocabulary
    for column in order.mapped:
        if column not in order.columns:
            read_columns(order.columns, vocabulary, order.mapped)  # tells what is wrong
    kept: list[str] = []
    left: dict[str, str | None] = {}
    for column in order.columns:
        alone = {column: order.mapped[column]} if column in order.mapped else {}
        meaning = next(iter(read_columns([column, _A_DATE], vocabulary, alone, on=_A_DATE).read), None)
        if meaning is not None and meaning.kind == "item" and not order.items:
            left[column] = "item, with --items catalog"
        elif meaning is None or meaning.kind != "date" or order.dated or meaning.column == _A_DATE:
            kept.append(column)
        else:
            left[column] = None
    mapped = {column: fact for column, fact in order.mapped.items() if column in kept}
    if order.dated:
        found = read_columns(kept, vocabulary, mapped)
        return Columns(found.read, {**found.unread, **left})
    found = read_columns([*kept, _A_DATE], vocabulary, mapped, on=_A_DATE)
    read = tuple(m for m in found.read if m.column != _A_DATE)
    return Columns(read, {**found.unread, **left})


_A_DATE = "the day of this query"


def _table(order: Order) -> str:
    return f"{{{{ ref('{order.table}') }}}}" if order.dbt else order.table


def _places(desk: Desk, spelling: Spelling) -> str:
    groups = desk.lawbook.groups
    silent = groups.indeterminate()
    rows = place_rows(
        (place.code, None if place.code in silent else place.code, (*place.aliases, place.name))
        for place in groups.destinations.values()
    )
    rows.sort(key=lambda row: row[1] is None)  # BigQuery takes the types of the first
    written = [[spelling.literal(word), "NULL" if code is None else spelling.literal(code)] for word, code in rows]
    return "  " + spelling.small_table(("word", "code"), (spelling.text_type, spelling.text_type), written)


def _head(order: Order, desk: Desk, columns: Columns, eras: int) -> str:
    """What the query is, above it."""
    when = (
        f"each row by its own day, {order.first} to {order.last} ({eras} states of the law)"
        if order.dated
        else f"every row by the law of {order.first}"
    )
    lines = [
        f"US export control of AI chips, written by exeat {__version__} for {order.dialect}: {when}.",
        f"Law {desk.lawbook.digest}. It decides as `exeat check` does, on what the columns state; it knows no lists of "
        "parties and no balances but those of the table.",
        "A row that cannot be read has its error and no outcome; null among the paragraphs is unknown, never no. "
        "`ask` names every missing fact that an open condition reads: exeat check tells fewer.",
    ]
    if columns.unread:
        lines.append("Carried along unread: " + ", ".join(columns.unread) + ".")
    config = "{{ config(materialized='table') }}\n" if order.dbt else ""
    return config + "".join(comment(line, 0) for line in lines)


def schema_yml(order: Order) -> str:
    """The dbt schema of the model: its answers, described, with the tests that must always hold."""
    outcomes = "no_license_required, license_exception, authorized, license_required, prohibited, unknown"
    lines = ["version: 2", "models:", "  - name: exeat_decided", "    columns:"]
    for name in ANSWERS:
        lines.append(f"      - name: {name}")
        if name.startswith("outcome_"):
            lines += ["        tests:", f"          - accepted_values: {{values: [{outcomes}]}}"]
        if name in ("law", "engine"):
            lines += ["        tests: [not_null]"]
    return "\n".join(lines) + "\n"


__all__ = ["ANSWERS", "USUAL_COLUMNS", "Order", "Query", "query", "schema_yml"]
