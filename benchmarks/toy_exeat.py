"""The toy rule in exeat's own condition language: parsed once, then compiled to closures or written as SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import duckdb
import pyarrow

from benchmarks.toy import ELSEWHERE, NONE, PLACES, Answer, Row
from exeat.logic.compile import compile_tree
from exeat.logic.expand import resolve_groups
from exeat.logic.grammar import parse
from exeat.logic.sql import to_sql
from exeat.logic.tree import Tree, Value
from exeat.logic.vocabulary import Declared, Vocabulary

Facts = Mapping[str, Value]

GROUPS = {"RS": frozenset(PLACES)}

VOCABULARY = Vocabulary(
    {
        fact.name: fact
        for fact in (
            Declared("tpp", "number", decimals=4),
            Declared("density", "number", decimals=6),
            Declared("datacenter", "yes/no"),
            Declared("country", "text", country=True, values=PLACES + ELSEWHERE),
            Declared("paragraph", "text"),
        )
    }
)

# In order: a later expression may read an earlier one by name.
EXPRESSIONS = {
    "paragraph": f"""
        case when tpp >= 4800 then 'a.1'
             when not datacenter then '{NONE}'
             when tpp >= 1600 and density >= 5.92 then 'a.2'
             when tpp >= 2400 and density >= 1.6 and density < 5.92 then 'b.1'
             when tpp >= 1600 and density >= 3.2 and density < 5.92 then 'b.2'
             else '{NONE}' end""",
    "entry": f"""
        case when paragraph in ('a.1', 'a.2') then '3A090.a'
             when paragraph in ('b.1', 'b.2') then '3A090.b'
             else '{NONE}' end""",
    "license_required": f"paragraph <> '{NONE}' and in_group(country, 'RS')",
}


def trees() -> dict[str, Tree]:
    """The expressions, parsed and checked against the vocabulary."""
    return {name: parse(text, VOCABULARY, file="benchmarks/toy_exeat.py") for name, text in EXPRESSIONS.items()}


def facts(row: Row) -> Facts:
    """A row as the kernel takes it: exact decimals, truth values, texts."""
    return row._asdict()


def exeat_toy() -> Callable[[Facts], Answer]:
    """The rule, compiled once; one call decides one transaction."""
    made = trees()
    paragraph, entry, required = (compile_tree(made[name], GROUPS) for name in EXPRESSIONS)
    nobody: Facts = {}

    def decide(given: Facts) -> Answer:
        known = dict(given)
        known["paragraph"] = paragraph(known, nobody)
        return Answer(
            cast(str, entry(known, nobody)), cast(bool, required(known, nobody)), cast(str, known["paragraph"])
        )

    return decide


def columns(rows: Sequence[Row]) -> Any:
    """Rows as an Arrow table, numbers as exact decimals."""
    return pyarrow.table(
        {
            "tpp": pyarrow.array([row.tpp for row in rows], pyarrow.decimal128(18, 4)),
            "density": pyarrow.array([row.density for row in rows], pyarrow.decimal128(18, 6)),
            "datacenter": [row.datacenter for row in rows],
            "country": [row.country for row in rows],
        }
    )


def exeat_batch() -> Callable[[Any], Any]:
    """Decide an Arrow table by the same expressions as SQL; DuckDB runs it and gives an Arrow table back."""
    sql = {name: to_sql(resolve_groups(tree, GROUPS), VOCABULARY) for name, tree in trees().items()}
    query = (
        f"select {sql['entry']} as entry, {sql['license_required']} as license_required, paragraph "
        f"from (select *, {sql['paragraph']} as paragraph from given)"
    )
    connection = duckdb.connect(":memory:")

    def decide(table: Any) -> Any:
        connection.register("given", table)
        return connection.sql(query).to_arrow_table()

    return decide


def answers(table: Any) -> list[Answer]:
    """The table of :func:`exeat_batch` as answers."""
    return [Answer(**row) for row in table.to_pylist()]
