"""The desk with screening and a ledger bound to it: what they supply decides, and what they leave open stays open."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("anyascii", reason="needs the extra 'screening'")
pytest.importorskip("sqlalchemy", reason="needs the extra 'ledger'")

from jsonschema import Draft202012Validator

from exeat.bound.ledger import LedgerBooks, replay
from exeat.bound.screening import Lists
from exeat.desk import Desk
from exeat.ledger import commands
from exeat.ledger.accounts import AccountName
from exeat.screening import gate
from exeat.screening.evidence import Subject
from exeat.screening.store import ListStore
from exeat.supplied import Recording
from exeat.terms import InputError

SCHEMA = Draft202012Validator(
    json.loads((Path(__file__).parent.parent / "docs/determination.schema.json").read_text(encoding="utf-8"))
)
SOURCE = {code: f"A List ({code}) - An Agency" for code in
          ("EL", "DPL", "UVL", "MEU", "SDN", "SSI", "CAP", "NS-MBS", "CMIC", "PLC", "ISN", "DTC")}  # fmt: skip
#: A small Consolidated Screening List with every list in it: what is not found in it may be denied.
ROWS = [
    ("EL", "Dragon Compute Technology Co., Ltd.", "CN", "2025-03-28", None),
    ("EL", "Harbor Lights Trading FZE", "AE", "2025-09-16", None),
    ("EL", "Retired Systems GmbH", "DE", "2020-01-01", "2024-12-31"),
    ("SDN", "Northern Bank Holding", "RU", "2022-04-06", None),
    *((code, f"Placeholder {code} Zzyzx", "ZZ", None, None) for code in SOURCE),
]


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


def write_list(path: Path, rows: list[tuple[Any, ...]] = ROWS) -> Path:
    keys = ("source", "name", "country", "start_date", "end_date")
    results = [dict(zip(keys, (SOURCE[code], *row), strict=True)) for code, *row in rows]
    path.write_text(json.dumps({"results": results}), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def small_lists_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "LEAST", {})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that holds a copy of the made list of 2024 and one of yesterday."""
    store, day = ListStore(tmp_path / "data"), date.today() - timedelta(days=1)
    store.add(write_list(tmp_path / "old.json"), "csl", date(2024, 1, 1))
    store.add(write_list(tmp_path / "new.json", [*ROWS, ("UVL", "Placeholder Two", "ZZ", None, None)]), "csl", day)
    return tmp_path / "data"


def bound(desk: Desk, folder: Path, **more: Any) -> Desk:
    return Desk(desk.lawbook, desk.catalog, screening=Lists(folder), **more)


def order(name: str | None, place: str = "CN", on: str = "2025-07-01", **party: Any) -> dict[str, Any]:
    described = {"role": "ultimate_consignee", "country": place, "headquarters": place,
                 "ultimate_parent_headquarters": place, **({"name": name} if name else {}), **party}  # fmt: skip
    return {"date": on, "activity": "export", "origin": "US", "item": "NVIDIA H20", "destination": place,
            "parties": [described]}  # fmt: skip


def answer(desk: Desk, asked: dict[str, Any]) -> dict[str, Any]:
    found = desk.check(asked).to_dict()
    SCHEMA.validate(json.loads(json.dumps(found)))
    return found


def test_the_starter_list_finds_huawei_and_the_answer_says_since_when(desk: Desk, tmp_path: Path) -> None:
    found = answer(bound(desk, tmp_path), order("Huawei Technologies Co., Ltd."))
    assert found["text"]["outcome"] == found["enforced"]["outcome"] == "license_required"
    assert [r["id"] for r in found["text"]["requirements"] if r["applies"] == "yes"] == ["744.11(a)"]
    (report,) = found["screening"]
    entry = next(c for c in report["candidates"] if c["list"] == "EL" and c["taken_as"] == "listed")
    assert (entry["since"], entry["score"]) == ("2019-05-21", 1.0) and "huawei" in entry["reason"]


def test_what_the_starter_list_does_not_find_it_does_not_deny(desk: Desk, tmp_path: Path) -> None:
    found = answer(bound(desk, tmp_path), order("Beispiel GmbH", "DE"))
    plain = answer(desk, order("Beispiel GmbH", "DE"))
    assert found["screening"][0]["status"] == "no match found" and found["screening"][0]["facts"] == {}
    assert "clears nobody" in found["screening"][0]["statement"]
    assert {key: found[key] for key in plain} == plain


def test_without_names_nothing_is_screened_and_neither_package_is_imported(tmp_path: Path) -> None:
    code = (
        "import sys, exeat\n"
        "found = exeat.check(item='NVIDIA H20', to='DE', headquarters='DE', parent='DE', on='2025-07-01').to_dict()\n"
        "assert 'screening' not in found and 'balances' not in found\n"
        "print([m for m in sys.modules if m.startswith(('exeat.screening', 'exeat.ledger', 'sqlalchemy', 'anyascii'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PATH": ""})
    assert done.stdout.strip() == "[]"


def test_whole_fresh_lists_deny_and_rows_are_dated(desk: Desk, folder: Path) -> None:
    today = date.today().isoformat()
    found = answer(bound(desk, folder), order("Beispiel GmbH", "DE", on=today))
    facts = found["screening"][0]["facts"]
    assert facts["on_entity_list"] == facts["on_sdn_list"] == facts["on_other_list"] == "no"
    assert not found["hold"] and found["screening"][0]["lists"][0]["sha256"]
    assert "on_entity_list" not in [one["fact"] for one in found["presumed"]]
    listed = answer(bound(desk, folder), order("Dragon Compute Technology Co., Ltd.", on=today))
    # This list does not print footnotes apart: whether there is one stays open.
    assert "on_entity_list_footnote_4" not in listed["screening"][0]["facts"]
    assert any(r["id"] == "744.11(a)" for r in listed["text"]["requirements"] if r["applies"] == "yes")


@pytest.mark.parametrize(("on", "known"), [("2025-03-20", False), ("2025-03-25", None), ("2025-03-28", True)])
def test_a_party_counts_from_the_day_it_is_listed(desk: Desk, folder: Path, on: str, known: bool | None) -> None:
    """Found from a week before it was printed, since a rule may take effect first: then it is open, never no."""
    # Lists of that day are not held, so that what is not found is open too; only what is found is certain.
    report = answer(bound(desk, folder), order("Dragon Compute Technology Co., Ltd.", on=on))["screening"][0]
    assert report["facts"]["on_entity_list"] == ("yes" if known else "unknown")
    assert [c["list"] for c in report["candidates"]] == ([] if known is False else ["EL"])
    assert bool(report["hold"]) is (known is None)


def test_a_listing_that_ended_does_not_count(desk: Desk, folder: Path) -> None:
    report = answer(bound(desk, folder), order("Retired Systems GmbH", "DE", on="2025-07-01"))["screening"][0]
    assert report["candidates"] == []


def test_an_unresolved_likeness_is_unknown_and_holds(desk: Desk, folder: Path) -> None:
    found = answer(bound(desk, folder), order("Dragon Compute Technology", "SG", on=date.today().isoformat()))
    assert found["hold"] and found["screening"][0]["facts"]["on_entity_list"] == "unknown"
    assert "possible match, not resolved: Dragon Compute" in found["screening"][0]["hold"][0]
    assert "on_entity_list" not in [one["fact"] for one in found["presumed"]]
    assert found["text"]["outcome"] in ("unknown", "license_required")


@pytest.mark.parametrize(("verdict", "fact", "held"), [("cleared", "no", False), ("confirmed", "yes", False)])
def test_a_reviewer_resolves_it(desk: Desk, folder: Path, verdict: str, fact: str, held: bool) -> None:
    lists, today = Lists(folder), date.today()
    subject = Subject("Dragon Compute Technology", "SG")
    entry = lists.screening.screener(today).screen(subject).hits[0].entry
    lists.reviews.decide(subject, entry, verdict, "officer 7", "another register number", today + timedelta(days=30))
    found = answer(bound(desk, folder), order("Dragon Compute Technology", "SG", on=today.isoformat()))
    assert found["screening"][0]["facts"]["on_entity_list"] == fact
    assert bool(found["screening"][0]["hold"]) is held


def test_stale_and_damaged_lists_leave_everything_open_and_say_so(desk: Desk, tmp_path: Path) -> None:
    store = ListStore(tmp_path / "data")
    kept = store.add(write_list(tmp_path / "old.json"), "csl", date(2024, 1, 1))
    today = date.today().isoformat()
    found = answer(bound(desk, tmp_path / "data"), order("Beispiel GmbH", "DE", on=today))
    assert found["screening"][0]["facts"]["on_entity_list"] == "unknown"
    assert "days old" in found["screening"][0]["doubts"][0]
    assert found["text"]["outcome"] == "unknown"
    kept.path.write_text("cut", encoding="utf-8")
    broken = answer(bound(desk, tmp_path / "data"), order("Beispiel GmbH", "DE", on=today))
    assert broken["hold"] and broken["screening"][0]["status"] == "not screened"
    assert broken["text"]["outcome"] == "unknown"


def test_a_list_of_ones_own_finds_and_denies_nothing(desk: Desk, tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("list,name\nEL,Dragon Compute Technology\nHOUSE,Slow Payer Ltd\n", encoding="utf-8")
    ListStore(tmp_path / "data").add(own, mapping={"name": "name", "list": "list"})
    today = date.today().isoformat()
    keeping = bound(desk, tmp_path / "data")
    assert answer(keeping, order("Beispiel GmbH", "DE", on=today))["screening"][0]["facts"] == {}
    assert answer(keeping, order("Slow Payer Ltd", "DE", on=today))["hold"]


def test_what_is_stated_wins(desk: Desk, folder: Path) -> None:
    stated = order("Dragon Compute Technology Co., Ltd.", lists=[])
    assert "screening" not in answer(bound(desk, folder), stated)
    assert "screening" not in answer(
        bound(desk, folder), {**order("Dragon Compute Technology Co., Ltd."), "screen": False}
    )
    with pytest.raises(InputError, match="screen is 'perhaps'"):
        desk.check({**stated, "screen": "perhaps"})


def test_a_fact_of_a_party_said_to_be_unknown_is_not_presumed(desk: Desk) -> None:
    found = desk.check(order("Beispiel GmbH", "DE", on_entity_list="unknown")).to_dict()
    assert found["text"]["outcome"] == "unknown" and found["ask"][0]["fact"] == "on_entity_list"


# Owners


def owned(share: str, **more: Any) -> dict[str, Any]:
    owner = {"name": "Northern Holding", "share": share, "headquarters": "AE", "lists": ["EL"], **more}
    rest = {"name": "Founders", "share": "?" if share == "?" else str(100 - int(share)), "lists": []}
    return order("Joint Systems Ltd", "SG", on="2025-10-01", lists=[], owners=[owner, rest], organized_in_us="no")


@pytest.mark.parametrize(
    ("share", "percent", "caught", "held"),
    [("50", "50", True, False), ("49", "49", False, False), ("?", "0", True, True)],
)
def test_owners_become_the_facts_of_the_50_percent_rule(
    desk: Desk, folder: Path, share: str, percent: str, caught: bool, held: bool
) -> None:
    found = answer(bound(desk, folder), owned(share))
    report = found["screening"][0]
    assert (report["facts"]["has_listed_owner"], report["facts"]["listed_ownership_percent"]) == ("yes", percent)
    assert bool(report["hold"]) is held
    requirements = [r["id"] for r in found["text"]["requirements"] if r["applies"] == "yes"]
    assert any("744.11" in one for one in requirements) is caught, requirements
    assert "the owners stated" not in json.dumps(found["not_modeled"])


def test_the_ultimate_parent_is_followed_and_its_headquarters_decide(desk: Desk, folder: Path) -> None:
    above = {"name": "Peking Group", "share": "80", "headquarters": "CN", "lists": [], "owners": []}
    asked = order("Lion City Cloud", "SG", lists=[], owners=[
        {"name": "Lion Holding", "share": "100", "headquarters": "SG", "lists": [], "owners": [above]}])  # fmt: skip
    asked["item"] = "NVIDIA H100 SXM"
    del asked["parties"][0]["ultimate_parent_headquarters"]
    found = answer(bound(desk, folder), asked)
    assert found["screening"][0]["ownership"]["ultimate_parent"]["name"] == "Peking Group"
    assert found["parties"][0]["ultimate_parent_headquarters"] == "CN"
    assert found["enforced"]["outcome"] == "license_required"
    del above["owners"]
    assert "ultimate_parent_headquarters" not in answer(bound(desk, folder), asked)["parties"][0], (
        "who is above is open"
    )


@pytest.mark.parametrize(
    ("owners", "words"),
    [([{"share": "50"}], "has no name"), ([{"name": "A", "shares": "5"}], "perhaps 'share'"),
     ([{"name": "A", "share": "lots"}], "expected a percentage"), (["A"], "is a mapping")],
)  # fmt: skip
def test_owners_that_cannot_be_read_are_one_line(desk: Desk, folder: Path, owners: list[Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        bound(desk, folder).check(order("A", lists=[], owners=owners))


# The ledger


@pytest.fixture
def books(tmp_path: Path) -> LedgerBooks:
    kept = LedgerBooks(f"sqlite:///{tmp_path / 'ledger.db'}")
    name = AccountName("LPP", "Beispiel GmbH", "2025")
    commands.open_account(kept.ledger, name, limit="26900000", citation="§ 740.29(d)")
    return kept


def german(quantity: int = 1000, **party: Any) -> dict[str, Any]:
    asked = order("Beispiel GmbH", "DE", lists=[], **{"ultimate_parent_headquarters": "AE", **party})
    return {**asked, "item": "NVIDIA H100 SXM", "quantity": quantity}


def test_a_balance_is_a_fact_and_an_account_never_opened_is_unknown(desk: Desk, books: LedgerBooks) -> None:
    name = AccountName("LPP", "Beispiel GmbH", "2025")
    commands.reserve(books.ledger, name, "20000000", "before")
    found = answer(Desk(desk.lawbook, desk.catalog, books=books), german())
    told = [{"fact": "consignee_lpp_tpp_this_year", "account": str(name), "value": 20000000}]
    assert found["balances"] == told and found["facts"]["consignee_lpp_tpp_this_year"] == 20000000
    stated = {**german(), "facts": {"consignee_lpp_tpp_this_year": 5}}
    assert "balances" not in answer(Desk(desk.lawbook, desk.catalog, books=books), stated)


def test_record_and_reserve_stand_or_fall_together(desk: Desk, books: LedgerBooks) -> None:
    keeping = Desk(desk.lawbook, desk.catalog, books=books)
    how = Recording(reference="S1", who="officer 7", key="one", reserve=("LPP",))
    first = keeping.check(german(), record=how)
    SCHEMA.validate(json.loads(json.dumps(first.to_dict())))
    assert first.receipt is not None
    assert first.receipt["reserved"][0]["remaining"] == "11068000"
    assert keeping.check(german(), record=how).receipt == first.receipt, "the same request again is done once"
    with pytest.raises(InputError, match="15,832,000 TPP asked, 11,068,000 TPP remain"):
        keeping.check(german(), record=Recording(reserve=("LPP",)))
    assert commands.verify(books.ledger)["receipts"] == first.receipt["number"], "nothing refused was recorded"
    with pytest.raises(InputError, match="perhaps 'LPP'"):
        keeping.check(german(), record=Recording(reserve=("LP",)))
    with pytest.raises(InputError, match="no ledger is configured"):
        desk.check(german(), record=True)


def test_a_receipt_is_given_anew_without_lists_and_without_a_ledger(
    desk: Desk, books: LedgerBooks, folder: Path, tmp_path: Path
) -> None:
    keeping = bound(desk, folder, books=books)
    keeping.check(german(), record=True)
    keeping.check(order("Dragon Compute Technology", "SG", on=date.today().isoformat()), record=True)
    keeping.check(owned("50"), record=True)
    for law_now in (False, True):
        found = replay(books.ledger, lambda *_: desk, law_now=law_now)
        assert (found["replayed"], found["different"]) == (3, [])


def test_replay_names_the_instrument_that_moved_an_answer(desk: Desk, books: LedgerBooks) -> None:
    """Recorded in April 2025, by the law then known; BIS's word of 13 May 2025 moved the enforced track."""
    from datetime import UTC, datetime

    books.ledger.clock = lambda: datetime(2025, 4, 1, 12, tzinfo=UTC)
    asked = german(ultimate_parent_headquarters="DE") | {"date": "2025-07-01"}
    then = desk.check({**asked, "known_on": "2025-04-01"}).to_dict()
    books.ledger.record(then, stated=asked)
    assert replay(books.ledger, lambda *_: desk)["different"] == []
    (moved,) = replay(books.ledger, lambda *_: desk, law_now=True)["different"]
    assert ("enforced.outcome", "license_exception", "no_license_required") in [tuple(c) for c in moved["changed"]]
    assert "BIS press release 2025-05-13" in moved["moved_by"]
