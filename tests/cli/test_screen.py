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


def test_what_the_starter_list_does_not_find_is_no_screening_against_the_whole(run: Run) -> None:
    told = run("screen", "Beispiel GmbH")
    assert "not found in the starter list of 330 AI-relevant parties of 2026-07-31" in told.out
    assert "this is not a screening against the Consolidated Screening List" in told.out


def test_a_reviewer_clears_a_pair_and_the_check_says_who(run: Run) -> None:
    asked = ("Moore Threads Foods", "--country", "SG")
    hits = run("screen", *asked, "--json").data["answers"][0]["hits"]
    assert hits and hits[0]["status"] == "possible match"
    keys = {hit["key"] for hit in hits}
    decision = ("--who", "J. Doe", "--why", "a bakery, visited", "--until", "2999-01-01")
    run("screen", "clear", *asked, "--entry", hits[0]["key"][:-1], *decision).refused(hits[0]["key"])
    run("screen", "clear", *asked, "--entry", hits[0]["key"], *decision[:-1], "2001-01-01").refused("before")
    run("screen", "clear", *asked, "--entry", hits[0]["key"], "--who", " ", *decision[2:]).refused(
        "who decided and why"
    )
    for key in keys:
        assert "cleared by J. Doe until 2999-01-01" in run("screen", "clear", *asked, "--entry", key, *decision).out
    again = run("screen", *asked)
    assert again.code == 0 and "cleared by J. Doe on " in again.out and "a bakery, visited" in again.out
    # Another country is another record: the clearing does not carry over, and the answer says that there was one.
    other = run("screen", asked[0], "--country", "CN")
    assert other.code == 3 and "void: the customer record changed" in other.out
    assert {one["verdict"] for one in run("screen", "decisions", "--json").data} == {"cleared"}
    assert "J. Doe" in run("screen", "decisions").out

    order = ("check", "NVIDIA H20", "--to", "SG", "--headquarters", "SG", "--parent", "SG", "--on", "2025-07-01")
    (report,) = run(*order, "--name", asked[0], "--json").data["screening"]
    assert {one["taken_as"] for one in report["candidates"]} == {"cleared"} and not report["hold"]
    assert "J. Doe" in report["candidates"][0]["reason"]


def test_a_confirmed_pair_counts_as_listed(run: Run) -> None:
    hit = run("screen", "Huawie Technology", "--country", "CN", "--list", "EL", "--json").data["answers"][0]["hits"][0]
    run("screen", "confirm", "Huawie Technology", "--country", "CN", "--entry", hit["key"], "--who", "J. Doe",
        "--why", "same address", "--until", "2999-01-01")  # fmt: skip
    (report,) = run(*H20, "--name", "Huawie Technology", "--json").data["screening"]
    assert [one["key"] for one in report["candidates"] if one["taken_as"] == "listed"] == [hit["key"]]
    assert report["facts"]["on_entity_list"] == "yes"


def test_a_decision_that_ran_out_or_whose_entry_changed_is_void(run: Run, no_lists: Path) -> None:
    asked = ("Moore Threads Foods", "--country", "SG")
    hit = run("screen", *asked, "--json").data["answers"][0]["hits"][0]
    run("screen", "clear", *asked, "--entry", hit["key"], "--who", "J. Doe", "--why", "x", "--until", "2999-01-01")
    kept = no_lists / "data" / "reviews.jsonl"
    review = json.loads(kept.read_text(encoding="utf-8"))
    kept.write_text(json.dumps({**review, "until": "2026-01-01"}) + "\n", encoding="utf-8")
    assert "void: it held until 2026-01-01 only" in run("screen", "decisions").out
    assert run("screen", *asked).code == 3
    kept.write_text(json.dumps({**review, "entry_digest": "0" * 12}) + "\n", encoding="utf-8")
    told = run("screen", *asked)
    assert told.code == 3 and "void: the listed entry changed since it was reviewed" in told.out
    kept.write_text("{half", encoding="utf-8")
    run("screen", *asked).refused("reviews.jsonl, line 1")


def test_columns_of_other_names_and_sheets(run: Run, no_lists: Path) -> None:
    names = no_lists / "customers.csv"
    names.write_text(f'Kunde;Land\nBeispiel GmbH;DE\n"{HUAWEI}";CN\n;FR\n', encoding="utf-8")
    told = run("screen", str(names), "--column", "name=Kunde", "--column", "country=Land")
    assert told.code == 3 and "1 match; 1 no match found; 1 not screened" in told.out
    run("screen", str(names), "--column", "name=Kunden").refused("perhaps 'Kunde'")
    run("screen", str(names), "--column", "nom=Kunde").refused("perhaps 'name'")
    run("screen", "no such file.csv", "--column", "name=Kunde").refused("no file")
    xlsxwriter = pytest.importorskip("xlsxwriter")
    pytest.importorskip("python_calamine")
    book = xlsxwriter.Workbook(str(no_lists / "customers.xlsx"))
    sheet = book.add_worksheet("Kunden")
    for number, cells in enumerate([("Customers", ""), ("Name", "Country"), (HUAWEI, "CN"), ("Beispiel GmbH", "DE")]):
        sheet.write_row(number, 0, cells)
    book.close()
    assert run("screen", str(no_lists / "customers.xlsx"), "--json").data["counts"] == {
        "match": 1, "no match found": 1,
    }  # fmt: skip


def test_only_those_a_change_of_the_list_touches_are_screened(run: Run, no_lists: Path) -> None:
    for day, rows in (
        ("2026-01-05", "Slow Payer Ltd\nOld Foe GmbH\n"),
        ("2026-02-05", "Slow Payer Ltd\nNew Foe Ltd\n"),
    ):
        own = no_lists / "own.csv"
        own.write_text("Customer\n" + rows, encoding="utf-8")
        run("lists", "add", str(own), "--column", "name=Customer", "--as-of", day, "--accept")
    asked = no_lists / "names.csv"
    asked.write_text("name\nSlow Payer\nNew Foe\nOld Foe\nBeispiel GmbH\n", encoding="utf-8")
    told = run("screen", str(asked), "--changed-since", "2026-01-10")
    assert "since 2026-01-10: 1 added, 0 changed, 1 removed; 2 of 4 names are touched by that" in told.out
    data = run("screen", str(asked), "--changed-since", "2026-01-10", "--json").data
    assert [one["name"] for one in data["answers"]] == ["New Foe", "Old Foe"]
    assert data["answers"][1]["notes"] == ["no longer on the list OWN: Old Foe GmbH"]
    run("screen", str(asked), "--changed-since", "2025-01-10").refused("the first copy is of 2026-01-05")


def test_where_the_official_lists_are_published(run: Run) -> None:
    told = run("lists", "sources")
    assert "data.trade.gov" in told.out and "unconfirmed: " in told.out
    assert {one["source"] for one in run("lists", "sources", "--json").data} >= {"csl", "ecfr", "ofac-sdn"}
    run("lists", "update", "csl", "ecfr", "--url", "https://example.org/x.csv").refused("one source")
