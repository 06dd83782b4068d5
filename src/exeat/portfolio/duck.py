"""The plan of a table run by DuckDB: this is where DuckDB and Arrow enter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from exeat.portfolio.delimited import FAULT, Delimited, look_at, refuse_twice, rows_of
from exeat.portfolio.sheets import WORKBOOKS, read_sheet
from exeat.terms import InputError

if TYPE_CHECKING:
    import duckdb

#: Memory DuckDB may take before it writes to disk, in the form it reads.
MEMORY = "2GB"


class Duck:
    """A DuckDB of its own, in memory, that spills to a folder of its own."""

    def __init__(self, folder: Path, memory: str = MEMORY, threads: int | None = None) -> None:
        try:
            import duckdb
        except ImportError:
            raise InputError("tables need DuckDB and Arrow: pip install 'exeat[tables]'") from None
        self.error: type[Exception] = duckdb.Error
        self.connection: duckdb.DuckDBPyConnection = duckdb.connect(
            config={"memory_limit": memory, "temp_directory": str(folder), "preserve_insertion_order": True}
        )
        if threads:
            self.connection.execute(f"SET threads = {threads}")
        self.connection.execute("SET TimeZone = 'UTC'")
        # The big table stays on the side that streams: only so can its rows come out in the order they went in.
        self.connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query, read by Python."""
        return self.connection.execute(sql, list(values)).fetchall()

    def one(self, sql: str, *values: object) -> Any:
        found = self.connection.execute(sql, list(values)).fetchone()
        return None if found is None else found[0]

    def run(self, sql: str, *values: object) -> None:
        self.connection.execute(sql, list(values))

    def arrays(self, sql: str, rows: int) -> Iterator[dict[str, Any]]:
        """The columns of a query as NumPy arrays, so many rows at a time, in order. No cell may be null."""
        for batch in self.connection.sql(sql).to_arrow_reader(rows):
            names = batch.schema.names
            yield {n: c.to_numpy(zero_copy_only=False) for n, c in zip(names, batch.columns, strict=True)}

    def array_table(self, name: str, columns: Mapping[str, Any]) -> None:
        """Make a table of NumPy arrays of one length."""
        import pyarrow as pa

        self.connection.register("made", pa.table(dict(columns)))
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS SELECT * FROM made")
        self.connection.unregister("made")

    def types(self, relation: str) -> dict[str, str]:
        """The columns of a relation and their types."""
        return {row[0]: row[1] for row in self.rows(f"DESCRIBE SELECT * FROM {relation}")}

    def table(self, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> None:
        """Make a table of rows; ``columns`` maps names to DuckDB types."""
        import pyarrow as pa

        kinds = {"BIGINT": pa.int64(), "VARCHAR": pa.string(), "BOOLEAN": pa.bool_(), "DATE": pa.date32()}
        listed = list(rows)
        arrays = []
        for place, kind in enumerate(columns.values()):
            cells = [row[place] for row in listed]
            if kind in kinds:
                arrays.append(pa.array(cells, kinds[kind]))
            elif kind.startswith("DECIMAL"):
                arrays.append(pa.array([None if c is None else format(c, "f") for c in cells], pa.string()))
            else:
                arrays.append(pa.array(cells))
        made = pa.Table.from_arrays(arrays, names=list(columns))
        self.connection.register("made", made)
        casts = ", ".join(f"CAST({quoted(c)} AS {kind}) AS {quoted(c)}" for c, kind in columns.items())
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {casts} FROM made")
        self.connection.unregister("made")

    def copy(self, query: str, path: Path) -> None:
        """Write the rows of a query as Parquet."""
        self.run(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet)")

    def close(self) -> None:
        self.connection.close()


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def opened(memory: str = MEMORY, threads: int | None = None) -> Iterator[tuple[Duck, Path]]:
    """A DuckDB and the folder in which it, and we, keep what does not fit."""
    with TemporaryDirectory(prefix="exeat-batch-") as name:
        folder = Path(name)
        duck = Duck(folder, memory, threads)
        try:
            yield duck, folder
        finally:
            duck.close()


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
            # A table that was decided before: its answers are carried along beside the new ones.
            old = {name: f"{name} (given)" for name in names if _is_ours(name)}
            renamed = ", ".join(f"{quoted(name)} AS {quoted(given)}" for name, given in old.items())
            names = [old.get(name, name) for name in names]
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
        refuse_twice(path.name, _names_of_parquet(path))
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


def _names_of_parquet(path: Path) -> list[str]:
    """The names of a file's columns as they stand in it; none where it cannot be read, which is told later."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return [str(name) for name in pq.read_schema(path).names]
    except (pa.ArrowException, OSError):
        return []


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
        _row_by_row(text, made)


def _row_by_row(text: Delimited, made: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.string()) for name in (*text.names, FAULT)])
    with pq.ParquetWriter(made, schema) as file:
        rows = rows_of(text)
        while block := list(islice(rows, 50_000)):
            cells = [pa.array(column, pa.string()) for column in zip(*block, strict=True)]
            file.write_table(pa.Table.from_arrays(cells, schema=schema))


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


def spooled(batches: Iterable[Any], path: Path, names: list[str]) -> int:
    """Write Arrow batches as Parquet under these names, as they come; how many rows there were (none: no file)."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file, rows = None, 0
    try:
        for batch in batches:
            table = pa.Table.from_batches([batch]).rename_columns(names)
            file = file or pq.ParquetWriter(path, table.schema)
            file.write_table(table)
            rows += batch.num_rows
    finally:
        if file is not None:
            file.close()
    return rows


def read_back(query: str, memory: str, folder: Path) -> Iterator[Any]:
    """The rows of a query as Arrow batches, in a stream."""
    duck = Duck(folder, memory, 1)
    try:
        yield from duck.connection.sql(query).to_arrow_reader(50_000)
    finally:
        duck.close()


def numbered(values: Any) -> Any:
    """A number for each value of an array, the same for equal ones, from 0 in the order in which they come first."""
    import pyarrow as pa

    return pa.array(values).dictionary_encode().indices.to_numpy(zero_copy_only=False).astype("int64")


def decimal_of(value: object) -> Decimal | None:
    """A number as the database gave it."""
    return None if value is None else Decimal(str(value))


__all__ = [
    "MEMORY",
    "Duck",
    "Source",
    "date",
    "decimal_of",
    "literal",
    "numbered",
    "opened",
    "quoted",
    "read_back",
    "spooled",
]
