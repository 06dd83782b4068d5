"""Deciding again after a few facts have changed: only the steps that read what moved are run.

An answer that asks back tries what each missing fact could say, and tells which presumptions it rests on: dozens of
determinations that differ in one fact. Each gives the values that deciding from the beginning would give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from exeat.logic.tree import Value, fact_names

if TYPE_CHECKING:
    from exeat.determination.determine import Engine, Valuation

_NO_PARTY: dict[str, object] = {}
#: The parts a transaction may not need, in the order in which they come.
_MAY_BE_SKIPPED = ("relief", "text.rest", "text.policy", "enforced.rest", "enforced.policy")
_ORDER = ("text.needs", "relief", "text.rest", "text.outcome", "text.policy", "enforced.needs", "enforced.rest",
          "enforced.outcome", "enforced.policy")  # fmt: skip
_Part = tuple[tuple[str, Callable[[Any, Any], object], frozenset[str]], ...]


class Anew:
    """Decides again for one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._parts: dict[str, _Part] = {}
        self._below: dict[str, tuple[str, ...]] = {}
        names = [*(name for name, _ in engine.presumable), *engine.presumed_if_open]
        self._bits = {name: 1 << number for number, name in enumerate(dict.fromkeys(names))}

    def bits(self, names: Iterable[str]) -> int:
        """Facts that may be presumed, as bits; nothing for any other name."""
        found = 0
        for name in names:
            found |= self._bits.get(name, 0)
        return found

    def below(self, name: str) -> tuple[str, ...]:
        """What a step reads from which something that may be presumed is reached; nothing where it is no step."""
        found = self._below.get(name)
        if found is None:
            found = self._below[name] = tuple(n for n in self.engine.reads(name) if self.reach(n))
        return found

    def reach(self, name: str) -> int:
        """The facts that may be presumed on which a step can hang in any way, as bits; a fact's own bit for itself."""
        return self._reach.get(name, 0)

    @cached_property
    def _reach(self) -> dict[str, int]:
        found, steps, moved = dict(self._bits), self.engine.program.steps, True
        while moved:  # steps stand in their order, so that it is mostly done the first time
            moved = False
            for step in steps:
                bits = found.get(step.name, 0)
                for read in self.engine.reads(step.name):
                    bits |= found.get(read, 0)
                if bits != found.get(step.name, 0):
                    found[step.name], moved = bits, True
        return found

    def determine(
        self, base: Valuation, facts: Mapping[str, Value], parties: Sequence[Mapping[str, Value]]
    ) -> Valuation:
        """What :meth:`Engine.determine` gives for these facts and parties; the more of ``base`` holds, the sooner."""
        engine, before = self.engine, base.values
        values, presumed, open_ = engine.stated(facts, parties)
        moved = _parties_moved(before.get("parties"), values["parties"])
        if moved is None:
            return engine.determine(facts, parties)
        moved.update(name for name, value in values.items() if name != "parties" and _differ(before.get(name), value))
        moved.update(name for name, value in base.facts.items() if value is not None and name not in values)
        moved.update(name for name in base.presumed if name not in values)
        definitions, if_open = engine.definitions, engine.presumed_if_open
        for name, run, reads in self._part("core"):
            if name in definitions and name in values:
                continue
            if name in before and name not in moved and name not in if_open and reads.isdisjoint(moved):
                values[name] = before[name]
                continue
            found = run(values, _NO_PARTY)
            if found is None and name in if_open and name not in open_:
                found = if_open[name]
                presumed.append(name)
            values[name] = found
            if _differ(before.get(name), found):
                moved.add(name)

        waiting = dict.fromkeys(_MAY_BE_SKIPPED)

        def run_part(part: str, values: dict[str, object]) -> None:
            for skipped in [p for p in waiting if p != part and _comes_before(p, part)]:
                # Run before and not now: what reads it finds nothing, so it has moved.
                del waiting[skipped]
                moved.update(name for name, _, _ in self._part(skipped) if before.get(name) is not None)
            waiting.pop(part, None)
            for name, run, reads in self._part(part):
                if name in before and reads.isdisjoint(moved):
                    values[name] = before[name]
                else:
                    values[name] = found = run(values, _NO_PARTY)
                    if _differ(before.get(name), found):
                        moved.add(name)

        engine.decide(values, run_part)
        return replace(base, values=values, presumed=tuple(presumed), facts=facts)

    def _part(self, name: str) -> _Part:
        found = self._parts.get(name)
        if found is None:
            found = tuple((step, run, fact_names(tree)) for step, tree, run in self.engine.trees(name))
            self._parts[name] = found
        return found


def _comes_before(part: str, other: str) -> bool:
    return other != "relief" and _ORDER.index(part) < _ORDER.index(other)


def _differ(one: object, other: object) -> bool:
    """Whether two values are not the same; figures alike but written otherwise (5, 5.0) count as different."""
    return one is not other and (isinstance(one, Decimal) or one != other)


def _parties_moved(before: object, after: object) -> set[str] | None:
    """The facts in which parties differ; None where there are more, or fewer, of them."""
    if before is after:
        return set()
    if not isinstance(before, tuple) or not isinstance(after, tuple) or len(before) != len(after):
        return None
    moved: set[str] = set()
    for one, other in zip(before, after, strict=True):
        if one is not other:
            names = {*one, *other}
            moved.update(n for n in names if (n in one) is not (n in other) or _differ(one.get(n), other.get(n)))
    return moved


__all__ = ["Anew"]
