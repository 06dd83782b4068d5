"""What would settle an unknown answer: the missing facts that still matter, the most decisive first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from exeat.determination.determine import Engine, Facts, Valuation
from exeat.determination.program import TRACKS
from exeat.determination.step import Track
from exeat.determination.turning import Turning
from exeat.logic.evaluate import evaluate
from exeat.logic.tree import AnyParty, Case, Coalesce, Compare, Fact, Tree, Value, children, fact_names


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact nobody stated, and of which party (its place in the list; None: a fact of the transaction)."""

    fact: str
    party: int | None = None


#: What a question is asked for: the outcome, or how an application would be met where the outcome is known.
Purpose = Literal["outcome", "review_policy"]


@dataclass(frozen=True, slots=True)
class Ask:
    """A missing fact, the share of its possible values that would settle the answer, and what they would give.

    ``outcomes`` holds for each value the pair of outcomes (of review policies, for that purpose), text and enforced.
    """

    missing: Missing
    settles: Decimal
    outcomes: Mapping[str, tuple[str, str]]
    purpose: Purpose = "outcome"

    @property
    def decisive(self) -> bool:
        """Whether some value of this fact alone settles the answer."""
        return self.settles > 0


class Inquiry:
    """Finds what is missing in one valuation and tries what each missing fact could say."""

    def __init__(self, engine: Engine, facts: Facts, parties: Sequence[Facts], found: Valuation) -> None:
        self.engine = engine
        self.facts = facts
        self.parties = list(parties)
        self.found = found
        self.values = engine.completed(found.values)
        self.program = engine.program
        self.turning: Turning = engine.turning

    def asks(self, without: Collection[Missing] = ()) -> list[Ask]:
        """The missing facts, most decisive first: for the outcome, then for a review policy that is open though a
        license is required. Empty when nothing is open.

        ``without`` are facts that nobody knows: they are passed over, and what matters beside them is found.
        """
        open_outcomes = [track for track in TRACKS if self.found.outcome(track) == "unknown"]
        found = self._asks("outcome", open_outcomes, without)
        asked = {*without, *(ask.missing for ask in found)}
        return [*found, *self._asks("review_policy", open_policies(self.found), asked)]

    def _asks(self, purpose: Purpose, tracks: Sequence[Track], without: Collection[Missing]) -> list[Ask]:
        missing: dict[Missing, None] = {}
        for track in tracks:
            for item in self._missing(Fact(f"{track}.{purpose}"), {}, None, set()):
                if item not in without:
                    missing[item] = None
        asks = [self._try(item, purpose, tracks) for item in missing]
        moving = [ask for ask in asks if ask.decisive or len(set(ask.outcomes.values())) > 1]
        kept = moving or asks
        order = {ask.missing: number for number, ask in enumerate(asks)}
        return sorted(kept, key=lambda ask: (-ask.settles, order[ask.missing]))

    def missing_for(self, name: str) -> list[Missing]:
        """The missing facts on which one expression of the program hangs, in its own order (``eccn``, say)."""
        return list(dict.fromkeys(self._missing(Fact(name), {}, None, set())))

    def _missing(self, tree: Tree, party: Mapping[str, Value], number: int | None, seen: set[str]) -> Iterator[Missing]:
        if self._value(tree, party) is not None:
            return
        match tree:
            case Fact(name):
                yield from self._missing_fact(name, party, number, seen)
            case AnyParty(body):
                for place, other in enumerate(self.parties):
                    yield from self._missing(body, other, place, seen)
            case Coalesce(args):
                yield from self._missing_of_either(args, party, number, seen)
            case Case(branches, default):
                for condition, value in branches:
                    truth = self._value(condition, party)
                    if truth is None:
                        yield from self._missing(condition, party, number, seen)
                        return
                    if truth is True:
                        yield from self._missing(value, party, number, seen)
                        return
                if default is not None:
                    yield from self._missing(default, party, number, seen)
            case _:
                for part in children(tree):
                    yield from self._missing(part, party, number, seen)

    def _missing_fact(
        self, name: str, party: Mapping[str, Value], number: int | None, seen: set[str]
    ) -> Iterator[Missing]:
        declared = self.program.vocabulary.get(name)
        if name in self.program and name not in self.facts:
            if name not in seen:
                seen.add(name)
                parts = list(self._missing(self.program[name].tree, {}, None, seen))
                yield from parts
                if not parts and declared is not None and name in self.engine.definitions:
                    yield Missing(name)  # its rule leaves it open: only a statement can settle it
            return
        if declared is not None:
            yield Missing(name, number if declared.party else None)

    def _missing_of_either(
        self, args: tuple[Tree, ...], party: Mapping[str, Value], number: int | None, seen: set[str]
    ) -> Iterator[Missing]:
        """A ratio is asked for by its own name; a definition by the facts from which it follows."""
        first = args[0]
        ratio = next(
            (n for n in sorted(fact_names(first)) if (d := self.program.vocabulary.get(n)) is not None and d.ratio),
            None,
        )
        if isinstance(first, Compare) and ratio is not None:
            numerator = (self.program.vocabulary[ratio].ratio or ("", ""))[0]
            if self._value(Fact(numerator), party) is None:
                yield Missing(numerator)
            yield Missing(ratio)
            return
        for part in args[1:]:
            yield from self._missing(part, party, number, seen)

    def _value(self, tree: Tree, party: Mapping[str, Value]) -> object:
        values = {**self.values, **party} if party else self.values
        return evaluate(tree, values, self.parties or None, self.program.law.groups)  # type: ignore[arg-type]

    def _try(self, item: Missing, purpose: Purpose, tracks: Sequence[Track]) -> Ask:
        outcomes: dict[str, tuple[str, str]] = {}
        settled = 0
        candidates = self.turning.candidates(item.fact, self.found.values)
        for value in candidates:
            result = self._with(item, value)
            after = {track: _said(result, purpose, track) for track in TRACKS}
            outcomes[_shown(value)] = (after["text"], after["enforced"])
            settled += all(after[track] != "unknown" for track in tracks)
        share = Decimal(settled) / len(candidates) if candidates else Decimal(0)
        return Ask(item, share, outcomes, purpose)

    def _with(self, item: Missing, value: Value) -> Valuation:
        if item.party is None:
            return self.engine.anew.determine(self.found, {**self.facts, item.fact: value}, self.parties)
        parties = list(self.parties)
        parties[item.party] = {**parties[item.party], item.fact: value}
        return self.engine.anew.determine(self.found, self.facts, parties)


def open_policies(found: Valuation) -> list[Track]:
    """The tracks that require a license and on which a missing fact decides how an application would be met."""
    return [
        track
        for track in TRACKS
        if found.outcome(track) == "license_required" and found.values.get(f"{track}.review_policy") is None
    ]


def _said(found: Valuation, purpose: Purpose, track: Track) -> str:
    if purpose == "outcome":
        return found.outcome(track)
    if found.outcome(track) not in ("license_required", "unknown"):
        return "none"  # nobody would apply
    return str(found.values.get(f"{track}.review_policy") or "unknown").replace(" ", "_")


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
