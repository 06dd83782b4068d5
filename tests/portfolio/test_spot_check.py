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
