"""Red flags and limits: truths shown beside the outcome. A raised flag holds a transaction; a limit bounds a relief."""

from __future__ import annotations

from collections.abc import Iterator

from exeat.determination.step import Step, rule_steps
from exeat.lawbook.consolidate import InForce
from exeat.lawbook.instrument import Limit, RedFlag, Section


def red_flags(law: InForce) -> list[Section]:
    """The sections in force that hold a red flag, in the order of their instruments."""
    return [s for s in law.governing if isinstance(s.rule, RedFlag)]


def limits(law: InForce) -> list[Section]:
    """The sections in force that hold a limit."""
    return [s for s in law.governing if isinstance(s.rule, Limit)]


def steps(law: InForce) -> Iterator[Step]:
    """The truth of every red flag and limit, limbs included."""
    for section in (*red_flags(law), *limits(law)):
        yield from rule_steps(section, "common")
