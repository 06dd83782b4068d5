"""The dated groups against the lists as printed (15 CFR 740 supps. 1, 5 and 6; the BIS export of 2025-11-12)."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from exeat.lawbook.groups import read_groups

GROUPS = Path(__file__).resolve().parents[2] / "law" / "groups"

# 15 CFR 740 supp. 1 as printed on 2026-09-24.
D1 = "AM AZ BY MM KH CN GE IQ KZ KP KG LA LY MO MD MN NI RU TJ TM UZ VE VN YE"
D4 = "BH BY CN EG IR IQ IL JO KP KW LB LY MO OM PK QA RU SA SY VE YE"
D5 = "AF BY MM CF CN CD CU ER HT IR IQ KP LB LY NI RU SO SS SD SY VE ZW"
A5 = "AR AU AT BE BG CA HR CZ DK EE FI FR DE GR HU IS IN IE IT JP KR LV LT LU NL NZ NO PL PT RO SK SI ES SE CH TR AE GB"
A6 = "AL CY IL MT MX SG ZA TW"
AIA = "AU BE CA DK FI FR DE IE IT JP NL NZ NO KR ES SE TW GB US"

LAST_PRINT = date(2026, 9, 24)
BIS_EXPORT = date(2025, 11, 12)


def _rows(name: str) -> list[dict[str, str]]:
    with (GROUPS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


MEMBERS = _rows("members.csv")
DESTINATIONS = {row["code"]: row for row in _rows("destinations.csv")}
BOOK = read_groups(GROUPS)


def _members(group: str, day: date, known: date | None = None) -> set[str]:
    """Members on ``day``, as the public could know it on ``known``, without the territories that only follow them."""
    return {m for m in BOOK.on(day, known)[group] if m not in DESTINATIONS or not DESTINATIONS[m]["parent"]}


@pytest.mark.parametrize(
    ("group", "expected"),
    [("D:1", D1), ("D:4", D4), ("D:5", D5), ("A:5", A5), ("A:6", A6), ("E:1", "IR KP SY"), ("E:2", "CU"), ("AIA", AIA)],
)
def test_the_groups_as_printed_on_2026_09_24(group: str, expected: str) -> None:
    assert _members(group, LAST_PRINT) == set(expected.split())


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ("D:1", set(D1.split())),
        ("D:4", {*D4.split(), "AE"}),
        ("D:5", {*D5.split(), "KH"}),
        ("A:5", set(A5.split()) - {"AE"}),
        ("A:6", set(A6.split())),
    ],
)
def test_the_state_of_the_bis_export_of_2025_11_12(group: str, expected: set[str]) -> None:
    assert _members(group, BIS_EXPORT) == expected


def test_the_places_of_the_2023_requirement() -> None:
    first = _members("RS23", date(2023, 11, 17))
    assert "MO" in first and len(first - {"MO"}) == 44
    assert "NI" not in first and "NI" in _members("RS23", date(2024, 3, 15))
    # D:1, D:4 and D:5 together name 46 places in 2026; Israel, in A:6, is taken off.
    assert len(_members("RS23", LAST_PRINT)) == 45


@pytest.mark.parametrize(
    ("group", "member", "last", "first_without"),
    [
        ("D:5", "KH", date(2026, 2, 2), date(2026, 2, 3)),
        ("D:5", "CY", date(2024, 5, 29), date(2024, 5, 30)),
        ("B", "NI", date(2024, 3, 14), date(2024, 3, 15)),
        ("D:3", "AE", date(2026, 7, 9), date(2026, 7, 10)),
        ("D:4", "AE", date(2026, 7, 9), date(2026, 7, 10)),
        ("RS23", "AE", date(2026, 7, 9), date(2026, 7, 10)),
    ],
)
def test_a_place_leaves_on_the_day(group: str, member: str, last: date, first_without: date) -> None:
    assert member in _members(group, last)
    assert member not in _members(group, first_without)


def test_nobody_knew_of_the_uae_before_publication() -> None:
    shipped = date(2026, 7, 12)
    assert "AE" in _members("D:4", shipped, known=date(2026, 7, 13))
    assert "AE" not in _members("A:5", shipped, known=date(2026, 7, 13))
    assert "AE" in _members("A:5", shipped, known=date(2026, 7, 14))


def test_macau_is_never_in_d5_and_always_in_d5m() -> None:
    for day in (date(2023, 11, 17), BIS_EXPORT, LAST_PRINT):
        assert "MO" not in _members("D:5", day)
        assert "MO" in _members("D5M", day)


#: Groups whose members are companies or chips, not places.
GROUPS_OF_NAMES = {"approved designers", "approved OSATs", "general VEUs", "named Ascend"}


def test_every_place_is_known_and_follows_a_listed_place() -> None:
    for row in MEMBERS:
        if row["group"] not in GROUPS_OF_NAMES:
            assert row["member"] in DESTINATIONS, row
            # A territory follows its parent; only the group 'China' names Hong Kong as well.
            assert not DESTINATIONS[row["member"]]["parent"] or row["group"] == "China", row
    for row in DESTINATIONS.values():
        standings = ("inherited", "inherited-unconfirmed") if row["parent"] else ("listed", "indeterminate")
        assert row["standing"] in standings, row
        assert not row["parent"] or DESTINATIONS[row["parent"]]["standing"] == "listed"
    assert DESTINATIONS["HK"]["parent"] == "CN"
    assert BOOK.indeterminate() == {"PS", "AQ"}


def test_territories_follow_their_country() -> None:
    assert "HK" in BOOK.on(LAST_PRINT)["D:5"] and "HK" in BOOK.on(LAST_PRINT)["RS23"]
    assert "GL" in BOOK.on(LAST_PRINT)["AIA"]
    assert "HK" in BOOK.on(LAST_PRINT)["China"]


def test_no_name_stands_for_two_places() -> None:
    seen: dict[str, str] = {}
    for code, row in DESTINATIONS.items():
        for name in {row["code"], row["name"], row["ear_name"], *row["aliases"].split(";")} - {""}:
            assert seen.setdefault(name.casefold(), code) == code, name
    for name, code in {"uae": "AE", "turkey": "TR", "myanmar": "MM", "ivory coast": "CI", "uk": "GB"}.items():
        assert seen[name] == code
    # Two states bear these names, one of each pair is under embargo: the writer must say which.
    assert "congo" not in seen and "korea" not in seen


def test_approved_designers_and_osats() -> None:
    as_printed = {
        row["member"]
        for row in MEMBERS
        if row["group"] == "approved designers" and not row["note"].startswith("catalog name of")
    }
    assert len(as_printed) == 33
    for row in MEMBERS:
        if row["note"].startswith("catalog name of"):
            assert row["note"].removeprefix("catalog name of ").split(";")[0] in as_printed
    assert len(_members("approved OSATs", LAST_PRINT)) == 24
    assert not _members("approved designers", date(2025, 1, 15))
    assert _members("approved designers", LAST_PRINT).isdisjoint({"Samsung", "TSMC", "OpenAI", "Groq", "Huawei"})
