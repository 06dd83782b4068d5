"""Screening bound to the desk: hits and ownership become the party facts that the law declares.

Only what was searched is denied. A list that failed a check of the integrity gate, and a possible match nobody
resolved, leave the fact open; a list that is not held leaves it unstated, as without screening.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exeat.bound import NotInstalled, extra
from exeat.listing import FOOTNOTES, party_list_facts
from exeat.listing import LISTS as EAR_LISTS
from exeat.logic.tree import Value
from exeat.supplied import Screened

if TYPE_CHECKING:
    from exeat.bound.owners import OwnersFound
    from exeat.screening.commands import Screening
    from exeat.screening.reviews import Reviews
    from exeat.screening.screen import Answer, Hit

#: The fact of a party that stands on a list, by the list's code; of lists the EAR does not name, ``on_other_list``.
FACT_OF: Mapping[str, str] = {known.code: known.fact for known in EAR_LISTS} | {"CONS": "on_other_list"}
#: Lists that must have been searched before a fact is denied. (Foreign Sanctions Evaders: closed, no longer published.)
SEARCHED: Mapping[str, frozenset[str]] = {
    fact: frozenset(known.code for known in EAR_LISTS if known.fact == fact and known.code != "FSE")
    for fact in {known.fact for known in EAR_LISTS}
}
#: The list that ships with the package holds few parties: it finds, but what it does not find is not denied.
STARTER = "starter"
#: Names whose answers are remembered.
KEPT = 5_000
#: Candidates shown for one name; more are counted.
SHOWN = 10


@dataclass
class Lists:
    """Screens parties against the lists held in a folder (None: where this system keeps a user's data)."""

    folder: Path | None = None
    _kept: dict[tuple[str, tuple[str, ...], date], Answer] = field(default_factory=dict, repr=False)

    @cached_property
    def screening(self) -> Screening:
        """The screeners by day, opened when first needed.

        Raises:
            NotInstalled: the extra ``screening`` is missing.
        """
        with extra("screening"):
            from exeat.screening.commands import Screening
            from exeat.screening.store import ListStore

        return Screening(ListStore() if self.folder is None else ListStore(self.folder))

    @cached_property
    def reviews(self) -> Reviews:
        """What reviewers decided."""
        return self.screening.reviews

    def party(
        self, stated: Mapping[str, Value], owners: Sequence[object], on: date, *, by_name: bool
    ) -> Screened | None:
        """See :class:`exeat.supplied.PartyScreening`."""
        name = str(stated.get("name") or "").strip()
        if not owners and not (by_name and name):
            return None
        facts: dict[str, Value] = {}
        report = _blank(name)
        try:
            with extra("screening"):
                from exeat.screening.errors import ScreeningError
            try:
                if by_name and name:
                    self._by_name(name, stated, on, facts, report)
                if owners:
                    self._by_owners(name or "the party", stated, owners, on, facts, report)
            except ScreeningError as error:
                # Lists that are there and cannot be read must not leave the party as if it were on none.
                facts.update(dict.fromkeys([fact for fact in SEARCHED if by_name and name]))
                report["status"], report["statement"] = "not screened", f"not screened: {error}"
                report["hold"].append(report["statement"])
        except NotInstalled as missing:
            report["status"], report["statement"] = "not screened", f"not screened: {missing}"
            report["doubts"].append(str(missing))
        report["facts"] = {fact: _said(value) for fact, value in sorted(facts.items())}
        return Screened(facts, report)

    # By name

    def answer(self, name: str, places: Sequence[str], on: date) -> Answer:
        """The answer for a name, with the country of those stated that tells most."""
        from exeat.screening.evidence import Subject
        from exeat.screening.screen import MATCH, POSSIBLE

        # Lists of days to come are not held: those of today are the best there are.
        day = min(on, date.today())
        key = (name, tuple(places), day)
        kept = self._kept.get(key)
        if kept is None:
            screener = self.screening.screener(day)
            found = [screener.screen(Subject(name, place)) for place in (places or ("",))]
            rank = {MATCH: 0, POSSIBLE: 1}
            kept = min(found, key=lambda answer: rank.get(answer.status, 2))
            if len(self._kept) >= KEPT:
                self._kept.clear()  # a service that runs for months must not keep every name it was ever asked
            self._kept[key] = kept
        return kept

    def _by_name(
        self, name: str, stated: Mapping[str, Value], on: date, facts: dict[str, Value], report: dict[str, Any]
    ) -> None:
        from exeat.screening.screen import NOT_SCREENED

        given = (stated.get("location"), stated.get("headquarters"))
        places = tuple(dict.fromkeys(str(place) for place in given if place))
        answer = self.answer(name, places, on)
        partial = all(used.source == STARTER for used in answer.lists)
        said = answer.statement.partition(";")[0] + " (the starter list, which clears nobody)"
        report.update(status=answer.status, lists=self._lists(answer, on))
        report["statement"] = said if partial else answer.statement
        report["doubts"].extend(answer.notes_of_lists)
        if answer.status == NOT_SCREENED:
            facts.update(dict.fromkeys(SEARCHED))
            report["hold"].append(answer.statement)
            return
        taken = [(hit, self.taken_as(hit, answer, on)) for hit in answer.hits]
        report["candidates"] = [_candidate(hit, how) for hit, how in taken[:SHOWN]]
        report["more_candidates"] = max(0, len(taken) - SHOWN) + answer.more_hits
        facts.update(list_facts(taken, on, *self.searched(answer)))
        report["hold"].extend(_holds(taken))

    def taken_as(self, hit: Hit, answer: Answer, on: date) -> str:
        """How a hit counts: ``listed``, ``possible`` (nobody resolved it), or ``cleared`` by a reviewer."""
        if hit.cleared:
            return "cleared"
        review, _ = self.reviews.standing(answer.subject, hit.entry)
        if hit.status != "match" and (review is None or review.verdict != "confirmed"):
            return "possible"
        # An entry is found from a week before it was printed, a rule taking effect first: whether it did is open.
        return "possible" if hit.entry.since is not None and hit.entry.since > on else "listed"

    def searched(self, answer: Answer) -> tuple[set[str], set[str]]:
        """The lists that were searched whole: those fit to deny a party, and those that failed a check.

        A list of one's own, or a collection that holds fewer rows than the official list, finds but denies nothing.
        """
        from exeat.screening.gate import LEAST

        fit: set[str] = set()
        doubtful: set[str] = set()
        for used in answer.lists:
            kept = self.screening.store.latest(used.source) if used.source != STARTER else None
            if kept is None or kept.form == "mapped":
                continue
            least = LEAST.get("csl-json", {}) if kept.form == "ftm" else {}
            if all(used.rows.get(code, 0) >= count for code, count in least.items()):
                (doubtful if used.flags else fit).update(used.rows)
        return fit, doubtful

    def _lists(self, answer: Answer, on: date) -> list[dict[str, Any]]:
        day, store = min(on, date.today()), self.screening.store
        told = []
        for used in answer.lists:
            kept = None if used.source == STARTER else store.latest(used.source, day) or store.latest(used.source)
            told.append({
                "source": used.source, "as_of": used.as_of.isoformat() if used.as_of else None,
                "sha256": kept.digest if kept is not None else None, "rows": dict(used.rows), "flags": list(used.flags),
            })  # fmt: skip
        return told

    # By owners

    def _by_owners(
        self,
        name: str,
        stated: Mapping[str, Value],
        owners: Sequence[object],
        on: date,
        facts: dict[str, Value],
        report: dict[str, Any],
    ) -> None:
        from exeat.bound.owners import examine

        found: OwnersFound = examine(name, str(stated.get("headquarters") or ""), owners, on, self)
        facts.update(found.facts)
        report["ownership"] = found.report
        report["hold"].extend(found.hold)


def list_facts(taken: Sequence[tuple[Hit, str]], on: date, fit: set[str], doubtful: set[str]) -> dict[str, Value]:
    """The listing facts an answer supports: yes for a listing, no for what was searched whole, None where open.

    Args:
        taken: each hit with how it is taken (``listed``, ``possible`` …).
        on: the day.
        fit: codes of lists searched whole and fit to deny.
        doubtful: codes of lists that were searched and failed a check.
    """
    listed = [hit for hit, how in taken if how == "listed"]
    known = [_listing(hit) for hit in listed if hit.entry.list in {one.code for one in EAR_LISTS}]
    positive = party_list_facts(known, on)
    sure = {FACT_OF[hit.entry.list] for hit in listed if hit.entry.list in FACT_OF and hit.entry.on(on)}
    maybe = {FACT_OF[hit.entry.list] for hit, how in taken if how == "possible" and hit.entry.list in FACT_OF}
    facts: dict[str, Value] = {}
    for fact, codes in SEARCHED.items():
        if fact in sure:
            facts[fact] = True
        elif fact in maybe:
            facts[fact] = None
        elif codes <= fit:
            facts[fact] = False
        elif codes <= fit | doubtful:
            facts[fact] = None
    for fact, value in positive.items():
        if fact not in SEARCHED and _belongs(fact) in sure:
            facts[fact] = value
    for number, fact in FOOTNOTES.items():
        # A like entry that nobody resolved may carry a footnote the certain one lacks.
        carried = any(str(number) in hit.entry.footnotes for hit, how in taken if how == "possible")
        if facts.get(fact) is False and carried:
            del facts[fact]
    return facts


def _belongs(fact: str) -> str:
    """The listing a further fact speaks of: footnotes and exceptions of the Entity List, programs of the SDN List."""
    return "on_sdn_list" if fact.startswith("sdn_") else "on_entity_list"


def _listing(hit: Hit) -> dict[str, object]:
    """A hit in the form in which a caller states a listing.

    Footnotes an entry does not carry are denied only where the source prints them apart (the eCFR, the starter list).
    """
    entry = hit.entry
    stated: dict[str, object] = {"list": entry.list, "since": entry.since, "until": entry.until}
    if entry.list == "EL" and (entry.footnotes or "part 744" in entry.source):
        stated["footnotes"] = [note for note in entry.footnotes if note in ("1", "2", "3", "4", "5")]
    if entry.list == "SDN" and entry.programs:
        stated["programs"] = [program.replace("ILLICIT DRUGS", "ILLICIT-DRUGS") for program in entry.programs]
    return stated


def _holds(taken: Sequence[tuple[Hit, str]]) -> list[str]:
    """What somebody must look at: possible matches on a list the party is not surely on, lists of no known meaning."""
    sure = {hit.entry.list for hit, how in taken if how == "listed"}
    unresolved = [hit for hit, how in taken if how == "possible" and hit.entry.list not in sure]
    unresolved.sort(key=lambda hit: FACT_OF.get(hit.entry.list, "on_other_list") == "on_other_list")
    holds = [
        f"possible match, not resolved: {hit.entry.name} ({hit.entry.list}), score {hit.score:.2f}: {hit.reasons[0]}"
        for hit in unresolved[:3]
    ]
    if len(unresolved) > 3:
        holds.append(f"{len(unresolved) - 3} more possible matches, not resolved")
    holds.extend(
        f"match on the list {hit.entry.list}, of which the encoded law says nothing: {hit.entry.name}"
        for hit, how in taken
        if how == "listed" and hit.entry.list not in FACT_OF
    )
    return holds


def _candidate(hit: Hit, how: str) -> dict[str, Any]:
    told = hit.to_dict()
    said = [*told["reasons"], *([hit.cleared] if hit.cleared else [])]
    keys = ("list", "list_name", "name", "matched_name", "score", "countries", "since", "until", "footnotes",
            "programs", "federal_register", "source", "key")  # fmt: skip
    return {"taken_as": how, **{key: told[key] for key in keys}, "reason": "; ".join(said)}


def _blank(name: str) -> dict[str, Any]:
    return {
        "name": name or None, "status": "not screened", "statement": "not screened by name", "hold": [], "doubts": [],
        "facts": {}, "candidates": [], "more_candidates": 0, "lists": [], "ownership": None,
    }  # fmt: skip


def _said(value: Value) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


__all__ = ["FACT_OF", "Lists", "list_facts"]
