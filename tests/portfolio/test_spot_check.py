"""A table in which a row stands beside the answer of another is not kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from exeat.desk import Desk
from exeat.terms import InputError

pytest.importorskip("duckdb", reason="needs the extra 'tables'")

import pyarrow as pa
import pyarrow.parquet as pq

from exeat.portfolio.commands import batch
from exeat.portfolio.deciding import Deciding


def test_answers_beside_other_rows_are_found_out(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = ["DE", "CN"] * 200
    table, out = tmp_path / "orders.parquet", tmp_path / "decided.parquet"
    pq.write_table(
        pa.table({"date": ["2025-07-01"] * 400, "item": ["nvidia-h100-sxm"] * 400, "destination": places}), table
    )
    batch(table, out, desk=desk, asks="none")
    assert pq.read_table(out).num_rows == 400
    out.unlink()
    sign = Deciding.sign

    def moved(self: Deciding) -> object:
        found = sign(self)
        self.signed[:] = self.signed[::-1].copy()
        return found

    monkeypatch.setattr(Deciding, "sign", moved)
    with pytest.raises(InputError, match=r"row 1 was given .* nothing is kept"):
        batch(table, out, desk=desk, asks="none")
    assert not out.exists()


def test_row_groups_without_rows_and_names_of_ours(desk: Desk, tmp_path: Path) -> None:
    plain = pa.table({"date": ["2025-07-01"] * 60_000, "destination": ["CN"] * 60_000, "error": ["mine"] * 60_000})
    table, once, again = (tmp_path / f"{name}.parquet" for name in ("orders", "once", "again"))
    with pq.ParquetWriter(table, plain.schema) as file:
        for rows in (plain, plain.slice(0, 0), plain.slice(0, 0)):
            file.write_table(rows)
    batch(table, once, desk=desk, asks="none")
    batch(once, again, desk=desk, asks="none")
    found = pq.read_table(again)
    assert found.num_rows == 60_000
    assert found["error (given)"].unique().to_pylist() == ["mine"]
    assert found["error (given 2)"].null_count == found["error"].null_count == 60_000


def test_an_empty_cell_leaves_the_bounds_of_the_item(desk: Desk, tmp_path: Path) -> None:
    table = tmp_path / "orders.csv"
    table.write_text(
        "date,item,destination,commodity_or_z_software,applicable_die_area_mm2\n"
        "2025-05-04,qualcomm-ai100-pro,AE,no,\n2025-05-04,qualcomm-ai100-pro,AE,no,800\n"
        "2025-05-04,qualcomm-ai100-pro,AE,no,?\n2025-05-04,nvidia-h100-sxm,AE,no,\n",
        encoding="utf-8",
    )
    found = []
    for asks in ("row", "none"):
        batch(table, tmp_path / "decided.parquet", desk=desk, asks=asks)
        found.append(pq.read_table(tmp_path / "decided.parquet")["outcome_text"].to_pylist())
    assert found[0] == found[1]
    assert found[0][0] == "license_required"


def test_cells_that_cannot_be_read_as_they_stand_are_errors(desk: Desk, tmp_path: Path) -> None:
    days = pa.array([1_751_328_000_000_000_000, 1_751_328_000_000_000_123], pa.timestamp("ns"))
    table = tmp_path / "orders.parquet"
    pq.write_table(pa.table({"date": days, "destination": ["CN", "CN"]}), table)
    for asks in ("none", "row"):
        batch(table, tmp_path / "decided.parquet", desk=desk, asks=asks)
        errors = pq.read_table(tmp_path / "decided.parquet")["error"].to_pylist()
        assert errors == [None, "date: the cell cannot be read as it stands"]
