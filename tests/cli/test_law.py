"""``exeat law``, ``classify``, ``items``, ``schema``: the law and the catalog as the command line shows them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exeat import __version__
from exeat.lawbook.folder import law_folder

Run = Callable[..., Any]


def test_the_packaged_law_has_no_findings(run: Run) -> None:
    ran = run("law", "check")
    assert ran.code == 0 and ran.out.endswith("no findings\n") and "instruments" in ran.out


@pytest.fixture
def a_law(tmp_path: Path) -> Path:
    """A copy of the law to break."""
    return Path(shutil.copytree(law_folder(), tmp_path / "law"))


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = next(folder.rglob(name))
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_law_file_with_an_undeclared_fact_is_told_with_file_line_and_the_nearest(run: Run, a_law: Path) -> None:
    edit(a_law, "*88-FR-73458*.md", "a.1: tpp >= 4800", "a.1: tppp >= 4800")
    ran = run("law", "check", "--law", str(a_law))
    assert ran.code == 2
    line = next(line for line in ran.out.splitlines() if "tppp" in line)
    assert "88-FR-73458" in line and "'tpp'" in line and ":" in line


def test_a_law_file_with_a_wrong_number_is_told(run: Run, a_law: Path) -> None:
    edit(a_law, "*88-FR-73458*.md", "a.1: tpp >= 4800", "a.1: tpp >= 4_800")
    ran = run("law", "check", "--law", str(a_law))
    assert ran.code == 2 and "4_800" in ran.out


def test_a_number_that_the_words_do_not_have_is_told(run: Run, a_law: Path) -> None:
    edit(a_law, "*88-FR-73458*.md", "a.1: tpp >= 4800", "a.1: tpp >= 4801")
    ran = run("law", "check", "--law", str(a_law), "--json")
    assert ran.code == 2
    assert any("4801" in f["message"] or "4,801" in f["message"] for f in ran.data["findings"])


def test_the_timeline_has_every_instrument_with_its_dates(run: Run) -> None:
    data = run("law", "timeline", "--json").data
    cited = {i["instrument"] for i in data["instruments"]}
    assert {"87 FR 62186", "88 FR 73458", "90 FR 4544", "91 FR 1684"} <= cited
    diffusion = next(i for i in data["instruments"] if i["instrument"] == "90 FR 4544")
    assert (diffusion["effective"], diffusion["compliance"]) == ("2025-01-13", "2025-05-15")
    told = run("law", "timeline").out
    assert "2025-05-15  compliance due: 90 FR 4544" in told
    days = [line[:10] for line in told.splitlines() if line[:1] == "2"]
    assert days == sorted(days)


@pytest.mark.parametrize("word", ["740.27", "§740.27", "AIA"])
def test_a_provision_is_shown_as_in_force_on_a_day(run: Run, word: str) -> None:
    told = run("law", "show", word, "--on", "2025-06-01").out
    assert told.startswith("§ 740.27 on 2025-06-01")
    assert "POSTURE: not enforced since 2025-05-13" in told and "HISTORY" in told
    assert "POSTURE" not in run("law", "show", word, "--on", "2025-06-01", "--known-on", "2025-05-01").out
    early = run("law", "show", word, "--on", "2025-03-01").out
    assert "not in force" in early and "compliance due on 2025-05-15" in early


def test_what_changed_between_two_days(run: Run) -> None:
    data = run("law", "diff", "2025-05-01", "2025-06-01", "--json").data
    assert "§ 740.27" in {p["provision"] for p in data["added"]}
    assert "§ 744.23(a)(3)(i)" in {p["provision"] for p in data["removed"]}
    assert {p["provision"] for p in data["postures"]} >= {"§ 742.6(a)(6)(iii)(A)"}
    groups = run("law", "diff", "2024-03-14", "2024-03-15", "--json").data["groups"]
    assert {"NI"} == set(next(g for g in groups if g["group"] == "D:5")["joined"])
    assert "no difference" in run("law", "diff", "2025-03-01", "2025-03-02").out


def test_instruments_are_listed_with_their_sources(run: Run) -> None:
    rows = run("law", "instruments", "--json").data
    assert all(row["source"].startswith("https://") and row["confidence"] for row in rows)
    assert all(row["instrument"] in run("law", "instruments").out for row in rows)


def test_classify_says_the_entry_and_its_limbs(run: Run) -> None:
    ran = run("classify", "NVIDIA H100 SXM", "--on", "2024-01-01")
    assert ran.code == 0 and "CLASSIFICATION: 3A090.a" in ran.out and "a.1: total processing performance" in ran.out
    assert run("classify", "NVIDIA H100 SXM", "--on", "2024-01-01", "--json").data["eccn"] == "3A090.a"


def test_classify_asks_for_the_figure_that_decides(run: Run) -> None:
    figures = ("--tpp", "2000", "--marketed-for-datacenters", "yes", "--figure", "form=integrated_circuit")
    ran = run("classify", *figures, "--on", "2024-01-01", "--json")
    assert ran.code == 3 and ran.data["eccn"] == "unknown"
    assert "performance_density" in {ask["fact"] for ask in ran.data["ask"]}


def test_items_are_listed_with_their_entry_on_a_day(run: Run) -> None:
    rows = {row["id"]: row for row in run("items", "h100", "--on", "2024-01-01", "--json").data["items"]}
    assert rows["nvidia-h100-sxm"]["eccn"] == "3A090.a" and rows["nvidia-h100-sxm"]["tpp"] == 15832
    told = run("items").out
    assert "nvidia-h100-sxm" in told and all(len(line) <= 80 for line in told.splitlines())


def test_the_schema_and_the_version_are_printed(run: Run) -> None:
    assert json.loads(run("schema").out)["title"] == "Determination"
    assert run("--version").out.strip() == f"exeat {__version__}"


def test_help_names_the_commands(run: Run) -> None:
    told = run("--help").out
    assert all(name in told for name in ("check", "classify", "items", "law", "schema"))
    assert run().code == 0


def test_the_demo_tells_both_tracks_of_six_places_on_six_days() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "exeat.demo"], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    told = done.stdout
    for name in ("Germany", "Portugal", "Mexico", "UAE", "Singapore", "China"):
        assert f"\n{name}" in told
    germany = next(line for line in told.splitlines() if line.startswith("Germany "))
    assert germany.split()[1:] == ["text", "none", "none", "none", "exception", "exception", "exception"]
    assert "ONE OF THEM EXPLAINED" in told
    long = [line for line in told.splitlines() if len(line) > 80 and not line.strip().startswith("http")]
    assert long == []
