"""The words of a program's rules, made once for each era: what each limb says, where it stands, how sure it is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from exeat.determination.license_exception import not_overcome, restrictions
from exeat.determination.license_requirement import posture_on, truth_name
from exeat.determination.program import TRACKS, Program
from exeat.determination.prohibition import prohibitions
from exeat.determination.prohibition import truth_name as ban_name
from exeat.determination.review_policy import policies_for
from exeat.determination.step import limb_name
from exeat.determination.vigilance import red_flags
from exeat.lawbook.instrument import Classification, Limb, Requirement, Section
from exeat.logic.prose import say
from exeat.logic.tree import Tree
from exeat.logic.vocabulary import Declared, Vocabulary


class Words:
    """Prose, citations and the standing relations between the sections of one program, each made once."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._said: dict[str, list[dict[str, Any]]] = {}
        self._cited: dict[str, dict[str, Any]] = {}
        law = program.law
        spoken_of = {p.provision for p in law.postures}
        under = ((s, posture_on(law, s)) for s in law.governing if s.provision in spoken_of)
        self.posture = {s.key: p for s, p in under if p is not None}
        self.truth_names = {track: {s.key: truth_name(law, s, track) for s in program.requirements} for track in TRACKS}
        self.restrictions = restrictions(law)
        self.prohibitions = prohibitions(law)
        self.red_flags = red_flags(law)
        self.ban_names = {t: {s.key: ban_name(law, s, t) for s in self.prohibitions} for t in TRACKS}
        self.classifications = [s for s in law.governing if isinstance(s.rule, Classification)]
        self.under_posture = [s for s in law.governing if s.key in self.posture and s.rule is not None]
        self.party_names = frozenset(name for name, fact in program.vocabulary.facts.items() if fact.party)
        # Only these have something to say beside their truth: a note, a conflict, or a posture that has.
        self.remarkable = [s for s in law.governing if s.rule is not None and self._remarks(s)]

    @cached_property
    def policy(self) -> dict[str, Section | None]:
        """The review policy of each requirement."""
        asked = self.program.requirements
        return {s.key: policy for s, policy in zip(asked, policies_for(self.program.law, asked), strict=True)}

    @cached_property
    def not_overcome_ids(self) -> dict[str, frozenset[str]]:
        """The requirements that each exception cannot overcome."""
        law = self.program.law
        return {s.key: frozenset(other.key for other in not_overcome(law, s)) for s in self.program.reliefs}

    def resting_on(self, section: Section) -> Iterator[Section]:
        """The section, and what is said of it: its posture, its review policy, the postures of those."""
        yield section
        for other in (self.posture.get(section.key), self.policy.get(section.key)):
            if other is not None:
                yield other
                again = self.posture.get(other.key)
                if again is not None:
                    yield again

    def _remarks(self, section: Section) -> bool:
        sections = [section, self.posture.get(section.key)]
        return any(s is not None and s.rule is not None and (s.rule.note or s.rule.conflicts) for s in sections)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The declared facts, and words for the truth values of other rules."""
        more = []
        for section in self.program.law.governing:
            if isinstance(section.rule, Classification):
                words = f"classified in {section.rule.entry}"
                more.append(Declared(section.rule.name, "yes/no", words=words))
            elif isinstance(section.rule, Requirement):
                more.append(Declared(section.rule.name, "yes/no", words=f"needing a license under § {section.rule.id}"))
        return self.program.vocabulary.with_facts(more)

    def limbs(self, section: Section) -> list[dict[str, Any]]:
        """Each limb of a rule: label, what it says, its step's name, and whether it excludes."""
        if section.key not in self._said:
            rule = section.rule
            assert rule is not None
            single = len(rule.limbs) < 2
            self._said[section.key] = [
                {
                    "label": limb.label,
                    "says": self.say(limb),
                    "step": rule.name if single else limb_name(rule, limb),
                    "unless": limb.kind == "unless",
                    "kind": limb.kind,
                    "flip": single and limb.kind == "unless",
                }
                for limb in rule.limbs
            ]
        return self._said[section.key]

    def say(self, limb: Limb) -> str:
        """A limb's condition in plain English."""
        return self.say_tree(limb.tree)

    def say_tree(self, tree: Tree) -> str:
        """A condition in plain English."""
        return say(tree, self.vocabulary, None, self.program.group_words)

    def cite(self, section: Section) -> dict[str, Any]:
        """Where a section stands: paragraph, instrument, dates, confidence, source."""
        if section.key not in self._cited:
            self._cited[section.key] = {
                "provision": section.provision,
                "instrument": section.citation,
                "effective": section.effective.isoformat(),
                "compliance": section.compliance.isoformat(),
                "confidence": section.confidence,
                "source": section.source,
            }
        return self._cited[section.key]
