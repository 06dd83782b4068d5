"""The catalog's chips against the law of their day: those near a line, and every chip and assembly of the notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from harness import read

from exeat.desk import Desk
from exeat.determination.answer import Determination

HERE = Path(__file__).parent
BOUNDARY = read(HERE.parent / "catalog" / "boundary.yaml")
ACCEPTED: Mapping[tuple[str, str], Mapping[str, str]] = {
    (row["chip"], row["column"]): row for row in read(HERE / "computed-classes.yaml")
}
DAYS = {"2022": "2022-12-01", "2023": "2023-12-01", "2026 review": "2026-09-24"}
#: A day under the letters of April 2025, whose figures decide whether an exporter is asked if it had one.
LETTERS = "2025-06-01"
CERTIFICATIONS = (
    "us_units", "us_supply", "foundry_capacity", "end_use", "know_your_customer", "iaas", "laboratory",
)  # fmt: skip
#: What the law of a day can make of a chip or assembly at 3A090; all else is "none".
CLASSES = ("3A090.a", "3A090.b", "4A090.a", "4A090.b")


@cache
def desk() -> Desk:
    return Desk()


def to_china(item: object, day: str) -> Determination:
    """An export from the United States to a company in China, everything certified, NAC not confirmed, no letter.

    That it was lawfully made is taken as shown, so that a chip designed in China meets the review policy as well.
    """
    certified = {f"china_cert_{name}": "yes" for name in CERTIFICATIONS}
    volumes = {"china_macau_tpp_exported": "1000", "us_tpp_shipped": "1000000000"}
    party = {"role": "ultimate_consignee", "country": "CN", "headquarters": "CN", "ultimate_parent_headquarters": "CN"}
    return desk().check(
        {
            "date": day,
            "activity": "export",
            "origin": "US",
            "destination": "CN",
            "item": item,
            "parties": [party],
            "facts": {
                **certified,
                **volumes,
                "nac_confirmed": "no",
                "informed_by_notice": "none",
                "gp10_authorization_confirmed": "yes",
                "gp10_authorization_proven": "yes",
            },
        }
    )


def classes(item: str, day: str) -> set[str]:
    """What the item may be under the law of the day: one class, or several where a figure decides that is not known."""
    engine = desk().engines.on(date.fromisoformat(day))
    facts, _ = desk().item_facts(item, engine)
    values = engine.classify(facts)
    open_ = set()
    for entry in CLASSES:
        truth = values.get(f"eccn_{entry.lower().replace('.', '_')}", False)
        if truth is True:
            return {entry}
        if truth is None:
            open_.add(entry)
    return {*open_, "none"} if open_ else {"none"}


def narrowed(item: str, day: str) -> set[str]:
    """As :func:`classes`, but by the answer over the item's intervals where it has some."""
    settled = to_china(item, day).eccn
    if settled is None:
        return classes(item, day)
    return {settled if settled in CLASSES else "none"}


@pytest.mark.parametrize("case", BOUNDARY, ids=[f"{c['chip']} {c['quantity']} {c['rule']}" for c in BOUNDARY])
def test_boundary(case: dict[str, Any]) -> None:
    if case["rule"] == "2025 letter":
        engine = desk().engines.on(date.fromisoformat(LETTERS))
        facts, _ = desk().item_facts(case["chip"], engine)
        assert engine.classify(facts)["at_2025_letter_figures"] is (case["over_the_limit"] == "yes")
        return
    found = narrowed(case["chip"], DAYS[case["rule"]])
    if case["class"] == "unknown":
        assert len(found) > 1, f"classified in {found}; the figures leave it open"
    else:
        assert found == {case["class"]}
    if "policy" in case:
        policy = to_china(case["chip"], DAYS["2026 review"]).text["review_policy"]
        assert policy == case["policy"].replace(" ", "_")


def _table(text: str, heading: str) -> Iterator[dict[str, str]]:
    """The rows of the first table under a heading."""
    part = text.split(f"\n{heading}", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    split = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    for row in split[2:]:
        yield dict(zip(split[0], row, strict=True))


def _expected(cell: str) -> set[str]:
    """The class of a cell: ``not 3A090``, ``3A090.a (non-datacenter, exception path)``, ``indeterminate (...)``."""
    if cell.startswith("indeterminate"):
        return {"open"}
    if cell.startswith("not "):
        return {"none"}
    found = re.match(r"([34]A090)(\.[ab])?", cell)
    assert found, cell
    return {found[1] + (found[2] or ".a")}


def _compare(rows: list[dict[str, str]]) -> list[str]:
    wrong = []
    known = {item.id for item in desk().catalog.items.values()}
    for row in rows:
        chip = row["chip_id"]
        if chip not in known:
            wrong.append(f"{chip}: not in the catalog")
            continue
        for column, year in (("2022 rule", "2022"), ("Nov 2023 rule", "2023")):
            found, expected = narrowed(chip, DAYS[year]), _expected(row[column])
            same = len(found) > 1 if expected == {"open"} else found == expected
            accepted = ACCEPTED.get((chip, column))
            if not same:
                if accepted is None or set(accepted["found"].split(" or ")) != found:
                    wrong.append(f"{chip}, {column}: found {' or '.join(sorted(found))}; the notes have {row[column]}")
            elif accepted is not None:
                wrong.append(f"{chip}, {column}: agrees with the notes; computed-classes.yaml says it does not")
    return wrong


SECTIONS = ("## 7. Computed classes: single packages", "## 8. Computed classes: assemblies")


@pytest.mark.parametrize("section", SECTIONS)
def test_computed_classes(shared: Path, section: str) -> None:
    """Every row of the notes' own computation, in both columns; differences are accepted one by one, with a reason."""
    text = (shared / "law" / "chips.md").read_text(encoding="utf-8")
    wrong = _compare(list(_table(text, section)))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("section", SECTIONS)
def test_computed_policies(shared: Path, section: str) -> None:
    """The notes' column on the review policy of January 2026, where they commit themselves."""
    text = (shared / "law" / "chips.md").read_text(encoding="utf-8")
    names = {"case-by-case eligible": "case_by_case", "presumption of denial": "presumption_of_denial"}
    wrong = []
    for row in _table(text, section):
        cell = row["Jan 2026 policy"].split(" (")[0]
        answer = to_china(row["chip_id"], DAYS["2026 review"]).text
        if cell in ("n/a", *names):
            found, expected = answer["review_policy"], names.get(cell)
        elif cell == "NAC-type":
            found, expected = answer["review_policy"], "case_by_case"
        else:
            continue
        if found != expected:
            wrong.append(f"{row['chip_id']}: {answer['outcome']}, {found}; the notes have {cell}")
    assert not wrong, "\n".join(wrong)
