"""A step of a program: one named expression, and how a rule of the law becomes steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from exeat.lawbook.instrument import AnyRule, Limb, Section, joined
from exeat.logic.tree import Fact, Tree

Track = Literal["text", "enforced"]
Stage = Literal["common", "text", "enforced"]


@dataclass(frozen=True, slots=True)
class Step:
    """One named expression. ``section`` is the law it comes from (None for the engine's own order of steps)."""

    name: str
    tree: Tree
    stage: Stage
    section: Section | None = None
    label: str = ""

    def mapped(self, change: Callable[[Tree], Tree]) -> Step:
        """The step with ``change`` applied to its expression."""
        return replace(self, tree=change(self.tree))


def limb_name(rule: AnyRule, limb: Limb) -> str:
    """The name of a limb's truth value: the rule's name and the paragraph label."""
    return f"{rule.name}/{limb.label or limb.kind}"


def rule_steps(section: Section, stage: Stage) -> Iterator[Step]:
    """A rule as steps: one for each limb, so that each paragraph has a truth value, and one that joins them."""
    rule = section.rule
    assert rule is not None
    if len(rule.limbs) < 2:
        yield Step(rule.name, rule.condition(), stage, section)
        return
    names = []
    for limb in rule.limbs:
        names.append(replace(limb, tree=Fact(limb_name(rule, limb))))
        yield Step(limb_name(rule, limb), limb.tree, stage, section, limb.label)
    yield Step(rule.name, joined(tuple(names)), stage, section)


def begins_with(id_: str, prefix: str) -> bool:
    """Whether paragraph ``id_`` is ``prefix`` or lies below it: 742.6(a)(6)(iii) lies below 742.6(a)(6)."""
    return id_ == prefix or (id_.startswith(prefix) and id_[len(prefix)] in "(.")
