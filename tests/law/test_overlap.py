"""What the solver finds in small books of law, what silences it, and what stays a finding all the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from exeat.determination.overlap import NOT_EXAMINED, check_overlaps, main, solver_at_hand
from exeat.determination.reach import unreached
from exeat.lawbook.book import read_lawbook
from exeat.lawbook.consolidate import Lawbook
from exeat.lawbook.instrument import LawError

LAW = Path(__file__).resolve().parents[2] / "law"

needs_solver = pytest.mark.skipif(not solver_at_hand(), reason="needs z3-solver")

FRONT = """---
instrument: {citation}
title: A small book
kind: final rule
published: {day}
effective: {day}
source: https://example.org/
confidence: primary
checked: 2026-10-09
---
"""

SCOPE = """
kind: definition
name: within_encoded_scope
when: form in ('integrated_circuit', 'memory')
"""

REQUIREMENT = """
kind: license requirement
reason: RS
when: activity = 'export'
all:
  items: tpp >= 4800
  destination: in_group(destination, 'RS23')
"""


def book(folder: Path, *instruments: dict[str, str]) -> Lawbook:
    """One instrument for each mapping of provision to rule block, a year apart, over the real facts and groups."""
    shutil.copy(LAW / "facts.md", folder / "facts.md")
    shutil.copytree(LAW / "groups", folder / "groups")
    place = folder / "us" / "ear"
    place.mkdir(parents=True)
    for number, rules in enumerate(instruments):
        day = f"{2023 + number}-06-01"
        verb = "Revise" if number else "Add"
        parts = [f"## {verb}: {name}\n\nWords.\n\n```yaml rule\n{rule.strip()}\n```\n" for name, rule in rules.items()]
        text = FRONT.format(citation=f"{88 + number} FR 1", day=day) + "\n" + "\n".join(parts)
        (place / f"{day}-small.md").write_text(text, encoding="utf-8")
    return read_lawbook(folder)


def found(book: Lawbook) -> list[tuple[str, str]]:
    return [(finding.lint, finding.message) for finding in check_overlaps(book)]


ENTRIES = {
    "ECCN 1A001": "kind: classification\nentry: 1A001\norder: 1\nwhen: form = 'memory'",
    "ECCN 1A002": "kind: classification\nentry: 1A002\norder: 2\nwhen: form in ('memory', 'software')",
}


@needs_solver
def test_two_entries_true_of_one_item(tmp_path: Path) -> None:
    ((lint, message),) = found(book(tmp_path, ENTRIES))
    assert lint == "overlap"
    assert "1A001, which is tried first, and in 1A002: form memory" in message
    assert "'overlap: 1A001 over 1A002'" in message


@needs_solver
def test_an_accepted_overlap_is_silent_and_must_name_the_winner(tmp_path: Path) -> None:
    (tmp_path / "right").mkdir()
    (tmp_path / "wrong").mkdir()
    accepted = ENTRIES["ECCN 1A002"] + "\naccepts:\n  - overlap: {}\n    because: the first is the special one"
    right = ENTRIES | {"ECCN 1A002": accepted.format("1A001 over 1A002")}
    assert found(book(tmp_path / "right", right)) == []
    wrong = ENTRIES | {"ECCN 1A002": accepted.format("1A002 over 1A001")}
    assert [lint for lint, _ in found(book(tmp_path / "wrong", wrong))] == ["overlap", "accepts"]


@needs_solver
def test_definitions_are_read_down_to_facts(tmp_path: Path) -> None:
    rules = {
        "A": "kind: definition\nname: ic_meets_3a090_a\nwhen: form = 'integrated_circuit' and tpp >= 4800",
        "B": "kind: definition\nname: ic_meets_3a090_b\nwhen: form = 'integrated_circuit' and tpp < 4800",
        "ECCN 3A090.a": "kind: classification\nentry: 3A090.a\norder: 1\nwhen: ic_meets_3a090_a",
        "ECCN 3A090.b": "kind: classification\nentry: 3A090.b\norder: 2\nwhen: ic_meets_3a090_b",
    }
    assert found(book(tmp_path, rules)) == []


@needs_solver
def test_two_requirements_for_the_same_items(tmp_path: Path) -> None:
    other = REQUIREMENT.replace("reason: RS", "reason: end use").replace(
        "in_group(destination, 'RS23')", "any_party(hq5)"
    )
    hq5 = "kind: definition\nname: hq5\nwhen: in_group(headquarters, 'D5M')"
    rules = {"Scope": SCOPE, "HQ": hq5, "§ 742.6": REQUIREMENT, "§ 744.23": other}
    messages = [message for lint, message in found(book(tmp_path, rules)) if lint == "overlap"]
    (message,) = messages
    assert "§ 742.6 and § 744.23 both require a license" in message
    assert "_headquarters" in message


POLICY = """
kind: review policy
for: [742.6]
cases:
  - at: (1)
    when: in_group(destination, 'D5M')
    policy: presumption of denial
  - at: (2)
    when: tpp >= 9600
    policy: presumption of approval
"""


@needs_solver
def test_rows_that_meet_and_a_gap_between_them(tmp_path: Path) -> None:
    rules = {"Scope": SCOPE, "§ 742.6": REQUIREMENT, "§ 742.6(b)": POLICY}
    lints = dict(found(book(tmp_path, rules)))
    assert set(lints) == {"gap", "overlap"}
    assert "§ 742.6 applies and no row of § 742.6(b) does" in lints["gap"]
    assert "(1) over (2)" in lints["overlap"]


@needs_solver
def test_a_plain_last_row_closes_the_gap_and_needs_no_acceptance(tmp_path: Path) -> None:
    closed = POLICY.replace("tpp >= 9600", "'true'")
    rules = {"Scope": SCOPE, "§ 742.6": REQUIREMENT, "§ 742.6(b)": closed}
    assert found(book(tmp_path, rules)) == []


@needs_solver
def test_a_row_that_is_never_reached(tmp_path: Path) -> None:
    dead = POLICY.replace("tpp >= 9600", "tpp < 4800") + "  - at: (3)\n    when: 'true'\n    policy: not stated\n"
    rules = {"Scope": SCOPE, "§ 742.6": REQUIREMENT, "§ 742.6(b)": dead}
    ((lint, message),) = found(book(tmp_path, rules))
    assert lint == "dead" and "'(2)'" in message


@needs_solver
def test_a_requirement_without_any_review_policy(tmp_path: Path) -> None:
    rules = {"Scope": SCOPE, "§ 742.6": REQUIREMENT}
    assert [lint for lint, _ in found(book(tmp_path, rules))] == ["gap"]


@needs_solver
def test_dead_rules_and_idle_limbs(tmp_path: Path) -> None:
    exception = "kind: license exception\nsymbol: {}\ntitle: T\novercomes: [742.6]\nall:\n  (a): tpp < 4800\n  (b): {}"
    rules = {
        "§ 740.1": exception.format("AAA", "tpp >= 4800"),
        "§ 740.2": exception.format("BBB", "tpp < 9600"),
    }
    assert [(lint, "§ 740.1" in m, "'(b)'" in m) for lint, m in found(book(tmp_path, rules))] == [
        ("dead", True, False),
        ("idle", False, True),
    ]


@needs_solver
def test_a_rule_that_comes_to_life_later_is_not_dead(tmp_path: Path) -> None:
    waits = "kind: classification\nentry: 1A001\norder: 1\nwhen: ic_meets_3a090_a"
    never = "kind: definition\nname: ic_meets_3a090_a\nis: 'false'"
    later = "kind: definition\nname: ic_meets_3a090_a\nis: tpp >= 4800"
    assert found(book(tmp_path, {"ECCN 1A001": waits, "P": never}, {"P": later})) == []


@needs_solver
def test_an_acceptance_that_nothing_needs(tmp_path: Path) -> None:
    rule = (
        "kind: classification\nentry: 1A001\norder: 1\nwhen: form = 'memory'\naccepts:\n  - gap: 742.6\n    because: so"
    )
    ((lint, message),) = found(book(tmp_path, {"ECCN 1A001": rule}))
    assert lint == "accepts" and "'gap: 742.6'" in message


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("overlap: 1A002", "has two keys"),
        ("overlap: 1A002\n    because: ''", "never empty"),
        ("overlaps: 1A002\n    because: so", "perhaps overlap"),
        ("overlap: 1A002\n    gap: 742.6", "says why"),
    ],
)
def test_an_acceptance_needs_a_name_and_a_reason(tmp_path: Path, entry: str, said: str) -> None:
    rule = f"kind: classification\nentry: 1A001\norder: 1\nwhen: form = 'memory'\naccepts:\n  - {entry}"
    with pytest.raises(LawError, match=said):
        book(tmp_path, {"ECCN 1A001": rule})


def test_without_a_solver_one_line_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("exeat.determination.overlap.solver_at_hand", lambda: False)
    assert main() == 0
    assert capsys.readouterr().out.strip() == NOT_EXAMINED


def test_a_rule_without_cases_is_unreached(tmp_path: Path) -> None:
    (line,) = [str(finding) for finding in unreached(book(tmp_path, {"ECCN 1A001": ENTRIES["ECCN 1A001"]}))]
    assert "yes, no, unknown" in line
