"""Tables of several row groups, which the database reads on several threads: every answer stands beside its own row."""

from __future__ import annotations

from pathlib import Path

import pytest

from exeat.desk import Desk

duckdb = pytest.importorskip("duckdb", reason="needs the extra 'tables'")

ROWS = 400_000
#: Neighbors differ in everything, so that an answer beside another row is another answer.
_LINES = f"""
    SELECT range AS order_id,
        [DATE '2023-01-05', DATE '2023-11-20', DATE '2025-02-01', DATE '2025-06-02', DATE '2026-02-03']
            [1 + n % 5] AS date,
        ['nvidia-h100-sxm', 'nvidia-h20', 'nvidia-hgx-h20-8', NULL][1 + n // 5 % 4] AS item,
        ['DE', 'CN', 'AE', 'VN', 'US', 'RU', '?'][1 + n // 20 % 7] AS destination,
        1 + n // 140 % 3 AS quantity
    FROM (SELECT range, CAST(hash(range) % 1000003 AS BIGINT) AS n FROM range({ROWS}))
"""


@pytest.mark.parametrize("threads", [1, 4])
def test_rows_that_state_the_same_have_the_same_answer(desk: Desk, tmp_path: Path, threads: int) -> None:
    from exeat.portfolio.commands import batch

    table, out = tmp_path / "orders.parquet", tmp_path / "decided.parquet"
    duckdb.execute(f"COPY ({_LINES}) TO '{table}' (FORMAT parquet)")
    batch(table, out, desk=desk, threads=threads, asks="none")
    stated = "date, item, destination, quantity"
    kinds, answers, rows, moved = duckdb.execute(
        f"SELECT count(DISTINCT ({stated})), count(DISTINCT ({stated}, trace_id, outcome_text, outcome_enforced)), "
        f"count(trace_id), count(*) FILTER (row <> order_id + 1) FROM '{out}'"
    ).fetchall()[0]
    assert (rows, moved) == (ROWS, 0)
    assert kinds == 5 * 4 * 7 * 3
    assert answers == kinds


def test_what_is_asked_of_a_trace_is_asked_of_its_first_row(desk: Desk, tmp_path: Path) -> None:
    from exeat.portfolio.commands import batch

    table, out, rows = (tmp_path / f"{name}.parquet" for name in ("orders", "decided", "rows"))
    # Whether the end use is stated changes no answer here, and what is asked all the same.
    duckdb.execute(
        f"COPY (SELECT *, CASE WHEN order_id % 3 = 1 THEN 'cloud_service' END AS end_use FROM ({_LINES}) "
        f"WHERE order_id < 210000 ORDER BY order_id) TO '{table}' (FORMAT parquet, ROW_GROUP_SIZE 51200)"
    )
    asked = []
    for threads in (1, 3):
        traces = tmp_path / "traces.parquet"
        batch(table, out, traces=traces, desk=desk, threads=threads, asks="trace")
        asked.append(duckdb.execute(f"SELECT trace_id, ask FROM '{traces}' ORDER BY 1").fetchall())
    assert asked[1] == asked[0]
    firsts = f"SELECT trace_id, min(row) AS row FROM '{out}' GROUP BY 1"
    duckdb.execute(
        f"COPY (SELECT t.* FROM '{table}' AS t JOIN ({firsts}) AS f ON f.row = t.order_id + 1 ORDER BY order_id) "
        f"TO '{tmp_path / 'firsts.parquet'}' (FORMAT parquet)"
    )
    batch(tmp_path / "firsts.parquet", rows, desk=desk, asks="row")
    assert asked[0] == duckdb.execute(f"SELECT trace_id, ask FROM '{rows}' ORDER BY 1").fetchall()
