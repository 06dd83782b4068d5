"""Tables as they come: whatever cannot be read is told by row, in one line, and the other rows are decided."""

from __future__ import annotations

import csv
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("duckdb", reason="needs the extra 'tables'")

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from exeat.desk import Desk
from exeat.portfolio.commands import batch
from exeat.portfolio.days import day_of
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
        "3": ({"date": "07/01/2025"}, "date is '07/01/2025', which may be 2025-01-07 (day first) or 2025-07-01"),
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


def test_a_row_of_another_length_is_an_error_of_its_own(tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "o.csv"
    head, good = ",".join(GOOD), ",".join(GOOD.values())
    lines = [head, good, f"{good},one,too,many", '0002,2025-07-01,"two\nlines"', good, f"{good},,"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    summary, found = decided(path, tmp_path, desk)
    assert [row["error"] for row in found] == [
        None,
        "line 3 has 11 cells and the header 8; nothing of it is read",
        "line 4 has 3 cells and the header 8; nothing of it is read",
        None,
        None,
    ]
    assert [row["outcome_text"] for row in found] == ["license_required", None, None, *["license_required"] * 2]
    assert found[2]["order_id"] == "0002", "what stands in the line is carried along"
    assert "@fault" not in found[0]
    assert (summary["decided"], summary["errors"]) == (3, 2)


def test_a_row_in_error_has_no_answer_whatever_the_type_of_its_cells(tmp_path: Path, desk: Desk) -> None:
    columns: dict[str, Any] = {name: [value] * 3 for name, value in GOOD.items()}
    _, found = decided(pa.table({**columns, "quantity": [8, -8, 8]}), tmp_path, desk)
    assert [row["outcome_enforced"] for row in found] == ["license_required", None, "license_required"]
    assert [row["trace_id"] is None for row in found] == [row["error"] is not None for row in found]
    assert "quantity is -8; expected zero or more" in found[1]["error"]


def test_a_table_that_was_decided_before_is_decided_again(tmp_path: Path, desk: Desk) -> None:
    path = written(tmp_path / "o.csv", [GOOD, {**GOOD, "date": "never"}])
    for time in range(3):
        summary = batch(path, tmp_path / f"{time}.csv", desk=desk, errors=tmp_path / "errors.csv")
        assert (summary["decided"], summary["errors"]) == (1, 1)
        path = tmp_path / f"{time}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        head = next(csv.reader(file))
        first, second = csv.DictReader(file, fieldnames=head)
    assert len(set(head)) == len(head)
    assert (first["exeat_outcome_text"], first["error"]) == ("license_required", "")
    assert (second["exeat_outcome_text"], second["error (given)"]) == ("", second["error"])
    assert "never" in second["error"]


def test_a_quotation_mark_that_is_never_closed_is_one_clear_line(tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "o.csv"
    path.write_text('date,item\n2024-01-01,A\n2024-01-01,"B\n2024-01-01,C\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"o\.csv:3: unexpected end of data \(a row begins here\)"):
        batch(path, tmp_path / "out.parquet", desk=desk)
    assert not (tmp_path / "out.parquet").exists()


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2025-07-01", "2025-07-01"),
        ("2025-07-01T23:59:59Z", "2025-07-01"),
        ("2025-07-01 8:30", "2025-07-01"),
        ("2025/07/01", "2025-07-01"),
        ("20250701", "2025-07-01"),
        ("45839", "2025-07-01"),
        ("45839.75", "2025-07-01"),
        ("1-Jul-2025", "2025-07-01"),
        ("July 1, 2025", "2025-07-01"),
        ("25/12/2025", "2025-12-25"),
        ("12.25.2025", "2025-12-25"),
        ("05/05/2025", "2025-05-05"),
        ("03/04/2025", "may be 2025-04-03 (day first) or 2025-03-04 (month first)"),
        ("30.02.2025", "expected a day that exists"),
        ("2025-13-01", "expected a day that exists"),
        ("1/7/25", "expected a day that exists"),
        ("12345", "expected a day that exists"),
        ("99999999", "expected a day that exists"),
        ("Q3 2025", "expected a day that exists"),
    ],
)
def test_a_day_is_read_where_it_has_one_reading(cell: str, day: str) -> None:
    if day.startswith("2025"):
        assert day_of(cell).isoformat() == day
    else:
        with pytest.raises(InputError, match=re.escape(day)):
            day_of(cell)


def test_many_forms_of_dates_in_one_column(tmp_path: Path, desk: Desk) -> None:
    forms = ["2025-07-01", "45839", "03/04/2025", "1 Jul 2025"]
    path = written(tmp_path / "o.csv", [{**GOOD, "date": form} for form in forms])
    summary, found = decided(path, tmp_path, desk, traces=tmp_path / "traces.parquet")
    assert [row["error"] is None for row in found] == [True, True, False, True]
    assert "--dates dmy or mdy" in found[2]["error"]
    assert any("day numbers of Excel (such as 45839)" in note for note in summary["notes"])
    (trace,) = pq.read_table(tmp_path / "traces.parquet").to_pylist()
    assert (trace["first_date"], trace["last_date"], trace["rows"]) == ("2025-07-01", "2025-07-01", 3)
    assert [row["date"] for row in found] == forms, "cells are carried along as they stand"
    # The rule took effect on 15 May 2025: which reading is meant changes the answer.
    days = [{**GOOD, "destination": "DE", "consignee_country": "DE", "date": "06/05/2025"}]
    path = written(tmp_path / "d.csv", days)
    for order, outcome in (("dmy", "no_license_required"), ("mdy", "license_exception")):
        more = {"consignee_headquarters": "DE", "consignee_parent": "DE", "activity": "export", "origin": "US"}
        written(path, [{**days[0], **more}])
        assert decided(path, tmp_path, desk, dates=order)[1][0]["outcome_text"] == outcome


def test_two_columns_of_one_name(tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "o.csv"
    path.write_text("date,item,Date\n2025-07-01,NVIDIA H100 SXM,2024-07-01\n", encoding="utf-8")
    with pytest.raises(InputError, match="two columns are called 'Date' \\(one of them is column 3\\)"):
        batch(path, tmp_path / "out.parquet", desk=desk)
    path.write_text("date,item,remark,remark,\n2025-07-01,NVIDIA H100 SXM,a,b,c\n", encoding="utf-8")
    _, found = decided(path, tmp_path, desk)
    assert (found[0]["remark"], found[0]["remark (4)"], found[0]["column 5"]) == ("a", "b", "c")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("o.csv", b"", "o.csv is empty"),
        ("o.csv", b" \n\n", "o.csv is empty"),
        ("o.xlsx", b"", "o.xlsx is empty"),
        ("o.csv", b"<!DOCTYPE html><html><body>Sign in</body></html>", "is a web page"),
        ("o.xlsx", b"<html><table><tr><td>date</td></tr></table></html>", "is a web page"),
        ("o.csv", b"date,item\0\0\0", "is no text"),
        ("o.xlsx", b"date,item\n2025-07-01,H100\n", "cannot be read as an Excel workbook"),
        ("o.json", b"{not json", "cannot be read"),
        ("o.doc", b"date", "expected .parquet, .csv, .xlsx or .json"),
        ("o.parquet", b"", "cannot be read as Parquet"),
        ("o.csv", b"item,destination\nH100,DE\n", "no column 'date'"),
    ],
)
def test_what_is_no_table_is_one_clear_line(tmp_path: Path, desk: Desk, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=re.escape(says)) as error:
        batch(tmp_path / name, tmp_path / "out.parquet", desk=desk)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out.parquet").exists()


def test_other_separators_and_encodings(tmp_path: Path, desk: Desk) -> None:
    rows = [{**GOOD, "consignee_name": "Müller, Söhne"}]
    for separator, encoding in ((";", "utf-8-sig"), ("\t", "utf-16"), ("|", "utf-8")):
        path = tmp_path / "o.csv"
        with path.open("w", newline="", encoding=encoding) as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]), delimiter=separator)
            writer.writeheader()
            writer.writerows(rows)
        _, found = decided(path, tmp_path, desk)
        assert (found[0]["consignee_name"], found[0]["error"]) == ("Müller, Söhne", None)
        assert found[0]["outcome_text"] == "license_required"


def test_a_truncated_parquet_is_one_clear_line(tmp_path: Path, desk: Desk) -> None:
    whole = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"date": ["2024-01-01"] * 1000}), whole)
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(whole.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"cut\.parquet cannot be read as Parquet") as error:
        batch(cut, tmp_path / "out.parquet", desk=desk)
    assert "\n" not in str(error.value)


def test_a_parquet_damaged_inside_is_one_clear_line(tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "inside.parquet"
    columns = {name: [f"{value}" for _ in range(2000)] for name, value in GOOD.items()}
    pq.write_table(pa.table({**columns, "order_id": [str(n * 7919) for n in range(2000)]}), path, compression="zstd")
    whole = bytearray(path.read_bytes())
    whole[4 : len(whole) // 2] = b"\0" * (len(whole) // 2 - 4)
    path.write_bytes(whole)
    with pytest.raises(InputError, match=r"inside\.parquet cannot be read") as error:
        batch(path, tmp_path / "out.parquet", desk=desk)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out.parquet").exists()


def test_duplicate_orders_are_each_decided_and_told(tmp_path: Path, desk: Desk) -> None:
    rows = [GOOD] * 3 + [{**GOOD, "order_id": "0002"}]
    summary, found = decided(written(tmp_path / "o.csv", rows), tmp_path, desk)
    assert len({row["trace_id"] for row in found}) == 1
    assert summary["notes"] == ["3 rows share their 'order_id' with another row (the first is '0001'); each is kept"]


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


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def test_the_sheet_with_the_table_is_found_among_several(tmp_path: Path, desk: Desk) -> None:
    table = [list(GOOD), list(GOOD.values())]
    other = [["Legend"], ["CN", "China"]]
    path = workbook(tmp_path / "o.xlsx", {"Read me": other, "Orders": table, "Codes": other})
    summary, found = decided(path, tmp_path, desk)
    assert found[0]["outcome_text"] == "license_required"
    assert "read the sheet 'Orders' of o.xlsx; not read: 'Read me', 'Codes'" in summary["notes"]
    path = workbook(tmp_path / "o.xlsx", {"January": table, "February": [*table, table[1]], "Codes": other})
    with pytest.raises(InputError, match="2 sheets have a column date: 'January', 'February'; say which"):
        batch(path, tmp_path / "out.parquet", desk=desk)
    assert decided(path, tmp_path, desk, sheet="February")[0]["rows"] == 2
    with pytest.raises(InputError, match="has no sheet 'Febuary'; perhaps 'February'"):
        batch(path, tmp_path / "out.parquet", desk=desk, sheet="Febuary")
    path = workbook(tmp_path / "o.xlsx", {"Orders": [["item", "shipped"], ["NVIDIA H100 SXM", "2025-07-01"]]})
    with pytest.raises(InputError, match=r"no column 'date'.*columns are item, shipped"):
        batch(path, tmp_path / "out.parquet", desk=desk)


def grid_of(path: Path) -> list[list[Any]]:
    from python_calamine import CalamineWorkbook

    grid: list[list[Any]] = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    return grid


def test_nothing_written_is_a_formula(tmp_path: Path, desk: Desk) -> None:
    import zipfile

    risky = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "＝1", "plain", "-5"]
    rows = [{**GOOD, "order_id": word, "consignee_name": word, "=1+1": "x"} for word in risky]
    path = written(tmp_path / "o.csv", rows)
    batch(path, tmp_path / "out.csv", desk=desk)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    assert [row["order_id"] for row in listed] == [*("'" + word for word in risky[:7]), "plain", "-5"]
    assert [row["consignee_name"] for row in listed] == [row["order_id"] for row in listed]
    assert "'=1+1" in listed[0] and "=1+1" not in listed[0], "a column's name is a cell too"
    batch(path, tmp_path / "out.xlsx", desk=desk)
    grid = grid_of(tmp_path / "out.xlsx")
    assert [row[1] for row in grid[1:]] == risky
    assert "A license is required by § 742.6(a)(6)(iii)" in " ".join(map(str, grid[1]))
    with zipfile.ZipFile(tmp_path / "out.xlsx") as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml"), "no cell is a formula"
        assert b'quotePrefix="1"' in book.read("xl/styles.xml"), "nor becomes one when it is edited"


def test_numbers_stay_numbers_and_codes_stay_texts(tmp_path: Path, desk: Desk) -> None:
    rows = [{**GOOD, "quantity": "512", "value": "007"}, {**GOOD, "quantity": "?", "value": "1.50"}]
    batch(written(tmp_path / "o.csv", rows), tmp_path / "out.xlsx", desk=desk)
    first, second = (dict(zip(grid_of(tmp_path / "out.xlsx")[0], row, strict=True)) for row in grid_of(
        tmp_path / "out.xlsx")[1:])  # fmt: skip
    assert (first["quantity"], first["order_id"], first["value"]) == (512, "0001", "007")
    assert (second["quantity"], second["value"], second["row"]) == ("?", "1.50", 2)
    typed = pa.table(
        {
            **{name: [value] for name, value in GOOD.items()},
            "quantity": pa.array([8], pa.decimal128(10, 2)),
            "price": [19.5],
            "big": [1234567890123456789],
            "nothing": [float("nan")],
            "at": [datetime(2025, 7, 1, 8, 30)],
        }
    )
    batch(typed, tmp_path / "typed.xlsx", desk=desk)
    head, cells = grid_of(tmp_path / "typed.xlsx")[:2]
    found = dict(zip(head, cells, strict=True))
    assert (found["quantity"], found["price"], found["big"]) == (8, 19.5, "1234567890123456789")
    assert (found["nothing"], found["at"]) == ("", datetime(2025, 7, 1, 8, 30))


def test_a_sheet_that_would_be_too_long_is_refused_before_the_work(
    tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exeat.portfolio.sheets.MOST_ROWS", 3)
    path = written(tmp_path / "o.csv", [GOOD] * 3)
    seen: list[str] = []
    with pytest.raises(InputError, match=r"a sheet holds 2 rows and there are 3; write \.parquet or \.csv"):
        batch(path, tmp_path / "out.xlsx", desk=desk, progress=lambda what, done, of: seen.append(what))
    assert seen == ["reading the table"]
    assert not (tmp_path / "out.xlsx").exists()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"out": "out.doc"}, "expected a name that ends in .parquet, .csv, .xlsx"),
        ({"out": "none/out.csv"}, "there is no folder"),
        ({"out": "o.csv"}, "o.csv is named twice"),
        ({"traces": "traces.csv"}, "--traces traces.csv: expected a name that ends in .parquet"),
        ({"errors": "out.parquet"}, "out.parquet is named twice"),
        ({"memory": "much"}, "memory is 'much'; expected a size such as 2GB"),
        ({"threads": 0}, "threads is 0; expected one or more"),
        ({"mapped": {"Item": "item"}}, "the table has no column 'Item'; perhaps 'item'"),
    ],
)
def test_options_that_cannot_be_meant_are_one_clear_line(
    tmp_path: Path, desk: Desk, more: dict[str, Any], says: str
) -> None:
    path = written(tmp_path / "o.csv", [GOOD])
    files = {name: tmp_path / more[name] for name in ("out", "traces", "errors") if name in more}
    with pytest.raises(InputError, match=re.escape(says)):
        batch(path, **{"out": tmp_path / "out.parquet", "desk": desk, **more, **files})


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
