"""Step four: how an application would be met. Each requirement has its policy; of several the strictest is reported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from exeat.determination.license_requirement import posture_on, requirements, truth_name
from exeat.determination.step import Step, Track, begins_with
from exeat.lawbook.consolidate import InForce
from exeat.lawbook.instrument import (
    POLICIES_STRICTEST_FIRST,
    PolicyCase,
    Posture,
    Requirement,
    ReviewPolicy,
    Section,
)
from exeat.logic.tree import Case, Compare, Constant, Fact, Not, Tree, any_of

NONE = "none"


def policy_for(law: InForce, requirement: Section) -> Section | None:
    """The review policy that governs a requirement: the one whose ``for`` fits it most closely."""
    return next(policies_for(law, [requirement]))


def policies_for(law: InForce, asked: Iterable[Section]) -> Iterator[Section | None]:
    """The review policy of each requirement."""
    by_prefix: dict[str, Section] = {}
    for section in law.governing:
        if isinstance(section.rule, ReviewPolicy):
            for prefix in section.rule.for_ids:
                by_prefix.setdefault(prefix, section)
    for requirement in asked:
        assert isinstance(requirement.rule, Requirement)
        closest = max((p for p in _above(requirement.rule.id) if p in by_prefix), key=len, default=None)
        yield None if closest is None else by_prefix[closest]


@lru_cache(maxsize=4096)
def _above(id_: str) -> tuple[str, ...]:
    """The paragraphs that one is or lies below."""
    return tuple(id_[:end] for end in range(len(id_) + 1) if begins_with(id_, id_[:end]))


def cases_on(law: InForce, policy: Section, track: Track) -> tuple[tuple[PolicyCase, ...], Section]:
    """The rows of a review policy on a track, and the section they stand in."""
    assert isinstance(policy.rule, ReviewPolicy)
    posture = posture_on(law, policy) if track == "enforced" else None
    if posture is not None and isinstance(posture.rule, Posture) and posture.rule.instead:
        return posture.rule.instead, posture
    return policy.rule.cases, policy


def policy_name(requirement: Section, track: Track) -> str:
    """The step that holds a requirement's review policy on a track."""
    assert requirement.rule is not None
    return f"{track}.policy/{requirement.rule.name}"


def case_name(section: Section, number: int) -> str:
    """The step that holds the truth of one row of a review policy."""
    assert section.rule is not None
    return f"{section.rule.name}/{number}"


def steps(law: InForce, track: Track) -> Iterator[Step]:
    """Each requirement's policy on the track, then the strictest."""
    written: set[str] = set()
    names: list[str] = []
    needing = requirements(law)
    for requirement, policy in zip(needing, policies_for(law, needing), strict=True):
        needed = Fact(truth_name(law, requirement, track))
        branches: list[tuple[Tree, Tree]] = [(Not(needed), Constant(NONE))]
        if policy is not None:
            cases, where = cases_on(law, policy, track)
            for number, case in enumerate(cases, 1):
                name = case_name(where, number)
                # The enforced track reads the text track's rows unless a posture puts others in their place.
                if name not in written and (track == "text" or where is not policy):
                    yield Step(name, case.when, track, where, case.at)
                    written.add(name)
                branches.append((Fact(name), Constant(case.policy)))
        names.append(policy_name(requirement, track))
        yield Step(names[-1], Case(tuple(branches), Constant("not stated")), track, policy or requirement)
    yield Step(f"{track}.review_policy", strictest(names), track)


def strictest(names: list[str]) -> Tree:
    """The strictest of several policies (15 CFR 742.1(f): an application must pass every one)."""
    branches = tuple(
        (any_of(tuple(Compare("=", Fact(name), Constant(policy)) for name in names)), Constant(policy))
        for policy in POLICIES_STRICTEST_FIRST
    )
    return Case(branches, Constant(NONE)) if names else Constant(NONE)
