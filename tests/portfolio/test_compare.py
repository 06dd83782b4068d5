"""What changed: only the rows that move, checked against the desk, with the instruments that moved them."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("duckdb", reason="needs the extra 'tables'")

import pyarrow as pa
import pyarrow.parquet as pq
from random_moves import wrong_moves

from exeat.desk import Desk
from exeat.lawbook.folder import law_folder
from exeat.portfolio.commands import compare
from exeat.terms import InputError

COLUMNS = ("order_id", "date", "item", "destination", "quantity", "activity", "origin")
PARTY = ("consignee_country", "consignee_headquarters", "consignee_parent")


def orders(*rows: tuple[str, str, str], item: str = "NVIDIA H100 SXM") -> pa.Table:
    """Orders of H100s: day, where to, and where the consignee's parent is."""
    listed = []
    for number, (day, place, parent) in enumerate(rows, 1):
        cells = (f"{number:04}", day, item, place, "8", "export", "US", place, place, parent)
        listed.append(dict(zip((*COLUMNS, *PARTY), cells, strict=True)))
    return pa.Table.from_pylist(listed)


def moved(desk: Desk, folder: Path, table: Any, *between: str, **more: Any) -> tuple[dict[str, Any], list[Any]]:
    summary = compare(table, folder / "moved.parquet", between, desk=desk, **more)
    rows = pq.read_table(folder / "moved.parquet").to_pylist()
    assert summary["moved"] == len(rows)
    assert summary["rows"] == summary["decided"] + summary["errors"]
    return summary, rows


def test_between_two_days_only_what_moves_comes_back(tmp_path: Path, desk: Desk) -> None:
    table = orders(("2023-01-01", "DE", "DE"), ("2026-01-01", "CN", "CN"), ("2024-05-05", "GB", "GB"))
    summary, rows = moved(desk, tmp_path, table, "2024-01-08", "2025-07-01")
    assert [row["row"] for row in rows] == [1, 3], "to China a license was, and is, met with a presumption of denial"
    first = rows[0]
    assert (first["order_id"], first["date"]) == ("0001", "2023-01-01"), "the row's own day is kept, though not asked"
    assert (first["outcome_text_a"], first["outcome_text_b"]) == ("no_license_required", "license_exception")
    assert (first["outcome_enforced_a"], first["outcome_enforced_b"]) == ("no_license_required",) * 2
    assert first["moved"] == "outcome (text)"
    assert first["moved_by"] == (
        "90 FR 4544: § 742.6(a)(6)(iii)(A) added, from 2025-05-15; 90 FR 5298: § 740.27 revised, from 2025-05-15"
    )
    assert summary["compared"] == ["2024-01-08", "2025-07-01"]
    by = {(cause["instrument"], cause["provision"]): cause for cause in summary["moved_by"]}
    cause = by["90 FR 4544", "§ 742.6(a)(6)(iii)(A)"]
    assert (cause["how"], cause["since"], cause["confidence"]) == ("added", "2025-05-15", "primary")
    assert cause["source"].startswith("https://www.federalregister.gov/")
    change = {"track": "text", "what": "outcome", "from": "no_license_required", "to": "license_exception", "rows": 2}
    assert change in summary["moves"]
    assert summary["not_traced"] == 0


def test_days_can_be_named_in_either_order(tmp_path: Path, desk: Desk) -> None:
    table = orders(("", "DE", "DE"))
    _, forth = moved(desk, tmp_path, table, "2024-01-08", "2025-07-01")
    _, back = moved(desk, tmp_path, table, "2025-07-01", "2024-01-08")
    assert (back[0]["outcome_text_a"], back[0]["outcome_text_b"]) == ("license_exception", "no_license_required")
    assert "90 FR 4544: § 742.6(a)(6)(iii)(A)" in back[0]["moved_by"]
    assert forth[0]["row"] == back[0]["row"]


def test_a_table_without_days_can_be_compared_between_two(tmp_path: Path, desk: Desk) -> None:
    table = orders(("", "DE", "DE")).drop_columns(["date"])
    assert len(moved(desk, tmp_path, table, "2024-01-08", "2025-07-01")[1]) == 1
    with pytest.raises(InputError, match="no column 'date'"):
        moved(desk, tmp_path, table, "text", "enforced")


def test_the_tracks(tmp_path: Path, desk: Desk) -> None:
    rows = (("2025-07-01", "DE", "DE"), ("2025-07-01", "CN", "CN"), ("2024-01-08", "DE", "DE"))
    summary, found = moved(desk, tmp_path, orders(*rows), "text", "enforced")
    assert [row["row"] for row in found] == [1]
    assert (found[0]["outcome_text"], found[0]["outcome_enforced"]) == ("license_exception", "no_license_required")
    assert "§ 742.6(a)(6)(iii)(A) not enforced, from 2025-05-13" in found[0]["moved_by"]
    change = {"what": "outcome", "from": "license_exception", "to": "no_license_required", "rows": 1}
    assert summary["moves"] == [change]


def other_law(folder: Path) -> Path:
    """The law without what BIS said of the AI Diffusion Rule."""
    shutil.copytree(law_folder(), folder)
    for name in ("2025-05-13-bis-nonenforcement.md", "2026-05-31-bis-guidance.md"):
        (folder / "us" / "ear" / name).unlink()
    return folder


def test_two_states_of_the_law(tmp_path: Path, desk: Desk) -> None:
    law = other_law(tmp_path / "without")
    table = orders(("2025-07-01", "DE", "DE"), ("2025-07-01", "CN", "CN"))
    summary, found = moved(desk, tmp_path, table, law=law)
    assert summary["compared"] == ["this law", "without"]
    assert summary["law"][0] == desk.lawbook.digest != summary["law"][1]
    assert [row["row"] for row in found] == [1]
    assert (found[0]["outcome_enforced_a"], found[0]["outcome_enforced_b"]) == (
        "no_license_required",
        "license_exception",
    )
    assert found[0]["moved"] == "outcome (enforced)"
    assert "BIS guidance 2026-05-31: § 742.6(a)(6)(iii)(A) not enforced, from 2025-05-13" in found[0]["moved_by"]
    # What was read once is known by its digest.
    assert len(moved(desk, tmp_path, table, law=summary["law"][1])[1]) == 1


def test_an_edited_rule_is_named_though_its_version_has_the_same_name(tmp_path: Path, desk: Desk) -> None:
    law = tmp_path / "edited"
    shutil.copytree(law_folder(), law)
    (file,) = (law / "us").rglob("*88-FR-73458*")
    text = file.read_text(encoding="utf-8")
    assert "tpp >= 4800" in text
    file.write_text(
        text.replace("tpp >= 4800", "tpp >= 48000").replace("tpp >= 1600", "tpp >= 16000"), encoding="utf-8"
    )
    summary, found = moved(desk, tmp_path, orders(("2024-01-08", "CN", "CN")), law=law)
    assert (found[0]["outcome_text_a"], found[0]["eccn_a"]) == ("license_required", "3A090.a")
    assert found[0]["eccn_b"] != "3A090.a"
    assert "88 FR 73458: ECCN 3A090.a" in found[0]["moved_by"]
    assert summary["not_traced"] == 0


def test_a_draft(tmp_path: Path, desk: Desk) -> None:
    table = orders(("2025-07-10", "MY", "MY"), ("2025-07-10", "DE", "DE"))
    summary, found = moved(desk, tmp_path, table, law="2025-07-04-malaysia-thailand")
    assert [row["row"] for row in found] == [1]
    assert (
        "Draft, Malaysia and Thailand: Draft 2025, Malaysia and Thailand added, from 2025-07-04" in found[0]["moved_by"]
    )
    assert summary["law"][1].endswith("+2025-07-04-malaysia-thailand")


def test_membership_of_a_group_is_a_cause(tmp_path: Path, desk: Desk) -> None:
    """Macau was treated as China from 17 January 2023; Nicaragua came into D:5 on 15 March 2024."""
    _, found = moved(desk, tmp_path, orders(("", "NI", "NI")), "2024-03-14", "2024-03-16")
    assert [row["row"] for row in found] == [1]
    assert "89 FR 18780" in found[0]["moved_by"]
    assert "group " in found[0]["moved_by"]


def test_rows_that_cannot_be_read_are_told_and_do_not_move(tmp_path: Path, desk: Desk) -> None:
    table = orders(("", "Atlantis", "DE"), ("not a day", "DE", "DE"))
    summary, found = moved(desk, tmp_path, table, "2024-01-08", "2025-07-01", errors=tmp_path / "errors.csv")
    assert (summary["errors"], [row["row"] for row in found]) == (1, [2]), "its own day is not asked"
    assert "'Atlantis' is no known place" in summary["error_rows"][0]["error"]
    with (tmp_path / "errors.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["row"], row["order_id"]) == ("1", "0001")


def test_a_comparison_for_people(tmp_path: Path, desk: Desk) -> None:
    from python_calamine import CalamineWorkbook

    compare(orders(("", "DE", "DE")), tmp_path / "m.xlsx", ("2024-01-08", "2025-07-01"), desk=desk)
    head, row = CalamineWorkbook.from_path(str(tmp_path / "m.xlsx")).get_sheet_by_index(0).to_python()
    found = dict(zip(head, row, strict=True))
    assert (found["quantity"], found["order_id"]) == (8, "0001")
    assert "90 FR 4544" in found["moved_by"]


@pytest.mark.parametrize(
    ("between", "law", "says"),
    [
        (("2024-01-08",), None, "expected two days"),
        (("text", "2024-01-08"), None, "expected the tracks text and enforced"),
        (("text", "text"), None, "expected the tracks text and enforced"),
        (("2024-01-08", "2024-01-08"), None, "are the same"),
        (("2024-01-08", "2024-02-30"), None, "expected a day that exists"),
        (("2019-01-08", "2024-02-03"), None, "lies before the encoded law"),
        (("txt", "2024-02-03"), None, "perhaps 'text'"),
        (("text", "enforced"), "x", "not both at once"),
        ((), "0" * 64, "no law with the digest 000000000000"),
        ((), "2025-07-04-malaysia", "perhaps '2025-07-04-malaysia-thailand'"),
        ((), ".", "no folder of law"),
    ],
)
def test_what_cannot_be_compared_is_one_clear_line(
    tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch, between: tuple[str, ...], law: str | None, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=says) as error:
        compare(orders(("", "DE", "DE")), tmp_path / "m.parquet", between, law=law, desk=desk)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("seed", [1, 3, 15])
def test_random_tables_move_as_the_desk_says(desk: Desk, seed: int, tmp_path: Path) -> None:
    """Each row asked by itself on both days; every move has a cause that took effect between them."""
    faults, count = wrong_moves(desk, seed, 40, tmp_path)
    assert faults == []
    assert count > 0


def test_a_party_that_came_onto_a_list_between_the_days_is_a_cause(
    tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("anyascii", reason="needs the extra 'screening'")
    from exeat.bound.screening import Lists

    monkeypatch.setenv("EXEAT_DATA_DIR", str(tmp_path / "lists"))
    table = orders(("", "CN", "CN"), item="NVIDIA GeForce RTX 4060")
    table = table.append_column("consignee_name", [["Beijing Zhipu Huazhang Technology Co., Ltd."]])
    between = ("2025-01-15", "2025-01-17")
    _, found = moved(desk, tmp_path, table, *between, screening=Lists(None))
    assert found[0]["outcome_enforced_b"] in ("license_required", "unknown")
    assert "the lists held: on entity list of a party differs, from 2025-01-17" in found[0]["moved_by"]
    assert moved(desk, tmp_path, table, *between)[1] == [], "nobody is screened, nothing is known of the lists"
