"""``exeat flags``, ``exeat interview``, ``--resolve`` and ``--draft``."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
H100 = ("NVIDIA H100 SXM", "--to", "SG", "--on", "2025-07-01")
KNOWN = ("--headquarters", "SG", "--parent", "SG")


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))


def written(folder: Path, text: str, name: str = "answers.txt") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_each_red_flag_is_raised_not_raised_or_asked_about(run: Run) -> None:
    ran = run("flags", *H100, *KNOWN, "--json")
    assert ran.code == 0 and ran.data["hold"] is False and ran.data["next"]["question"]
    for flag in ran.data["red_flags"]:
        assert bool(flag["ask"]) == (flag["raised"] == "unknown"), flag["id"]
    assert "CANNOT TELL" in run("flags", *H100, *KNOWN).out


def test_a_raised_flag_holds_until_someone_resolves_it_on_evidence(run: Run, tmp_path: Path) -> None:
    thin = ("--fact", "customer_history_thin=yes")
    held = run("flags", *H100, *KNOWN, *thin, "--json")
    flag = next(f["id"] for f in held.data["red_flags"] if f["raised"] == "yes")
    assert held.code == 3 and held.data["hold"] is True
    told = run("flags", *H100, *KNOWN, *thin).out
    assert f"HOLD: {flag} unresolved" in told and f"RAISED: {flag}" in told
    assert f"HOLD      an unresolved red flag ({flag})" in run("check", *H100, *KNOWN, *thin).out
    resolved = ("--resolve", f"{flag}: A. Officer; 2025-06-20; site visit, file 12")
    assert run("flags", *H100, *KNOWN, *thin, *resolved).code == 0
    data = run("check", *H100, *KNOWN, *thin, *resolved, "--json").data
    assert data["hold"] is False and data["red_flags"][0]["resolved"]["evidence"] == "site visit, file 12"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("supp. 3 no. 4", "FLAG: by; on; evidence"),
        ("supp. 3 no. 4: me; 2025-06-20", "FLAG: by; on; evidence"),
        ("supp. 3 no. 4: me; yesterday; letter", "yesterday"),
        ("supp. 3 no. 444: me; 2025-06-20; letter", "no red flag"),
    ],
)
def test_a_resolution_that_cannot_be_read_is_refused(run: Run, words: str, told: str) -> None:
    run("check", *H100, *KNOWN, "--resolve", words).refused(told)


def test_a_file_may_be_resolved_beside_it(run: Run, tmp_path: Path) -> None:
    order = {"date": "2025-07-01", "item": "NVIDIA H100 SXM", "facts": {"customer_history_thin": "yes"}}
    name = written(tmp_path, json.dumps(order), "order.json")
    assert run("flags", name).code == 3
    assert run("flags", name, "--resolve", "supp. 3 no. 4: me; 2025-06-20; accounts read").code == 0


def test_the_interview_asks_what_matters_and_ends_in_the_determination_of_check(run: Run, tmp_path: Path) -> None:
    answers = written(tmp_path, "# scripted\nheadquarters: SG\nultimate_parent_headquarters: CN\n")
    ran = run("interview", *H100, "--answers", answers, "--json")
    assert ran.code == 0 and ran.data["open"] == []
    assert {entry["fact"] for entry in ran.data["asked"]} <= {"headquarters", "ultimate_parent_headquarters"}
    assert ran.data["determination"] == run("check", *H100, "--headquarters", "SG", "--parent", "CN", "--json").data
    as_json = written(tmp_path, json.dumps({"headquarters": "SG", "1.ultimate_parent_headquarters": "China"}), "a.json")
    assert run("interview", *H100, "--answers", as_json, "--json").data["determination"]["parties"][0] == {
        "role": "ultimate_consignee",
        "location": "SG",
        "headquarters": "SG",
        "ultimate_parent_headquarters": "CN",
    }


def test_dont_know_is_an_answer_not_asked_again_and_never_a_no(run: Run, tmp_path: Path) -> None:
    answers = written(tmp_path, "headquarters: don't know\nultimate_parent_headquarters: don't know\n")
    ran = run("interview", "NVIDIA H100 SXM", "--to", "SG", "--on", "2023-12-01", "--answers", answers, "--json")
    assert ran.code == 3 and ran.data["determination"]["outcome"] == "unknown"
    facts = [entry["fact"] for entry in ran.data["asked"]]
    assert len(facts) == len(set(facts)) == 2
    assert {entry["fact"] for entry in ran.data["open"]} == set(facts)


def test_without_answers_what_is_open_is_told(run: Run) -> None:
    ran = run("interview", "NVIDIA H100 SXM", "--to", "SG", "--on", "2023-12-01")
    assert ran.code == 3 and "STILL OPEN" in ran.out and "headquartered" in ran.out


def test_an_answer_that_nobody_asked_for_is_not_lost(run: Run, tmp_path: Path) -> None:
    answers = written(tmp_path, "headquarters: SG\nultimate_parent_headquarters: SG\non_entity_list: yes\n")
    ran = run("interview", *H100, "--answers", answers, "--json")
    stated = ran.data["determination"]
    assert stated["parties"][0]["on_entity_list"] is True
    assert stated["enforced"]["outcome"] != "no_license_required"


def test_a_person_is_asked_again_after_a_wrong_answer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    said = iter(["Atlantis", "SG", "don't know"])
    asked: list[str] = []

    def heard(prompt: str) -> str:
        asked.append(prompt)
        return next(said)

    monkeypatch.setattr("builtins.input", heard)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    ran = run("interview", "NVIDIA H100 SXM", "--to", "SG", "--on", "2023-12-01")
    assert ran.code == 3 and len(asked) == 3 and "Atlantis" in ran.out and "or don't know" in ran.out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("headquarter: SG", "'headquarters'"),
        ("no colon", "expected 'fact: value'"),
        ("headquarters: Atlantis", "answers.txt:1"),
        ("tpp: 1\ntpp: 2", "twice"),
        ("2.tpp: 1", "2.tpp"),
    ],
)
def test_a_file_of_answers_that_cannot_be_read_is_refused(run: Run, tmp_path: Path, text: str, told: str) -> None:
    run("interview", *H100, "--answers", written(tmp_path, text)).refused(told)


DRAFT = ("--draft", "2025-10-09-gain-ai-act")


def test_an_answer_under_a_draft_says_so_in_its_first_line(run: Run) -> None:
    order = ("NVIDIA H100 SXM", "--to", "CN", "--headquarters", "CN", "--parent", "CN", "--on", "2026-02-01", *DRAFT)
    told = " ".join(run("check", *order).out.split("\n\n")[0].split())
    assert told.startswith("DRAFT: read as if 2025-10-09-gain-ai-act were law; it is not")
    data = run("check", *order, "--json").data
    assert next(iter(data)) == "drafts" and data["drafts"] == ["2025-10-09-gain-ai-act"]
    assert "GAIN AI Act" in {r["id"] for r in data["text"]["requirements"]}
    for command in (("instruments",), ("status", "GAIN AI Act"), ("diff", "2025-10-08", "2025-10-09"), ("calendar",)):
        assert run("law", *command, *DRAFT).out.startswith("DRAFT: "), command
    assert "GAIN" not in run("law", "instruments").out


def test_an_unknown_draft_is_one_clear_line(run: Run) -> None:
    run("check", *H100, "--draft", "2025-10-09-gain-ai").refused("no draft is called", "2025-10-09-gain-ai-act")
