"""The plan of a table run by DuckDB: this is where DuckDB and Arrow enter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

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
        self.folder = folder
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
        found = self.rows(sql, *values)
        return found[0][0] if found else None

    def run(self, sql: str, *values: object) -> None:
        self.connection.execute(sql, list(values))

    def arrays(self, sql: str, rows: int) -> Iterator[dict[str, Any]]:
        """The columns of a query as NumPy arrays, so many rows at a time. No cell may be null.

        In no order: a query read on several threads gives up that of its rows.
        """
        for batch in self.connection.sql(sql).to_arrow_reader(rows):
            names = batch.schema.names
            yield {n: c.to_numpy(zero_copy_only=False) for n, c in zip(names, batch.columns, strict=True)}

    @property
    def threads(self) -> int:
        """How many threads queries run on."""
        return int(self.one("SELECT current_setting('threads')"))

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


def read_back(query: str, memory: str, folder: Path) -> Iterator[Any]:
    """The rows of a query as Arrow batches, in a stream."""
    duck = Duck(folder, memory, 1)
    try:
        yield from duck.connection.sql(query).to_arrow_reader(50_000)
    finally:
        duck.close()


def decimal_of(value: object) -> Decimal | None:
    """A number as the database gave it."""
    return None if value is None else Decimal(str(value))


__all__ = [
    "MEMORY",
    "Duck",
    "decimal_of",
    "literal",
    "opened",
    "quoted",
    "read_back",
]
