from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from exeat.screening import commands
from exeat.screening.entry import Entry
from exeat.screening.errors import ScreeningError, UnreadableList
from exeat.screening.ownership import (
    BIS,
    CAUGHT,
    COULD,
    NOT_CAUGHT,
    OFAC,
    UNKNOWN,
    Method,
    OwnershipTest,
    ultimate_parent,
)
from exeat.screening.stakes import Holdings, Stake, read_holdings, read_share

LISTED = Entry("EL-1", "EL", "Listed A", footnotes=("4",), license_requirement="For all items subject to the EAR",
               license_policy="Presumption of denial")  # fmt: skip
OTHER = Entry("MEU-1", "MEU", "Listed B", license_requirement="Supplement 2 items", license_policy="Case by case")
SDN = Entry("SDN-1", "SDN", "Blocked C", programs=("CUBA",))


def case(*lines: str, name: str = "X", on: date | None = None, method: Method = BIS, possible: bool = False,
            us: str = "") -> tuple[str, object]:  # fmt: skip
    """Status and answer for stakes written ``owner>owned:share``."""
    held = Holdings()
    for line in lines:
        pair, _, share = line.partition(":")
        owner, _, owned = pair.partition(">")
        low, high = read_share(share)
        held.add(Stake(owner, owned, low, high))
    if us:
        held.headquarters[us.casefold()] = "US"
    listed = {"a": (LISTED,), "b": (OTHER,), "c": (SDN,)}
    test = OwnershipTest(held, {} if possible else listed, method, listed if possible else {})
    found = test.ask(name, on)
    return found.status, found


@pytest.mark.parametrize(
    ("stakes", "status"),
    [
        (["a>X:50", "f>X:50"], CAUGHT),
        (["a>X:49.9", "f>X:50.1"], NOT_CAUGHT),
        (["a>X:20", "b>X:30", "f>X:50"], CAUGHT),
        (["a>M:60", "M>X:60", "f>X:40", "f>M:40"], CAUGHT),  # the product, 36 %, is not the test
        (["a>M:49", "f>M:51", "M>X:100"], NOT_CAUGHT),
        (["a>M:50", "f>M:50", "b>X:25", "M>X:25", "f>X:50"], CAUGHT),
        (["a>X:?", "f>X:40"], COULD),
        (["a>X:?", "f>X:51"], NOT_CAUGHT),
        (["a>X:40-60", "f>X:40"], COULD),
        (["a>X:10", "f>X:30"], COULD),  # 60 % unaccounted for, and a listed owner is known
        (["f>X:30"], UNKNOWN),
        (["f>X:60", "g>X:40"], NOT_CAUGHT),
        (["X>Y:60", "Y>X:60", "f>X:40", "f>Y:40"], NOT_CAUGHT),  # a ring without a listed party
        (["X>Y:60", "Y>X:30", "a>X:20", "f>X:50", "f>Y:40"], NOT_CAUGHT),
        (["a>Y:50", "X>Y:50", "Y>X:50", "f>X:50"], CAUGHT),
        (["a>X:45", "X>X:15", "f>X:40"], COULD),  # 45 of the 85 % that others hold
        (["a>X:70", "f>X:70"], CAUGHT),
        (["a>X:majority"], CAUGHT),
        (["a>X:<50", "f>X:>50"], NOT_CAUGHT),
        (["c>X:100"], NOT_CAUGHT),  # an SDN of a program § 744.8 does not name
    ],
)
def test_the_arithmetic(stakes: list[str], status: str) -> None:
    assert case(*stakes)[0] == status


def test_the_two_methods_differ_in_whose_listing_counts() -> None:
    assert case("c>X:100", method=OFAC)[0] == CAUGHT
    assert case("a>X:100", method=OFAC)[0] == NOT_CAUGHT
    address = Entry("EL-2", "EL", "Address 01", type="address")
    cmic = Entry("CMIC-1", "CMIC", "D")
    assert not BIS.counts(address) and not BIS.counts(cmic)


def test_a_possible_match_above_makes_it_possible() -> None:
    assert case("a>X:100", possible=True)[0] == COULD


def test_the_path_shows_the_chain_and_the_strictest_requirement_comes_first() -> None:
    _, found = case("a>M:60", "M>X:30", "b>X:25", "f>X:45", "f>M:40")
    assert found.to_dict()["path"] == [  # type: ignore[attr-defined]
        "M holds 30 % of X", "b holds 25 % of X (listed: MEU)", "a holds 60 % of M (listed: EL)",
    ]  # fmt: skip
    assert found.inherited[0].startswith("EL Listed A") and found.footnotes == ("4",)  # type: ignore[attr-defined]


def test_contradictions_and_us_parties_are_told() -> None:
    _, over = case("a>X:40", "f>X:70")
    assert any("contradict" in note for note in over.notes)  # type: ignore[attr-defined]
    _, american = case("a>X:60", "f>X:40", us="x")
    assert any("foreign entities only" in note for note in american.notes)  # type: ignore[attr-defined]


def test_stakes_count_only_while_held(tmp_path: Path) -> None:
    file = tmp_path / "owners.csv"
    file.write_text(
        "owner,owned,share,since,until\na,X,60,2020-01-01,2024-12-31\nf,X,40,,\ng,X,60,2025-01-01,\n", encoding="utf-8"
    )
    test = OwnershipTest(read_holdings(file), {"a": (LISTED,)})
    assert test.ask("x", date(2024, 6, 1)).status == CAUGHT
    assert test.ask("X", date(2025, 6, 1)).status == NOT_CAUGHT


@pytest.mark.parametrize(
    ("said", "low", "high"),
    [
        ("50", "50", "50"),
        ("49.9 %", "49.9", "49.9"),
        ("10-25", "10", "25"),
        (">=50", "50", "100"),
        ("?", "0", "100"),
        ("", "0", "100"),
    ],
)
def test_shares(said: str, low: str, high: str) -> None:
    assert read_share(said) == (Decimal(low), Decimal(high))


@pytest.mark.parametrize("said", ["half", "-5", "120", "nan", "60-40", "1e9", "inf"])
def test_shares_that_are_none(said: str) -> None:
    with pytest.raises(UnreadableList, match="expected"):
        read_share(said)


def test_ultimate_parent_and_rings(tmp_path: Path) -> None:
    file = tmp_path / "owners.csv"
    file.write_text(
        "owner,owned,share,owner_headquarters\nTop,Mid,75,CN\nMid,Low,51,AE\nP,Q,60,\nQ,P,60,\nTop,Wide,20,CN\n",
        encoding="utf-8",
    )
    held = read_holdings(file)
    parent = ultimate_parent(held, "low")
    assert (parent.name, parent.headquarters, len(parent.path)) == ("Top", "CN", 2)
    assert not parent.sure, "nothing is known of Top's own owners"
    assert ultimate_parent(held, "Wide").name == "Wide" and not ultimate_parent(held, "Wide").sure
    with pytest.raises(ScreeningError, match="in a ring"):
        ultimate_parent(held, "P")
    with pytest.raises(ScreeningError, match="perhaps 'Mid'"):
        ultimate_parent(held, "Mi")
    told = commands.owners(file, "Low", listed={"Top": [LISTED]})
    assert [test["status"] for test in told["tests"]] == [CAUGHT, NOT_CAUGHT] or told["tests"][0]["status"] == CAUGHT
    assert told["ultimate_parent"]["headquarters"] == "CN"


def test_ownership_from_followthemoney(tmp_path: Path) -> None:
    import json

    file = tmp_path / "owners.ftm.json"
    file.write_text("\n".join(json.dumps(entity) for entity in [
        {"id": "1", "schema": "Company", "properties": {"name": ["A"], "country": ["cn"]}},
        {"id": "2", "schema": "Company", "properties": {"name": ["X"]}},
        {"id": "3", "schema": "Ownership", "properties": {"owner": ["1"], "asset": ["2"],
                                                         "percentage": ["40", "55 %"]}},
    ]), encoding="utf-8")  # fmt: skip
    found = OwnershipTest(read_holdings(file), {"a": (LISTED,)}).ask("X")
    assert found.status == COULD and found.red_flag_29
