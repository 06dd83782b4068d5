"""What surrounds an answer: differences of the tracks, conflicts, notes, what is pending, presumed, not modeled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from exeat.determination.presumption import bearing
from exeat.determination.program import TRACKS
from exeat.determination.reader import TRUTH, Reader
from exeat.determination.stated_over import stated_over
from exeat.lawbook.instrument import Prohibition, Relief, Requirement, ReviewPolicy, Section


class ContextReport(Reader):
    """Writes what surrounds an answer."""

    def differences(self) -> list[dict[str, Any]]:
        """Where the two tracks part, by provision, with the posture that parts them and its source."""
        found = []
        for section in self.words.under_posture:
            posture = self.words.posture[section.key]
            pair = self._apart(section)
            if pair is not None:
                text, enforced = pair
                cited = {"provision": section.provision, "text": text, "enforced": enforced}
                found.append({**cited, **self.posture(posture)})
        return found

    def _apart(self, section: Section) -> tuple[str, str] | None:
        rule = section.rule
        if isinstance(rule, (Requirement, Prohibition)):
            pair = self.truth(rule.name), self.truth(f"enforced.{rule.name}")
        elif isinstance(rule, Relief):
            if f"text.{rule.name}" not in self.values or f"enforced.{rule.name}" not in self.values:
                return None  # on a track where nothing needs a license no exception is looked at
            pair = self.truth(f"text.{rule.name}"), self.truth(f"enforced.{rule.name}")
        elif isinstance(rule, ReviewPolicy):
            policies = tuple(self.d.valuation.review_policy(track) for track in TRACKS)
            if policies[0] == policies[1] or None in policies:
                return None
            return str(policies[0]), str(policies[1])
        else:
            return None
        if pair[0] is pair[1]:
            return None
        return f"applies: {TRUTH[pair[0]]}", f"applies: {TRUTH[pair[1]]}"

    def _relevant(self) -> Iterator[Section]:
        """The sections whose rule bears on this answer: true or unknown, and evaluated at all."""
        policies = {
            policy.key
            for requirement in self.program.requirements
            if requirement.rule
            and self.truth(requirement.rule.name) is not False
            and (policy := self.words.policy[requirement.key]) is not None
        }
        for section in self.words.remarkable:
            rule = section.rule
            assert rule is not None
            if isinstance(rule, ReviewPolicy):
                if section.key in policies:
                    yield section
                    if section.key in self.words.posture:
                        yield self.words.posture[section.key]
            elif rule.name in self.values and self.values[rule.name] is not False:
                yield section
                if section.key in self.words.posture:
                    yield self.words.posture[section.key]

    def conflicts(self) -> list[dict[str, Any]]:
        found = []
        bearing = list(self._relevant())
        keys = {section.key for section in bearing}  # a posture may share its key with the rule of its own instrument
        # A conflict can be why a rule does not apply (LPP and 5A002.z): then it must hold, not only may.
        # A definition of a party fact is written into what asks for it and has no value of its own.
        missed = [
            s
            for s in self.words.remarkable
            if s.rule is not None
            and s.rule.conflicts
            and s.key not in keys
            and (self.values.get(s.rule.name) is False or s.rule.name in self.words.party_names)
        ]
        for section in (*bearing, *missed):
            assert section.rule is not None
            for conflict in section.rule.conflicts:
                truth = self.holds(conflict.when)
                if truth is True or (truth is None and section.key in keys):
                    entry = {"id": conflict.id, "says": conflict.says, "applies": TRUTH[truth]}
                    found.append({**entry, "provision": section.provision, "instrument": section.citation})
        return found

    def notes(self) -> list[dict[str, Any]]:
        """What was stated over the law's own definitions, then the notes of the rules that apply."""
        return [
            *stated_over(self.d),
            *(
                {"says": s.rule.note, "provision": s.provision, "instrument": s.citation}
                for s in self._relevant()
                if s.rule is not None and s.rule.note and (s.verb == "Posture" or self.values.get(s.rule.name) is True)
            ),
        ]

    def pending(self) -> list[dict[str, Any]]:
        """Instruments in the CFR whose compliance date has not come, and what the text would then say."""
        found: dict[str, dict[str, Any]] = {}
        for section in self.law.pending:
            entry = found.setdefault(
                f"{section.citation} {section.compliance}",
                {
                    "instrument": section.citation,
                    "effective": section.effective.isoformat(),
                    "compliance": section.compliance.isoformat(),
                    "source": section.source,
                    "provisions": [],
                    "says": "in the CFR; compliance is not yet due, so it asks nothing on this date",
                },
            )
            entry["provisions"].append(section.provision)
        return list(found.values())

    def presumed(self) -> list[dict[str, Any]]:
        """The facts nobody stated on whose presumed value something in this answer hangs."""
        found = []
        for name in bearing(self.d):
            declared = self.program.vocabulary[name]
            found.append({"fact": name, "value": declared.presumed, "because": declared.presumed_because})
        return found

    def not_modeled(self) -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        on, known = self.d.asked.on, self.d.asked.known_on
        for instrument in self.d.lawbook.instruments:
            if instrument.effective > on or (known is not None and instrument.known > known):
                continue
            for gap in instrument.gaps:
                if gap.when is not None and self.holds(gap.when) is not False:
                    found.setdefault(gap.what, {"what": gap.what, "why": gap.why, "instrument": gap.citation})
        if self.d.asked.owners_stated:
            what = "the owners stated for a party"
            why = "shares are not added up here; state listed_ownership_percent for the party"
            found[what] = {"what": what, "why": why, "instrument": ""}
        return list(found.values())

    def citations(
        self, classification: dict[str, Any], tracks: dict[str, dict[str, Any]], differences: list[dict[str, Any]]
    ) -> list[str]:
        """Every paragraph the answer rests on, in the law's order."""
        names: dict[str, None] = {}
        for entry in classification["entries"]:
            if entry["applies"] == "yes":
                names[f"{entry['provision']} ({entry['instrument']}, effective {entry['effective']})"] = None
        for track in tracks.values():
            parts = [r for r in track["requirements"] if r["applies"] == "yes"]
            parts += [e for e in track["exceptions"] if e["usable"]] + [r for r in track["review"] if "provision" in r]
            for part in parts:
                names[f"{part['provision']} ({part['instrument']}, effective {part['effective']})"] = None
        for difference in differences:
            names[f"{difference['instrument']} (since {difference['since']})"] = None
        return list(names)

    def law_mark(self) -> dict[str, Any]:
        book = self.d.lawbook
        checked = book.checked
        late = checked is not None and self.d.asked.on > checked
        return {
            "digest": book.digest,
            "begins": book.begins.isoformat(),
            "checked": checked.isoformat() if checked else None,
            "beyond_checked": late,
        }
