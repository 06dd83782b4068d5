"""Columns beside a Parquet file's own: two other readers, Arrow and DuckDB, find every cell where it was."""

from __future__ import annotations

import base64
import datetime
import decimal
import io
from pathlib import Path
from typing import Any

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as encryption
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from exeat.portfolio import beside, thrift
from exeat.portfolio.beside import carried, side_by_side

ROWS = 700
GROUP = 300  # rows of a row group


def orders(rows: int = ROWS) -> pa.Table:
    """A table of every kind of column that Parquet knows, with nulls."""
    day = datetime.date(2020, 1, 1)

    def column(kind: pa.DataType, cell: Any) -> pa.Array:
        return pa.array([None if i % 7 == 3 else cell(i) for i in range(rows)], kind)

    entry = pa.struct([("code", pa.string()), ("parts", pa.list_(pa.struct([("n", pa.int16())])))])
    return pa.table(
        {
            "number": pa.array(range(rows), pa.int64()),
            "date": column(pa.date32(), lambda i: day + datetime.timedelta(i % 90)),
            "name": column(pa.string(), lambda i: f"Größe {i % 11}"),
            "value": column(pa.decimal128(18, 2), lambda i: decimal.Decimal(i * 3 - 500) / 100),
            "wide": column(pa.decimal128(38, 5), lambda i: decimal.Decimal(10**20 + i)),
            "at": column(pa.timestamp("us"), lambda i: datetime.datetime(2024, 1, 1, 0, i % 60, 1)),
            "utc": column(pa.timestamp("ms", "UTC"), lambda i: datetime.datetime(2024, 1, 1, i % 24)),
            "small": column(pa.uint8(), lambda i: i % 200),
            "yes": column(pa.bool_(), lambda i: i % 2 == 0),
            "real": column(pa.float64(), lambda i: i / 3),
            "raw": column(pa.binary(), lambda i: bytes([i % 256, 255])),
            "tags": column(pa.list_(pa.string()), lambda i: [None if j == 2 else f"t{j}" for j in range(i % 5)]),
            "entry": column(entry, lambda i: {"code": f"c{i % 3}", "parts": [{"n": j} for j in range(i % 4)]}),
            "empty": column(pa.string(), lambda i: None),
        }
    )


def answers(rows: int = ROWS) -> pa.Table:
    """What is to be put beside, of columns that nest and that do not."""
    return pa.table(
        {
            "row": pa.array(range(1, rows + 1), pa.int64()),
            "answer": pa.array([("yes", "no", None)[i % 3] for i in range(rows)]).dictionary_encode(),
            "why": pa.array([[f"§{i % 4}"] * (i % 3) for i in range(rows)], pa.list_(pa.string())),
        }
    )


def written(path: Path, table: pa.Table, groups: list[int], **options: Any) -> Path:
    """A file of row groups of so many rows; with no group, one that has none."""
    with pq.ParquetWriter(path, table.schema, **options) as writer:
        at = 0
        for rows in groups:
            writer.write_table(table.slice(at, rows), row_group_size=max(rows, 1))
            at += rows
    return path


def check(source: Path, folder: Path, files: int = 1) -> Path:
    """Put answers beside a file, in ``files`` files, and read back every cell with Arrow and with DuckDB."""
    groups = carried(source)
    assert groups is not None
    meant = answers(sum(groups))
    paths = []
    for number in range(files):
        share = groups[number * len(groups) // files : (number + 1) * len(groups) // files]
        before = sum(groups[: number * len(groups) // files])
        paths.append(written(folder / f"answers-{number}.parquet", meant.slice(before), share))
    out = folder / "out.parquet"
    side_by_side(source, {"name": "their name", "entry": "their_entry", "absent": "x"}, paths, ["row"], out)

    new = {"name": "their name", "entry": "their_entry"}
    was = pq.ParquetFile(source).schema_arrow.names
    names = ["row", *(new.get(name, name) for name in was), "answer", "why"]
    found = pq.read_table(out, page_checksum_verification=True)
    assert found.column_names == names
    found.validate(full=True)
    with duckdb.connect() as duck:
        theirs = duck.sql(f"SELECT * FROM '{source}'").to_arrow_table()
        ours = duck.sql(f"SELECT * FROM '{out}'").to_arrow_table()
        assert ours.column_names == names
    for was_read, is_read in ((theirs, ours), (pq.read_table(source), found)):
        cells = {new.get(name, name): cells for name, cells in was_read.to_pydict().items()}
        assert is_read.to_pydict() == meant.to_pydict() | cells
    data = pq.read_metadata(out)
    assert [data.row_group(i).num_rows for i in range(data.num_row_groups)] == groups
    assert data.created_by == pq.read_metadata(source).created_by
    for i in range(data.num_row_groups):
        chunks = [data.row_group(i).column(j) for j in range(data.num_columns)]
        assert data.row_group(i).total_byte_size == sum(chunk.total_uncompressed_size for chunk in chunks)
        assert not any(
            chunk.has_offset_index or chunk.has_column_index or chunk.bloom_filter_offset for chunk in chunks
        )
    return out


@pytest.mark.parametrize("page", ["1.0", "2.0"])
@pytest.mark.parametrize("codec", ["none", "snappy", "zstd", "gzip"])
@pytest.mark.parametrize("dictionary", [True, False])
def test_files_of_arrow(tmp_path: Path, page: str, codec: str, dictionary: bool) -> None:
    options: dict[str, Any] = {"data_page_version": page, "compression": codec, "use_dictionary": dictionary}
    source = written(tmp_path / "in.parquet", orders(), [GROUP, GROUP, 100], data_page_size=256, **options)
    check(source, tmp_path)


@pytest.mark.parametrize(
    "options",
    [
        {"write_page_index": True, "write_page_checksum": True},
        {"version": "1.0", "use_deprecated_int96_timestamps": True},
        {"write_statistics": False},
        {"store_schema": False, "sorting_columns": [pq.SortingColumn(0)]},
        {"use_byte_stream_split": ["real"], "use_dictionary": ["name"], "store_decimal_as_integer": True},
        {"use_dictionary": False, "column_encoding": {"number": "DELTA_BINARY_PACKED", "name": "DELTA_BYTE_ARRAY"}},
    ],
    ids=lambda options: next(iter(options)),
)
def test_options_of_arrow(tmp_path: Path, options: dict[str, Any]) -> None:
    source = written(tmp_path / "in.parquet", orders(), [GROUP, GROUP, 100], **options)
    check(source, tmp_path, files=2)


@pytest.mark.parametrize("groups", [[], [0], [GROUP, 0, 0, GROUP, 100], [1] * 20], ids=str)
def test_row_groups_without_rows(tmp_path: Path, groups: list[int]) -> None:
    check(written(tmp_path / "in.parquet", orders(), groups), tmp_path, files=2)


@pytest.mark.parametrize("options", ["", ", PARQUET_VERSION v2", ", CODEC zstd", ", FIELD_IDS 'auto'"])
def test_files_of_duckdb(tmp_path: Path, options: str) -> None:
    table, source = orders(6000), tmp_path / "in.parquet"
    with duckdb.connect() as duck:
        duck.register("orders", table)
        duck.sql(f"COPY (FROM orders) TO '{source}' (FORMAT parquet, ROW_GROUP_SIZE 2048{options})")
        blooms = duck.sql(f"SELECT count(bloom_filter_offset) FROM parquet_metadata('{source}')").fetchall()
    assert blooms[0][0] > 0, "there was a Bloom filter to leave behind"
    assert len(carried(source) or []) > 1
    check(source, tmp_path, files=2)


@pytest.mark.parametrize("codec", ["zstd", "uncompressed"])
def test_files_of_polars(tmp_path: Path, codec: Any) -> None:
    frame = polars.from_arrow(orders())
    assert isinstance(frame, polars.DataFrame)
    frame.write_parquet(tmp_path / "in.parquet", compression=codec, row_group_size=GROUP)
    out = check(tmp_path / "in.parquet", tmp_path)
    assert polars.read_parquet(out)["their name"].to_list() == frame["name"].to_list()


def test_filters_prune_row_groups_rightly(tmp_path: Path) -> None:
    source = written(tmp_path / "in.parquet", orders(6000), [1000] * 6)
    out = check(source, tmp_path, files=3)
    with duckdb.connect() as duck:
        duck.sql(f"CREATE TABLE whole AS FROM '{out}'")
        for where in (
            "number = 4321", "number < 10", "number BETWEEN 999 AND 1001", '"their name" = \'Größe 3\'',
            "\"their name\" > 'Größe 9'", "value < -4.99", "date > DATE '2020-03-20'", "wide >= 100000000000000005000",
            "row = 1", "row > 5999", "answer = 'no' AND number > 5990", "answer IS NULL AND row < 5",
            "empty IS NOT NULL", "their_entry.code = 'c1' AND number < 9", "raw = '\\xFE\\xFF'::BLOB", "real > 1999.5",
        ):  # fmt: skip
            query = f"SELECT number, row FROM {{}} WHERE {where} ORDER BY ALL"
            assert duck.sql(query.format(f"'{out}'")).fetchall() == duck.sql(query.format("whole")).fetchall(), where
        stats = duck.sql(
            f"SELECT stats_min_value, stats_max_value FROM parquet_metadata('{out}') WHERE path_in_schema = 'number'"
        )
        assert stats.fetchall()[1] == ("1000", "1999"), "the bounds came along"
    kept = pq.read_table(out, filters=[("number", ">", 5998)], columns=["row", "number"])
    assert kept.to_pydict() == {"row": [6000], "number": [5999]}
    assert pq.read_table(out, filters=[("their name", "=", "Größe 3")]).num_rows == sum(
        i % 11 == 3 and i % 7 != 3 for i in range(6000)
    )


def test_the_chunks_are_the_same_bytes(tmp_path: Path) -> None:
    source = written(tmp_path / "in.parquet", orders(), [GROUP, GROUP, 100])
    out = check(source, tmp_path)
    old, new = pq.read_metadata(source), pq.read_metadata(out)

    def chunk(path: Path, data: Any) -> bytes:
        start = data.data_page_offset if data.dictionary_page_offset is None else data.dictionary_page_offset
        return path.read_bytes()[start : start + data.total_compressed_size]

    for i in range(3):
        for j in range(old.num_columns):
            assert chunk(source, old.row_group(i).column(j)) == chunk(out, new.row_group(i).column(j + 1))


def edited(path: Path, edit: Any) -> Path:
    """The file with its footer edited: a struct all of which is taken apart that :mod:`beside` takes apart."""
    data = path.read_bytes()
    length = int.from_bytes(data[-8:-4], "little")
    said = thrift.struct_of(data[-8 - length : -8], beside._OPENED)
    edit(said)
    footer = thrift.bytes_of(said)
    path.write_bytes(data[: -8 - length] + footer + len(footer).to_bytes(4, "little") + b"PAR1")
    return path


def metas(said: Any) -> list[Any]:
    return [chunk[3][1] for group in said[4][1] for chunk in group[1][1]]


def small(folder: Path, name: str = "in.parquet") -> Path:
    return written(folder / name, pa.table({"a": [1, 2, 3, 4], "b": ["x", "y", None, "x"]}), [2, 2])


def test_a_footer_is_written_as_it_was_read(tmp_path: Path) -> None:
    source = written(tmp_path / "in.parquet", orders(), [GROUP, 100], write_page_index=True)
    data = source.read_bytes()
    assert edited(source, lambda said: None).read_bytes() == data


def test_without_column_orders_there_are_none(tmp_path: Path) -> None:
    source = edited(small(tmp_path), lambda said: said.pop(7))
    out = check(source, tmp_path)
    with duckdb.connect() as duck:
        assert duck.sql(f"SELECT a FROM '{out}' WHERE b = 'x' AND answer = 'yes'").fetchall() == [(1,), (4,)]
    data = out.read_bytes()
    said = thrift.struct_of(data[-8 - int.from_bytes(data[-8:-4], "little") : -8], {})
    assert 7 not in said


def test_dictionary_offset_zero_is_none(tmp_path: Path) -> None:
    path = written(tmp_path / "in.parquet", pa.table({"a": [1, 2], "b": ["x", "y"]}), [2], use_dictionary=False)
    check(edited(path, lambda said: [meta.update({11: thrift.number(0)}) for meta in metas(said)]), tmp_path)


def test_unknown_fields_of_a_schema_element_survive(tmp_path: Path) -> None:
    unknown = {
        40: (thrift.BINARY, b"\x02hi"), 300: (thrift.TRUE, b""), 301: (thrift.DOUBLE, bytes(8)),
        302: (thrift.LIST, b"\x21\x01\x02"), 303: (thrift.STRUCT, b"\x11\x1c\x15\x02\x00\x00"),
        304: (thrift.BYTE, b"\x07"),
    }  # fmt: skip
    out = check(edited(small(tmp_path), lambda said: said[2][1][1].update(unknown)), tmp_path)
    data = out.read_bytes()
    said = thrift.struct_of(data[-8 - int.from_bytes(data[-8:-4], "little") : -8], beside._OPENED)
    element: Any = said[2][1][2]
    assert {field: element[field] for field in unknown} == unknown


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (lambda said: said.update({8: (thrift.STRUCT, b"\x1c\x00\x00")}), "encrypted, footer in plain text"),
        (lambda said: said.update({9: thrift.text(b"key")}), "signed"),
        (lambda said: said[4][1][0][1][1][0].update({1: thrift.text(b"other.parquet")}), "chunk elsewhere"),
        (lambda said: said[4][1][1][1][1][1].update({8: (thrift.STRUCT, b"\x1c\x00\x00")}), "chunk encrypted"),
        (lambda said: said[4][1][1][1][1][1].update({9: thrift.text(b"!")}), "metadata encrypted"),
        (lambda said: said[4][1][1][1][1][1].pop(3), "no metadata"),
        (lambda said: said[4][1][0][1][1].pop(), "a chunk is missing"),
        (lambda said: metas(said)[0].update({9: thrift.number(1 << 40)}), "page past the end"),
        (lambda said: metas(said)[0].update({9: thrift.number(-4)}), "page before the start"),
        (lambda said: metas(said)[0].update({7: thrift.number(1 << 62)}), "chunk past the end"),
        (lambda said: metas(said)[0].update({7: thrift.number(-1)}), "chunk of negative length"),
        (lambda said: metas(said)[0].update({3: thrift.texts([b"b"])}), "chunk of another column"),
        (lambda said: [meta.update({7: thrift.number(150), 9: thrift.number(4), 11: thrift.number(4)})
                       for meta in metas(said)], "chunks that overlap"),
        (lambda said: said.update({3: thrift.number(5)}), "other rows"),
        (lambda said: said.update({6: thrift.text(b"parquet-mr version 1.2.8")}), "PARQUET-816"),
        (lambda said: said.update({6: thrift.text(b"parquet-mr")}), "PARQUET-816, no version"),
        (lambda said: said.update({6: thrift.text(b"parquet-cpp version 1.5.1-SNAPSHOT")}), "ARROW-10353"),
        (lambda said: said[2][1][2].update({4: thrift.text(b"A")}), "a name twice"),
        (lambda said: said[2][1][0].update({5: thrift.number(3)}), "a schema that ends too early"),
        (lambda said: said[2][1][0].update({5: thrift.number(1)}), "a schema with too much"),
        (lambda said: said[2][1][1].update({5: thrift.number(-1)}), "negative children"),
        (lambda said: said[2][1].clear(), "no schema"),
        (lambda said: said[7][1].pop(), "a column order is missing"),
        (lambda said: said.update({50: (thrift.LIST, b"\x19" * 2000 + b"\x03")}), "too deep"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)  # fmt: skip
def test_what_is_not_carried(tmp_path: Path, edit: Any, why: str) -> None:
    source = edited(small(tmp_path), edit)
    assert carried(source) is None
    beside_it = written(tmp_path / "answers.parquet", answers(4), [2, 2])
    with pytest.raises(ValueError, match=r"\w"):
        side_by_side(source, {}, [beside_it], ["row"], tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


@pytest.mark.parametrize(
    "writer", [b"parquet-mr version 1.12.3 (build x)", b"parquet-cpp-arrow version 1.0.0", b"else"]
)
def test_writers_that_are_carried(tmp_path: Path, writer: bytes) -> None:
    check(edited(small(tmp_path), lambda said: said.update({6: thrift.text(writer)})), tmp_path)


@pytest.mark.parametrize(
    "data",
    [b"", b"PAR1", b"PAR1PAR1", b"PAR1\0\0\0\0PAR1", b"a,b\n1,2\n", b"PARE" + bytes(9) + b"PARE",
     b"PAR1\0\xff\xff\xff\xffPAR1", b"PAR1\x19\xfc\xff\xff\xff\xff\x0f\x07\0\0\0PAR1", b"PAR1\xff\x01\0\0\0PAR1"],
)  # fmt: skip
def test_files_of_something_else(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "in.parquet"
    path.write_bytes(data)
    assert carried(path) is None


class _Kms(encryption.KmsClient):
    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> bytes:
        return base64.b64encode(key_bytes)

    def unwrap_key(self, wrapped_key: bytes, master_key_identifier: str) -> bytes:
        return base64.b64decode(wrapped_key)


@pytest.mark.parametrize("options", [{}, {"plaintext_footer": True}], ids=str)
@pytest.mark.parametrize("columns", [{"uniform_encryption": True}, {"column_keys": {"k": ["a"]}}], ids=str)
def test_encrypted_files(tmp_path: Path, options: dict[str, Any], columns: dict[str, Any]) -> None:
    asked = encryption.EncryptionConfiguration("f", **options, **columns)
    properties = encryption.CryptoFactory(lambda _: _Kms()).file_encryption_properties(
        encryption.KmsConnectionConfig(), asked
    )
    path = written(tmp_path / "in.parquet", pa.table({"a": [1], "b": [2]}), [1], encryption_properties=properties)
    assert carried(path) is None


def test_no_file_is_an_operating_system_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        carried(tmp_path / "none.parquet")


def test_what_does_not_match(tmp_path: Path) -> None:
    source, out = small(tmp_path), tmp_path / "out.parquet"
    right = written(tmp_path / "right.parquet", answers(4), [2, 2])
    half = written(tmp_path / "half.parquet", answers(2), [2])
    for paths, names, first, said in (
        ([written(tmp_path / "w1.parquet", answers(4), [4])], {}, [], "rows"),
        ([half], {}, [], "rows"),
        ([right, half], {}, [], "rows"),
        ([half, written(tmp_path / "w2.parquet", answers(2).drop(["why"]), [2])], {}, [], "same columns"),
        ([], {}, [], "same columns"),
        ([right], {}, ["rwo"], "no column rwo"),
        ([right], {"a": "Answer"}, [], "answer repeats"),
        ([right], {"a": "b"}, [], "b repeats"),
        ([right], {}, ["row", "row"], "row repeats"),
    ):
        with pytest.raises(ValueError, match=said):
            side_by_side(source, names, paths, first, out)
    before = source.read_bytes(), right.read_bytes()
    for path in (source, right):
        with pytest.raises(ValueError, match="one of the files to read"):
            side_by_side(source, {}, [right], [], path)
    assert (source.read_bytes(), right.read_bytes()) == before
    side_by_side(source, {"a": "b", "b": "a"}, [half, half], [], out)
    assert pq.read_table(out)["b"].to_pylist() == [1, 2, 3, 4]


def _footer_of(table: pa.Table, **options: Any) -> tuple[bytes, bytes]:
    made = io.BytesIO()
    pq.write_table(table, made, row_group_size=20, **options)
    data = made.getvalue()
    length = int.from_bytes(data[-8:-4], "little")
    return data[: -8 - length], data[-8 - length : -8]


CHUNKS, FOOTER = _footer_of(orders(40).select(["number", "name", "entry"]), store_schema=False)


@settings(max_examples=400, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    flips=st.lists(st.tuples(st.integers(0, len(FOOTER) - 1), st.integers(0, 255)), max_size=4),
    cut=st.integers(0, len(FOOTER)) | st.just(len(FOOTER)),
    length=st.integers(0, 2**32 - 1) | st.none(),
)
@example(flips=[], cut=len(FOOTER), length=None)
def test_damaged_footers(tmp_path: Path, flips: list[tuple[int, int]], cut: int, length: int | None) -> None:
    footer = bytearray(FOOTER)
    for at, byte in flips:
        footer[at] = byte
    del footer[cut:]
    path = tmp_path / "in.parquet"
    path.write_bytes(CHUNKS + footer + (len(footer) if length is None else length).to_bytes(4, "little") + b"PAR1")
    beside_it = tmp_path / "answers.parquet"
    if not beside_it.exists():
        written(beside_it, answers(40), [20, 20])
    found = carried(path)
    if bytes(footer) == FOOTER and length is None:
        assert found == [20, 20]
    try:
        side_by_side(path, {"name": "other"}, [beside_it], ["row"], tmp_path / "out.parquet")
    except ValueError:
        return
    assert found == [20, 20]
    assert carried(tmp_path / "out.parquet") == found


@settings(max_examples=300, deadline=2000)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_struct_or_none(data: bytes) -> None:
    try:
        said = thrift.struct_of(data, beside._OPENED)
    except ValueError:
        return
    again = thrift.bytes_of(said)
    assert thrift.struct_of(again, beside._OPENED) == said
