"""Excel: a sheet read as texts, and a sheet written for people. This is where the Excel libraries enter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from exeat.logic.vocabulary import nearest
from exeat.portfolio.delimited import refuse_markup, unique
from exeat.portfolio.sheet_errors import READABLE, errors_of
from exeat.terms import InputError

#: Rows a sheet can hold, its header among them.
MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
#: Files that hold sheets, by their endings.
WORKBOOKS = ("xlsx", "xlsm", "xlsb", "xls", "ods")
_HEADER_WITHIN = 20
#: A header without a known column of days is found by these; what is missing is then told of the table.
_OTHERWISE = {"item", "sku", "product", "destination", "quantity"}
_WIDTH_AT_MOST = 60
_MERGED: TypeAlias = Sequence[tuple[tuple[int, int], tuple[int, int]]]


def read_sheet(
    path: Path, known: Iterable[str] = ("date",), named: str | None = None, notes: list[str] | None = None
) -> tuple[list[str], list[list[str | None]]]:
    """The sheet with the table: column names, and rows of texts; empty cells are None.

    The header is the first row that has one of the ``known`` names (letter case aside). Merged cells count as filled
    with what they show; a heading over several columns is joined to the names below (``Consignee`` over ``country``).
    ``named`` is the sheet to read; otherwise the one sheet that has such a header. ``notes`` is told of the others.

    Raises:
        InputError: not a workbook, no header with a known name, or several sheets with one.
    """
    grids = _grids(path, named)
    wanted = {word.casefold() for word in known}
    headers = _headers(grids, wanted) or _headers(grids, _OTHERWISE)
    found = list(headers)
    listed = ", ".join(sorted(wanted))
    if not found:
        where = f"the sheet {named!r} has" if named else "no sheet has"
        raise InputError(
            f"{path.name}: {where} a column {listed} in its first {_HEADER_WITHIN} rows; name the column that holds "
            "the day (--on COLUMN)"
        )
    if len(found) > 1:
        raise InputError(
            f"{path.name}: {len(found)} sheets have a column {listed}: {', '.join(map(repr, found))}; say which "
            "(--sheet NAME)"
        )
    others = [name for name in grids if name != found[0]]
    if others and notes is not None:
        notes.append(f"read the sheet {found[0]!r} of {path.name}; not read: {', '.join(map(repr, others))}")
    if path.suffix.lower() in (".xls", ".xlsb") and notes is not None:
        notes.append(
            f"{path.name}: cells with errors (#N/A) cannot be told from empty ones; save it as .xlsx to see them"
        )
    grid, header = grids[found[0]], headers[found[0]]
    names = _names(grid[: header + 1])
    body = grid[header + 1 :]
    while body and not any(body[-1]):
        body.pop()
    width = len(names)
    return names, [[cell or None for cell in (*row, *[""] * width)][:width] for row in body]


def _headers(grids: Mapping[str, Sequence[Sequence[str]]], wanted: set[str]) -> dict[str, int]:
    """The row of the header in each sheet that has one."""
    found = {}
    for name, grid in grids.items():
        header = next((n for n, row in enumerate(grid[:_HEADER_WITHIN]) if _has(row, wanted)), None)
        if header is not None:
            found[name] = header
    return found


def _grids(path: Path, named: str | None) -> dict[str, list[list[str]]]:
    """The cells of each sheet (or of the one that is named) as texts, merged cells filled.

    Raises:
        InputError: not a workbook, or no such sheet.
    """
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError:
        raise InputError("Excel files need python-calamine: pip install 'exeat[tables]'") from None
    with path.open("rb") as file:
        refuse_markup(path.name, file.read(256))
    found = {}
    try:
        book = CalamineWorkbook.from_path(str(path))
        if named is not None and named not in book.sheet_names:
            hint = nearest(named, book.sheet_names)
            raise InputError(f"{path.name} has no sheet {named[:60]!r}" + (f"; perhaps {hint!r}" if hint else ""))
        for name in [named] if named is not None else book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            grid = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
            _show_errors(grid, path, name)
            _fill(grid, sheet.merged_cell_ranges or [])
            found[name] = grid
    except (CalamineError, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        said = (str(error).splitlines() or [""])[0][:200]
        raise InputError(f"{path.name} cannot be read as an Excel workbook: {said}") from None
    return found


def _show_errors(grid: list[list[str]], path: Path, sheet: str) -> None:
    """Put errors such as ``#N/A`` where the reader leaves a cell empty, so that no fact is presumed in their place."""
    if path.suffix.lower().lstrip(".") not in READABLE:
        return
    for row, column, shown in errors_of(path, sheet):
        if column >= MOST_COLUMNS or row >= MOST_ROWS:
            raise ValueError(f"the sheet {sheet!r} has a cell beyond what a sheet holds")
        while len(grid) <= row:
            grid.append([])
        grid[row] += [""] * (column + 1 - len(grid[row]))
        grid[row][column] = grid[row][column] or shown


def _fill(grid: list[list[str]], merged: _MERGED) -> None:
    for (top, left), (bottom, right) in merged:
        for row in range(top, min(bottom + 1, len(grid))):
            for column in range(left, min(right + 1, len(grid[row]))):
                grid[row][column] = grid[top][left]


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
        found.append(made)
    return unique(found)


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


def write_sheet(
    path: Path,
    names: Sequence[str],
    rows: Iterable[Sequence[object]],
    count: int,
    numbers: Iterable[str] = (),
    title: str = "decided",
) -> None:
    """One sheet for people, with a header that stays in sight. Texts are never formulas, and stay texts when edited.

    ``numbers`` are columns whose texts are numbers (a CSV has nothing else); others keep their leading zeros.

    Raises:
        InputError: more rows than a sheet can hold.
    """
    fits_a_sheet(count)
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
        sheet = book.add_worksheet(title)
        formats = {
            "bold": book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            "literal": book.add_format({"quote_prefix": True}),
        }
        sheet.freeze_panes(1, 0)
        for place, name in enumerate(names):
            wide = name in WIDE or name.startswith("reason")
            width = _WIDTH_AT_MOST if wide else min(max(len(name) + 2, 14), 30)
            sheet.set_column(place, place, width)
            _write(sheet, 0, place, name, formats, header=True)
        counted = [name in set(numbers) for name in names]
        for number, row in enumerate(rows, 1):
            for place, cell in enumerate(row):
                _write(sheet, number, place, _number(cell) if counted[place] else cell, formats)
        sheet.autofilter(0, 0, max(count, 1), max(len(names) - 1, 0))


#: Columns of words, which need room.
WIDE = ("reason", "what to ask", "error", "moved_by", "moved")


def fits_a_sheet(count: int) -> None:
    """Refuse more rows than a sheet can hold.

    Raises:
        InputError: with the way out.
    """
    if count + 1 > MOST_ROWS:
        raise InputError(f"a sheet holds {MOST_ROWS - 1:,} rows and there are {count:,}; write .parquet or .csv")


def _write(sheet: Any, row: int, place: int, cell: object, formats: Mapping[str, Any], *, header: bool = False) -> None:
    """A cell by its kind: only what is a number is written as one, and no text is read as anything else."""
    if isinstance(cell, bool):
        sheet.write_boolean(row, place, cell)
    elif isinstance(cell, date) and cell.year >= 1900:
        moment = isinstance(cell, datetime) and cell.time() != time()
        plain = cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell
        sheet.write_datetime(row, place, plain, formats["moment" if moment else "day"])
    elif isinstance(cell, int | float | Decimal) and _exact(cell):
        sheet.write_number(row, place, cell)
    elif cell is not None and cell == cell:
        text = str(cell)[:32_000]
        risky = text[:1] in RISKY
        sheet.write_string(row, place, text, formats["bold"] if header else formats["literal"] if risky else None)


#: What a spreadsheet may take for the beginning of a formula.
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def _exact(number: float | Decimal) -> bool:
    """Whether a sheet, which holds binary numbers of 15 digits, shows this one as it is."""
    try:
        return abs(float(number)) < 1e15 and Decimal(repr(float(number))) == Decimal(str(number))
    except (ArithmeticError, ValueError):  # not a number, or infinite
        return False


def _number(cell: object) -> object:
    """A text that is a plain number as that number; anything else as it is."""
    if not isinstance(cell, str) or not re.fullmatch(r"\s*-?(0|[1-9]\d*)(\.\d+)?\s*", cell):
        return cell
    return Decimal(cell.strip())
