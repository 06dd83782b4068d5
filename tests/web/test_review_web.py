"""What must not be said to be free to ship: law of another day, and owners nobody looked at."""

from __future__ import annotations

from typing import Any

import pytest

from exeat.desk import Desk
from exeat.web.release import OWNERS_UNREAD, release_status

DAY = "2026-07-25"


def party(place: str, **more: Any) -> dict[str, Any]:
    return {
        "role": "ultimate_consignee",
        "name": "Somebody",
        "country": place,
        "headquarters": place,
        "ultimate_parent_headquarters": place,
        "lists": [],
        **more,
    }


def answered(item: str, place: str, party_: dict[str, Any], **more: Any) -> dict[str, Any]:
    stated = {"date": DAY, "item": item, "destination": place, "origin": "US", "quantity": 1, "parties": [party_]}
    return Desk().check({**stated, **more}).to_dict()


def test_law_as_it_was_known_earlier_releases_nothing() -> None:
    answer = answered("NVIDIA H20", "CN", party("CN"), known_on="2022-11-01")
    assert answer["enforced"]["outcome"] == answer["text"]["outcome"] == "no_license_required"
    status, reasons = release_status(answer, 10_000)
    assert status == "REVIEW"
    assert any("2022-11-01" in reason for reason in reasons)


@pytest.mark.parametrize("more", [{}, {"known_on": DAY}])
def test_law_of_the_day_still_does(more: dict[str, str]) -> None:
    answer = answered("NVIDIA GeForce RTX 4060", "DE", party("DE"), **more)
    assert release_status(answer, 10_000)[0] == "RELEASE"


def test_owners_that_were_stated_and_not_looked_at_release_nothing() -> None:
    answer = answered("NVIDIA GeForce RTX 4060", "DE", party("DE", owners=[{"name": "Another", "share": 60}]))
    status, reasons = release_status(answer, 10_000)
    assert status == "REVIEW"
    assert any(OWNERS_UNREAD in reason for reason in reasons)
