"""The page on tables is true: its commands run, in order, on its own table, and do what it says."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import shlex
from pathlib import Path

import pytest

pytest.importorskip("duckdb", reason="needs the extra 'tables'")

from exeat.cli import BAD_INPUT, UNKNOWN, main

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "tables.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ exeat (.*)$", PAGE, re.MULTILINE)


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXEAT_DATA_DIR", str(tmp_path / "lists"))
    (text,) = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "orders.csv").write_text(text, encoding="utf-8")
    return tmp_path


def test_every_command_does_what_the_page_says(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(COMMANDS) == 7
    told = {}
    for command in COMMANDS:
        code = main(shlex.split(command))
        out = capsys.readouterr()
        if "reference_number" in command:
            assert code == BAD_INPUT
            assert "no fact is called 'reference_number'" in out.err
        else:
            assert (code, out.err) == (UNKNOWN, ""), command
            told[command] = out.out
    first, *_ = told.values()
    assert "6 rows: 4 decided, 2 could not be read" in first
    assert "row 4: date is '03/04/2025', which may be 2025-04-03" in first
    assert "row 5: no item 'NVIDIA H1000' in the catalog" in first
    assert "6 rows: 5 decided" in told["batch orders.csv --dates dmy"]
    assert sorted(path.name for path in table.iterdir() if path.is_file()) == [
        "decided.parquet", "decided.xlsx", "errors.csv", "moved.csv", "orders.csv", "traces.parquet",
    ]  # fmt: skip
    with (table / "moved.csv").open(encoding="utf-8") as file:
        moved = {row["order_id"]: row for row in csv.DictReader(file)}
    assert "90 FR 4544: § 742.6(a)(6)(iii)(A) added, from 2025-05-15" in moved["0001"]["moved_by"]


def test_the_python_runs(table: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {}
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(code, "tables.md", "exec"), names)
    assert "license_exception" in out.getvalue()
    assert names["answers"].num_rows == 6  # type: ignore[attr-defined]
    assert (table / "errors.parquet").is_file()


def test_every_column_of_an_answer_is_on_the_page() -> None:
    from exeat.portfolio.decision import ANSWER_COLUMNS

    for name in ANSWER_COLUMNS:
        assert re.sub(r"_(text|enforced)$", "_*", name) in PAGE or name in PAGE, name
