"""Prohibitions: what may not be done at all, whatever the license position (15 CFR 736.2)."""

from __future__ import annotations

from collections.abc import Iterator

from exeat.determination.license_requirement import posture_on
from exeat.determination.step import Step, Track, rule_steps
from exeat.lawbook.consolidate import InForce
from exeat.lawbook.instrument import Posture, Prohibition, Section
from exeat.logic.tree import FALSE, And, Fact, any_of


def prohibitions(law: InForce) -> list[Section]:
    """The sections in force that hold a prohibition."""
    return [s for s in law.governing if isinstance(s.rule, Prohibition)]


def truth_name(law: InForce, section: Section, track: Track) -> str:
    """The step that holds the prohibition's truth on a track."""
    assert section.rule is not None
    laid_over = track == "enforced" and posture_on(law, section) is not None
    return f"enforced.{section.rule.name}" if laid_over else section.rule.name


def steps(law: InForce, track: Track) -> Iterator[Step]:
    """Each prohibition's truth on the track, then whether there is any."""
    for section in prohibitions(law):
        assert section.rule is not None
        if track == "text":
            yield from rule_steps(section, "text")
            continue
        posture = posture_on(law, section)
        if posture is not None and isinstance(posture.rule, Posture):
            both = And((Fact(section.rule.name), posture.rule.unless or FALSE))
            yield Step(truth_name(law, section, track), both, "enforced", section)
    names = tuple(Fact(truth_name(law, s, track)) for s in prohibitions(law))
    yield Step(f"{track}.any_prohibition", any_of(names), track)
