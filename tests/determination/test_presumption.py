"""What is presumed is told where it bears; what is asked for may be the review policy; the short answer is short."""

from __future__ import annotations

from typing import Any

import pytest

import exeat
from exeat.determination.presumption import bearing

GERMAN = {"item": "NVIDIA H100 SXM", "to": "DE", "headquarters": "DE", "parent": "DE", "quantity": 512}
WEIGHTS = ("matches_best_published", "note_2_floor_operations")


@pytest.mark.parametrize("on", ["2022-12-01", "2024-01-01", "2025-03-01", "2025-07-01", "2026-03-01", "2026-08-01"])
@pytest.mark.parametrize("place", ["DE", "SG", "CN", "AE"])
def test_a_fact_of_weights_is_never_presumed_of_a_chip(on: str, place: str) -> None:
    found = exeat.check(item="NVIDIA H100 SXM", to=place, headquarters=place, parent=place, on=on)
    names = {entry["fact"] for entry in found.to_dict()["presumed"]}
    assert not names & set(WEIGHTS)
    assert "on_entity_list" in names  # a listing always matters


def test_what_is_left_out_cannot_move_the_outcome() -> None:
    for on in ("2024-01-01", "2025-07-01", "2026-03-01"):
        found = exeat.check(**GERMAN, on=on)
        told = set(bearing(found))
        for name in set(found.valuation.presumed) - told:
            declared = found.engine.program.vocabulary[name]
            values: list[Any] = list(declared.values) or (["yes", "no"] if declared.type == "yes/no" else [1, 100])
            for value in values:
                if declared.party:
                    other = exeat.check(**GERMAN, on=on, party_facts={name: value})
                else:
                    other = exeat.check(**GERMAN, on=on, facts={name: value})
                for track in ("text", "enforced"):
                    assert other.outcome_on(track) == found.outcome_on(track), (on, name, value)  # type: ignore[arg-type]


def test_what_would_settle_the_review_policy_is_asked_though_the_outcome_is_known() -> None:
    found = exeat.check(item="NVIDIA H200 SXM", to="CN", headquarters="CN", parent="CN", on="2026-02-01").to_dict()
    assert found["text"]["outcome"] == "license_required" and found["text"]["review_policy"] is None
    assert found["ask"] and {ask["for"] for ask in found["ask"]} == {"review_policy"}
    policies = {policy for ask in found["ask"] for pair in ask.get("if", {}).values() for policy in pair.values()}
    assert policies <= {"unknown", "case_by_case", "presumption_of_denial", "policy_of_denial", "not_stated", "none"}


def test_an_unknown_outcome_is_asked_about_first() -> None:
    found = exeat.check(item="NVIDIA H100 SXM", to="SG", on="2023-12-01").to_dict()
    assert found["ask"][0]["for"] == "outcome"


def test_exceptions_that_nobody_claimed_share_one_line() -> None:
    told = exeat.explain(exeat.check(**GERMAN, on="2025-07-01"))
    line = " ".join(told[told.index("not usable (not claimed") :].split("\n\n")[0].split())
    for symbol in ("RPL", "GOV", "TSU", "TMP", "HBM", "AIA (weights)"):
        assert symbol in line
    for symbol in ("ACM:", "LPP:", "NAC:", "ACA:"):
        assert f"\n  {symbol} " in told
    assert "\n  RPL, " in exeat.explain(exeat.check(**GERMAN, on="2025-07-01"), full=True)


def test_a_claimed_exception_is_not_hidden_among_the_unclaimed() -> None:
    found = exeat.check(**GERMAN, on="2025-07-01", facts={"fits_rpl": "no"})
    assert "\n  RPL: not usable" in exeat.explain(found)


def test_groups_and_parties_are_said_in_words() -> None:
    told = " ".join(exeat.explain(exeat.check(**GERMAN, on="2025-07-01")).split())
    assert "the destination is one of the destinations of supplement no. 5(a) to part 740" in told
    assert "for every ultimate consignee or end user, the party's headquarters is one of" in told
    assert "in AIA" not in told and "in D5M" not in told and "for no party, the party's role" not in told
