"""What moved an answer: the sections of law on which two determinations of one row part, followed from the outcome
down through the expressions that settle it to those that are not the same in both programs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from exeat.contents import CONTAINED_FACTS
from exeat.determination.answer import Determination
from exeat.determination.review_policy import NONE
from exeat.determination.step import Step, Track
from exeat.lawbook.groups import Membership, formula_terms
from exeat.lawbook.instrument import Definition, Posture, Rule, Section, Stay
from exeat.logic.tree import Tree
from exeat.portfolio.support import Read, support

_RULES = ("eccn_", "req_", "ban_", "exc_", "auth_")
_BY_CIRCUITS = (*CONTAINED_FACTS, "tpp_per_unit")


@dataclass(frozen=True, slots=True, order=True)
class Cause:
    """One instrument and what it did: ``how`` it moved the answer, to which provision, from which day."""

    since: str
    instrument: str
    provision: str
    how: str
    source: str = field(default="", compare=False)
    confidence: str = field(default="primary", compare=False)

    def __str__(self) -> str:
        """In words: ``90 FR 4544: § 742.6(a)(6)(iii)(A) added, from 2025-05-15``."""
        unsure = "" if self.confidence == "primary" else f" ({self.confidence})"
        return f"{self.instrument}: {self.provision} {self.how}, from {self.since}{unsure}"


@dataclass(frozen=True)
class Side:
    """One of the two answers: a determination, read on one track.

    Expressions are named alike on both sides: ``*name`` is the track's own (``text.name`` here, ``enforced.name``
    there; where a track has none, the name itself), any other name is common to the tracks.
    """

    found: Determination
    track: Track

    @cached_property
    def values(self) -> dict[str, Any]:
        return self.found.engine.completed(self.found.valuation.values)

    def name(self, word: str) -> str:
        """The name an expression has in this program."""
        if not word.startswith("*"):
            return word
        own = f"{self.track}.{word[1:]}"
        return own if own in self.found.engine.program else word[1:]

    def step(self, word: str) -> Step | None:
        name, program = self.name(word), self.found.engine.program
        if name not in program:
            return None
        return program[name]

    def value(self, word: str) -> object:
        """The value of a word; a rule that is not there, or that nothing led to, does not apply."""
        name = self.name(word)
        if name in self.values:
            return self.values[name]
        if word.startswith("*policy/"):
            return NONE
        absent_rule = name in self.found.engine.program or name.startswith(_RULES)
        return False if absent_rule else self.found.asked.facts.get(name)

    def reads(self, word: str) -> list[Read]:
        """What settles the value of a word, conditions shared between steps written out."""
        step = self.step(word)
        if step is None:
            return []
        # What the track asks for is the track's own truth of a requirement, wherever it stands.
        tracked = step.stage == self.track and not word.startswith(("*req_", "*ban_"))
        return list(self._settled(step.tree, tracked))

    def _settled(self, tree: Tree, tracked: bool) -> Iterator[Read]:
        for read in support(tree, self.values, self.found.engine.program.law.groups):
            if not isinstance(read, str):
                yield read
            elif read.startswith("parties/"):
                yield from self._settled(self.found.engine.program[read].tree, tracked)
            elif read.startswith(f"{self.track}."):
                yield f"*{read.removeprefix(f'{self.track}.')}"
            else:
                yield f"*{read}" if tracked and read.startswith(("req_", "ban_")) else read

    def of_parties(self, fact: str) -> list[object]:
        """What each party states, or the lists say of it, in a fact."""
        return [party.get(fact) for party in self.found.asked.parties]

    def posture(self, word: str, section: Section | None) -> Section | None:
        """The posture that makes a difference to a word on this track."""
        if section is None or self.track == "text" or not word.startswith("*"):
            return None
        return self.found.engine.words.posture.get(section.key)

    @cached_property
    def party_definitions(self) -> dict[str, Section]:
        """The sections that define facts of a party: their conditions are written into what asks for them."""
        vocabulary = self.found.engine.program.vocabulary
        return {
            s.rule.name: s
            for s in self.found.engine.program.law.governing
            if isinstance(s.rule, Definition) and vocabulary[s.rule.name].party
        }


class Comparison:
    """Two answers to one row, and what parts them."""

    def __init__(self, before: Side, after: Side) -> None:
        self.sides = (before, after)
        self.causes: dict[Cause, None] = {}
        self._seen: set[Read] = set()

    def of(self, words: Sequence[str]) -> tuple[Cause, ...]:
        """The causes, oldest first, for which the values of ``words`` differ."""
        for word in words:
            self._visit(word)
        return tuple(sorted(self.causes))

    def _visit(self, word: str) -> None:
        before, after = self.sides
        if word in self._seen or before.value(word) == after.value(word):
            return
        self._seen.add(word)
        if word in _BY_CIRCUITS and before.step(word) is None:
            for names in CONTAINED_FACTS.values():
                for name in names:
                    self._sections(name)
            return
        if not self._sections(word):
            self._below(word)

    def _sections(self, word: str) -> bool:
        """Whether the word's own section, or the posture on it, is not the same on both sides."""
        steps = [side.step(word) for side in self.sides]
        if word.startswith("*policy/") and None in steps:
            # The requirement itself is new, or gone; and a new one can have a new policy.
            gone = self._sections(f"*{word.removeprefix('*policy/')}")
            if gone and steps[1] is None:
                return True
        sections = [step.section if step else None for step in steps]
        # The rule may have another name there: what counts is the version of the provision that governs.
        for place, side in enumerate(self.sides):
            other = sections[1 - place]
            if sections[place] is None and other is not None and not isinstance(other.rule, Posture):
                sections[place] = side.found.engine.program.law.provision(other.provision)
        parted = self._part(sections[0], sections[1])
        bare = word.removeprefix("*")
        if all(side.value(bare) == side.value(word) for side in self.sides):
            return parted  # what the agency says of it changes nothing here
        stances = [side.posture(word, section) for side, section in zip(self.sides, sections, strict=True)]
        return self._part(stances[0], stances[1]) or parted

    def _part(self, before: Section | None, after: Section | None) -> bool:
        if same(before, after):
            return False
        self.causes[self._cause(before, after)] = None
        return True

    def _below(self, word: str) -> None:
        before, after = self.sides
        settling = after.reads(word)
        # What settles the later value must have another value on the other side, or else be missing from one of them.
        settling += [r for r in before.reads(word) if isinstance(r, str) and after.step(r) is None]
        for read in dict.fromkeys(settling):
            if isinstance(read, tuple):
                self._membership(*read)
                continue
            definitions = [side.party_definitions.get(read) for side in self.sides]
            if before.of_parties(read) != after.of_parties(read):
                day = after.found.asked.on.isoformat()
                self.causes[Cause(day, "the lists held", f"{read.replace('_', ' ')} of a party", "differs")] = None
            elif any(definitions):
                self._part(definitions[0], definitions[1])
            else:
                self._visit(read)

    def _membership(self, group: str, place: str) -> None:
        """The dated memberships that put a place into a group on one side only."""
        laws = [side.found.engine.program.law for side in self.sides]
        inside = [place in law.groups.get(group, ()) for law in laws]
        if (group, place) in self._seen or inside[0] == inside[1]:
            return
        self._seen.add((group, place))
        held = [set(_memberships(side, group, place)) for side in self.sides]
        for member in held[0] ^ held[1]:
            self.causes[_of_membership(member, gone=member in held[0])] = None

    def _cause(self, before: Section | None, after: Section | None) -> Cause:
        """What took the place of one version of a provision with the other, or did away with it."""
        if before is not None and after is not None:
            newer = after if before.key == after.key else max(before, after, key=lambda s: s.order)
            if isinstance(newer.rule, Posture):
                return _of_posture(newer)
            return _of_section(newer, "corrected" if newer.verb == "Correct" else "revised")
        section = before or after
        assert section is not None
        other = self.sides[1] if before is not None else self.sides[0]
        if isinstance(section.rule, Posture):
            return _of_posture(section)
        return self._gone(section, other)

    def _gone(self, section: Section, other: Side) -> Cause:
        """Why a provision of one side is not law on the other: stayed, removed, expired, or not yet there."""
        asked, law = other.found.asked, other.found.engine.program.law
        stay = next((s.by for s in law.stayed if s.provision == section.provision), None)
        if stay is not None and isinstance(stay.rule, Stay):
            return replace(_of_section(stay, f"stayed until {stay.rule.until}"), since=stay.rule.start.isoformat())
        chain = other.found.lawbook.chains.get(section.provision, ())
        due = [s for s in chain if s.compliance <= asked.on]
        if due and due[-1].verb == "Remove":
            return _of_section(due[-1], "removed")
        if section.expires is not None and section.expires < asked.on:
            since = section.expires + timedelta(days=1)
            return replace(_of_section(section, "expired"), since=since.isoformat())
        return _of_section(section, "added" if section.verb == "Add" else "revised")


def same(before: Section | None, after: Section | None) -> bool:
    """Whether two sections are one: the same version of a provision, with the same rule.

    Two law books can hold a section of the same name with different conditions.
    """
    if before is None or after is None or before.key != after.key:
        return before is after
    return before is after or _plain(before.rule) == _plain(after.rule)


def _plain(rule: Rule | None) -> object:
    """A rule without its line numbers."""
    if rule is None:
        return None
    found = {name: getattr(rule, name) for name in _fields(rule)}
    found["limbs"] = tuple(replace(limb, line=0) for limb in rule.limbs)
    if "cases" in found:
        found["cases"] = tuple(replace(case, line=0) for case in found["cases"])
    return {name: value for name, value in found.items() if name not in ("note", "conflicts", "accepts")}


def _fields(rule: Rule) -> list[str]:
    from dataclasses import fields

    return [f.name for f in fields(rule)]


def _memberships(side: Side, group: str, place: str) -> Iterator[Membership]:
    """The rows of the tables of groups that put a place into a group on the side's day."""
    book, asked = side.found.lawbook.groups, side.found.asked
    declared, destination = book.groups.get(group), book.destinations.get(place)
    names = {group, *(term for _, term in (formula_terms(declared) if declared and declared.formula else ()))}
    places = {place, destination.parent if destination else ""}
    for m in book.memberships:
        if m.group in names and m.member in places and m.holds(asked.on, asked.known_on):
            yield replace(m, line=0)


def _of_membership(member: Membership, *, gone: bool) -> Cause:
    left = gone and member.until is not None
    day = (member.until + timedelta(days=1)) if left and member.until else member.start
    how = f"{member.member} {'leaves' if left else 'joins'} it"
    return Cause(str(day or date.min), member.citation, f"group {member.group}", how, "", member.confidence)


def _of_section(section: Section, how: str) -> Cause:
    day = max(section.compliance, section.effective).isoformat()
    return Cause(day, section.citation, section.provision, how, section.source, section.confidence)


def _of_posture(section: Section) -> Cause:
    rule = section.rule
    assert isinstance(rule, Posture)
    since = rule.since.isoformat()
    return Cause(since, section.citation, section.provision, rule.stance, section.source, section.confidence)


__all__ = ["Cause", "Comparison", "Side", "same"]
