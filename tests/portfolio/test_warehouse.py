"""The query for the user's own warehouse decides as the desk does, on DuckDB, PostgreSQL, Spark; and parses in all."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("duckdb", reason="needs the extra 'tables'")

from warehouse_rows import (
    Row,
    certain_items,
    compared,
    differences,
    on_duckdb,
    on_postgres,
    postgres_server,
)

from exeat.cli import main
from exeat.contents import CONTAINED_FACTS
from exeat.desk import Desk
from exeat.portfolio.columns import SLOTS
from exeat.portfolio.warehouse import ANSWERS, Order, query
from exeat.portfolio.warehouse_text import DIALECTS
from exeat.terms import InputError

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

JULY = date(2025, 7, 1)
AROUND = (date(2025, 5, 1), date(2025, 6, 15))  # 4E091 due, the rescission announced: five states of the law
BRIEF = (date(2025, 5, 12), date(2025, 5, 13))  # the rescission announced: two states
FEW = (
    "line",
    "date",
    "item",
    "destination",
    "quantity",
    "activity",
    "ultimate_consignee_country",
    "ultimate_consignee_lists",
)


def asked(dialect: str, columns: tuple[str, ...] = FEW, **more: Any) -> Order:
    return Order(JULY, JULY, False, dialect, columns=columns, items=True, **more)


def row(**cells: str | None) -> Row:
    return {
        **dict.fromkeys(FEW),
        "line": "0",
        "date": "2025-07-01",
        "item": "nvidia-h100-sxm",
        "destination": "DE",
        **cells,
    }


@pytest.mark.parametrize(("seed", "day"), [(1, JULY), (2, date(2023, 12, 1))])
def test_duckdb_decides_as_the_desk(desk: Desk, seed: int, day: date) -> None:
    assert differences(desk, seed, 150, on_duckdb, "duckdb", day) == []


def test_a_span_decides_each_row_by_its_day(desk: Desk) -> None:
    assert differences(desk, 4, 150, on_duckdb, "duckdb", span=AROUND) == []


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    pytest.importorskip("psycopg", reason="needs the extra 'ledger'")
    server = postgres_server()
    try:
        url = server.__enter__()
    except Exception as error:
        pytest.skip(f"no PostgreSQL can be started here: {type(error).__name__}: {error}")
    yield url
    server.__exit__(None, None, None)


def test_postgresql_decides_as_the_desk(desk: Desk, postgres: str) -> None:
    assert differences(desk, 5, 100, on_postgres(postgres), "postgres", JULY) == []


def test_rows_cannot_be_lost_nor_decided_on_what_cannot_be_read(desk: Desk, postgres: str) -> None:
    rows = [
        row(),
        row(line="1", destination="XX"),
        row(line="2", destination="germany"),
        row(line="3", quantity="-1"),
        row(line="4", quantity="1e3"),
        row(line="5", quantity="4,800"),
        row(line="6", quantity="48,00"),
        row(line="7", activity="Exprot"),
        row(line="8", activity="Re-Export"),
        row(line="9", item="nvidia h1000"),
        row(line="10", item="NVIDIA H100 SXM"),
        row(line="11", ultimate_consignee_lists="EL; nonsense"),
        row(line="12", ultimate_consignee_lists="Entity List | uvl"),
        row(line="13", ultimate_consignee_lists="none"),
        row(line="14", destination=" ? "),
        row(line="15", quantity="9" * 16),
        row(line="16", destination="x' OR '1'='1"),
    ]
    refused = {"1", "3", "4", "6", "7", "8", "9", "11", "15", "16"}
    for dialect, run in (("duckdb", on_duckdb), ("postgres", on_postgres(postgres))):
        got = run(query(asked(dialect), desk).sql, FEW, rows)
        told = {r["line"]: r for r in got}
        assert sorted(told) == sorted(r["line"] for r in rows)
        plain = [r for r in rows if r["line"] != "4"]  # the desk reads 1e3; the query says that it does not
        kept = [told[r["line"]] for r in plain]
        assert list(compared(desk, plain, FEW, kept)) == [], dialect
        assert {line for line, r in told.items() if r["error"]} == refused
        assert all(r["outcome_text"] is None and r["ask"] is None for line, r in told.items() if line in refused)
        assert told["1"]["error"] == "destination is 'XX'; expected a two-letter place code or a place's name"


@pytest.mark.timeout(900)  # Spark plans a thousand columns for a minute, more on a busy machine
def test_spark_decides_as_the_desk() -> None:
    pytest.importorskip("pyspark", reason="needs the extra 'spark'")
    if not os.environ.get("JAVA_HOME") and shutil.which("java") is None:
        pytest.skip("Spark needs Java 17, and there is no java here")
    # In a process of its own: other tests of this one have Spark sessions with other settings.
    words = [sys.executable, str(Path(__file__).with_name("warehouse_rows.py")), "30", "spark", "30", "6", "2023-12-01"]
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    assert "30 rows compared, 0 differ" in run.stderr


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_query_parses_in_its_dialect(desk: Desk, dialect: str) -> None:
    import sqlglot

    order = Order(*BRIEF, True, dialect, columns=("Order No", *FEW), items=True)
    tree = sqlglot.parse_one(query(order, desk).sql, dialect=dialect)
    assert [e.alias for e in tree.selects][-len(ANSWERS) :] == list(ANSWERS)


def test_every_paragraph_stands_under_its_citation(desk: Desk) -> None:
    sql = query(asked("duckdb"), desk).sql
    engine = desk.engines.on(JULY)
    for section in engine.program.requirements:
        assert f"-- {section.provision}" in sql
        assert section.citation in sql
    assert desk.lawbook.digest in sql


def test_no_name_is_too_long_for_postgresql(desk: Desk) -> None:
    sql = query(asked("postgres"), desk).sql
    assert max(map(len, re.findall(r"\bAS ([a-z_][a-z0-9_]*)", sql))) <= 63


def test_worked_examples(desk: Desk) -> None:
    from harness import examples

    first, last = date(2025, 3, 1), date(2025, 8, 31)  # where most examples lie
    certain = set(certain_items(desk))
    folder = Path(__file__).parents[1] / "examples"
    rows = []
    for path in sorted(folder.glob("*.yaml")):
        if path.name in ("computed-classes.yaml", "dates.yaml"):
            continue
        for example in examples(path):
            found = _row_of(desk, example.transaction, certain)
            if found is not None and first.isoformat() <= found["date"] <= last.isoformat():
                rows.append({"line": str(len(rows)), **found})
    names = sorted({name for r in rows for name in r})
    rows = [{name: r.get(name) for name in names} for r in rows]
    assert len(rows) > 40
    order = Order(first, last, True, "duckdb", columns=names, items=True)
    assert list(compared(desk, rows, names, on_duckdb(query(order, desk).sql, names, rows))) == []


def _row_of(desk: Desk, stated: Any, certain: set[str]) -> Row | None:
    """A worked example as a row of a table; None where a table has no place for something in it."""
    item = stated.get("item")
    if not isinstance(item, (str, type(None))) or stated.keys() & {"known_on", "resolutions", "screen"}:
        return None
    if item is not None and desk.catalog.find(item).id not in certain:
        return None
    cells: Row = {"date": stated["date"], "item": None if item is None else desk.catalog.find(item).id}
    for name in ("activity", "origin", "destination", "end_use", "quantity"):
        cells[name] = stated.get(name)
    cells |= {**(stated.get("facts") or {}), **dict.fromkeys(stated.get("certifications") or (), "yes")}
    roles = set()
    for party in stated.get("parties") or ():
        role = party.get("role")
        if role not in SLOTS or role in roles or party.get("owners"):
            return None
        roles.add(role)
        for name, value in party.items():
            if name == "lists":
                if not all(isinstance(v, str) for v in value):
                    return None
                cells[f"{role}_lists"] = "; ".join(value) or "none"
            elif name != "role":
                cells[f"{role}_{name}"] = value
    known = all(isinstance(v, (str, type(None))) for v in cells.values())
    return None if not known or cells.keys() & CONTAINED_FACTS.keys() else cells


def test_a_dbt_model(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    sql = query(asked("snowflake", dbt=True, table="stg_orders"), desk).sql
    assert sql.startswith("{{ config(materialized='table') }}\n")
    assert sql.count("{{") == 2 and "FROM {{ ref('stg_orders') }} AS t" in sql
    assert "{%" not in sql and not sql.rstrip().endswith(";")
    assert main(["sql", "--on", "2025-07-01", "--schema"]) == 0
    assert "accepted_values" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "state the days"),
        (["--on", "2025-07-01", "--to", "2025-08-01"], "not both"),
        (["--on", "2020-01-01"], "before 2022-10-07"),
        (["--on", "2025-07-01", "--dialect", "snowflk"], "perhaps snowflake"),
        (["--on", "2025-07-01", "--columns", "a,A"], "named twice"),
        (["--on", "2025-07-01", "--columns", "a", "--map", "a=destinaton"], "destination"),
        (["--on", "2025-07-01", "--table", "orders; DROP TABLE x"], "expected a table"),
        (["--from", "2025-07-01", "--to", "2025-08-01", "--columns", "item"], "no column 'date'"),
        (["--on", "2025-07-01", "--items", "all"], "expected catalog"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sql", *words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and told in err and err.count("\n") == 1


def test_a_span_must_run_forward(desk: Desk) -> None:
    with pytest.raises(InputError, match="before it begins"):
        query(Order(JULY, date(2025, 6, 1), True, columns=("date",)), desk)
