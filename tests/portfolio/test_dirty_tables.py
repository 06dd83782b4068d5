"""Tables as they come: whatever cannot be read is told by row, in one line, and the other rows are decided."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("duckdb", reason="needs the extra 'tables'")

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from exeat.desk import Desk
from exeat.portfolio.commands import batch
from exeat.terms import InputError

GOOD = {
    "order_id": "0001",
    "date": "2025-07-01",
    "item": "NVIDIA H100 SXM",
    "destination": "CN",
    "quantity": "8",
    "consignee_country": "CN",
    "consignee_headquarters": "CN",
    "consignee_parent": "CN",
}


def written(path: Path, rows: list[dict[str, Any]], encoding: str = "utf-8") -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def decided(table: Any, folder: Path, desk: Desk, **more: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    summary = batch(table, folder / "out.parquet", desk=desk, **more)
    rows = pq.read_table(folder / "out.parquet").to_pylist()
    assert summary["rows"] == len(rows) == summary["decided"] + summary["errors"]
    assert [row["row"] for row in rows] == list(range(1, len(rows) + 1))
    return summary, rows


def test_the_good_rows_of_a_bad_table_are_decided(tmp_path: Path, desk: Desk) -> None:
    bad = {
        "2": ({"destination": "Chinaa"}, "'Chinaa' is no known place; perhaps CN (China)"),
        "3": ({"date": "07/01/2025"}, "date is '07/01/2025'; expected a day that exists, as YYYY-MM-DD"),
        "4": ({"quantity": "-8"}, "quantity is -8; expected zero or more (units)"),
        "5": ({"quantity": "eight"}, "quantity is 'eight'; expected a number (units)"),
        "6": ({"item": "H1000"}, "H1000"),
        "7": ({"date": ""}, "the row states no date; expected YYYY-MM-DD"),
        "8": ({"date": "2019-01-01"}, "nothing earlier is decided"),
        "9": ({"consignee_country": "ZZ"}, "ultimate consignee: 'ZZ' is no place code of ISO 3166-1"),
        "10": ({"date": "2025-02-30"}, "expected a day that exists"),
    }
    rows = [GOOD, *({**GOOD, **change} for change, _ in bad.values()), GOOD]
    path = written(tmp_path / "orders.csv", rows)
    summary, found = decided(path, tmp_path, desk, errors=tmp_path / "errors.csv")
    assert (summary["decided"], summary["errors"]) == (2, 9)
    for row, (_, message) in bad.items():
        assert message in found[int(row) - 1]["error"]
        assert found[int(row) - 1]["outcome_text"] is None
    assert found[0]["outcome_text"] == found[-1]["outcome_text"] == "license_required"
    assert found[0]["order_id"] == "0001"
    with (tmp_path / "errors.csv").open(encoding="utf-8") as file:
        listed = list(csv.DictReader(file))
    assert [row["row"] for row in listed] == list(bad)


def test_missing_columns_leave_facts_unknown_and_near_names_are_told(tmp_path: Path, desk: Desk) -> None:
    rows = [{"date": "2024-03-01", "item": "NVIDIA H100 SXM", "destinaton": "CN", "Remarks": "urgent"}]
    summary, found = decided(written(tmp_path / "o.csv", rows), tmp_path, desk)
    assert summary["not_understood"]["destinaton"] == "destination"
    assert found[0]["outcome_text"] == "unknown"
    assert "destination" in (found[0]["ask"] or "")


def test_no_date_column_is_one_clear_line(tmp_path: Path, desk: Desk) -> None:
    path = written(tmp_path / "o.csv", [{"shipped": "2024-03-01", "item": "NVIDIA H100 SXM"}])
    with pytest.raises(InputError, match="no column 'date'"):
        batch(path, tmp_path / "out.parquet", desk=desk)
    summary, _ = decided(path, tmp_path, desk, on="shipped")
    assert summary["decided"] == 1
    with pytest.raises(InputError, match="no fact is called 'qantity'; perhaps 'quantity'"):
        batch(path, tmp_path / "out.parquet", desk=desk, on="shipped", mapped={"item": "qantity"})


def test_columns_can_be_named_by_the_caller(tmp_path: Path, desk: Desk) -> None:
    rows = [{"When": "2024-03-01", "SKU": "NVIDIA H100 SXM", "Ship-to": "China", "consignee_country": "China"}]
    _, found = decided(written(tmp_path / "o.csv", rows), tmp_path, desk, on="When", mapped={"Ship-to": "destination"})
    assert found[0]["outcome_text"] == "license_required"
    assert found[0]["Ship-to"] == "China"


def test_no_rows(tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "empty.csv"
    path.write_text(",".join(GOOD) + "\n", encoding="utf-8")
    summary, rows = decided(path, tmp_path, desk)
    assert (summary["rows"], rows) == (0, [])
    table = pa.table({name: pa.array([], pa.string()) for name in GOOD})
    assert decided(table, tmp_path, desk)[0]["rows"] == 0


def test_csv_that_is_not_utf8(tmp_path: Path, desk: Desk) -> None:
    path = written(tmp_path / "o.csv", [{**GOOD, "consignee_name": "Müller Söhne"}], encoding="latin-1")
    summary, found = decided(path, tmp_path, desk)
    assert found[0]["consignee_name"] == "Müller Söhne"
    assert "read as latin-1" in summary["notes"][0]


def test_rows_of_unequal_length_are_one_clear_line(tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "o.csv"
    path.write_text("date,item\n2024-01-01,A,B,C\n2024-01-01\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        batch(path, tmp_path / "out.parquet", desk=desk)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out.parquet").exists()


def test_a_truncated_parquet_is_one_clear_line(tmp_path: Path, desk: Desk) -> None:
    whole = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"date": ["2024-01-01"] * 1000}), whole)
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(whole.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"cut\.parquet cannot be read as Parquet") as error:
        batch(cut, tmp_path / "out.parquet", desk=desk)
    assert "\n" not in str(error.value)


def test_duplicate_orders_are_each_decided(tmp_path: Path, desk: Desk) -> None:
    _, found = decided(written(tmp_path / "o.csv", [GOOD] * 5), tmp_path, desk)
    assert len({row["trace_id"] for row in found}) == 1


def test_excel_with_leading_zeros_and_merged_headers(tmp_path: Path, desk: Desk) -> None:
    import xlsxwriter

    path = tmp_path / "orders.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:E1", "Orders of the second half")
        sheet.merge_range("D2:E2", "Consignee")
        sheet.write_row("A3", ["order", "date", "item", "country", "headquarters"])
        sheet.write_row("A4", ["00017", "2025-07-01", "NVIDIA H100 SXM", "CN", "CN"])
        sheet.write_string("A5", "00018")
        sheet.write_datetime("B5", date(2025, 7, 1), book.add_format({"num_format": "dd/mm/yyyy"}))
        sheet.write_row("C5", ["NVIDIA H100 SXM", "DE", "DE"])
    _, found = decided(path, tmp_path, desk)
    assert [row["order"] for row in found] == ["00017", "00018"]
    assert found[0]["Consignee_country"] == "CN"
    assert all(row["error"] is None for row in found)


def test_nothing_written_is_a_formula(tmp_path: Path, desk: Desk) -> None:
    risky = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "plain", "-5"]
    rows = [{**GOOD, "order_id": word} for word in risky]
    path = written(tmp_path / "o.csv", rows)
    batch(path, tmp_path / "out.csv", desk=desk)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        ids = [row["order_id"] for row in csv.DictReader(file)]
    assert ids == [*("'" + word for word in risky[:5]), "plain", "-5"]
    batch(path, tmp_path / "out.xlsx", desk=desk)
    from python_calamine import CalamineWorkbook

    grid = CalamineWorkbook.from_path(str(tmp_path / "out.xlsx")).get_sheet_by_index(0).to_python()
    assert [row[1] for row in grid[1:]] == risky
    assert "A license is required by § 742.6(a)(6)(iii)" in " ".join(map(str, grid[1]))


def test_from_python(tmp_path: Path, desk: Desk) -> None:
    table = pa.table({name: [value] for name, value in GOOD.items()})
    assert decided(table, tmp_path, desk)[1][0]["outcome_text"] == "license_required"
    with pytest.raises(InputError, match="a dict is no table"):
        batch({"date": []}, tmp_path / "out.parquet", desk=desk)


def test_typed_columns_and_json(tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "o.parquet"
    duckdb.sql(
        "COPY (SELECT DATE '2025-07-01' AS date, 'NVIDIA H100 SXM' AS item, 'CN' AS destination,"
        " 8.0::DOUBLE AS quantity,"
        f" 'CN' AS consignee_country, true AS direct_to_ultimate_consignee) TO '{path}' (FORMAT parquet)"
    )
    assert decided(path, tmp_path, desk)[1][0]["outcome_text"] == "license_required"
    text = tmp_path / "o.json"
    text.write_text(
        '[{"date": "2025-07-01", "item": "NVIDIA H100 SXM", "consignee_country": "CN", "destination": "CN"}]'
    )
    assert decided(text, tmp_path, desk)[1][0]["outcome_text"] == "license_required"


def test_traces_tell_paragraphs_dates_and_the_reason(tmp_path: Path, desk: Desk) -> None:
    import json

    path = written(tmp_path / "o.csv", [GOOD, {**GOOD, "date": "2025-07-02"}, {**GOOD, "consignee_country": "?"}])
    _, found = decided(path, tmp_path, desk, traces=tmp_path / "traces.parquet")
    traces = {row["trace_id"]: row for row in pq.read_table(tmp_path / "traces.parquet").to_pylist()}
    assert {row["trace_id"] for row in found} == set(traces)
    first = traces[found[0]["trace_id"]]
    assert (first["first_date"], first["last_date"]) == ("2025-07-01", "2025-07-02")
    assert "A license is required by § 742.6(a)(6)(iii)" in first["reason"]
    paragraphs = json.loads(first["paragraphs"])
    assert any(p["step"] == "license requirement" and p["instrument"] for p in paragraphs)
