"""``exeat law status | coverage | calendar`` and ``exeat tier``: where the law stands, and what changes next."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import exeat
from exeat.explanation.instrument_data import status_data
from exeat.lawbook.calendar import events
from exeat.lawbook.status import find_instrument, status

Run = Callable[..., Any]


@pytest.mark.parametrize("word", ["90-FR-4544", "90 FR 4544", "90fr4544"])
def test_an_instrument_is_found_by_its_citation(run: Run, word: str) -> None:
    assert run("law", "status", word, "--on", "2025-06-01", "--json").data["instrument"] == "90 FR 4544"


def test_a_citation_no_instrument_has_is_told_with_the_nearest(run: Run) -> None:
    run("law", "status", "90 FR 4545").refused("90 FR 4545", "90 FR 4544")
    run("law", "status", "90 FR 4544", "--on", "2025-02-30").refused("2025-02-30")


def test_the_diffusion_rule_is_published_effective_due_unenforced_and_not_rescinded_as_far_as_known(run: Run) -> None:
    def on(day: str, *more: str) -> dict[str, Any]:
        found: dict[str, Any] = run("law", "status", "90-FR-4544", "--on", day, *more, "--json").data
        return found

    early = on("2025-01-12")
    assert not early["known"]["yet"] and not early["effective"][0]["yet"]
    spring = on("2025-03-01")
    assert spring["effective"][0] == {**spring["effective"][0], "date": "2025-01-13", "yet": True}
    assert "§ 742.6(a)(6)(iii)(A)" in spring["pending"] and not spring["posture"]
    june = on("2025-06-01")
    assert june["posture"] and june["posture"][0]["source"].startswith("https://")
    assert "§ 742.6(a)(6)(iii)(A)" not in june["pending"]
    assert on("2025-06-01", "--known-on", "2025-05-01")["posture"] == []
    late = on("2026-11-20")["rescinded"]
    assert late["rescinded"] is False and late["last_checked"] == "2026-10-09" and late["beyond_checked"] is True
    told = run("law", "status", "90-FR-4544", "--on", "2026-11-20").out
    assert "no, as far as known (last checked 2026-10-09" in told


def test_what_was_not_public_is_not_told(run: Run) -> None:
    told = run("law", "status", "90-FR-4544", "--on", "2025-06-01", "--known-on", "2024-12-01").out
    assert "not public by 2024-12-01" in told and "not enforced" not in told


def timeline(folder: Path) -> Iterator[tuple[str, date, str]]:
    """Rows of the notes' timeline that date an encoded Federal Register document: citation, day, kind."""
    cited = {i.citation for i in exeat.law("2026-10-09").lawbook.instruments}
    with (folder / "law" / "timeline.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if len(row["date"]) != 10 or row["kind"] == "announced":
                continue
            for citation in re.findall(r"\d+ FR \d+", row["citation"]):
                if citation in cited:
                    yield citation, date.fromisoformat(row["date"]), row["kind"]


def test_status_is_true_on_every_date_of_the_timeline(shared: Path) -> None:
    book = exeat.law("2026-10-09").lawbook
    checked = 0
    for citation, day, kind in timeline(shared):
        instrument = find_instrument(book, citation)
        before, after = (status_data(status(book, instrument, d)) for d in (day - timedelta(days=1), day))
        if kind == "published":
            assert after["published"]["date"] == day.isoformat(), citation
            assert (before["published"]["yet"], after["published"]["yet"]) == (False, True), citation
        elif kind in ("effective", "compliance"):
            rows = [r for key in ("effective", "compliance") for r in after[key] if r["date"] == day.isoformat()]
            returns = any(s["until"] == (day - timedelta(days=1)).isoformat() for s in before["stayed"])
            assert rows or returns, (citation, day, kind)
            assert all(row["yet"] for row in rows)
        elif kind == "suspended":
            # The rule that is stayed is another than the one that stays it.
            stays = [e for e in events(book) if e.instrument == citation and e.what == "stay begins" and e.day == day]
            assert stays, (citation, day)
        elif kind == "expired":
            ends = [e for e in events(book) if e.instrument == citation and e.day in (day, day + timedelta(days=1))]
            assert ends, (citation, day)
        checked += 1
    assert checked > 20


def test_the_affiliates_rule_is_stayed_and_comes_back(run: Run) -> None:
    def stayed(day: str) -> bool:
        return bool(run("law", "status", "90 FR 47201", "--on", day, "--json").data["stayed"])

    assert [stayed(day) for day in ("2025-11-09", "2025-11-10", "2026-11-09", "2026-11-10")] == [
        False,
        True,
        True,
        False,
    ]


def test_the_calendar_tells_what_is_scheduled_next(run: Run) -> None:
    told = run("law", "calendar", "--from", "2026-10-10")
    assert told.code == 0 and "2026-11-10  returns unless extended: 90 FR 50857" in told.out
    assert "2026-12-31" in told.out and "not verified since" in " ".join(told.out.split())
    rows = run("law", "calendar", "--from", "2025-05-01", "--known-on", "2025-05-01", "--json").data["events"]
    assert rows[0]["date"] >= "2025-05-01" and not any(row["instrument"] == "91 FR 1684" for row in rows)
    assert {"2025-05-15", "2026-01-15"} <= {row["date"] for row in rows}
    run("law", "calendar", "--from", "soon").refused("soon")


def test_coverage_tells_instrument_by_instrument_what_is_not_encoded_and_why(run: Run) -> None:
    data = run("law", "coverage", "--json").data["instruments"]
    by = {row["instrument"]: row for row in data}
    assert by["90 FR 4544"]["encoded"] and all(gap["why"] for row in data for gap in row["not_encoded"])
    told = run("law", "coverage", "90-FR-4544").out
    assert "90 FR 4544: Framework" in told and "- not encoded:" in told and "88 FR 2821" not in told


@pytest.mark.parametrize(
    ("place", "tier"), [("DE", "tier 1"), ("PT", "tier 2"), ("AE", "tier 2"), ("CN", "tier 3"), ("Macau", "tier 3")]
)
def test_the_presss_tier_in_the_rules_terms(run: Run, place: str, tier: str) -> None:
    data = run("tier", place, "--on", "2025-06-01", "--json").data
    assert data["tier"] == tier and "has no tiers" in data["says"]
    assert "not enforced" in data["rule"]


def test_a_place_is_told_with_all_its_groups_and_their_dates(run: Run) -> None:
    data = run("tier", "AE", "--on", "2026-08-01", "--json").data
    spans = {m["group"]: (m["from"], m["until"]) for m in data["memberships"]}
    assert spans["D:4"] == (None, "2026-07-09") and spans["A:5"] == ("2026-07-10", None)
    assert "A:5" in data["groups"] and "D:4" not in data["groups"]
    assert run("tier", "DE", "--on", "2024-06-01", "--json").data["tier"] is None
    run("tier", "Atlantis").refused("Atlantis")
