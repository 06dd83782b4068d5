"""``exeat batch`` as a person sees it: the summary, the files, the exit code."""

from __future__ import annotations

import csv
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("duckdb", reason="needs the extra 'tables'")

from exeat.cli import BAD_INPUT, DECIDED, UNKNOWN, main

HEADER = (
    "order_id,item,date,destination,quantity,activity,origin,consignee_country,consignee_headquarters,"
    "consignee_parent,remark"
)
GOOD = "1,NVIDIA H100 SXM,2025-07-01,DE,512,export,US,DE,DE,DE,ok"
OPEN = "2,NVIDIA H100 SXM,2025-07-01,SG,10,export,US,SG,SG,,ok"
BAD = "3,NVIDIA H1000,2025-07-01,SG,10,export,US,SG,SG,CN,ok"


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXEAT_DATA_DIR", str(tmp_path / "lists"))
    path = tmp_path / "orders.csv"
    path.write_text("\n".join((HEADER, GOOD, OPEN, BAD)) + "\n", encoding="utf-8")
    return path


def ran(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["batch", *words])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_the_summary_tells_what_a_person_needs(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = ran(capsys, str(table), "--out", "decided.parquet", "--errors", "errors.csv")
    assert (code, err) == (UNKNOWN, "")
    assert "3 rows: 2 decided, 1 could not be read" in out
    lines = [line.split() for line in out.splitlines()]
    assert ["OUTCOMES", "text", "enforced"] in lines
    assert ["license", "exception", "1", "0"] in lines
    assert ["no", "license", "required", "0", "1"] in lines
    assert ["unknown", "1", "1"] in lines
    assert "the tracks differ on 1 row" in out
    assert "DE: 1 no license required" in out
    whole = " ".join(out.split())
    assert "1 row: Where is the party's ultimate parent company headquartered" in whole
    assert "[column ultimate_consignee_ultimate_parent_headquarters; § 744.23(a)(3)]" in whole
    assert "row 3: no item 'NVIDIA H1000' in the catalog" in out
    assert "carried along: 'order_id', 'remark'" in out
    assert out.rstrip().endswith("written to decided.parquet")
    assert sorted(path.name for path in table.parent.glob("*.*")) == ["decided.parquet", "errors.csv", "orders.csv"]


def test_json_is_the_summary_as_data(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ran(capsys, str(table), "--json")
    found = json.loads(out)
    assert code == UNKNOWN
    assert (found["rows"], found["decided"], found["errors"], found["out"]) == (3, 2, 1, None)
    assert found["changed"] == 1
    assert found["questions"][0]["fact"] == "ultimate_parent_headquarters"
    assert found["questions"][0]["of"] == "ultimate consignee"
    assert found["error_rows"][0]["row"] == 3
    assert list(table.parent.glob("*.parquet")) == [], "without --out nothing is written"


def test_exit_code_0_where_every_row_is_decided(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table.write_text(f"{HEADER}\n{GOOD}\n", encoding="utf-8")
    code, out, _ = ran(capsys, str(table))
    assert code == DECIDED
    assert "1 row: 1 decided" in out
    assert "COULD NOT BE READ" not in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["none.csv"], "there is no file 'none.csv'"),
        (["orders.csv", "--out", "x.txt"], "expected a name that ends in .parquet, .csv, .xlsx"),
        (["orders.csv", "--map", "remark"], "expected COLUMN=FACT"),
        (["orders.csv", "--map", "remark=ites"], "no fact is called 'ites'"),
        (["orders.csv", "--on", "day"], "the table has no column 'day'"),
        (["orders.csv", "--dates", "american"], "expected dmy (day first) or mdy (month first)"),
        (["orders.csv", "--memory", "lots"], "expected a size such as 2GB"),
        (["orders.csv", "--compare", "2024-01-01", "soon"], "a day to compare is 'soon'"),
        (["orders.csv", "--compare-law", "nowhere"], "no folder"),
        (["orders.csv", "--compare", "text", "enforced", "--traces", "t.parquet"], "do not go together"),
        (["orders.csv", "--compare", "text", "enforced", "--running", "LPP"], "do not go together"),
        (["orders.csv", "--sheets", "x"], "--sheets"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    table: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    code, out, err = ran(capsys, *words)
    assert (code, out) == (BAD_INPUT, "")
    assert says in err
    assert err.count("\n") == 1


def test_columns_are_mapped_and_days_read_as_said(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table.write_text(
        "Ref=1;SKU code;Shipped;Ship-to;consignee_country\nA;NVIDIA H100 SXM;06/05/2025;China;China\n", encoding="utf-8"
    )
    mapped = ["--map", "SKU code=item", "--map", "Ship-to=destination", "--on", "Shipped"]
    code, _, _ = ran(capsys, str(table), *mapped)
    assert code == UNKNOWN
    code, _, _ = ran(capsys, str(table), *mapped, "--dates", "dmy", "--out", "d.csv")
    assert code == DECIDED
    with Path("d.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["Ref=1"], row["Shipped"], row["outcome_text"]) == ("A", "06/05/2025", "license_required")


def test_what_moves_is_told_with_its_instruments(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ran(capsys, str(table), "--compare", "2024-01-08", "2025-07-01", "--out", "moved.csv")
    assert code == UNKNOWN, "a row could not be read"
    assert "from 2024-01-08 to 2025-07-01 the answer moves on 1 row" in out
    whole = " ".join(out.split())
    assert "1 outcome (text): no license required -> license exception" in whole
    assert "1 90 FR 4544: § 742.6(a)(6)(iii)(A) added, from 2025-05-15" in whole
    with Path("moved.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["row"] for row in rows] == ["1"]
    assert "90 FR 4544" in rows[0]["moved_by"]


def test_a_bar_stands_only_where_somebody_looks(table: Path) -> None:
    """On a terminal there is a bar on standard error, which is taken away at the end; in a pipe there is none."""
    table.write_text("\n".join((HEADER, *[GOOD] * 3)) + "\n", encoding="utf-8")
    words = [sys.executable, "-c", _SLOW, "batch", str(table)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=280, check=False)
    assert (done.returncode, done.stderr) == (DECIDED, "")
    ours, theirs = pty.openpty()
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
        os.close(theirs)
        shown = b""
        try:
            while block := os.read(ours, 4096):
                shown += block
        except OSError:
            pass  # the other side is closed
        assert process.stdout is not None
        out = process.stdout.read()
    os.close(ours)
    assert process.returncode == DECIDED
    assert "3 rows: 3 decided" in out
    assert b"of 3" in shown, "rows, of how many"


_SLOW = """
import sys, exeat.cli.batch
exeat.cli.batch._SHORT = 0.0
from exeat.cli import main
sys.exit(main(sys.argv[1:]))
"""
