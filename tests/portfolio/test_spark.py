"""Spark against DuckDB on a real local cluster of several executors: the same answers, row for row."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from random_tables import RandomTable

from exeat.cli import main
from exeat.desk import Desk
from exeat.portfolio import spark as on_spark
from exeat.portfolio.commands import batch
from exeat.portfolio.spark import batch_on_spark, check_java, session
from exeat.terms import InputError

MASTER = "local-cluster[2,1,1024]"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """One session for the module: it takes a while to start."""
    pytest.importorskip("pyspark")
    with pytest.MonkeyPatch.context() as patch:
        # Each Java plans a few queries and ends: its slower, better compiler would not pay back its time.
        patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        with session(MASTER) as spark:
            yield spark


def written(folder: Path, desk: Desk, seed: int, count: int, files: int) -> tuple[pa.Table, Path]:
    """A random table, whole and as a folder of files."""
    random = RandomTable(desk, seed, days=2)
    rows = list(random.sample(count))
    table = pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in random.columns})
    parts = folder / "parts"
    parts.mkdir()
    each = -(-count // files)
    for number in range(files):
        pq.write_table(table.slice(number * each, each), parts / f"part-{number:02}.parquet")
    return table, parts


@pytest.mark.timeout(900)  # two executors of one core each read the law and build every era by themselves
def test_answers_are_those_of_duckdb(cluster: Any, desk: Desk, tmp_path: Path) -> None:
    table, parts = written(tmp_path, desk, seed=14, count=40, files=4)
    outs = {name: tmp_path / f"{name}.parquet" for name in ("duck", "spark", "traces_duck", "traces_spark")}
    by_duck = batch(table, outs["duck"], traces=outs["traces_duck"], desk=desk)
    by_spark = batch_on_spark(parts, outs["spark"], traces=outs["traces_spark"], master=MASTER, desk=desk)
    assert by_spark["executors"] == 2
    duck, spark = pq.read_table(outs["duck"]), pq.read_table(outs["spark"])
    assert duck.column_names == spark.column_names
    assert len(set(duck["outcome_text"].to_pylist())) >= 3
    assert duck["ask"].null_count < 40
    for one, other in zip(duck.to_pylist(), spark.to_pylist(), strict=True):
        assert one == other
    assert pq.read_table(outs["traces_duck"]).to_pylist() == pq.read_table(outs["traces_spark"]).to_pylist()
    same = ("rows", "decided", "errors", "outcomes", "by_destination", "changed", "asks", "error_rows", "traces")
    assert {name: by_spark[name] for name in same} == {name: by_duck[name] for name in same}
    assert not list(tmp_path.glob(".spark*"))


def test_columns_of_every_kind_and_a_row_in_error(cluster: Any, desk: Desk, tmp_path: Path) -> None:
    rows = pa.Table.from_pylist(
        [
            {"row": 7, "a.b": 1.5, "date": "2025-07-01", "item": "NVIDIA H100 SXM", "quantity": 8, "to": "IN"},
            {"row": 8, "a.b": None, "date": "2024-13-01", "item": "NVIDIA H100 SXM", "quantity": None, "to": "DE"},
            {"row": 9, "a.b": 0.1, "date": "2026-02-01", "item": "no such item", "quantity": 3, "to": "CN"},
        ]
    )
    path = tmp_path / "orders.parquet"
    pq.write_table(rows, path, row_group_size=1)
    errors = tmp_path / "errors.csv"
    found = batch_on_spark(path, tmp_path / "spark.parquet", errors=errors, master=MASTER, desk=desk, asks="row")
    batch(path, tmp_path / "duck.parquet", desk=desk, asks="row")
    spark = pq.read_table(tmp_path / "spark.parquet")
    assert spark.to_pylist() == pq.read_table(tmp_path / "duck.parquet").to_pylist()
    assert spark["exeat_row"].to_pylist() == [1, 2, 3]
    assert (found["rows"], found["decided"], found["errors"]) == (3, 1, 2)
    assert [row["row"] for row in found["error_rows"]] == [2, 3]
    assert len(errors.read_text().splitlines()) == 3


def test_the_command_by_signature(cluster: Any, desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = {"date": ["2025-07-01"] * 3, "item": ["H20", "H20", "NVIDIA H100 SXM"], "destination": ["CN", "DE", "?"]}
    path, outs = tmp_path / "orders.parquet", [tmp_path / f"{name}.parquet" for name in ("s", "st", "d", "dt")]
    pq.write_table(pa.table(rows), path)
    argv = ["batch", str(path), "--engine", "spark", "--no-screen", "--master", MASTER, "--asks", "trace", "--json"]
    assert main([*argv, "--out", str(outs[0]), "--traces", str(outs[1])]) == 0
    assert json.loads(capsys.readouterr().out)["asks"]
    batch(path, outs[2], traces=outs[3], desk=desk, asks="trace")
    spark, spark_traces, duck, duck_traces = (pq.read_table(out).to_pylist() for out in outs)
    assert (spark, spark_traces) == (duck, duck_traces)
    assert "ask" not in spark[0] and any(trace["ask"] for trace in spark_traces)


def test_no_rows(cluster: Any, desk: Desk, tmp_path: Path) -> None:
    pq.write_table(pa.table({"date": pa.array([], pa.string())}), tmp_path / "none.parquet")
    found = batch_on_spark(tmp_path / "none.parquet", tmp_path / "out.parquet", master=MASTER, desk=desk)
    assert found["rows"] == 0
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 0


def test_another_law_on_the_executors_is_refused(cluster: Any, desk: Desk, tmp_path: Path) -> None:
    _, parts = written(tmp_path, desk, seed=1, count=10, files=1)
    drafted = Desk(drafts=("2025-07-04-malaysia-thailand",))
    with pytest.raises(InputError, match=r"an executor has exeat .* with the law .*, the driver has"):
        batch_on_spark(parts, tmp_path / "out.parquet", master=MASTER, desk=drafted)
    assert [path.name for path in tmp_path.iterdir()] == ["parts"]


def test_what_is_no_parquet_is_refused(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("date\n2025-07-01\n")
    with pytest.raises(InputError, match=r"orders.csv: --engine spark reads Parquet"):
        batch_on_spark(tmp_path / "orders.csv", tmp_path / "out.parquet", desk=desk)
    with pytest.raises(InputError, match="there is no file"):
        batch_on_spark(tmp_path / "nothing.parquet", tmp_path / "out.parquet", desk=desk)


def a_java(folder: Path, says: str) -> None:
    path = folder / "bin" / "java"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    path.chmod(0o755)


def test_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(InputError, match=r"JAVA_HOME is .* and holds no bin/java; install OpenJDK 17"):
        check_java()
    a_java(tmp_path, 'openjdk version "11.0.22" 2024-01-16')
    with pytest.raises(InputError, match="is Java 11; install OpenJDK 17 or later"):
        check_java()
    a_java(tmp_path, 'java version "1.8.0_401"')
    with pytest.raises(InputError, match="is Java 8"):
        check_java()
    a_java(tmp_path, "what?")
    with pytest.raises(InputError, match=r"says 'what\?'"):
        check_java()
    a_java(tmp_path, 'openjdk version "21" 2023-09-19')
    assert check_java() == 21
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="no java was found on the PATH; install OpenJDK 17"):
        check_java()


def test_without_pyspark_it_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(InputError, match=r"pip install 'exeat\[spark\]'"), on_spark.session("local[1]"):
        pass


def test_nothing_of_spark_is_loaded_before_it_is_asked_for() -> None:
    code = "import sys, exeat.portfolio.spark as s; sys.exit('pyspark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=os.environ, check=False).returncode == 0
