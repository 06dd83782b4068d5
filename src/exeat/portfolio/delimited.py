"""Text files of rows and separators: which encoding, which separator, which names, and rows of another length.

Nothing is guessed that could lose a row. The separator is taken from the header alone; the fast reader takes the file
as a whole or not at all; and where it cannot, each row is read by itself, so that one bad row costs only itself.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from exeat.terms import InputError

#: The column that says why a row cannot be read; no file can have a column of this name.
FAULT = "@fault"
_SEPARATORS = (",", ";", "\t", "|")
_MARKUP = (b"<!doctype html", b"<html", b"<?xml", b"<table", b"<head", b"<body")
_CELL_AT_MOST = 1 << 20


@dataclass(frozen=True, slots=True)
class Delimited:
    """What must be known to read the file: its encoding, its separator, and the names of its columns."""

    path: Path
    encoding: str
    separator: str
    names: tuple[str, ...]


def look_at(path: Path, known: Iterable[str] = ("date",)) -> Delimited:
    """The encoding, the separator and the header of a file.

    Raises:
        InputError: it is empty, a web page, or no text.
    """
    with path.open("rb") as file:
        first = file.read(1 << 16)
    refuse_markup(path.name, first)
    if not first.strip():
        raise InputError(f"{path.name} is empty; expected a first line with the names of the columns")
    encoding = encoding_of(path)
    if b"\0" in first and not encoding.startswith("utf-16"):
        raise InputError(f"{path.name} is no text: it has null bytes; expected rows of text with a separator")
    wanted = {word.casefold() for word in known}
    found: list[tuple[tuple[bool, int, int], str, list[str]]] = []
    for place, separator in enumerate(_SEPARATORS):
        names = _header(path, encoding, separator)
        has = any(name.strip().casefold() in wanted for name in names)
        found.append(((has, len(names), -place), separator, names))
    _, separator, names = max(found)
    return Delimited(path, encoding, separator, tuple(unique([name.strip() for name in names])))


def refuse_markup(name: str, first: bytes) -> None:
    """Refuse what calls itself a table and is a web page, as downloads that need a login are.

    Raises:
        InputError: it begins as HTML or XML does.
    """
    start = first.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    if start.startswith(_MARKUP):
        raise InputError(f"{name} is a web page (HTML), not a table; open it, and save the table itself")


def encoding_of(path: Path) -> str:
    """UTF-8, UTF-16 by its mark, or Latin-1 where the bytes are not UTF-8."""
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        first = file.read(1 << 16)
        if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        try:
            decoder.decode(first)
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "latin-1"
    return "utf-8"


def _opened(path: Path, encoding: str) -> TextIO:
    return path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="")


def _header(path: Path, encoding: str, separator: str) -> list[str]:
    csv.field_size_limit(_CELL_AT_MOST)
    with _opened(path, encoding) as file:
        try:
            return next((row for row in csv.reader(file, delimiter=separator) if any(row)), [])
        except csv.Error as error:
            raise InputError(f"{path.name} cannot be read: {error} in the first line") from None


def unique(names: Sequence[str]) -> list[str]:
    """The names of columns, each once: a second ``date`` in column 4 is ``date (4)``, an empty name ``column 4``."""
    found: list[str] = []
    for place, name in enumerate(names, 1):
        made = name or f"column {place}"
        while made.casefold() in {other.casefold() for other in found}:
            made = f"{made} ({place})"
        found.append(made)
    return found


def refuse_twice(what: str, names: Iterable[object]) -> None:
    """Refuse two columns of one name: the database would give one of them another name, and pass it over.

    Raises:
        InputError: with the name that stands twice.
    """
    seen: set[str] = set()
    for name in map(str, names):
        if name.casefold() in seen:
            raise InputError(f"{what}: two columns are called {name[:60]!r} (letter case aside); rename one of them")
        seen.add(name.casefold())


def rows_of(given: Delimited) -> Iterator[list[str | None]]:
    """Each row with its fault at the end (None: it has as many cells as the header has names).

    Raises:
        InputError: a quotation mark that is never closed, or a cell of more than a million letters.
    """
    width, line = len(given.names), 0
    with _opened(given.path, given.encoding) as file:
        reader = csv.reader(file, delimiter=given.separator, strict=True)
        started = False
        while True:
            line = reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise InputError(f"{given.path.name}:{line}: {error} (a row begins here)") from None
            if not started:
                started = any(row)
                continue
            if not row:
                continue
            while len(row) > width and not row[-1]:
                row.pop()  # a separator too many at the end says nothing
            cells: list[str | None] = [cell or None for cell in row[:width]]
            cells += [None] * (width - len(cells))
            short = len(row) != width
            fault = f"line {line} has {len(row)} cells and the header {width}; nothing of it is read" if short else None
            yield [*cells, fault]


__all__ = ["FAULT", "Delimited", "encoding_of", "look_at", "refuse_markup", "refuse_twice", "rows_of", "unique"]
