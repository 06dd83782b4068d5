"""Tables: the batch answers as the desk does, row by row; dirty rows are told, none is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from random_tables import disagreements

from exeat.desk import Desk
from exeat.portfolio.commands import batch
from exeat.terms import InputError

pq = pytest.importorskip("pyarrow.parquet")

HEADER = (
    "order,item,date,destination,quantity,activity,origin,ultimate_consignee_country,"
    "ultimate_consignee_headquarters,ultimate_consignee_ultimate_parent_headquarters"
)
GOOD = "1,NVIDIA H100 SXM,2025-07-01,DE,512,export,US,DE,DE,DE"


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("seed", [0, 3, 5])
def test_the_batch_answers_as_the_desk(desk: Desk, seed: int, tmp_path: Path) -> None:
    assert disagreements(desk, seed, 30, tmp_path, days=2) == []


def decided(desk: Desk, tmp_path: Path, *lines: str) -> tuple[dict[str, object], list[dict[str, object]]]:
    table = tmp_path / "orders.csv"
    table.write_text("\n".join((HEADER, *lines)) + "\n", encoding="utf-8")
    found = batch(table, tmp_path / "decided.parquet", desk=desk)
    return found, pq.read_table(tmp_path / "decided.parquet").to_pylist()


def test_every_row_comes_back_in_its_order(desk: Desk, tmp_path: Path) -> None:
    singapore = "2,NVIDIA H100 SXM,2025-07-01,SG,10,export,US,SG,SG,CN"
    found, rows = decided(desk, tmp_path, GOOD, singapore, GOOD)
    assert [row["outcome_text"] for row in rows] == ["license_exception", "license_required", "license_exception"]
    assert [row["outcome_enforced"] for row in rows] == [
        "no_license_required",
        "license_required",
        "no_license_required",
    ]
    assert (found["rows"], found["decided"], found["errors"]) == (3, 3, 0)
    assert [row["order"] for row in rows] == ["1", "2", "1"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("2,NVIDIA H1000,2025-07-01,DE,1,export,US,DE,DE,DE", "H1000"),
        ("2,NVIDIA H100 SXM,2025-02-30,DE,1,export,US,DE,DE,DE", "2025-02-30"),
        ("2,NVIDIA H100 SXM,2025-07-01,XX,1,export,US,DE,DE,DE", "XX"),
        ("2,NVIDIA H100 SXM,2025-07-01,DE,-4,export,US,DE,DE,DE", "-4"),
    ],
)
def test_a_row_that_cannot_be_read_is_told_and_the_rest_decided(
    desk: Desk, tmp_path: Path, line: str, words: str
) -> None:
    found, rows = decided(desk, tmp_path, GOOD, line, GOOD)
    assert (found["rows"], found["decided"], found["errors"]) == (3, 2, 1)
    assert words in str(rows[1]["error"])
    assert rows[1]["outcome_text"] is None
    assert rows[2]["outcome_text"] == "license_exception"


def test_a_missing_fact_is_unknown(desk: Desk, tmp_path: Path) -> None:
    _, rows = decided(desk, tmp_path, "1,NVIDIA H100 SXM,2025-07-01,DE,512,export,US,DE,,")
    assert rows[0]["outcome_enforced"] == "unknown"


def test_an_empty_table_and_what_is_no_table(desk: Desk, tmp_path: Path) -> None:
    found, rows = decided(desk, tmp_path)
    assert (found["rows"], rows) == (0, [])
    for name, content in (("cut.parquet", "PAR1"), ("orders.doc", "x")):
        (tmp_path / name).write_text(content, encoding="utf-8")
        with pytest.raises(InputError):
            batch(tmp_path / name, tmp_path / "out.parquet", desk=desk)
    (tmp_path / "a.json").write_text(json.dumps([{"item": "NVIDIA H100 SXM"}]), encoding="utf-8")
    with pytest.raises(InputError, match="date"):
        batch(tmp_path / "a.json", tmp_path / "out.parquet", desk=desk)
