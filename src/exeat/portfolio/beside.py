"""Put columns beside the columns of a Parquet file without decoding or encoding the latter.

Most of the time of writing answers beside order lines goes into encoding again the columns that came in. But a Parquet
column chunk (one column of one row group) is a self-contained run of bytes which only the file's last part, the footer,
points at. So the chunks are copied byte for byte, and one new footer describes them all, as ``joinFiles`` of
parquet-java's ``ParquetRewriter`` and ``append_column`` of arrow-rs do.

The format: https://parquet.apache.org/docs/file-format/, and for the field numbers below ``parquet.thrift`` of
https://github.com/apache/parquet-format.

Not carried is what points into the old file from outside a chunk (page indexes, Bloom filters), ``sorting_columns``,
the file's key-value metadata (the writer's own schema in it would no longer be true), and fields of row groups and
chunks that are not in ``parquet.thrift`` today: they could be offsets. ``created_by`` stays the input's: readers know
by it which old writers' statistics not to believe.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, NamedTuple

from exeat.portfolio import thrift
from exeat.portfolio.thrift import Struct, number, number_of, structs_of, text, text_of, texts, texts_of

MAGIC = b"PAR1"
LARGEST = 16 << 20  # bytes of a footer: they take 20 s and half a gigabyte to read
BLOCK = 4 << 20  # bytes copied at a time
# Schema, row groups with their column chunks with their metadata, column orders.
_OPENED: thrift.Opened = {2: {}, 4: {1: {3: {}}}, 7: {}}
# type, encodings, path, codec, values, the two sizes, key-values, statistics, those of encodings, sizes and places
_KEPT = (1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 16, 17)
_PAGES = (9, 10, 11)  # offsets of the first data page, the index page and the dictionary page
# Readers know files of these writers by `created_by`, before these versions, and read them otherwise: as chunks longer
# than stated (PARQUET-816), and version 2 pages as compressed though stated not to be (ARROW-10353), the answers' too.
_ODD_WRITERS = {b"parquet-mr": (1, 2, 9), b"parquet-cpp": (2, 0, 0)}


class _Column(NamedTuple):
    """A top-level column: its schema elements (a nested column has several), and which of the leaves are its own."""

    name: str
    elements: list[Struct]
    leaves: range


class _Chunk(NamedTuple):
    """A column chunk: where its bytes start, how many they are, and its ColumnMetaData."""

    start: int
    length: int
    meta: Struct


class _Group(NamedTuple):
    rows: int
    chunks: list[_Chunk]

    def of(self, column: _Column) -> list[_Chunk]:
        return self.chunks[column.leaves.start : column.leaves.stop]


class _Footer(NamedTuple):
    version: int
    created_by: bytes | None
    root: Struct
    columns: list[_Column]
    groups: list[_Group]
    orders: list[Struct] | None  # of each leaf


class _Placed(NamedTuple):
    """A column of the new file: is it one of the answers', and what it is called there."""

    answered: bool
    column: _Column
    name: str


def carried(source: Path) -> list[int] | None:
    """The rows of each row group of a file whose column chunks can be carried as they are; None of any other file.

    None is: no Parquet file, an encrypted or a damaged one, one whose chunks lie in other files, one of an early writer
    whose chunks are not as it states them, one with a column name twice (in whatever case), or a footer over 16 MiB.

    Raises:
        OSError: the file cannot be read.
    """
    with source.open("rb") as file:
        try:
            return [group.rows for group in _footer(file).groups]
        except ValueError:
            return None


def side_by_side(
    source: Path, names: Mapping[str, str], answers: Sequence[Path], first: Sequence[str], out: Path
) -> None:
    """Write one file: the answers' columns named in ``first``, every column of ``source``, the answers' other columns.

    ``names`` renames columns of ``source``, where it has them. Each of ``answers`` holds the next stretch of the row
    groups, all with the same columns, in row groups of exactly as many rows as those of ``source``. When an exception
    leaves, ``out`` may be there in part.

    Raises:
        ValueError: a file is not as :func:`carried` wants it, rows or columns do not match, names repeat (in whatever
            case), or ``out`` is one of the files to read.
        OSError: a file cannot be read or written.
    """
    with ExitStack() as opened:
        files = [opened.enter_context(path.open("rb")) for path in (source, *answers)]
        if out.exists() and any(out.samefile(path) for path in (source, *answers)):
            raise ValueError(f"{out} is one of the files to read")
        carry, *beside = (_footer(file) for file in files)
        if not beside or any(footer.columns != beside[0].columns for footer in beside):
            raise ValueError("the answers do not all have the same columns")
        stretches = [(file, group) for file, footer in zip(files[1:], beside, strict=True) for group in footer.groups]
        if [group.rows for _, group in stretches] != [group.rows for group in carry.groups]:
            raise ValueError("the row groups of the answers do not have the rows of those of the source")
        columns = _placed(carry.columns, names, beside[0].columns, first)
        target = opened.enter_context(out.open("wb"))
        target.write(MAGIC)
        groups: list[Struct] = []
        for group, (file, answer) in zip(carry.groups, stretches, strict=True):
            sides = (files[0], group), (file, answer)
            groups.append(_written(target, [(column, *sides[column.answered]) for column in columns], len(groups)))
        footer = thrift.bytes_of(_described(carry, beside, columns, groups))
        target.write(footer + len(footer).to_bytes(4, "little") + MAGIC)


def _placed(
    carry: Sequence[_Column], names: Mapping[str, str], fresh: Sequence[_Column], first: Sequence[str]
) -> list[_Placed]:
    """The columns of the new file, in order."""
    by_name = {column.name: column for column in fresh}
    if absent := [name for name in first if name not in by_name]:
        raise ValueError(f"the answers have no column {absent[0]}")
    columns = [_Placed(True, by_name[name], name) for name in first]
    columns += [_Placed(False, column, names.get(column.name, column.name)) for column in carry]
    columns += [_Placed(True, column, column.name) for column in fresh if column.name not in first]
    _once([column.name for column in columns])
    return columns


def _once(names: Sequence[str]) -> None:
    if repeated := [name for name, times in Counter(map(str.casefold, names)).items() if times > 1]:
        raise ValueError(f"the column name {repeated[0]} repeats")


def _written(target: BinaryIO, columns: Sequence[tuple[_Placed, BinaryIO, _Group]], ordinal: int) -> Struct:
    """Copy the chunks of a row group to the end of the new file; its RowGroup."""
    start = at = target.tell()
    described: list[Struct] = []
    runs: list[tuple[BinaryIO, int, int]] = []  # chunks that follow each other there as here are copied in one go
    for (_, column, name), file, group in columns:
        for chunk in group.of(column):
            meta = {field: value for field, value in chunk.meta.items() if field in _KEPT}
            if name != column.name:
                meta[3] = texts([name.encode(), *texts_of(meta, 3)[1:]])
            for field in _PAGES:
                if field in chunk.meta:
                    offset = number_of(chunk.meta, field)
                    meta[field] = number(offset and offset - chunk.start + at)
            described.append({2: number(0), 3: (thrift.STRUCT, meta)})  # 2: no metadata outside the footer
            if runs and runs[-1][0] is file and sum(runs[-1][1:]) == chunk.start:
                runs[-1] = file, runs[-1][1], runs[-1][2] + chunk.length
            else:
                runs.append((file, chunk.start, chunk.length))
            at += chunk.length
    for file, begin, length in runs:
        _copy(file, begin, length, target)
    unpacked = sum(number_of(chunk.meta, 6) for (_, column, _), _, group in columns for chunk in group.of(column))
    made: Struct = {1: (thrift.LIST, described), 2: number(unpacked), 3: number(columns[0][2].rows)}
    made.update({5: number(start), 6: number(at - start)})
    return made if ordinal >= 1 << 15 else {**made, 7: number(ordinal, thrift.I16)}


def _copy(file: BinaryIO, start: int, length: int, target: BinaryIO) -> None:
    file.seek(start)
    while length:
        block = file.read(min(length, BLOCK))
        if not block:
            raise ValueError("a file became shorter while it was read")
        target.write(block)
        length -= len(block)


def _described(carry: _Footer, beside: Sequence[_Footer], columns: Sequence[_Placed], groups: list[Struct]) -> Struct:
    """The FileMetaData of the new file."""
    schema: list[Struct] = [{**carry.root, 5: number(len(columns), thrift.I32)}]
    orders: list[Struct] = []
    # An order says how the bounds in a column's statistics compare; all columns must have one, or none. Where one file
    # has none, none is given: readers then leave the bounds alone, which is slower and never wrong.
    ordered = carry.orders is not None and all(f.orders == beside[0].orders is not None for f in beside)
    for answered, column, name in columns:
        top, *below = column.elements
        elements = [{**top, 4: text(name.encode())}, *below]
        if answered:  # their field numbers could be those of columns of the source
            elements = [{field: value for field, value in element.items() if field != 9} for element in elements]
        schema += elements
        side = beside[0] if answered else carry
        if ordered and side.orders:
            orders += side.orders[column.leaves.start : column.leaves.stop]
    made: Struct = {2: (thrift.LIST, schema), 4: (thrift.LIST, groups)}
    made[1] = number(max(footer.version for footer in (carry, *beside)), thrift.I32)
    made[3] = number(sum(group.rows for group in carry.groups))
    if carry.created_by is not None:
        made[6] = text(carry.created_by)
    if ordered:
        made[7] = thrift.LIST, orders
    return made


def _footer(file: BinaryIO) -> _Footer:
    """What the footer says, held against the file's size. Raises ValueError where the chunks cannot be carried."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    magic = file.read(4)
    file.seek(max(size - 8, 0))
    length, tail = int.from_bytes(file.read(4), "little"), file.read(4)
    end = size - 8 - length
    if magic != MAGIC or tail != MAGIC or end < len(MAGIC) or length > LARGEST:
        raise ValueError("no plain Parquet file, or too large a footer")
    file.seek(end)
    said = thrift.struct_of(file.read(length), _OPENED)
    if 8 in said or 9 in said:
        raise ValueError("an encrypted file")
    created_by = text_of(said, 6) if 6 in said else None
    if created_by and _odd(created_by):
        raise ValueError("of a writer whose chunks are not as it states them")
    root, *elements = structs_of(said, 2) or [{}]
    columns = _columns(elements, number_of(root, 5))
    tops = [column.name.encode() for column in columns for _ in column.leaves]
    groups = [_group(group, tops, end) for group in structs_of(said, 4)]
    orders = structs_of(said, 7) if 7 in said else None
    leaves = len(tops if orders is None else orders)
    if sum(group.rows for group in groups) != number_of(said, 3) or leaves != len(tops):
        raise ValueError("row groups of other rows, or orders of other columns, than the file's")
    if sum(chunk.length for group in groups for chunk in group.chunks) > end:
        raise ValueError("column chunks that overlap")
    return _Footer(number_of(said, 1), created_by, root, columns, groups, orders)


def _odd(created_by: bytes) -> bool:
    """Is a file of this ``created_by`` read otherwise than it states? Yes also where no version is found."""
    found = re.match(rb"(parquet-mr|parquet-cpp)(?![-\w])(?:\s+version\s+(\d+)\.(\d+)\.(\d+))?", created_by.lower())
    return found is not None and tuple(int(part or 0) for part in found.groups()[1:]) < _ODD_WRITERS[found[1]]


def _columns(elements: Sequence[Struct], count: int) -> list[_Column]:
    """The top-level columns, of the schema tree laid out depth first."""
    columns: list[_Column] = []
    at = leaf = 0
    for _ in range(count):
        start, first_leaf, open_below = at, leaf, 1
        while open_below:
            if at == len(elements):
                raise ValueError("a schema that ends too early")
            below = number_of(elements[at], 5, 0)
            if below < 0 or (below == 0) != (1 in elements[at]):
                raise ValueError("a schema element that is neither a leaf nor a group")
            open_below += below - 1
            leaf += below == 0
            at += 1
        name = text_of(elements[start], 4).decode()
        columns.append(_Column(name, list(elements[start:at]), range(first_leaf, leaf)))
    if not columns or at != len(elements):
        raise ValueError("a schema without columns, or with too many")
    _once([column.name for column in columns])
    return columns


def _group(group: Struct, tops: Sequence[bytes], end: int) -> _Group:
    """A row group of which each chunk lies in this file before ``end``; ``tops`` names the leaves' columns."""
    rows, chunks = number_of(group, 3), structs_of(group, 1)
    if rows < 0 or len(chunks) != len(tops):
        raise ValueError("a row group of other columns than the file's")
    found = []
    for top, chunk in zip(tops, chunks, strict=True):
        meta = chunk.get(3, (0, b""))[1]
        if not isinstance(meta, dict) or not {1, 8, 9}.isdisjoint(chunk):
            raise ValueError("a chunk of another file, or an encrypted one")
        if (texts_of(meta, 3) or [b""])[0] != top:
            raise ValueError("a chunk of another column")
        length, unpacked = number_of(meta, 7), number_of(meta, 6)
        # Offset 0 stands for no such page: of early writers, and of pyarrow in a row group without rows.
        pages = [offset for field in _PAGES if (offset := number_of(meta, field, 0)) != 0]
        start = min(pages, default=len(MAGIC))
        if not (len(MAGIC) <= start <= start + length <= end and unpacked >= 0):
            raise ValueError("a chunk outside the file")
        if max(pages, default=start) > start + length or (length and not pages):
            raise ValueError("a page outside its chunk")
        found.append(_Chunk(start, length, meta))
    return _Group(rows, found)
