"""BLOCK, REVIEW, RELEASE: RELEASE is said only where nothing is left to look at."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exeat.desk import Desk
from exeat.web.release import release_status

DESK = Desk()
PARTY = {"role": "ultimate_consignee", "country": "DE", "headquarters": "DE", "ultimate_parent_headquarters": "DE"}
#: An old chip below every threshold to a party whose listings are stated: nothing is left to look at.
PLAIN: dict[str, Any] = {
    "date": "2026-09-01", "activity": "export", "item": "NVIDIA T4", "quantity": 2, "origin": "US",
    "destination": "DE", "parties": [{**PARTY, "lists": []}],
}  # fmt: skip
OUTCOMES = ("no_license_required", "license_exception", "authorized", "license_required", "prohibited", "unknown")


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    return DESK.check(PLAIN).to_dict()


def test_release_where_nothing_is_left_to_look_at(plain: dict[str, Any]) -> None:
    status, reasons = release_status(plain)
    assert status == "RELEASE", reasons
    assert "no license requirement found" in reasons[0]
    assert any(reason.startswith("presumed") for reason in reasons)
    assert any(reason.startswith("not modeled") for reason in reasons)


def _set(*path: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(answer: dict[str, Any]) -> None:
        at: Any = answer
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value

    return change


_FLAG = {"id": "3(b)1", "question": "Who uses it?", "resolved": None}
_LIMIT = {"id": "740.27(c)", "fits": "unknown"}
_HELD = {"name": "X", "hold": ["possible match"], "status": "possible match", "statement": "a possible match"}
_UNSCREENED = {"name": "X", "hold": [], "status": "not screened", "statement": "not screened: no lists"}


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        (_set("text", "outcome", value="prohibited"), "BLOCK", "prohibited (text)"),
        (_set("enforced", "outcome", value="prohibited"), "BLOCK", "prohibited (enforced)"),
        (_set("enforced", "outcome", value="license_required"), "BLOCK", "enforces it"),
        (_set("text", "outcome", value="license_required"), "REVIEW", "license required (text)"),
        (_set("text", "outcome", value="unknown"), "REVIEW", "unknown (text)"),
        (_set("enforced", "outcome", value="unknown"), "REVIEW", "unknown (enforced)"),
        (_set("enforced", "outcome", value="license_exception"), "REVIEW", "license exception (enforced)"),
        (_set("text", "outcome", value="authorized"), "REVIEW", "authorized (text)"),
        (_set("red_flags", value=[_FLAG]), "REVIEW", "red flag 3(b)1: Who uses it?"),
        (_set("hold", value=True), "REVIEW", "on hold"),
        (_set("eccn", value="unknown"), "REVIEW", "not known"),
        (_set("eccn", value="not_listed"), "REVIEW", "no encoded entry"),
        (_set("parties", value=[]), "REVIEW", "no party"),
        (_set("limits", value=[_LIMIT]), "REVIEW", "740.27(c)"),
        (_set("limits", value=[{**_LIMIT, "fits": "no"}]), "REVIEW", "passed"),
        (_set("conflicts", value=[{"id": "c1", "applies": "yes", "provision": "ECCN 3A991.p"}]), "REVIEW", "c1"),
        (_set("uncertain_figures", value=[{"fact": "tpp", "verdict": "fragile"}]), "REVIEW", "tpp"),
        (_set("presumed", value=[{"fact": "on_entity_list"}]), "REVIEW", "presumed, not looked up"),
        (_set("screening", value=[_HELD]), "REVIEW", "possible match"),
        (_set("screening", value=[_UNSCREENED]), "REVIEW", "not screened"),
        (_set("law", "checked", value="2026-07-01"), "REVIEW", "62 days before"),
        (_set("law", "checked", value=None), "REVIEW", "no day"),
    ],
)
def test_each_thing_left_to_look_at(
    plain: dict[str, Any], change: Callable[[dict[str, Any]], None], status: str, says: str
) -> None:
    answer = copy.deepcopy(plain)
    change(answer)
    found, reasons = release_status(answer)
    assert found == status
    assert any(says in reason for reason in reasons), reasons


def test_what_does_not_hold_it_back(plain: dict[str, Any]) -> None:
    answer = copy.deepcopy(plain)
    answer["red_flags"] = [{**_FLAG, "resolved": {"by": "A", "on": "2026-08-01", "evidence": "contract"}}]
    answer["conflicts"] = [
        {"id": "c1", "applies": "unknown", "provision": "ECCN 3A991.p"},
        {"id": "c2", "applies": "yes", "provision": "§ 742.6"},
    ]
    answer["uncertain_figures"] = [{"fact": "tpp", "verdict": "robust"}]
    answer["law"] = {**answer["law"], "checked": "2026-08-10"}
    status, reasons = release_status(answer)
    assert status == "RELEASE" and any("c2" in reason for reason in reasons)
    assert release_status(answer, 10)[0] == "REVIEW"


def test_a_party_nobody_looked_up_is_not_released() -> None:
    found = DESK.check({**PLAIN, "parties": [PARTY]}).to_dict()
    assert found["enforced"]["outcome"] == "no_license_required"
    status, reasons = release_status(found)
    assert status == "REVIEW" and any("presumed, not looked up" in reason for reason in reasons)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["NVIDIA T4", "NVIDIA H100 SXM", "NVIDIA H20", "NVIDIA GeForce RTX 4090", None]),
    st.sampled_from(["DE", "CN", "IN", "RU", "GB", "AE", "MO"]),
    st.sampled_from(["2023-01-10", "2024-06-01", "2025-07-01", "2026-09-01"]),
    st.booleans(),
)
def test_released_only_if_both_tracks_find_no_requirement(item: str | None, place: str, day: str, stated: bool) -> None:
    party = {**PARTY, "country": place, "headquarters": place, **({"lists": []} if stated else {})}
    answer = DESK.check({**PLAIN, "date": day, "item": item, "destination": place, "parties": [party]}).to_dict()
    status, reasons = release_status(answer)
    outcomes = [answer[track]["outcome"] for track in ("text", "enforced")]
    assert reasons
    if status == "RELEASE":
        assert outcomes == ["no_license_required"] * 2 and not answer["hold"] and stated
    if "prohibited" in outcomes or outcomes[1] == "license_required":
        assert status == "BLOCK"
