"""What the ledger's tests have in common."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from exeat.ledger.accounts import AccountName

LPP = AccountName("LPP", "parent 1", "2025")


class HandClock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = datetime(2025, 7, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def answer(name: str = "Beispiel GmbH", outcome: str = "license_required") -> dict[str, object]:
    """A small determination of the form that the desk gives."""
    return {
        "date": "2025-07-01",
        "outcome": outcome,
        "eccn": "3A090.a",
        "text": {"outcome": outcome, "review_policy": "case_by_case", "requirements": [], "exceptions": []},
        "enforced": {"outcome": outcome, "review_policy": None, "requirements": [], "exceptions": []},
        "ask": [{"fact": "end_use", "question": "What for?", "of": name}],
        "parties": [{"role": "ultimate_consignee", "name": name, "location": "DE"}],
        "citations": ["§ 742.6(a)(6)(iii) (88 FR 73458, effective 2023-11-17)"],
        "not_modeled": [{"what": "w" * 150, "why": "y" * 150}],
        "law": {"digest": "aa" * 32},
        "engine": "0.1.0",
    }


def stated(name: str = "Beispiel GmbH") -> dict[str, object]:
    """What was stated for it."""
    return {"date": "2025-07-01", "destination": "DE", "parties": [{"role": "ultimate_consignee", "name": name}]}
