"""Which part of the order a step of a program belongs to, so that parts a transaction does not need are skipped."""

from __future__ import annotations

from exeat.determination.step import Step
from exeat.lawbook.instrument import Limit, RedFlag, Relief, Restriction


def is_limb(step: Step) -> bool:
    """Whether the step is one limb of a rule, one row of a review policy, or one condition of an exception's use."""
    rule = step.section.rule if step.section else None
    return rule is not None and step.name.removeprefix(f"{step.stage}.").startswith(f"{rule.name}/")


def part_of(step: Step) -> str:
    """Which part of the order a step belongs to; parts a transaction does not need are skipped."""
    rule = step.section.rule if step.section else None
    if step.stage == "common":
        if isinstance(rule, (RedFlag, Limit)):
            return "vigilance"
        return "relief" if isinstance(rule, (Relief, Restriction)) else "core"
    if step.name.endswith(".outcome"):
        return f"{step.stage}.outcome"
    is_need = step.name.startswith(("req_", "ban_", f"{step.stage}.req_", f"{step.stage}.ban_")) or (
        step.name.endswith((".any_requirement", ".any_prohibition", "/except"))
    )
    if is_need and not isinstance(rule, Relief):
        return f"{step.stage}.needs"
    if step.name.startswith((f"{step.stage}.policy/", f"{step.stage}.review_policy")):
        return f"{step.stage}.policy"
    return f"{step.stage}.rest"


__all__ = ["is_limb", "part_of"]
