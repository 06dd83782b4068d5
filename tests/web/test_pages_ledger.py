"""Ledger and Records: what the database holds, told without loss; and what is said where there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from exeat.bound.ledger import LedgerBooks
from exeat.lawbook.folder import law_folder
from exeat.ledger import commands
from exeat.ledger.accounts import AccountName, Limit
from exeat.ledger.book import Ledger
from exeat.ledger.overview import all_accounts, course, open_reservations, receipts_listed
from exeat.library import desk_with
from exeat.supplied import Recording
from exeat.web.app import create_app
from exeat.web.pages.ledger import chart
from exeat.web.settings import Settings

PAGE = {"accept": "text/html"}
LPP = AccountName("LPP", "Beispiel GmbH", "2026")
ODD = AccountName("license", "D<b>\"&'/ё", "")


class HandClock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 12, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A ledger with two accounts, an open reservation, a notice and a receipt."""
    found = f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'book.db'}"
    clock = HandClock()
    ledger = Ledger(found, clock=clock)
    ledger.open_account(LPP, limit=[Limit(26_900_000, "§ 740.29(d)")])
    ledger.open_account(ODD, counts_only=True)
    ledger.reserve({LPP: 1_000_000}, "first", reference="PO-1")
    clock.now += timedelta(days=2)
    ledger.consume_reserved("first", "first consumed", amounts={LPP: 400_000}, reference="PO-1")
    ledger.reserve({LPP: 300_000}, "second", reference="PO-2", expires_at=datetime(2999, 1, 1, tzinfo=UTC))
    ledger.reserve({LPP: 50_000}, "gone", reference="PO-3")
    clock.now += timedelta(days=2)
    ledger.release("gone", "gone back")
    ledger.consume({ODD: 7}, "odd", reference="PO-1")
    commands.open_notice(
        ledger, "copy", "Beispiel GmbH", "n1", limits=law_folder() / "limits.csv", shipment_day="2026-02-01"
    )
    ledger.close()
    stated = {
        "item": "NVIDIA H100 SXM", "date": "2025-07-01", "activity": "export", "origin": "US", "destination": "DE",
        "parties": [{"role": "ultimate_consignee", "name": "Beispiel GmbH", "country": "DE", "headquarters": "DE"}],
    }  # fmt: skip
    books = LedgerBooks(found)
    desk_with((), books).check(stated, record=Recording("PO-1", "desk 7", None, ()))
    books.ledger.close()
    return found


@pytest.fixture(scope="module")
def kept(url: str) -> Iterator[TestClient]:
    app = create_app(Settings(ledger=url, rate_per_second=1e6, rate_burst=10**6))
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as found:
        yield found


@pytest.mark.parametrize("path", ["/ledger", "/ledger/account?kind=LPP&for=A", "/records", "/records/1"])
def test_without_a_database_the_page_says_how_to_configure_one(client: TestClient, path: str) -> None:
    page = client.get(path, headers=PAGE)
    assert page.status_code == 200
    assert "No ledger is configured" in page.text
    assert "EXEAT_LEDGER=" in page.text


def test_the_overview_agrees_with_the_balances_and_loses_no_account(url: str) -> None:
    ledger = Ledger(url)
    rows = {one["account"]: one for one in all_accounts(ledger)}
    assert rows.keys() == {str(LPP), str(ODD)}
    for name in (LPP, ODD):
        kept = ledger.balance(name)
        assert Decimal(rows[str(name)]["used"]) == kept.used
        assert Decimal(rows[str(name)]["held"]) == kept.held
        assert rows[str(name)]["remaining"] == (None if kept.remaining is None else f"{kept.remaining:f}")
    ledger.close()


def test_a_reservation_is_open_for_what_it_still_holds(url: str) -> None:
    ledger = Ledger(url)
    found = {one["key"]: one for one in open_reservations(ledger)}
    assert {key: one["amount"] for key, one in found.items()} == {"first": "600000", "second": "300000"}
    assert found["first"]["lapses"] is None and found["second"]["lapses"].startswith("2999-01-01")
    assert sum(Decimal(one["amount"]) for one in found.values()) == ledger.balance(LPP).held
    ledger.close()


def test_the_course_of_an_account_ends_at_its_balance(url: str) -> None:
    ledger = Ledger(url)
    found = course(ledger, LPP)
    used = Decimal(0)
    for one in found["postings"]:
        used += Decimal(one["held"]) + Decimal(one["consumed"])
        assert Decimal(one["used_after"]) == used
    assert used == ledger.balance(LPP).used
    newest = course(ledger, LPP, most=2)["postings"]
    assert newest == found["postings"][-2:]
    ledger.close()


def test_the_drawing_falls_as_far_as_the_account(url: str) -> None:
    ledger = Ledger(url)
    found = course(ledger, LPP)
    drawn = chart(found)
    assert drawn is not None
    heights = [float(point.split(",")[1]) for point in drawn["line"].split()]
    assert heights[0] == drawn["top"]
    share = (heights[-1] - drawn["top"]) / (drawn["floor"] - drawn["top"])
    assert share == pytest.approx(float(Decimal(found["used"]) / Decimal(found["limit"])), abs=0.01)
    assert chart(course(ledger, ODD)) is None
    ledger.close()


def test_the_pages_show_amounts_names_and_notices(kept: TestClient) -> None:
    page = kept.get("/ledger", headers=PAGE)
    assert page.status_code == 200
    assert "26,900,000" in page.text and "§ 740.29(d)" in page.text
    assert "<b>" not in page.text
    assert "copy after shipment" in page.text and "overdue" in page.text
    hrefs = re.findall(r'href="(/ledger/account\?[^"]+)"', page.text)
    assert len(set(hrefs)) == 2
    for href in set(hrefs):
        found = kept.get(href.replace("&amp;", "&"), headers=PAGE)
        assert found.status_code == 200
    assert "<svg" in kept.get("/ledger/account?kind=LPP&for=Beispiel+GmbH&period=2026", headers=PAGE).text


def test_the_calendar_holds_what_is_awaited(kept: TestClient) -> None:
    answer = kept.get("/ledger/notices.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.text.count("BEGIN:VEVENT") == 1


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/ledger/account?kind=LPP", 422, "an account is named by kind and for"),
        ("/ledger/account?kind=LPP&for=Nobody", 404, "no account"),
        ("/ledger/account?kinds=LPP", 422, "kind"),
        ("/records/999", 404, "999"),
        ("/records/0", 422, "expected a number"),
        ("/records/1e3", 422, "expected a number"),
        ("/records?before=x", 422, "expected a number"),
    ],
)
def test_what_is_not_there_is_said(kept: TestClient, path: str, status: int, says: str) -> None:
    page = kept.get(path, headers=PAGE)
    assert page.status_code == status
    assert says in page.text


def test_records_are_listed_newest_first_and_by_shipment(kept: TestClient, url: str) -> None:
    page = kept.get("/records", headers=PAGE)
    numbers = [int(n) for n in re.findall(r'href="/records/(\d+)"', page.text)]
    assert numbers == sorted(numbers, reverse=True) and numbers[-1] == 1
    of_one = kept.get("/records?reference=PO-1", headers=PAGE)
    assert len(re.findall(r'href="/records/(\d+)"', of_one.text)) == 1
    ledger = Ledger(url)
    pages = [receipts_listed(ledger, before=before, most=2)[0] for before in (None, numbers[1])]
    assert [one["number"] for found in pages for one in found] == numbers[:4]
    ledger.close()


def test_a_record_is_shown_with_its_answer_seals_and_question(kept: TestClient, url: str) -> None:
    ledger = Ledger(url)
    last = ledger.checkpoint()["receipts"]
    shown: dict[str, Any] = commands.show(ledger, last)
    ledger.close()
    page = kept.get(f"/records/{last}", headers=PAGE)
    assert page.status_code == 200
    assert shown["hash"] in page.text
    assert shown["document"]["answer"]["law"]["digest"] in page.text
    again = re.search(r'class="button" href="(/ask\?[^"]+)"', page.text)
    assert again is not None
    answer = kept.get(again[1].replace("&amp;", "&"), headers=PAGE)
    assert answer.status_code == 200
    assert 'id="answer"' in answer.text


def test_an_answer_is_kept_from_the_page_that_gave_it_and_once_only(kept: TestClient, token: str) -> None:
    question = "item=NVIDIA+H100+SXM&to=DE&from=US&on=2025-07-01&activity=export&p1_role=ultimate_consignee&p1_name=A"
    page = kept.get(f"/ask?{question}", headers=PAGE).text
    form = re.search(r'<form method="post" action="/ask/record".*?</form>', page, flags=re.S)
    assert form is not None
    data = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0]))
    assert data["item"] == "NVIDIA H100 SXM" and data["record_key"]
    first, second = (
        kept.post("/ask/record", data={**data, "record_reference": "PO-77"}, headers=PAGE) for _ in range(2)
    )
    assert first.status_code == second.status_code == 200
    assert str(first.url) == str(second.url)
    assert "PO-77" in first.text and "Receipt" in first.text
    refused = kept.post("/ask/record", data={**data, "record_reserve": "LPP", "record_key": "x"}, headers=PAGE)
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text


@pytest.fixture
def token(kept: TestClient) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', kept.get("/records", headers=PAGE).text)
    assert found is not None
    return found[1]


def test_verifying_takes_the_button_of_this_page(kept: TestClient, token: str) -> None:
    assert kept.post("/records/verify", headers=PAGE).status_code == 403
    page = kept.post("/records/verify", data={"csrf": token}, headers=PAGE)
    assert page.status_code == 200
    assert "As written" in page.text and "Altered" not in page.text


def test_an_altered_database_is_told(tmp_path: Path, url: str) -> None:
    import sqlite3

    copy = tmp_path / "copy.db"
    with sqlite3.connect(url.removeprefix("sqlite:///")) as source, sqlite3.connect(copy) as target:
        source.backup(target)
        for (name,) in target.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            target.execute(f"drop trigger {name}")
        target.execute("update postings set consumed = consumed + 1 where operation = 'consume'")
    app = create_app(Settings(ledger=f"sqlite:///{copy}", rate_per_second=1e6, rate_burst=10**6))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        found = re.search(r'name="csrf" value="([^"]+)"', client.get("/records", headers=PAGE).text)
        assert found is not None
        page = client.post("/records/verify", data={"csrf": found[1]}, headers=PAGE)
    assert "Altered" in page.text
    assert "<h2>Faults</h2>" in page.text
