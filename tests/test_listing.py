"""Stated lists become listing facts: codes, names, days, footnotes, and what stays unknown."""

from __future__ import annotations

from datetime import date

import pytest

from exeat.desk import Desk
from exeat.listing import LISTS, list_code, party_list_facts
from exeat.logic.errors import LogicError
from exeat.terms import InputError

DAY = date(2024, 3, 1)


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


def test_every_fact_is_declared(desk: Desk) -> None:
    lists: list[object] = [known.code for known in LISTS]
    stated = [{"list": "EL", "footnotes": [1]}, {"list": "SDN", "programs": ["SDGT"]}]
    for name in {*party_list_facts(lists, DAY), *party_list_facts(stated, DAY)}:
        declared = desk.lawbook.vocabulary[name]
        assert declared.party and declared.type == "yes/no", name


def test_empty_lists_say_no_to_each() -> None:
    facts = party_list_facts([], DAY)
    assert set(facts) == {known.fact for known in LISTS}
    assert not any(facts.values())


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("EL", "EL"),
        ("el", "EL"),
        ("Entity List", "EL"),
        ("Entity List (EL) - Bureau of Industry and Security", "EL"),
        ("Denied Persons List (DPL) - Bureau of Industry and Security", "DPL"),
        ("Military End User (MEU) List - Bureau of Industry and Security", "MEU"),
        ("Military End-User List", "MEU"),
        ("Specially Designated Nationals (SDN) - Treasury Department", "SDN"),
        ("SDN List", "SDN"),
        ("Non-SDN Menu-Based Sanctions List (NS-MBS List) - Treasury Department", "NS-MBS"),
        ("Capta List (CAP) - Treasury Department", "CAP"),
        ("ITAR Debarred (DTC) - State Department", "DTC"),
        ("unverified list", "UVL"),
    ],
)
def test_codes_and_names(words: str, code: str) -> None:
    assert list_code(words) == code


def test_bare_code_leaves_footnotes_unknown() -> None:
    facts = party_list_facts(["EL"], DAY)
    assert facts["on_entity_list"] is True
    assert facts["entity_list_entry_allows_exceptions"] is False
    assert not [name for name in facts if "footnote" in name]


def test_stated_footnotes_are_all_there_are() -> None:
    facts = party_list_facts([{"list": "EL", "since": "2020-12-18", "footnotes": ["4"]}], DAY)
    assert facts["on_entity_list_footnote_4"] is True
    assert [facts[f"on_entity_list_footnote_{n}"] for n in (1, 3, 5)] == [False, False, False]


def test_two_entries_one_without_footnotes() -> None:
    facts = party_list_facts([{"list": "EL", "footnotes": [4]}, "EL"], DAY)
    assert facts["on_entity_list_footnote_4"] is True
    assert "on_entity_list_footnote_1" not in facts


def test_every_entry_must_allow_an_exception() -> None:
    allows: dict[str, object] = {"list": "EL", "allows_exceptions": "yes"}
    name = "entity_list_entry_allows_exceptions"
    assert party_list_facts([allows], DAY)[name] is True
    assert party_list_facts([allows, "EL"], DAY)[name] is False
    assert party_list_facts(["EL", allows], DAY)[name] is False


@pytest.mark.parametrize(
    ("entry", "on"),
    [
        ({"since": "2024-03-01"}, True),
        ({"since": "2024-03-02"}, False),
        ({"until": "2024-03-01"}, True),
        ({"until": "2024-02-29"}, False),
        ({"since": date(2020, 12, 18), "until": "2030-01-01"}, True),
    ],
)
def test_days(entry: dict[str, object], on: bool) -> None:
    assert party_list_facts([{"list": "EL", **entry}], DAY)["on_entity_list"] is on


def test_sdn_by_program() -> None:
    assert "sdn_program_744_8" not in party_list_facts(["SDN"], DAY)
    assert party_list_facts([{"list": "SDN", "programs": ["IRAN"]}], DAY)["sdn_program_744_8"] is False
    assert party_list_facts([{"list": "SDN", "programs": ["ILLICIT DRUGS-EO14059"]}], DAY)["sdn_program_744_8"] is True


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ("Entty List", "perhaps 'Entity List'"),
        ("UVLL", "perhaps 'UVL'"),
        ("xyzzy", "codes are EL, DPL"),
        (7, "not int"),
        ({"since": "2024-01-01"}, "names its list"),
        ({"list": "EL", "sinse": "2024-01-01"}, "perhaps 'since'"),
        ({"list": "EL", "since": "2024-02-30"}, "a day that exists"),
        ({"list": "EL", "since": "2024-2-3"}, "YYYY-MM-DD"),
        ({"list": "EL", "since": "2024-02-03", "until": "2023-01-01"}, "before it begins"),
        ({"list": "EL", "footnotes": [6]}, "footnotes 1 to 5"),
        ({"list": "EL", "footnotes": "4"}, "a list of numbers"),
        ({"list": "UVL", "footnotes": [4]}, "belong to an entry of the Entity List"),
        ({"list": "EL", "programs": ["SDGT"]}, "belongs to the SDN list"),
        ({"list": "SDN", "programs": "SDGT"}, "list of program tags"),
        ({"list": "EL", "allows_exceptions": "perhaps"}, "yes or no"),
    ],
)
def test_refusals(stated: object, says: str) -> None:
    with pytest.raises(LogicError, match="^.*" + says.replace("(", r"\(")):
        party_list_facts([stated], DAY)


def transaction(**party: object) -> dict[str, object]:
    known = dict.fromkeys(("country", "headquarters", "ultimate_parent_headquarters"), "CN")
    consignee = {"role": "ultimate_consignee", **known, **party}
    return {"date": "2024-03-01", "item": "NVIDIA H20", "destination": "CN", "parties": [consignee]}


def test_desk_names_the_party_in_a_refusal(desk: Desk) -> None:
    with pytest.raises(InputError, match=r"^party 1: no list is called 'Entty List'; perhaps 'Entity List'"):
        desk.check(transaction(lists=["Entty List"]))


def test_screened_party_is_not_presumed(desk: Desk) -> None:
    names = {p["fact"] for p in desk.check(transaction()).to_dict()["presumed"]}
    assert {"on_entity_list", "on_denied_persons_list"} <= names
    names = {p["fact"] for p in desk.check(transaction(lists=[])).to_dict()["presumed"]}
    assert not {known.fact for known in LISTS} & names


def test_stated_fact_wins_over_lists(desk: Desk) -> None:
    answer = desk.check(transaction(lists=[], on_entity_list="yes")).to_dict()
    assert answer["text"]["outcome"] == "license_required"


@pytest.mark.parametrize(
    ("lists", "outcome"),
    [
        ([], "no_license_required"),
        (["EL"], "license_required"),
        ([{"list": "EL", "since": "2025-01-16"}], "no_license_required"),
        (["DPL"], "prohibited"),
        (["UVL"], "no_license_required"),
        (["MEU"], "license_required"),
        (["MIEU"], "license_required"),
        (["SDN"], "unknown"),
        ([{"list": "SDN", "programs": ["NPWMD"]}], "license_required"),
        (["CMIC"], "no_license_required"),
    ],
)
def test_outcome_by_list(desk: Desk, lists: list[object], outcome: str) -> None:
    assert desk.check(transaction(lists=lists)).to_dict()["text"]["outcome"] == outcome
