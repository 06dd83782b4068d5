"""Cells that look empty and are not, or are and do not look it: none may answer in the place of a fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("duckdb", reason="needs the extra 'tables'")

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from exeat.desk import Desk
from exeat.logic.tree import Value
from exeat.portfolio.columns import party_of, read_columns
from exeat.portfolio.commands import batch
from exeat.portfolio.sheet_errors import UNCALCULATED, errors_of
from exeat.portfolio.sheets import read_sheet
from exeat.portfolio.warehouse import Order, query
from exeat.supplied import Screened

ORDER = {"date": "2025-07-01", "item": "NVIDIA GeForce RTX 4060", "destination": "DE", "consignee_country": "DE"}


class Listed:
    """Finds whomever it is asked for on the Entity List."""

    def party(self, stated: Mapping[str, Value], owners: Sequence[object], on: date, *, by_name: bool) -> Screened:
        report: dict[str, Any] = {
            "candidates": [],
            "more_candidates": 0,
            "statement": "listed",
            "facts": {"on_entity_list": "yes"},
            "hold": [],
        }
        return Screened({"on_entity_list": True}, report)


def decided(table: pa.Table, folder: Path, desk: Desk, **more: Any) -> list[dict[str, Any]]:
    batch(table, folder / "out.parquet", desk=desk, **more)
    return pq.read_table(folder / "out.parquet").to_pylist()


@pytest.mark.parametrize("blank", ["\t", "\n", " \r\n", "\u00a0", "\u2028", "", None])
def test_a_blank_cell_of_any_kind_does_not_silence_what_the_lists_say(
    desk: Desk, tmp_path: Path, blank: str | None
) -> None:
    row = {**ORDER, "consignee_name": "Somebody", "consignee_on_entity_list": blank}
    stated = {**row, "consignee_on_entity_list": "no"}
    known = {**row, "consignee_on_entity_list": "yes"}
    table = pa.table({name: pa.array([one[name] for one in (row, stated, known)], pa.string()) for name in row})
    found, without, told = decided(table, tmp_path, desk, screening=Listed())
    assert found["error"] is None
    assert found["trace_id"] == told["trace_id"] != without["trace_id"]


@pytest.mark.parametrize("cell", ["-", ";", " ; | ", "--", "EL; -"])
def test_a_dash_or_a_separator_does_not_say_that_a_party_is_on_no_list(desk: Desk, tmp_path: Path, cell: str) -> None:
    row = {**ORDER, "consignee_name": "Somebody", "consignee_lists": cell}
    (found,) = decided(pa.table({name: [value] for name, value in row.items()}), tmp_path, desk, screening=Listed())
    assert "no list is called" in found["error"]


def test_none_still_says_it(desk: Desk) -> None:
    vocabulary = desk.lawbook.vocabulary
    columns = read_columns(["date", "consignee_lists"], vocabulary)
    for cell, lists in (("none", []), ("No;", []), ("EL | NS-MBS;", ["EL", "NS-MBS"])):
        party = party_of({"consignee_lists": cell}, "ultimate_consignee", columns, vocabulary)
        assert party is not None
        assert party["lists"] == lists


def test_a_query_reads_cells_of_lists_as_the_table_does(desk: Desk) -> None:
    refused = ("-", ";", "list", " ; ", "EL; -", "?", "EL, SDN")
    cells = (*refused, "none", "EL;", "NS-MBS | UVL", "Entity List", "")
    names = (*ORDER, "consignee_lists")
    text = query(Order(date(2025, 7, 1), date(2025, 7, 1), dated=False, columns=names, items=True), desk).sql
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE orders ({', '.join(f'{name} VARCHAR' for name in names)})")
        rows = [[*ORDER.values(), cell] for cell in cells]
        connection.executemany(f"INSERT INTO orders VALUES ({', '.join('?' * len(names))})", rows)
        found = connection.execute(text)
        told = [name for name, *_ in found.description]
        read = [dict(zip(told, row, strict=True)) for row in found.fetchall()]
    error = next(name for name in told if name.endswith("error"))
    assert len(read) == len(cells)
    assert {row["consignee_lists"] for row in read if row[error] is not None} == {*refused}


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    xlsxwriter = pytest.importorskip("xlsxwriter")
    path = tmp_path / "orders.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("Notes & more").write(0, 0, "nothing")
        sheet = book.add_worksheet("Orders & more")
        for place, name in enumerate([*ORDER, "specified_in_eccn", "is_military_end_user", "remark"]):
            sheet.write(1, place, name)
        for row in (2, 3, 4):
            for place, value in enumerate(ORDER.values()):
                sheet.write(row, place, value)
        sheet.write_formula(2, 4, "=NA()", None, "#N/A")
        sheet.write_formula(3, 4, "=B1", None, "")
        sheet.write_formula(4, 6, '="a"', None, "a")
    return path


def test_an_error_or_an_uncalculated_formula_is_no_empty_cell(desk: Desk, workbook: Path) -> None:
    assert list(errors_of(workbook, "Orders & more")) == [(2, 4, "#N/A"), (3, 4, UNCALCULATED)]
    names, rows = read_sheet(workbook)
    place = names.index("specified_in_eccn")
    assert [row[place] for row in rows] == ["#N/A", UNCALCULATED, None]


def test_such_a_row_is_an_error_and_not_a_presumption(desk: Desk, workbook: Path, tmp_path: Path) -> None:
    batch(workbook, tmp_path / "out.parquet", desk=desk)
    first, second, third = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert "specified_in_eccn is '#N/A'" in first["error"]
    assert UNCALCULATED in second["error"]
    assert third["error"] is None
