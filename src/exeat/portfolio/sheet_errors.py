"""Cells of a workbook that show no value: errors (``#N/A``), and formulas nobody has calculated.

The reader gives both as empty cells. An empty cell states nothing, so that what it should have stated would be
presumed: a lookup that failed would answer no. They are found in the workbook's own XML and stay what they are.
"""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

#: What stands for a formula without a saved value, as a program that does not calculate writes it.
UNCALCULATED = "#NOT CALCULATED"
#: Files whose cells can be looked at here.
READABLE = ("xlsx", "xlsm")
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*[^/>])>(.*?)</(?:\w+:)?c>", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>/]*>([^<]+)</")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_BLOCK = 1 << 20


def errors_of(path: Path, sheet: str) -> Iterator[tuple[int, int, str]]:
    """Row and column (from 0) of each such cell of a sheet, with what it shows.

    Raises:
        ValueError, OSError: the file is not laid out as a workbook is.
    """
    try:
        with zipfile.ZipFile(path) as book:
            part = _part_of(book, sheet)
            if part is not None:
                with book.open(part) as file:
                    yield from _cells(file)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ValueError(f"its parts cannot be read: {error}") from None


def _part_of(book: zipfile.ZipFile, sheet: str) -> str | None:
    """Where a sheet lies in the file, by its name; None for a sheet of charts and the like."""
    home = _attribute(_tags(book.read("_rels/.rels"), "Relationship", "Type", "/officeDocument"), "Target").lstrip("/")
    folder, _, name = home.rpartition("/")
    entry = next((t for t in _tags(book.read(home), "sheet") if _attribute([t], "name") == sheet), "")
    number = _attribute([entry], r"\w+:id")
    links = book.read(f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels")
    target = _attribute([t for t in _tags(links, "Relationship") if _attribute([t], "Id") == number], "Target")
    part = target.lstrip("/") if target.startswith("/") or not folder else f"{folder}/{target}"
    return part if number and target and "worksheet" in part else None


def _tags(xml: bytes, name: str, key: str = "", ends: str = "") -> list[str]:
    found = re.findall(rf"<(?:\w+:)?{name}\s[^>]*>", xml.decode("utf-8", "replace"))
    return [tag for tag in found if not key or _attribute([tag], key).endswith(ends)]


def _attribute(tags: list[str], name: str) -> str:
    found = re.search(rf"""\s{name}\s*=\s*(?:"([^"]*)"|'([^']*)')""", tags[0]) if tags else None
    return html.unescape(found[1] if found[1] is not None else found[2]) if found else ""


def _cells(file: IO[bytes]) -> Iterator[tuple[int, int, str]]:
    """Such cells, a block of whole rows at a time."""
    rest = b""
    while block := file.read(_BLOCK):
        rest += block
        end = rest.rfind(b"row>") + 4
        if end > 4:
            yield from _faults(rest[:end])
            rest = rest[end:]
    yield from _faults(rest)


def _faults(xml: bytes) -> Iterator[tuple[int, int, str]]:
    for found in _CELL.finditer(xml):
        tag, inside = f"<c {found[1].decode('utf-8', 'replace')}>", found[2]
        kind, value = _attribute([tag], "t"), _VALUE.search(inside)
        wrong = value[1].decode("utf-8", "replace") if kind == "e" and value else "#ERROR" if kind == "e" else ""
        if not wrong and kind != "str" and value is None and _FORMULA.search(inside):
            wrong = UNCALCULATED
        if wrong:
            yield *_place(_attribute([tag], "r")), wrong


def _place(reference: str) -> tuple[int, int]:
    """Row and column of ``D2``: 1 and 3."""
    found = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})", reference)
    if found is None:
        raise ValueError(f"a cell with an error says {reference[:20]!r} of its place")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]) - 1, column - 1


__all__ = ["READABLE", "UNCALCULATED", "errors_of"]
