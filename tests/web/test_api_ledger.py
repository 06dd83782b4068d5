"""Accounts, reservations and records over HTTP, on a real SQLite ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from exeat.web.api.determinations import EXAMPLE
from exeat.web.app import create_app
from exeat.web.settings import Settings

AT = "http://127.0.0.1:8000"
ACCOUNT = {"kind": "LPP", "subject": "Beispiel GmbH", "period": "2025"}


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[TestClient]:
    app = create_app(Settings(ledger=f"sqlite:///{tmp_path / 'ledger.db'}"))
    with TestClient(app, base_url=AT, raise_server_exceptions=False) as client:
        yield client


def _post(client: TestClient, path: str, data: dict[str, Any], status: int = 201) -> Any:
    found = client.post(path, json=data)
    assert found.status_code == status, found.text
    return found.json()


def test_an_allocation_from_its_opening_to_its_use(kept: TestClient) -> None:
    opened = _post(kept, "/v1/accounts", {**ACCOUNT, "limit": "1000", "citation": "§ 740.29(d)"})
    assert (opened["limit"], opened["remaining"]) == ("1000", "1000")
    held = _post(kept, "/v1/reservations", {**ACCOUNT, "amount": "600", "key": "order 1", "on": "2025-07-01"})
    assert held["remaining"] == ["400"] and not held["repeated"]
    again = _post(kept, "/v1/reservations", {**ACCOUNT, "amount": "600", "key": "order 1", "on": "2025-07-01"})
    assert again["repeated"] and again["remaining"] == ["400"]
    refused = _post(kept, "/v1/reservations", {**ACCOUNT, "amount": "401", "key": "order 2"}, 409)
    assert "400 TPP remain" in refused["detail"]
    _post(kept, "/v1/reservations/order 1/consume", {"key": "shipped 1"}, 200)
    balance = kept.get("/v1/accounts/balance", params=ACCOUNT).json()
    assert (balance["consumed"], balance["held"], balance["remaining"]) == ("600", "0", "400")
    _post(kept, "/v1/reservations", {**ACCOUNT, "amount": "100", "key": "order 3"})
    _post(kept, "/v1/reservations/order 3/release", {"key": "canceled 3"}, 200)
    assert kept.get("/v1/accounts/balance", params=ACCOUNT).json()["remaining"] == "400"


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/v1/reservations", {**ACCOUNT, "amount": "1", "key": "k"}, 404),
        ("/v1/reservations/none/consume", {"key": "k"}, 404),
        ("/v1/reservations/none/release", {"key": "k"}, 404),
        ("/v1/reservations", {**ACCOUNT, "amount": "much", "key": "k"}, 422),
        ("/v1/reservations", {**ACCOUNT, "amount": "NaN", "key": "k"}, 422),
        ("/v1/reservations", {**ACCOUNT, "amount": "1", "key": "k", "more": 1}, 422),
        ("/v1/accounts", {"kind": "LPP"}, 422),
        ("/v1/accounts", {**ACCOUNT, "limit": "1e99999"}, 422),
    ],
)
def test_what_the_ledger_refuses(kept: TestClient, path: str, data: dict[str, Any], status: int) -> None:
    told = _post(kept, path, data, status)
    assert told["detail"] and told["status"] == status


def test_determinations_are_recorded_verified_and_given_anew(kept: TestClient) -> None:
    headers = {"idempotency-key": "order 9"}
    found = kept.post("/v1/determinations?record=true&reference=S-1", json=EXAMPLE, headers=headers)
    assert found.status_code == 200, found.text
    receipt = found.json()["determination"]["receipt"]
    assert receipt["number"] == 1 and receipt["key"] == "order 9"
    listed = kept.get("/v1/records", params={"reference": "S-1"}).json()
    assert [one["number"] for one in listed] == [1] and listed[0]["text"] == "unknown"
    one = kept.get("/v1/records/1").json()
    assert one["document"]["stated"]["facts"]["destination"] == "DE" and one["document"]["answer"]["eccn"] == "3A090.a"
    assert kept.get("/v1/records/2").status_code == 404
    verified = kept.get("/v1/records/verify").json()
    assert verified["sound"] and verified["receipts"] == 1
    assert kept.get("/v1/records/replay").json() == {"replayed": 1, "law": "then", "different": []}
    assert kept.get("/v1/records/replay", params={"law": "now"}).json()["replayed"] == 1


def test_reserving_what_no_account_holds_is_refused_and_records_nothing(kept: TestClient) -> None:
    found = kept.post("/v1/determinations?reserve=LPP", json=EXAMPLE)
    assert found.status_code in (404, 409, 422) and found.json()["detail"]
    assert kept.get("/v1/records").json() == []


def test_a_ledger_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    app = create_app(Settings(ledger=f"sqlite:///{tmp_path}"))
    with TestClient(app, base_url=AT, raise_server_exceptions=False) as client:
        assert client.get("/ready").status_code == 503
        found = client.get("/v1/records")
        assert found.status_code in (422, 503) and str(tmp_path) not in found.text
        assert client.get("/v1/law/status").status_code == 200
