"""What the solver can find in the law of one era: overlaps, gaps, dead rules and rows, idle limbs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from exeat.determination.classification import entries
from exeat.determination.ground import Ground, in_words
from exeat.determination.license_requirement import posture_on, requirements
from exeat.determination.program import SCOPE, TRACKS
from exeat.determination.review_policy import cases_on, policy_for
from exeat.determination.step import Track
from exeat.lawbook.check import trees_of
from exeat.lawbook.consolidate import InForce
from exeat.lawbook.instrument import (
    Accepted,
    AnyRule,
    Classification,
    Definition,
    Limb,
    PolicyCase,
    Posture,
    Relief,
    Requirement,
    Restriction,
    ReviewPolicy,
    Section,
    joined,
)
from exeat.logic.tree import FALSE, TRUE, And, Fact, InGroup, Not, Tree, Value, all_of, any_of, walk

#: Reasons for control under which one item should need one license. End uses, end users and notices are prohibitions
#: of their own that meet as a matter of course; what they require of the same *items* as another rule is compared.
_REASONS_FOR_CONTROL = frozenset({"NS", "MT", "NP", "CB", "RS", "CC", "AT", "embargo"})

_EXAMINED = (Classification, Definition, Relief, Requirement, Restriction)


@dataclass(frozen=True, slots=True)
class Discovery:
    """What the solver found in one era: where, what kind, its name in ``accepts``, and a sentence."""

    sections: tuple[Section, ...]
    line: int
    kind: Accepted
    what: str
    says: str
    ground: Ground
    conditions: tuple[Tree, ...] = ()
    facts: Mapping[str, Value] | None = None

    @property
    def message(self) -> str:
        """The sentence, with the fewest facts that show it."""
        if self.facts is None:
            return self.says
        return f"{self.says}: {in_words(self.ground.fewest(self.conditions, self.facts))}"


def what_matters(law: InForce) -> object:
    """What two eras must share to have the same discoveries."""
    sections = [s for s in (*law.governing, *law.postures) if isinstance(s.rule, (*_EXAMINED, ReviewPolicy, Posture))]
    trees = [tree for section in sections for _, tree in trees_of(section)]
    used = sorted({node.group for tree in trees for node in walk(tree) if isinstance(node, InGroup)})
    return tuple(s.key for s in sections), tuple((name, law.groups.get(name)) for name in used)


def discoveries(law: InForce, ground: Ground) -> Iterator[Discovery]:
    """Everything the solver finds in one era, accepted or not."""
    yield from _entries_that_meet(law, ground)
    yield from _requirements_that_meet(law, ground)
    for track in TRACKS:
        yield from _policies(law, ground, track)
    for section in law.governing:
        if isinstance(section.rule, _EXAMINED):
            yield from _dead_or_idle(section, section.rule, ground)


def _entries_that_meet(law: InForce, ground: Ground) -> Iterator[Discovery]:
    for first, second in combinations(entries(law), 2):
        assert isinstance(first.rule, Classification) and isinstance(second.rule, Classification)
        both = (Fact(first.rule.name), Fact(second.rule.name))
        facts = ground.meet(*both)
        if facts is not None:
            what = f"{first.rule.entry} over {second.rule.entry}"
            says = f"an item can be in {first.rule.entry}, which is tried first, and in {second.rule.entry}"
            yield Discovery((first, second), first.line, "overlap", what, says, ground, both, facts)


def _say_the_same(first: Requirement, second: Requirement) -> bool:
    """Whether two requirements are for one reason for control, or name the same items under *items*."""
    if first.reason == second.reason and first.reason in _REASONS_FOR_CONTROL:
        return True
    return bool(_items(first) & _items(second))


def _items(rule: Requirement) -> set[Tree]:
    trees = [limb.tree for limb in rule.limbs if limb.label == "items"]
    return {part for tree in trees for part in (tree.args if isinstance(tree, And) else (tree,))}


def _requirements_that_meet(law: InForce, ground: Ground) -> Iterator[Discovery]:
    for first, second in combinations(requirements(law), 2):
        assert isinstance(first.rule, Requirement) and isinstance(second.rule, Requirement)
        if not _say_the_same(first.rule, second.rule):
            continue
        both = (Fact(first.rule.name), Fact(second.rule.name))
        facts = ground.meet(*both)
        if facts is not None:
            what = f"{first.rule.id} and {second.rule.id}"
            says = f"{first.provision} and {second.provision} both require a license"
            yield Discovery((first, second), first.line, "overlap", what, says, ground, both, facts)


def needed(law: InForce, requirement: Section, track: Track) -> Tree:
    """That the requirement applies to an item the encoded law covers, as the track has it."""
    assert requirement.rule is not None
    parts: list[Tree] = [Fact(requirement.rule.name), Fact(SCOPE)]
    posture = posture_on(law, requirement) if track == "enforced" else None
    if posture is not None and isinstance(posture.rule, Posture):
        parts.append(posture.rule.unless or FALSE)
    return all_of(tuple(parts))


def _policies(law: InForce, ground: Ground, track: Track) -> Iterator[Discovery]:
    served: dict[str, tuple[tuple[PolicyCase, ...], Section, list[Section]]] = {}
    for requirement in requirements(law):
        assert isinstance(requirement.rule, Requirement)
        policy = policy_for(law, requirement)
        if policy is None:
            if track == "text":
                id_ = requirement.rule.id
                says = f"no review policy answers § {id_}"
                yield Discovery((requirement,), requirement.line, "gap", id_, says, ground)
            continue
        cases, where = cases_on(law, policy, track)
        if track == "enforced" and where is policy:
            continue  # the rows of the text track, over fewer facts
        served.setdefault(where.key, (cases, where, []))[2].append(requirement)
    for cases, where, answered in served.values():
        for requirement in answered:
            yield from _gap(cases, where, requirement, needed(law, requirement, track), ground)
        applies = any_of(tuple(needed(law, requirement, track) for requirement in answered))
        yield from _rows(cases, where, applies, ground)


def _gap(
    cases: Sequence[PolicyCase], where: Section, requirement: Section, applies: Tree, ground: Ground
) -> Iterator[Discovery]:
    assert isinstance(requirement.rule, Requirement)
    if any(case.when == TRUE for case in cases):
        return
    open_ = (applies, *(Not(case.when) for case in cases))
    facts = ground.meet(*open_)
    if facts is not None:
        id_ = requirement.rule.id
        says = f"§ {id_} applies and no row of {where.provision} does"
        yield Discovery((where,), where.line, "gap", id_, says, ground, open_, facts)


def _rows(cases: Sequence[PolicyCase], where: Section, applies: Tree, ground: Ground) -> Iterator[Discovery]:
    """Rows that are never reached, and pairs of rows that differ where an earlier row does not decide for both."""
    for number, case in enumerate(cases):
        before = tuple(Not(earlier.when) for earlier in cases[:number])
        if ground.meet(applies, case.when, *before, likely=True) is None:
            says = f"the row {case.at!r} of {where.provision} is never the first that fits"
            yield Discovery((where,), case.line, "dead", case.at, says, ground)
            continue
        for later in cases[number + 1 :]:
            if later.policy == case.policy or later.when == TRUE:
                continue
            both = (applies, case.when, later.when, *before)
            facts = ground.meet(*both)
            if facts is not None:
                what = f"{case.at} over {later.at}"
                says = f"{case.at!r} ({case.policy}) comes before {later.at!r} ({later.policy}) and both fit"
                yield Discovery((where,), later.line, "overlap", what, says, ground, both, facts)


def _dead_or_idle(section: Section, rule: AnyRule, ground: Ground) -> Iterator[Discovery]:
    if not rule.limbs or any(limb.kind == "is" for limb in rule.limbs):
        return
    if isinstance(rule, Definition) and ground.is_of_a_party(rule.name):
        return
    what = section.provision.removeprefix("§ ")
    if ground.meet(rule.condition(), likely=True) is None:
        says = f"the limbs of {section.provision} can never hold together"
        yield Discovery((section,), section.line, "dead", what, says, ground)
        return
    for limb in rule.limbs:
        label = limb.label or limb.kind
        if len(rule.limbs) > 1 and ground.meet(*_where_limb_decides(rule.limbs, limb), likely=True) is None:
            says = f"the limb {label!r} of {section.provision} never changes its truth"
            yield Discovery((section,), limb.line, "idle", label, says, ground)


def _where_limb_decides(limbs: Sequence[Limb], limb: Limb) -> tuple[Tree, ...]:
    """Conditions that hold together where the rule turns with this limb alone."""
    others = tuple(other for other in limbs if other is not limb)
    if limb.kind == "any":
        rest = tuple(other for other in others if other.kind != "any")
        return (joined(rest), limb.tree, *(Not(other.tree) for other in others if other.kind == "any"))
    return joined(others), limb.tree if limb.kind == "unless" else Not(limb.tree)
