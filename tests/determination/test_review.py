"""What a reviewer tried: an unknown presumed away, statements that contradict each other, days out of reach."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from exeat.desk import Desk
from exeat.determination.answer import Determination
from exeat.logic.errors import LogicError
from exeat.logic.values import value_of
from exeat.logic.vocabulary import Declared
from exeat.terms import InputError

DESK = Desk()
GERMAN = {"role": "ultimate_consignee", "country": "DE", "headquarters": "DE", "ultimate_parent_headquarters": "DE"}
CHINESE = {**GERMAN, "country": "CN", "headquarters": "CN", "ultimate_parent_headquarters": "CN"}
SMALL = {"tpp": 100, "applicable_die_area_mm2": 800, "marketed_for_datacenters": "no"}


def decided(**more: Any) -> Determination:
    stated = {
        "date": "2024-06-01",
        "activity": "export",
        "origin": "US",
        "destination": "DE",
        "quantity": 5,
        "item": "NVIDIA H100 SXM",
        "parties": [{**GERMAN, "lists": []}],
    }
    return DESK.check({**stated, **more})


def refused(**more: Any) -> str:
    with pytest.raises(InputError) as told:
        decided(**more)
    return str(told.value)


def says(found: Determination) -> str:
    return " ".join(note["says"] for note in found.to_dict()["notes"])


@pytest.mark.parametrize("fact", ["on_entity_list", "on_denied_persons_list", "on_mieu_list", "has_listed_owner"])
def test_what_a_party_is_said_not_to_know_is_not_presumed(fact: str) -> None:
    day = "2025-10-15"  # the rule on affiliates in force
    assert decided(date=day, parties=[{**GERMAN, fact: "unknown"}]).outcome == "unknown"


def test_a_list_beside_an_unknown_listing_does_not_clear() -> None:
    assert decided(parties=[{**GERMAN, "lists": ["EL"], "on_entity_list": "unknown"}]).outcome == "unknown"


def test_a_definition_said_to_be_unknown_is_not_derived_from_what_is_presumed() -> None:
    h20 = {"item": "NVIDIA H20", "destination": "CN", "parties": [{**CHINESE, "lists": []}]}
    assert decided(**h20).outcome == "no_license_required"
    found = decided(**h20, facts={"knows_supercomputer_end_use": "unknown", "supercomputer_place": "CN"})
    assert found.outcome == "unknown"
    assert [ask["fact"] for ask in found.ask] == ["knows_supercomputer_end_use"]


def test_a_figure_of_an_item_said_to_be_unknown_is_not_presumed() -> None:
    item = {**SMALL, "form": "integrated_circuit"}
    assert decided(item=item).outcome == "no_license_required"
    assert decided(item={**item, "specified_in_eccn": "unknown"}).outcome == "unknown"


def test_a_place_may_be_said_to_be_unknown() -> None:
    assert decided(destination="unknown").outcome == "unknown"
    assert decided(parties=[{**GERMAN, "headquarters": "?"}]).outcome == "unknown"


@pytest.mark.parametrize("day", ["1900-01-01", "2022-01-01", "2022-10-06"])
def test_law_not_yet_encoded_is_not_no_law(day: str) -> None:
    assert "the encoded law begins on 2022-10-07" in refused(known_on=day, destination="CN", parties=[CHINESE])


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"destination": "CN", "facts": {"destination": "DE"}}, "destination is stated twice"),
        ({"certifications": ["nac_confirmed"], "facts": {"nac_confirmed": "no"}}, "nac_confirmed is certified"),
        ({"parties": [{"country": "DE", "location": "CN"}]}, "country is 'DE', location 'CN'"),
        ({"date": "2026-W31-6"}, "expected a day that exists"),
        ({"item": {"contains": [{"item": "NVIDIA H100 SXM"}], "tpp": 100}}, "tpp is a figure of one circuit"),
        ({"item": {"contains": [{"item": "NVIDIA H100 SXM"}], "form": "integrated_circuit"}}, "is an assembly"),
        ({"item": {"tpp": "100..200", "int8_dense_tops": 2000}}, "tpp 200 is less than the stated rates give"),
        ({"item": {**SMALL, "tpp": 4000, "performance_density": "0.1..0.2"}}, "performance_density 0.1..0.2"),
        ({"item": {**SMALL, "tpp": "4000..4100", "performance_density": "0.5"}}, "contradicts tpp 4000..4100"),
    ],
)
def test_what_contradicts_itself_is_refused(stated: Mapping[str, Any], told: str) -> None:
    assert told in refused(**stated)


@pytest.mark.parametrize("where", ["item", "facts"])
def test_an_assembly_cannot_be_said_not_to_contain_what_it_lists(where: str) -> None:
    item: dict[str, Any] = {"form": "assembly", "contains": [{"item": "NVIDIA H100 SXM"}]}
    denied = {"contains_ic_at_3a090_a": "no", "contains_ic_at_3a090_b": "no"}
    stated = {"item": {**item, **denied}} if where == "item" else {"item": item, "facts": denied}
    assert "the circuits the item contains show yes" in refused(**stated)


def test_the_answer_tells_what_was_stated_over_a_definition() -> None:
    assert "level_a is stated as no; by its definition the other facts give yes" in says(
        decided(facts={"level_a": "no"})
    )
    found = decided(parties=[{**GERMAN, "ultimate_parent_headquarters": "CN", "hq5": "no", "lists": []}])
    assert "hq5 of party 1 is stated as no" in says(found)
    assert "performance_density is stated as 0.5, but tpp is 15832" in says(
        decided(facts={"performance_density": "0.5"})
    )
    assert "is stated as" not in says(decided(facts={"knows_supercomputer_end_use": "yes"}))  # only presumed otherwise


def test_the_answer_tells_that_who_receives_is_elsewhere() -> None:
    found = decided(parties=[{**GERMAN, "country": "CN", "lists": []}])
    assert "the ultimate consignee, is located in CN, but the destination is DE" in says(found)
    assert "is located in" not in says(decided())


RESOLVED = {"flag": "RF-A2", "by": "A. Officer", "on": "2024-05-30", "evidence": "a visit"}


@pytest.mark.parametrize(
    ("resolutions", "told"),
    [
        ([{**RESOLVED, "on": "2024-06-02"}], "is dated 2024-06-02, after the transaction"),
        ([RESOLVED, {**RESOLVED, "by": "another"}], "'RF-A2' is resolved twice"),
        ([{**RESOLVED, "evidence": "unknown"}], "lacks 'evidence'"),
    ],
)
def test_a_flag_is_resolved_once_before_and_on_evidence(resolutions: list[dict[str, str]], told: str) -> None:
    assert told in refused(resolutions=resolutions)


def test_a_decimal_comma_is_no_thousands_separator() -> None:
    area = Declared("area", "number", decimals=4)
    assert value_of(area, "4,800.5") == Decimal("4800.5")
    for words in ("8,14", "5,92", "1,0000", ",814"):
        with pytest.raises(LogicError):
            value_of(area, words)
