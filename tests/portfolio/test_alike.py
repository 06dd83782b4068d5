"""Cells that the law cannot tell apart are read once; those that it can, never."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

pytest.importorskip("duckdb", reason="needs the extra 'tables'")

import pyarrow as pa
import pyarrow.parquet as pq

from exeat.desk import Desk
from exeat.portfolio.alike import Distinctions, distinctions_of
from exeat.portfolio.columns import Meaning
from exeat.portfolio.commands import batch
from exeat.portfolio.parts import Part


def law_of(desk: Desk, *columns: str) -> Distinctions:
    return distinctions_of([desk.engines.on(date(2025, 7, 1))], desk.lawbook.vocabulary, columns)


def test_places_of_one_standing_are_alike_and_others_are_not(desk: Desk) -> None:
    tests = law_of(desk, "headquarters")
    assert tests.sign("headquarters", "DE") == tests.sign("headquarters", "FR")
    assert tests.sign("headquarters", "DE") != tests.sign("headquarters", "CN")
    assert tests.sign("headquarters", None) not in (tests.sign("headquarters", "DE"), tests.sign("headquarters", "CN"))


def test_a_place_set_against_another_column_keeps_its_own_name(desk: Desk) -> None:
    # A payer's place other than the destination is a red flag (15 CFR 732 supp. 3): two places alike are not one.
    assert "destination" not in law_of(desk, "destination").whole
    both = law_of(desk, "destination", "payer_country")
    assert both.sign("destination", "DE") != both.sign("destination", "FR")


def test_codes_of_many_columns_are_kept_apart(desk: Desk) -> None:
    part = Part("row", tuple(Meaning(f"c{n}", "fact", f"c{n}") for n in range(9)))
    part.kinds = [[f"{n}.{k}" for k in range(200 + n)] for n in range(9)]
    part.pack()
    assert len(part.words) == 3
    for pick in (0, 7, 199):
        codes = [sum(pick * factor for _, factor in word) for word in part.words]
        assert max(codes) < 2**31
        assert part.cells_of(codes) == tuple(f"{n}.{pick}" for n in range(9))


def test_alike_cells_keep_what_they_say_and_their_errors(desk: Desk, tmp_path: Path) -> None:
    cells = ["DE", "FR", "Narnia", "CN", "Germany", "Oz", None, "?"]
    table = pa.table(
        {
            "date": ["2025-07-01"] * 8,
            "item": ["NVIDIA H100 SXM"] * 8,
            "destination": cells,
            "consignee_headquarters": cells,
        }
    )
    batch(table, tmp_path / "decided.parquet", desk=desk)
    rows = pq.read_table(tmp_path / "decided.parquet").to_pylist()
    assert [row["destination"] for row in rows] == cells
    assert rows[0]["outcome_text"] == rows[1]["outcome_text"] == rows[4]["outcome_text"] != rows[3]["outcome_text"]
    assert [row["row"] for row in rows if row["error"]] == [3, 6]
    assert "Narnia" in rows[2]["error"]
    assert "Oz" in rows[5]["error"]
