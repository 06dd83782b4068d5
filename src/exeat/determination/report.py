"""A determination written out as plain data: paragraphs in the law's order, conditions met, failed or unknown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from exeat import __version__
from exeat.determination.license_exception import open_name, usable_name
from exeat.determination.program import TRACKS
from exeat.determination.review_policy import case_name, cases_on, policy_name
from exeat.determination.step import Track
from exeat.lawbook.instrument import (
    Classification,
    PolicyCase,
    Posture,
    Relief,
    Requirement,
    Restriction,
    ReviewPolicy,
    Section,
)
from exeat.logic.tree import Tree
from exeat.terms import plain

if TYPE_CHECKING:
    from exeat.determination.answer import Determination

_TRUTH = {True: "yes", False: "no", None: "unknown"}
BEST = "no license requirement found under the encoded provisions, on these facts"


class Report:
    """Writes one determination."""

    def __init__(self, determination: Determination) -> None:
        self.d = determination
        self.engine = determination.engine
        self.program = determination.engine.program
        self.law = self.program.law
        self.values = determination.valuation.values
        self.words = determination.engine.words

    def data(self) -> dict[str, Any]:
        """The whole answer, of the form of ``docs/determination.schema.json``."""
        asked = self.d.asked
        tracks = {track: self.track(track) for track in TRACKS}
        classification, differences = self.classification(), self.differences()
        return {
            "date": asked.on.isoformat(),
            "known_on": asked.known_on.isoformat() if asked.known_on else None,
            "item": self.item(),
            "eccn": self.d.eccn or "unknown",
            "classification": classification,
            "outcome": self.d.outcome,
            **tracks,
            "differences": differences,
            "ask": self.asks(),
            "uncertain_figures": self.uncertain(),
            "conflicts": self.conflicts(),
            "notes": self.notes(),
            "pending": self.pending(),
            "presumed": self.presumed(),
            "not_modeled": self.not_modeled(),
            "facts": {k: plain(v) for k, v in sorted(asked.facts.items()) if v is not None},
            "parties": [{k: plain(v) for k, v in party.items()} for party in asked.parties],
            "citations": self.citations(classification, tracks, differences),
            "law": self.law_mark(),
            "engine": __version__,
        }

    def item(self) -> dict[str, Any] | None:
        item = self.d.asked.item
        if item is None:
            return None
        sources = {
            name: {"source": p.source, "confidence": p.confidence, "how": p.how}
            for name, p in item.provenance.items()
        }
        return {"name": item.name, "provenance": sources}

    def truth(self, name: str) -> bool | None:
        value = self.values.get(name)
        return value if isinstance(value, bool) else None

    def holds(self, tree: Tree) -> bool | None:
        """A condition that is no step of the program (a duty's, a conflict's), on this determination's values."""
        return self.engine.holds(tree, self.values)

    def limbs(self, section: Section) -> list[dict[str, Any]]:
        """A rule's limbs with *met* as the rule needs it: an *unless* is met when its condition is false."""
        found = []
        for limb in self.words.limbs(section):
            truth = self.truth(limb["step"])
            if limb["flip"]:
                met = truth
            else:
                met = (None if truth is None else not truth) if limb["unless"] else truth
            found.append({"label": limb["label"], "kind": limb["kind"], "says": limb["says"], "met": _TRUTH[met]})
        return found

    def classification(self) -> dict[str, Any]:
        entries = []
        for section in self.law.governing:
            if isinstance(section.rule, Classification):
                truth = self.truth(section.rule.name)
                if truth is not False:
                    entry = {"entry": section.rule.entry, "applies": _TRUTH[truth], "limbs": self.limbs(section)}
                    entries.append({**entry, **self.words.cite(section)})
        return {"eccn": self.d.eccn or "unknown", "entries": entries}

    def track(self, track: Track) -> dict[str, Any]:
        needed = self.values.get(f"{track}.any_requirement") is not False
        outcome = self.d.outcome_on(track)
        policy = self.d.valuation.review_policy(track) if outcome in ("license_required", "unknown") else None
        requirements = list(self.requirements(track))
        data: dict[str, Any] = {
            "outcome": outcome,
            "requirements": [r for r in requirements if r["applies"] != "no"],
            "exceptions": self.exceptions(track) if needed else [],
            "review_policy": policy.replace(" ", "_") if policy else None,
            "review": self.reviews(track) if needed and outcome in ("license_required", "unknown") else [],
            "examined": [r["id"] for r in requirements if r["applies"] == "no"],
        }
        if outcome == "no_license_required":
            data["says"] = BEST
        return data

    def requirements(self, track: Track) -> Iterator[dict[str, Any]]:
        for section in self.program.requirements:
            rule = section.rule
            assert isinstance(rule, Requirement)
            truth = self.truth(self.words.truth_names[track][section.key])
            found = {"id": rule.id, "reason": rule.reason, "applies": _TRUTH[truth]}
            if truth is not False:
                found.update(self.words.cite(section))
                found["limbs"] = self.limbs(section)
            yield found

    def exceptions(self, track: Track) -> list[dict[str, Any]]:
        found = []
        for section in self.program.reliefs:
            rule = section.rule
            assert isinstance(rule, Relief)
            usable = self.truth(usable_name(section, track))
            entry: dict[str, Any] = {
                "symbol": rule.symbol,
                "title": rule.title,
                "kind": rule.kind,
                "usable": usable,
                "conditions": self.limbs(section),
                "closed_by": list(self._closed_by(section)),
                "does_not_overcome": list(self._not_overcome(section, track)),
                "duties": [],
                **self.words.cite(section),
            }
            posture = self.words.posture.get(section.key) if track == "enforced" else None
            if posture is not None:
                entry["posture"] = self._posture(posture)
            if usable is not False:
                entry["duties"] = list(self._duties(rule))
            found.append(entry)
        rank = {True: 0, None: 1, False: 2}
        return sorted(found, key=lambda e: rank[e["usable"]])

    def _closed_by(self, section: Section) -> Iterator[dict[str, Any]]:
        rule = section.rule
        assert isinstance(rule, Relief)
        if rule.kind != "license exception" or self.truth(open_name(section)) is True:
            return
        for bar in self.words.restrictions:
            assert isinstance(bar.rule, Restriction)
            truth = self.truth(bar.rule.name)
            left = next((when for symbol, when in bar.rule.leaves if symbol == rule.symbol), None)
            if truth is not False and (left is None or self.holds(left) is not True):
                yield {"applies": _TRUTH[truth], **self.words.cite(bar)}

    def _not_overcome(self, section: Section, track: Track) -> Iterator[str]:
        names = self.words.truth_names[track]
        for requirement in self.words.not_overcome[section.key]:
            assert isinstance(requirement.rule, Requirement)
            if self.truth(names[requirement.key]) is not False:
                yield requirement.rule.id

    def _duties(self, rule: Relief) -> Iterator[dict[str, str]]:
        for duty in rule.duties:
            applies = True if duty.when is None else self.holds(duty.when)
            if applies is not False:
                yield {"label": duty.label, "text": duty.text, "applies": _TRUTH[applies]}

    def reviews(self, track: Track) -> list[dict[str, Any]]:
        """The review policy of each requirement that applies or may, with the row that matched."""
        found = []
        for section in self.program.requirements:
            rule = section.rule
            assert isinstance(rule, Requirement)
            if self.truth(self.words.truth_names[track][section.key]) is False:
                continue
            value = self.values.get(policy_name(section, track))
            policy = self.words.policy[section.key]
            entry: dict[str, Any] = {
                "requirement": rule.id,
                "policy": str(value).replace(" ", "_") if value not in (None, "none") else None,
            }
            if policy is not None:
                row, where = self._row(policy, track)
                entry.update(self.words.cite(where))
                if row is not None:
                    entry.update({"at": row.at, "note": row.note, "says": self.words.say_tree(row.when)})
            found.append(entry)
        return found

    def _row(self, policy: Section, track: Track) -> tuple[PolicyCase | None, Section]:
        cases, where = cases_on(self.law, policy, track)
        for number, case in enumerate(cases, 1):
            truth = self.truth(case_name(where, number))
            if truth is None:
                return None, where
            if truth:
                return case, where
        return None, where

    def differences(self) -> list[dict[str, Any]]:
        """Where the two tracks part, by provision, with the posture that parts them and its source."""
        found = []
        for section in self.law.governing:
            posture = self.words.posture.get(section.key)
            if posture is None or section.rule is None:
                continue
            pair = self._apart(section)
            if pair is not None:
                text, enforced = pair
                cited = {"provision": section.provision, "text": text, "enforced": enforced}
                found.append({**cited, **self._posture(posture)})
        return found

    def _apart(self, section: Section) -> tuple[str, str] | None:
        rule = section.rule
        if isinstance(rule, Requirement):
            pair = self.truth(rule.name), self.truth(f"enforced.{rule.name}")
        elif isinstance(rule, Relief):
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
        return f"applies: {_TRUTH[pair[0]]}", f"applies: {_TRUTH[pair[1]]}"

    def _posture(self, section: Section) -> dict[str, Any]:
        rule = section.rule
        assert isinstance(rule, Posture)
        return {
            "stance": rule.stance.replace(" ", "_"),
            "since": rule.since.isoformat(),
            "instrument": section.citation,
            "source": section.source,
            "confidence": section.confidence,
            "says": " ".join(section.text.split()),
        }

    def asks(self) -> list[dict[str, Any]]:
        found = []
        for ask in self.d.asks:
            declared = self.program.vocabulary[ask.missing.fact]
            entry: dict[str, Any] = {
                "fact": declared.name,
                "question": declared.question,
                "unit": declared.unit or None,
                "source": declared.source,
                "settles": float(round(ask.settles, 3)),
            }
            if ask.missing.party is not None:
                party = self.d.asked.parties[ask.missing.party]
                entry["party"] = ask.missing.party
                entry["of"] = str(party.get("name") or str(party.get("role", "a party")).replace("_", " "))
            if declared.type == "yes/no" or declared.values:
                entry["if"] = {v: {"text": t, "enforced": e} for v, (t, e) in ask.outcomes.items()}
            found.append(entry)
        return found

    def uncertain(self) -> list[dict[str, Any]]:
        found = []
        for r in self.d.robustness:
            answers = [{"text": t, "enforced": e, "eccn": c or "unknown"} for t, e, c in r.answers]
            found.append(
                {
                    "fact": r.fact,
                    "low": plain(r.low),
                    "high": plain(r.high),
                    "verdict": "robust" if r.robust else "fragile",
                    "turns_at": [plain(t) for t in r.turns_at],
                    "answers": answers,
                }
            )
        return found

    def _relevant(self) -> Iterator[Section]:
        """The sections whose rule bears on this answer: true or unknown, and evaluated at all."""
        policies = {
            policy.key
            for requirement in self.program.requirements
            if requirement.rule and self.truth(requirement.rule.name) is not False
            and (policy := self.words.policy[requirement.key]) is not None
        }
        for section in self.law.governing:
            rule = section.rule
            if rule is None:
                continue
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
        for section in self._relevant():
            assert section.rule is not None
            for conflict in section.rule.conflicts:
                truth = self.holds(conflict.when)
                if truth is not False:
                    entry = {"id": conflict.id, "says": conflict.says, "applies": _TRUTH[truth]}
                    found.append({**entry, "provision": section.provision, "instrument": section.citation})
        return found

    def notes(self) -> list[dict[str, Any]]:
        return [
            {"says": s.rule.note, "provision": s.provision, "instrument": s.citation}
            for s in self._relevant()
            if s.rule is not None and s.rule.note and (s.verb == "Posture" or self.values.get(s.rule.name) is True)
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
        relieved = any(self.values.get(f"{track}.any_requirement") is not False for track in TRACKS)
        found = []
        for name in self.d.valuation.presumed:
            if name in self.engine.presumed_for_relief_only and not relieved:
                continue
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
            what = "the owners stated for a party: the 50 percent ownership rule is not applied"
            found[what] = {"what": what, "why": "ownership is stated but not yet part of the encoded law", "instrument": ""}
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
