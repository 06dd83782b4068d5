"""What would settle an open answer, found for each row or for the first row of each trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from exeat.desk import Desk
from exeat.portfolio.commands import batch
from exeat.terms import InputError

_ROWS = "date,item,destination,consignee_country\n2026-02-01,H20,CN,CN\n2026-02-01,H20,?,CN\n2026-02-01,H20,JP,JP\n"


def test_traces_hold_the_asks_and_the_rest_is_the_same(tmp_path: Path) -> None:
    table = tmp_path / "orders.csv"
    table.write_text(_ROWS, encoding="utf-8")
    rows, traces, full = (tmp_path / name for name in ("rows.parquet", "traces.parquet", "full.parquet"))
    desk = Desk()
    found = batch(table, rows, traces=traces, desk=desk, asks="trace")
    batch(table, full, desk=desk)
    by_trace, by_row = pyarrow.parquet.read_table(rows), pyarrow.parquet.read_table(full)
    assert "ask" not in by_trace.column_names
    assert by_trace.to_pylist() == by_row.drop_columns("ask").to_pylist()
    asks = {trace["trace_id"]: trace["ask"] for trace in pyarrow.parquet.read_table(traces).to_pylist()}
    firsts: dict[str, str | None] = {}
    for row in by_row.to_pylist():
        firsts.setdefault(row["trace_id"], row["ask"])
    assert asks == firsts
    assert any(asks.values())
    assert found["asks"]


def test_what_does_not_go_together_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "orders.csv"
    table.write_text(_ROWS, encoding="utf-8")
    for out, asks, said in (
        ("o.parquet", "party", "expected row, trace or none"),
        ("o.xlsx", "trace", "a workbook shows"),
        ("o.xlsx", "none", "a workbook shows"),
    ):
        with pytest.raises(InputError, match=said):
            batch(table, tmp_path / out, asks=asks, desk=Desk())


def test_outcomes_alone_are_those_of_all_answers(tmp_path: Path) -> None:
    table = tmp_path / "orders.csv"
    table.write_text(_ROWS, encoding="utf-8")
    few, full, traces = (tmp_path / name for name in ("few.parquet", "full.parquet", "traces.parquet"))
    found = batch(table, few, traces=traces, desk=Desk(), answers="outcomes")
    batch(table, full, desk=Desk())
    names = ["row", "date", "item", "destination", "consignee_country"]
    names += ["outcome_text", "outcome_enforced", "trace_id", "error"]
    shown = pyarrow.parquet.read_table(few)
    assert shown.column_names == names
    assert shown.to_pylist() == pyarrow.parquet.read_table(full).select(names).to_pylist()
    told = {trace["trace_id"]: trace for trace in pyarrow.parquet.read_table(traces).to_pylist()}
    assert all("paragraphs" in told[row["trace_id"]] for row in shown.to_pylist())
    assert found["asks"]


def test_outcomes_alone_are_refused_where_more_is_needed(tmp_path: Path) -> None:
    table = tmp_path / "orders.csv"
    table.write_text(_ROWS, encoding="utf-8")
    for out, more, said in (
        ("o.parquet", {"answers": "outcome"}, "expected all or outcomes"),
        ("o.xlsx", {"answers": "outcomes"}, "a workbook do not go together"),
        ("o.parquet", {"answers": "outcomes", "asks": "row"}, "--asks row do not go together"),
        ("o.parquet", {"answers": "outcomes", "running": ["LPP"]}, "--running do not go together"),
    ):
        options: dict[str, Any] = {**more}
        with pytest.raises(InputError, match=said):
            batch(table, tmp_path / out, desk=Desk(), **options)
