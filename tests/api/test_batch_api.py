"""``exeat.batch``: tables of Arrow, Polars and pandas in, the answers out, as the desk gives them one by one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("duckdb", reason="needs the extra 'tables'")

import exeat

COLUMNS = {
    "date": ["2025-07-01", "2025-07-01", "2025-07-01"],
    "item": ["NVIDIA H100 SXM", "NVIDIA H100 SXM", "NVIDIA H1000"],
    "destination": ["DE", "SG", "SG"],
    "quantity": [512, None, 8],
    "activity": ["export"] * 3,
    "origin": ["US"] * 3,
    "consignee_country": ["DE", "SG", "SG"],
    "consignee_headquarters": ["DE", "SG", "SG"],
    "consignee_parent": ["DE", "CN", "CN"],
}
OUTCOMES = ["license_exception", "license_required", None]


def test_pandas(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(COLUMNS, index=[7, 7, 9])
    found = exeat.batch(frame)
    answers = found.to_pandas()
    assert answers["outcome_text"].tolist()[:2] == OUTCOMES[:2]
    assert answers["outcome_text"].isna().tolist() == [False, False, True]
    assert list(answers["row"]) == [1, 2, 3]
    assert (found.summary["decided"], found.summary["errors"], found.summary["out"]) == (2, 1, None)
    assert "H1000" in answers["error"][2]
    days = frame.assign(date=pandas.to_datetime(frame["date"]), quantity=frame["quantity"].astype("Int64"))
    assert exeat.batch(days).to_pandas()["outcome_text"][0] == "license_exception"
    with pytest.raises(exeat.InputError, match="two columns are called 'date'"):
        exeat.batch(pandas.concat([frame, frame[["date"]]], axis=1))


def test_polars() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(COLUMNS)
    found = exeat.batch(frame).to_polars()
    assert found["outcome_text"].to_list() == OUTCOMES
    typed = frame.with_columns(polars.col("date").str.to_date(), polars.col("destination").cast(polars.Categorical))
    assert exeat.batch(typed).to_polars()["outcome_text"].to_list() == OUTCOMES
    assert exeat.batch(frame.lazy()).to_polars()["outcome_text"].to_list() == OUTCOMES


def test_arrow_and_a_file(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    table = pa.table(COLUMNS)
    assert exeat.batch(table).table["outcome_text"].to_pylist() == OUTCOMES
    written = exeat.batch(table, tmp_path / "decided.csv", traces=tmp_path / "traces.parquet")
    assert (tmp_path / "decided.csv").is_file()
    assert (tmp_path / "traces.parquet").is_file()
    with pytest.raises(exeat.InputError, match=r"the rows are in decided\.csv"):
        _ = written.table
    with pytest.raises(exeat.InputError, match=r"an? int is no table"):
        exeat.batch(7)


def test_one_row_is_decided_as_check_decides_it() -> None:
    pa = pytest.importorskip("pyarrow")
    row = exeat.batch(pa.table(COLUMNS)).table.to_pylist()[0]
    alone = exeat.check(item="NVIDIA H100 SXM", to="DE", headquarters="DE", parent="DE", quantity=512, on="2025-07-01")
    assert (row["outcome_text"], row["outcome_enforced"]) == (alone.outcome_on("text"), alone.outcome_on("enforced"))


def test_what_moves() -> None:
    pa = pytest.importorskip("pyarrow")
    found = exeat.batch(pa.table(COLUMNS), compare=("text", "enforced"))
    assert found.summary["moved"] == 1
    assert found.table.to_pylist()[0]["destination"] == "DE"


def test_importing_the_package_loads_no_table_library() -> None:
    heavy = "{'duckdb', 'pyarrow', 'pandas', 'polars', 'xlsxwriter', 'python_calamine', 'exeat.portfolio'}"
    code = f"import sys, exeat; exeat.batch; found = {heavy} & set(sys.modules); sys.exit(', '.join(found) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
