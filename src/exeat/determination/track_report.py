"""One track of a determination as data: requirements, exceptions with their conditions, review policy, outcome."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from exeat.determination.license_exception import open_name, usable_name
from exeat.determination.prohibition import truth_name
from exeat.determination.reader import TRUTH, Reader
from exeat.determination.review_policy import case_name, cases_on, policy_name
from exeat.determination.step import Track
from exeat.lawbook.instrument import PolicyCase, Prohibition, Relief, Requirement, Restriction, Section

BEST = "no license requirement found under the encoded provisions, on these facts"


class TrackReport(Reader):
    """Writes one track."""

    def track(self, track: Track) -> dict[str, Any]:
        needed = self.values.get(f"{track}.any_requirement") is not False
        outcome = self.d.outcome_on(track)
        policy = self.d.valuation.review_policy(track) if outcome in ("license_required", "unknown") else None
        requirements = list(self.requirements(track))
        data: dict[str, Any] = {
            "outcome": outcome,
            "prohibitions": list(self.prohibitions(track)),
            "requirements": [r for r in requirements if r["applies"] != "no"],
            "exceptions": self.exceptions(track) if needed else [],
            "review_policy": policy.replace(" ", "_") if policy else None,
            "review": self.reviews(track) if needed and outcome in ("license_required", "unknown") else [],
            "examined": [r["id"] for r in requirements if r["applies"] == "no"],
        }
        if outcome == "no_license_required":
            data["says"] = BEST
        return data

    def prohibitions(self, track: Track) -> Iterator[dict[str, Any]]:
        """The prohibitions that apply or may."""
        for section in self.words.prohibitions:
            rule = section.rule
            assert isinstance(rule, Prohibition)
            truth = self.truth(truth_name(self.law, section, track))
            if truth is not False:
                entry = {"id": rule.id, "applies": TRUTH[truth], "cure": rule.cure, "limbs": self.limbs(section)}
                yield {**entry, **self.words.cite(section)}

    def requirements(self, track: Track) -> Iterator[dict[str, Any]]:
        for section in self.program.requirements:
            rule = section.rule
            assert isinstance(rule, Requirement)
            truth = self.truth(self.words.truth_names[track][section.key])
            found: dict[str, Any] = {"id": rule.id, "reason": rule.reason, "applies": TRUTH[truth]}
            if truth is not False:
                found.update(self.words.cite(section))
                found["limbs"] = self.limbs(section)
            yield found

    def exceptions(self, track: Track) -> list[dict[str, Any]]:
        found = []
        standing = self.standing(track)
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
                "does_not_overcome": self._not_overcome(section, standing),
                "duties": [],
                **self.words.cite(section),
            }
            posture = self.words.posture.get(section.key) if track == "enforced" else None
            if posture is not None:
                entry["posture"] = self.posture(posture)
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
                yield {"applies": TRUTH[truth], **self.words.cite(bar)}

    def _not_overcome(self, section: Section, standing: dict[str, str]) -> list[str]:
        """The ids of requirements that apply or may and that this exception cannot overcome."""
        others = self.words.not_overcome_ids[section.key]
        return [id_ for key, id_ in standing.items() if key in others]

    def standing(self, track: Track) -> dict[str, str]:
        """The requirements that apply or may, section key to id."""
        found = {}
        names = self.words.truth_names[track]
        for section in self.program.requirements:
            assert isinstance(section.rule, Requirement)
            if self.truth(names[section.key]) is not False:
                found[section.key] = section.rule.id
        return found

    def _duties(self, rule: Relief) -> Iterator[dict[str, str]]:
        for duty in rule.duties:
            applies = True if duty.when is None else self.holds(duty.when)
            if applies is not False:
                yield {"label": duty.label, "text": duty.text, "applies": TRUTH[applies]}

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
