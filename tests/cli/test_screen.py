"""``exeat screen``, ``owners``, ``lists``, ``doctor``, and screening in ``exeat check``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("anyascii", reason="needs the extra 'screening'")

Run = Callable[..., Any]
HUAWEI = "Huawei Technologies Co., Ltd."
H20 = ("check", "NVIDIA H20", "--to", "CN", "--headquarters", "CN", "--parent", "CN", "--on", "2025-07-01")


@pytest.fixture(autouse=True)
def no_lists(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A fresh machine: no lists but the one that ships with the package, no ledger."""
    monkeypatch.setenv("EXEAT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("EXEAT_LEDGER", raising=False)
    return tmp_path


def test_huawei_is_found_offline_in_the_starter_list(run: Run) -> None:
    told = run("screen", HUAWEI, "--country", "CN")
    assert told.code == 3 and "Huawei Technologies Co., Ltd. [EL], listed 2019-05-21" in told.out
    data = run("screen", HUAWEI, "--country", "CN", "--list", "EL", "--json").data
    assert data["counts"] == {"match": 1} and {hit["list"] for hit in data["answers"][0]["hits"]} == {"EL"}
    before = run("screen", HUAWEI, "--country", "CN", "--on", "2018-01-01", "--json").data
    assert "EL" not in {hit["list"] for hit in before["answers"][0]["hits"]}


def test_a_file_of_names_is_screened_line_by_line(run: Run, no_lists: Path) -> None:
    names = no_lists / "names.csv"
    names.write_text(f'name,country\nBeispiel GmbH,DE\n"{HUAWEI}",CN\n', encoding="utf-8")
    told = run("screen", str(names))
    assert told.code == 3 and "1 match; 1 no match found" in told.out
    names.write_text("Beispiel GmbH\n", encoding="utf-8")
    assert run("screen", str(names)).code == 0


def test_check_screens_a_named_party_and_says_since_when(run: Run) -> None:
    told = run(*H20, "--name", HUAWEI)
    assert told.code == 0 and "license required (744.11(a))" in told.out and "listed 2019-05-21" in told.out
    without = run(*H20, "--name", HUAWEI, "--no-screen", "--json").data
    assert "screening" not in without and "744.11(a)" not in [r["id"] for r in without["text"]["requirements"]
                                                              if r["applies"] == "yes"]  # fmt: skip
    assert "screening" in run(*H20, "--name", HUAWEI, "--screen", "--json").data
    run(*H20, "--screen", "--no-screen").refused("contradict each other")
    held = run("flags", *H20[1:], "--name", "Huawei Tech. Co Ltd", "--json").data
    assert held["hold"]


def test_a_transaction_file_may_say_so_itself(run: Run, no_lists: Path) -> None:
    asked = {"date": "2025-07-01", "item": "NVIDIA H20", "destination": "CN", "screen": False,
             "parties": [{"role": "ultimate_consignee", "name": HUAWEI, "country": "CN"}]}  # fmt: skip
    file = no_lists / "order.json"
    file.write_text(json.dumps(asked), encoding="utf-8")
    assert "screening" not in run("check", str(file), "--json").data
    assert "screening" in run("check", str(file), "--screen", "--json").data


def test_lists_are_added_looked_at_and_refused(run: Run, no_lists: Path) -> None:
    assert "330 entries" in run("lists", "status").out
    own = no_lists / "own.csv"
    own.write_text("Customer,Land\nSlow Payer Ltd,DE\n", encoding="utf-8")
    run("lists", "add", str(own)).refused("own.csv")
    run("lists", "add", str(own), "--column", "name=Custommer").refused("perhaps 'Customer'")
    run("lists", "add", str(no_lists / "none.csv"), "--column", "name=Customer").refused("none.csv")
    run("lists", "update", "csll", "--json")
    columns = ("--column", "name=Customer", "--column", "country=Land")
    added = run("lists", "add", str(own), *columns, "--code", "HOUSE", "--as-of", "2026-01-05", "--json").data
    assert (added["rows"], added["as_of"]) == ({"HOUSE": 1}, "2026-01-05")
    (held,) = run("lists", "status", "--json").data
    assert (held["source"], held["total"], held["copies"]) == ("house", 1, 1)
    assert run("screen", "Slow Payer Ltd", "--country", "DE").code == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [(("screen", "A", "--on", "2025-02-30"), "--on is '2025-02-30'"),
     (("screen", "A", "--list", "ELL"), "perhaps 'EL'"),
     (("owners", "none.csv", "A"), "no such file"), (("lists", "statuss"), "status")],
)  # fmt: skip
def test_bad_input_is_one_line(run: Run, words: tuple[str, ...], said: str) -> None:
    run(*words).refused(said)


def test_owners_are_added_up_by_both_methods(run: Run, no_lists: Path) -> None:
    held = no_lists / "stakes.csv"
    held.write_text(f'owner,owned,share\n"{HUAWEI}",Joint Co,50\nFounders,Joint Co,50\n', encoding="utf-8")
    told = run("owners", str(held), "Joint Co")
    assert told.code == 3 and f"{HUAWEI} holds 50 % of Joint Co" in told.out
    data = run("owners", str(held), "Joint Co", "--json").data
    assert {test["method"] for test in data["tests"]} == {"BIS", "OFAC"}
    run("owners", str(held), "Joint Cp").refused("perhaps 'Joint Co'")


def test_a_missing_extra_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("exeat.screening")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "anyascii", None)
    run("screen", "Anyone").refused("pip install 'exeat[screening]'")
    # A check does not fail for want of it, and does not claim to have looked.
    (report,) = run(*H20, "--name", "Anyone at all", "--json").data["screening"]
    assert report["status"] == "not screened" and "exeat[screening]" in report["statement"] and report["facts"] == {}


def test_doctor_tells_what_is_there(run: Run) -> None:
    told = run("doctor")
    assert told.code == 0
    assert "law:" in told.out and "list starter" in told.out and "ledger: none configured" in told.out
    assert {one["what"] for one in run("doctor", "--json").data} >= {"law", "list starter", "ledger"}
    (bad,) = [
        one for one in run("doctor", "--ledger", "nonsense://", "--json").data if one["what"] == "ledger: database"
    ]
    assert bad["well"] is False
