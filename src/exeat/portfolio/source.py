"""A table to be decided, whatever its form: Parquet, a text file, a workbook, JSON, or a table of Python's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from exeat.portfolio.arrow_files import names_of_parquet, write_texts
from exeat.portfolio.delimited import FAULT, Delimited, look_at, refuse_twice, rows_of
from exeat.portfolio.duck import Duck, literal, quoted
from exeat.portfolio.sheets import WORKBOOKS, read_sheet
from exeat.terms import InputError


class Source:
    """A table to be decided, as the relation ``source`` with a column for the number of the row, from 1.

    Parquet is read where it lies. Everything else is first written to Parquet, in order and in a stream; CSV and
    Excel as texts, so that what a cell says is read by the same reader as everywhere.
    """

    def __init__(
        self,
        duck: Duck,
        folder: Path,
        given: Any,
        on: str | None = None,
        mapped: Mapping[str, str] | None = None,
        sheet: str | None = None,
    ) -> None:
        self.duck = duck
        self.notes: list[str] = []
        known = (*([on] if on else ["date"]), *(mapped or {}))
        self.path = _parquet(duck, folder, given, known, self.notes, sheet)
        scan = f"read_parquet({literal(str(self.path))}, file_row_number = true)"
        try:
            names = [name for name in duck.types(scan) if name != "file_row_number"]
            #: Columns that are no part of the table: why a row could not be read as a row at all.
            self.hidden = [name for name in names if name == FAULT]
            names = [name for name in names if name != FAULT]
            #: The columns as they stand in the file.
            self.in_file = list(names)
            # A table that was decided before: its answers are carried along beside the new ones.
            self.renamed = _renamed(names)
            renamed = ", ".join(f"{quoted(name)} AS {quoted(given)}" for name, given in self.renamed.items())
            names = [self.renamed.get(name, name) for name in names]
            self.number = next(n for n in ("row", "exeat_row", "exeat_row_number") if n not in map(str.casefold, names))
            duck.run(
                f"CREATE TEMP VIEW source AS SELECT file_row_number + 1 AS {quoted(self.number)}, "
                f"* EXCLUDE (file_row_number) {f'RENAME ({renamed})' if renamed else ''} FROM {scan}"
            )
            self.rows: int = (
                duck.one(f"SELECT sum(num_rows) FROM parquet_file_metadata({literal(str(self.path))})") or 0
            )
        except duck.error as error:
            raise InputError(f"{_named(given)} cannot be read as Parquet: {_first_line(error)}") from None
        self.columns = names
        self.types = {name: kind for name, kind in duck.types("source").items() if name in names}


def _renamed(names: Sequence[str]) -> dict[str, str]:
    """New names for columns that have ours; one that a table decided before has already taken is counted on."""
    taken = {name.casefold() for name in names}
    found: dict[str, str] = {}
    for name in filter(_is_ours, names):
        tries = (f"{name} (given{'' if n == 1 else f' {n}'})" for n in count(1))
        found[name] = next(free for free in tries if free.casefold() not in taken)
        taken.add(found[name].casefold())
    return found


def _is_ours(name: str) -> bool:
    """Whether a column has a name that is needed for the answers."""
    return name.casefold() == "error" or name.casefold().startswith("exeat_")


def _parquet(duck: Duck, folder: Path, given: Any, known: Sequence[str], notes: list[str], sheet: str | None) -> Path:
    if not isinstance(given, (str, Path)):
        return _from_python(duck, folder, given)
    path = Path(given)
    if not path.is_file():
        raise InputError(f"there is no file {str(given)[:200]!r}")
    kind = path.suffix.casefold().removeprefix(".")
    if kind == "parquet":
        refuse_twice(path.name, names_of_parquet(path))
        return path
    if path.stat().st_size == 0:
        raise InputError(f"{path.name} is empty")
    made = folder / "source.parquet"
    if kind in WORKBOOKS:
        columns, rows = read_sheet(path, known, sheet, notes)
        duck.table("sheet", dict.fromkeys(columns, "VARCHAR"), rows)
        _copy(duck, "SELECT * FROM sheet", made, given)
    elif kind in ("csv", "tsv", "txt"):
        _from_text(duck, look_at(path, known), made, notes)
    elif kind in ("json", "ndjson", "jsonl"):
        _copy(duck, f"SELECT * FROM read_json({literal(str(path))}, convert_strings_to_integers = false)", made, given)
    else:
        raise InputError(f"{path.name}: expected .parquet, .csv, .xlsx or .json, not {path.suffix or 'no ending'!r}")
    return made


def _names_of_table(given: Any) -> list[object]:
    """The names of the columns of a table of Arrow, Polars or pandas."""
    if hasattr(given, "collect_schema"):
        return list(given.collect_schema().names())
    return list(given.column_names if hasattr(given, "column_names") else getattr(given, "columns", ()))


def _from_text(duck: Duck, text: Delimited, made: Path, notes: list[str]) -> None:
    """A text file as Parquet: by DuckDB where every row has the length of the header, else row by row."""
    if text.encoding != "utf-8":
        notes.append(f"{text.path.name} is not UTF-8 and was read as {text.encoding}")
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in text.names)
    scan = (
        f"SELECT * FROM read_csv({literal(str(text.path))}, auto_detect = false, header = true, quote = '\"', "
        f"escape = '\"', delim = {literal(text.separator)}, columns = {{{columns}}}, strict_mode = true, "
        f"encoding = {literal(text.encoding)})"
    )
    try:
        duck.run(f"COPY ({scan}) TO {literal(str(made))} (FORMAT parquet)")
    except (duck.error, UnicodeDecodeError):
        write_texts(made, (*text.names, FAULT), rows_of(text))


def _copy(duck: Duck, query: str, made: Path, given: object) -> None:
    try:
        duck.run(f"COPY ({query}) TO {literal(str(made))} (FORMAT parquet)")
    except (duck.error, UnicodeDecodeError) as error:
        raise InputError(f"{_named(given)} cannot be read: {_first_line(error)}") from None


def _from_python(duck: Duck, folder: Path, given: Any) -> Path:
    """A table of Arrow, Polars or pandas."""
    made = folder / "source.parquet"
    refuse_twice(f"the {type(given).__name__}", _names_of_table(given))
    try:
        duck.connection.register("given", given.to_arrow() if hasattr(given, "to_arrow") else given)
    except (duck.error, TypeError) as error:
        kind = type(given).__name__
        raise InputError(
            f"a {kind} is no table: expected a path, or one of Arrow, Polars, pandas ({_first_line(error)})"
        ) from None
    _copy(duck, "SELECT * FROM given", made, type(given).__name__)
    with suppress(duck.error):
        duck.connection.unregister("given")
    return made


def _named(given: object) -> str:
    return Path(given).name if isinstance(given, (str, Path)) else str(given)


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)[:300]


__all__ = ["Source"]
