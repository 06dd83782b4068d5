"""Rows decided over arrays, by signature: the same as by class and at the desk, however the rows are read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("duckdb", reason="needs the extra 'tables'")
pytest.importorskip("numpy", reason="needs the extra 'tables'")

import pyarrow.parquet as pq

from exeat.desk import Desk
from exeat.determination.answer import Determination
from exeat.portfolio import alike_rows, deciding
from exeat.portfolio.commands import batch
from exeat.portfolio.signatures import Signature, Signing
from exeat.terms import InputError

HEAD = "date,item,destination,quantity,consignee_country,consignee_parent,end_use"
ROWS = """
2026-02-01,H20,CN,8,CN,CN,cloud_service
2026-02-01,H20,?,8,CN,CN,
2025-03-01,NVIDIA H100 SXM,DE,1700,DE,DE,own_data_center
2025-03-01,NVIDIA H100 SXM,DE,1699,DE,DE,own_data_center
2025-03-01,NVIDIA H100 SXM,DE,,DE,?,own_data_center
2025-07-01,nvidia-grace,CN,5,CN,CN,
2025-07-01,nvidia-rubin-cpx,SA,5,SA,SA,training
2023-01-15,nvidia-orin-64,RU,1,RU,RU,consumer
2025-07-01,nvidia-orin-64,CN,1,CN,CN,consumer
2025-07-01,RTX 4090,Atlantis,1,DE,DE,consumer
2025-07-01,RTX 4090,DE,-1,DE,DE,consumer
1999-01-01,RTX 4090,DE,1,DE,DE,consumer
2025-07-01,no such chip at all,DE,1,DE,DE,consumer
2025-07-01,RTX 4090,FR,1000000000000000000000000000000,FR,FR,consumer
2025-07-01,,FR,1,FR,FR,consumer
""".strip()


def written(folder: Path, text: str) -> Path:
    table = folder / "orders.csv"
    table.write_text(text, encoding="utf-8")
    return table


def decided(table: Path, desk: Desk, asks: str) -> list[dict[str, Any]]:
    out = table.with_name(f"{asks}.parquet")
    batch(table, out, desk=desk, asks=asks)
    rows: list[dict[str, Any]] = pq.read_table(out).to_pylist()
    for row in rows:
        row.pop("ask", None)
    return rows


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("signatures"), f"{HEAD}\n{ROWS}\n")


@pytest.fixture(scope="module")
def by_class(table: Path, desk: Desk) -> list[dict[str, Any]]:
    return decided(table, desk, "row")


def test_by_signature_and_by_class_are_the_same(table: Path, by_class: list[dict[str, Any]], desk: Desk) -> None:
    found = decided(table, desk, "none")
    assert found == by_class
    assert [row["error"] is not None for row in found] == [False] * 9 + [True] * 4 + [False] * 2
    assert len({row["trace_id"] for row in found if row["trace_id"]}) > 5


def test_in_chunks_of_any_size(
    table: Path, by_class: list[dict[str, Any]], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in (1, 4):
        monkeypatch.setattr(deciding, "CHUNK", size)
        assert decided(table, desk, "none") == by_class


def test_with_keys_that_no_single_number_holds(
    table: Path, by_class: list[dict[str, Any]], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alike_rows, "_ROOM", 2)
    monkeypatch.setattr(deciding, "CHUNK", 4)
    assert decided(table, desk, "none") == by_class


def test_an_uncertain_figure_beside_a_figure_of_the_row(tmp_path: Path, desk: Desk) -> None:
    # The die area is known within bounds, the TPP is stated by each row: the answer turns elsewhere for each.
    rows = [f"2026-03-01,nvidia-grace,CN,{tpp},CN,CN" for tpp in (100, 1599, 1600, 2399, 2400, 4799, 4800, "?", "")]
    table = written(tmp_path, "\n".join(["date,item,destination,tpp,consignee_country,consignee_parent", *rows]))
    found = decided(table, desk, "none")
    assert found == decided(table, desk, "row")
    for row in found:
        party = {"role": "ultimate_consignee", "location": "CN", "ultimate_parent_headquarters": "CN"}
        facts = {} if row["tpp"] is None else {"tpp": row["tpp"].replace("?", "unknown")}
        stated = {"item": "nvidia-grace", "date": "2026-03-01", "destination": "CN", "facts": facts, "parties": [party]}
        alone = desk.check(stated)
        assert (row["outcome_text"], row["outcome_enforced"]) == (
            alone.outcome_on("text"),
            alone.outcome_on("enforced"),
        )
    assert len({row["outcome_text"] for row in found}) > 1


def test_nothing_is_written_where_two_readings_differ(
    table: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    right = Signing.of_determination

    def wrong(self: Signing, found: Determination) -> Signature:
        return replace(right(self, found), eccn="0A000")

    monkeypatch.setattr(Signing, "of_determination", wrong)
    out = tmp_path / "out.parquet"
    with pytest.raises(InputError, match=r"two readings of the law differ on 20.*Nothing is written"):
        batch(table, out, desk=desk, asks="trace")
    assert not out.exists()


def test_a_table_without_rows(tmp_path: Path, desk: Desk) -> None:
    assert decided(written(tmp_path, f"{HEAD}\n"), desk, "none") == []


def test_above_twenty_thousand_rows_traces_are_asked(
    table: Path, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from exeat.portfolio import asking

    monkeypatch.setattr(asking, "ASKED_BY_ROW", 14)
    found = batch(table, tmp_path / "out.parquet", desk=desk, traces=tmp_path / "traces.parquet")
    assert any("--asks row" in note for note in found["notes"])
    assert "ask" not in pq.read_schema(tmp_path / "out.parquet").names
    assert any(pq.read_table(tmp_path / "traces.parquet")["ask"].to_pylist())
    monkeypatch.setattr(asking, "ASKED_BY_ROW", 15)
    batch(table, tmp_path / "out.parquet", desk=desk)
    assert "ask" in pq.read_schema(tmp_path / "out.parquet").names
