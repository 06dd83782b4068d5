"""A table that names parties gets the answer the desk gives to each row, and says what the lists say."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("anyascii", reason="needs the extra 'screening'")
pytest.importorskip("duckdb", reason="needs the extra 'tables'")

from exeat.bound.screening import Lists
from exeat.desk import Desk
from exeat.portfolio import commands
from exeat.screening import gate
from exeat.screening.store import ListStore

SOURCE = {code: f"A List ({code}) - An Agency" for code in
          ("EL", "DPL", "UVL", "MEU", "SDN", "SSI", "CAP", "NS-MBS", "CMIC", "PLC", "ISN", "DTC")}  # fmt: skip
ROWS = [
    ("EL", "Dragon Compute Technology Co., Ltd.", "CN", "2025-03-28"),
    ("SDN", "Northern Bank Holding", "RU", "2022-04-06"),
    ("UVL", "Toptech Electronics Ltd.", "HK", None),
    *((code, f"Placeholder {code} Zzyzx", "ZZ", None) for code in SOURCE),
]
HEADER = ("date", "item", "destination", "activity", "origin", "ultimate_consignee_name", "ultimate_consignee_country",
          "ultimate_consignee_headquarters", "ultimate_consignee_parent", "ultimate_consignee_lists",
          "ultimate_consignee_on_unverified_list", "end_user_name", "end_user_country")  # fmt: skip
TODAY = date.today().isoformat()


def line(name: str, place: str = "CN", on: str = TODAY, **more: str) -> dict[str, str]:
    cells = dict.fromkeys(HEADER, "")
    cells.update(date=on, item="NVIDIA H20", destination=place, activity="export", origin="US",
                 ultimate_consignee_name=name, ultimate_consignee_country=place,
                 ultimate_consignee_headquarters=place, ultimate_consignee_parent=place)  # fmt: skip
    return {**cells, **more}


LINES = [
    line("Dragon Compute Technology Co., Ltd."),
    line("Dragon Compute Technology Co., Ltd.", on="2025-03-01"),
    line("Dragon Compute Technology", "SG"),
    line("Beispiel GmbH", "DE"),
    line("Beispiel GmbH", "DE", end_user_name="Toptech Electronics Ltd", end_user_country="HK"),
    line("Dragon Compute Technology Co., Ltd.", "CN", ultimate_consignee_lists="none"),
    line("Toptech Electronics Ltd.", "HK", ultimate_consignee_on_unverified_list="no"),
    line("", "DE"),
    line("\u202e\u200b", "DE"),
    line("Beispiel GmbH", "DE", on="yesterday"),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a copy of the made list of 2024 and one of yesterday."""
    monkeypatch.setattr(gate, "LEAST", {})
    keys = ("source", "name", "country", "start_date")
    store = ListStore(tmp_path / "data")
    for day, more in ((date(2024, 1, 1), []), (date.today() - timedelta(days=1), [("UVL", "Another", "ZZ", None)])):
        results = [dict(zip(keys, (SOURCE[code], *rest), strict=True)) for code, *rest in [*ROWS, *more]]
        file = tmp_path / f"{day}.json"
        file.write_text(json.dumps({"results": results}), encoding="utf-8")
        store.add(file, "csl", day)
    return tmp_path / "data"


def decided(tmp_path: Path, desk: Desk, **more: Any) -> list[dict[str, str]]:
    table, out = tmp_path / "orders.csv", tmp_path / "answers.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADER)
        writer.writeheader()
        writer.writerows(LINES)
    commands.batch(table, out, desk=desk, **more)
    with out.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def transaction(cells: dict[str, str]) -> dict[str, Any]:
    """The row as one would state it to the desk."""
    parties = []
    for slot in ("ultimate_consignee", "end_user"):
        party: dict[str, Any] = {
            key: cells[f"{slot}_{key}"] for key in ("name", "country", "headquarters", "on_unverified_list")
            if cells.get(f"{slot}_{key}")
        }  # fmt: skip
        if cells.get(f"{slot}_parent"):
            party["ultimate_parent_headquarters"] = cells[f"{slot}_parent"]
        if cells.get(f"{slot}_lists"):
            party["lists"] = []
        if party:
            parties.append({"role": slot, **party})
    return {**{key: cells[key] for key in ("date", "item", "destination", "activity", "origin")}, "parties": parties}


def test_each_row_is_answered_as_the_desk_answers_it(tmp_path: Path, folder: Path) -> None:
    lists = Lists(folder)
    plain = Desk()
    desk = Desk(plain.lawbook, plain.catalog, screening=lists)
    answers = decided(tmp_path, plain, screening=lists)
    assert len(answers) == len(LINES)
    assert "yesterday" in answers[-1]["error"]
    for cells, answer in zip(LINES[:-1], answers[:-1], strict=True):
        found = desk.check(transaction(cells)).to_dict()
        assert (answer["outcome_text"], answer["outcome_enforced"]) == (
            found["text"]["outcome"], found["enforced"]["outcome"],
        ), cells  # fmt: skip
        holds = [hold for report in found.get("screening", ()) for hold in report["hold"]]
        assert answer["screening_hold"] == "; ".join(holds), cells
        assert not answer["error"]


def test_the_listed_is_named_the_doubtful_held_and_the_unnamed_left_alone(tmp_path: Path, folder: Path) -> None:
    answers = decided(tmp_path, Desk(), screening=Lists(folder))
    listed, before, doubtful, none, two, stated, own, unnamed, unreadable, _ = answers
    assert "744.11(a)" in listed["requirements_text"] and "[EL] 1.00, listed" in listed["screening"]
    assert "744.11(a)" not in before["requirements_text"].replace("744.11(a)?", "")
    assert "possible match, not resolved: Dragon Compute" in doubtful["screening_hold"]
    assert doubtful["outcome_text"] in ("unknown", "license_required")
    assert "no match found" in none["screening"] and not none["screening_hold"]
    assert "ultimate consignee: no match" in two["screening"] and "end user: " in two["screening"]
    assert "[UVL]" in two["screening"]
    assert not stated["screening"] and not unnamed["screening"]
    assert "[UVL]" in own["screening"], "what the row states wins, and the hit is shown"
    assert "not screened" in unreadable["screening"] and unreadable["screening_hold"]
    assert not [name for name in answers[0] if name.startswith("@")]


def test_without_screening_a_table_says_nothing_of_lists(tmp_path: Path) -> None:
    answers = decided(tmp_path, Desk())
    assert "screening" not in answers[0]
    assert "744.11(a)" not in answers[0]["requirements_text"].replace("744.11(a)?", "")


def test_unknown_is_never_taken_for_what_nobody_stated(tmp_path: Path) -> None:
    """Both read as nothing known; but the one is presumed, and the other may not be."""
    table, out = tmp_path / "orders.csv", tmp_path / "answers.csv"
    facts = ("on_entity_list", "on_mieu_list", "on_sdn_list")
    head = "date,item,destination,activity,origin,consignee_country,consignee_hq,consignee_parent"
    start = "2026-07-01,NVIDIA H20,DE,export,US,DE,DE,DE"
    for fact in facts:
        table.write_text(f"{head},consignee_{fact}\n{start},\n{start},?\n{start},no\n", encoding="utf-8")
        commands.batch(table, out)
        with out.open(encoding="utf-8-sig", newline="") as file:
            outcomes = [row["outcome_text"] for row in csv.DictReader(file)]
        assert outcomes == ["no_license_required", "unknown", "no_license_required"], fact
