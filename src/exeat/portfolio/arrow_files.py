"""Parquet files and arrays by Arrow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


def names_of_parquet(path: Path) -> list[str]:
    """The names of a file's columns as they stand in it; none where it cannot be read, which is told later."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return [str(name) for name in pq.read_schema(path).names]
    except (pa.ArrowException, OSError):
        return []


def write_texts(path: Path, names: Sequence[str], rows: Iterable[Sequence[str | None]]) -> None:
    """Write rows of texts, in a stream."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.string()) for name in names])
    rows = iter(rows)
    with pq.ParquetWriter(path, schema) as file:
        while block := list(islice(rows, 50_000)):
            cells = [pa.array(column, pa.string()) for column in zip(*block, strict=True)]
            file.write_table(pa.Table.from_arrays(cells, schema=schema))


def write_groups(path: Path, groups: Iterable[Mapping[str, NDArray[Any] | tuple[NDArray[Any], Sequence[str]]]]) -> None:
    """Write row groups, each of the rows of one mapping; there is at least one.

    Args:
        groups: by name a column of whole numbers; or of texts, as the place of each in a list of them (-1: null).
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = None
    try:
        for group in groups:
            arrays = {}
            for name, column in group.items():
                if isinstance(column, tuple):
                    places, texts = column
                    absent = places < 0
                    kept = pa.array(places, pa.int32(), mask=absent if absent.any() else None)
                    arrays[name] = pa.DictionaryArray.from_arrays(kept, pa.array(texts, pa.string()), safe=False)
                else:
                    arrays[name] = pa.array(column)
            table = pa.table(arrays)
            if file is None:
                coded = [name for name, column in group.items() if isinstance(column, tuple)]
                whole = [name for name in group if name not in coded]  # the least and most of texts cost half the time
                file = pq.ParquetWriter(
                    path, table.schema, use_dictionary=coded, write_statistics=whole, store_schema=False
                )
            file.write_table(table, row_group_size=max(len(table), 1))
    finally:
        if file is not None:
            file.close()


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


def numbered(values: Any) -> Any:
    """A number for each value of an array, the same for equal ones, from 0 in the order in which they come first."""
    import pyarrow as pa

    return pa.array(values).dictionary_encode().indices.to_numpy(zero_copy_only=False).astype("int64")


__all__ = ["names_of_parquet", "numbered", "spooled", "write_groups", "write_texts"]
