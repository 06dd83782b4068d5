"""Excel: a sheet read as texts, and a sheet written for people. This is where the Excel libraries enter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from pathlib import Path

from exeat.terms import InputError

#: Rows a sheet can hold, its header among them.
MOST_ROWS = 1_048_576
_HEADER_WITHIN = 20
_WIDTH_AT_MOST = 60


def read_sheet(path: Path, known: Iterable[str] = ("date",)) -> tuple[list[str], list[list[str | None]]]:
    """The first sheet: column names, and rows of texts; empty cells are None.

    The header is the first row that has one of the ``known`` names (letter case aside). Merged cells count as filled
    with what they show; a heading over several columns is joined to the names below (``Consignee`` over ``country``).

    Raises:
        InputError: not a workbook, or no header with a known name.
    """
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError:
        raise InputError("Excel files need python-calamine: pip install 'exeat[tables]'") from None
    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        grid = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
        merged = sheet.merged_cell_ranges or []
    except (CalamineError, OSError, ValueError) as error:
        said = (str(error).splitlines() or [""])[0][:200]
        raise InputError(f"{path.name} cannot be read as an Excel workbook: {said}") from None
    for (top, left), (bottom, right) in merged:
        for row in range(top, min(bottom + 1, len(grid))):
            for column in range(left, min(right + 1, len(grid[row]))):
                grid[row][column] = grid[top][left]
    wanted = {word.casefold() for word in known}
    header = next((n for n, row in enumerate(grid[:_HEADER_WITHIN]) if _has(row, wanted)), None)
    if header is None:
        listed = ", ".join(sorted(wanted))
        raise InputError(f"{path.name}: none of the first {_HEADER_WITHIN} rows has a column {listed}")
    names = _names(grid[: header + 1])
    body = grid[header + 1 :]
    while body and not any(body[-1]):
        body.pop()
    width = len(names)
    return names, [[cell or None for cell in (*row, *[""] * width)][:width] for row in body]


def _has(row: Sequence[str], wanted: set[str]) -> bool:
    return any(cell.strip().casefold() in wanted for cell in row)


def _names(rows: Sequence[Sequence[str]]) -> list[str]:
    """A name for each column: its own cell, after the heading above it where several columns share that."""
    last = rows[-1]
    above = rows[-2] if len(rows) > 1 else [""] * len(last)
    found: list[str] = []
    for place, name in enumerate(last):
        over = above[place] if place < len(above) else ""
        shared = bool(over) and sum(1 for cell in above if cell == over) > 1 and over != name
        spans_all = set(above) == {over}  # a title over the whole table
        made = f"{over}_{name}" if shared and not spans_all else name
        made = made or f"column {place + 1}"
        while made.casefold() in {other.casefold() for other in found}:
            made = f"{made} ({place + 1})"
        found.append(made)
    return found


def _text(cell: object) -> str:
    """A cell as the text a person sees, as far as the file tells: whole numbers without a point, days as ISO."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return str(cell)


def write_sheet(path: Path, names: Sequence[str], rows: Iterable[Sequence[object]], count: int) -> None:
    """One sheet for people, with a header that stays in sight. Texts are never formulas.

    Raises:
        InputError: more rows than a sheet can hold.
    """
    if count + 1 > MOST_ROWS:
        raise InputError(f"a sheet holds {MOST_ROWS - 1:,} rows and there are {count:,}; write .parquet or .csv")
    try:
        import xlsxwriter
    except ImportError:
        raise InputError("Excel files need XlsxWriter: pip install 'exeat[tables]'") from None
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet("decided")
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 0)
        for place, name in enumerate(names):
            sheet.set_column(place, place, min(max(len(name) + 2, 14), _WIDTH_AT_MOST))
            sheet.write_string(0, place, name, bold)
        for number, row in enumerate(rows, 1):
            for place, cell in enumerate(row):
                if isinstance(cell, bool):
                    sheet.write_boolean(number, place, cell)
                elif isinstance(cell, (date, datetime)):
                    sheet.write_datetime(number, place, cell, day)
                elif isinstance(cell, (int, float)) and abs(cell) < 10**15:
                    sheet.write_number(number, place, cell)
                elif cell is not None:
                    sheet.write_string(number, place, str(cell)[:32_000])
        sheet.autofilter(0, 0, max(count, 1), len(names) - 1)
