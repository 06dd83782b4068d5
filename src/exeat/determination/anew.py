"""Deciding again after a few facts have changed: only the steps that read what moved are run.

An answer that asks back tries what each missing fact could say, and tells which presumptions it rests on: dozens of
determinations that differ in one fact. Each gives the values that deciding from the beginning would give.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from exeat.logic.tree import Tree, Value

if TYPE_CHECKING:
    from exeat.determination.determine import Engine, Valuation

_NO_PARTY: dict[str, object] = {}
#: The parts a transaction may not need, in the order in which they come.
_MAY_BE_SKIPPED = ("relief", "text.rest", "text.policy", "enforced.rest", "enforced.policy")
_ORDER = ("text.needs", "relief", "text.rest", "text.outcome", "text.policy", "enforced.needs", "enforced.rest",
          "enforced.outcome", "enforced.policy")  # fmt: skip
#: Of each part those that are not run if they have not been run before it. Relief may be run late.
_BEFORE = {
    part: frozenset(p for p in _MAY_BE_SKIPPED if part != "relief" and _ORDER.index(p) < place)
    for place, part in enumerate(_ORDER)
}
Closure = Callable[[Any, Any], object]


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
        stated, presumed, open_ = engine.stated(facts, parties)
        moved = _parties_moved(before.get("parties"), stated["parties"])
        if moved is None:
            return engine.determine(facts, parties)
        moved.update(name for name, value in stated.items() if name != "parties" and _differ(before.get(name), value))
        values = {**before, **stated}
        for name in {name for name in self._given(base) if name in values and name not in stated}:
            del values[name]
            moved.add(name)
        return self._following(base, facts, values, moved, presumed, open_)

    def with_figure(
        self, base: Valuation, parties: Sequence[Mapping[str, Value]], name: str, figure: Decimal
    ) -> Valuation:
        """What :meth:`Engine.determine` gives for the facts and parties of ``base`` with one figure stated."""
        facts, before = {**base.facts, name: figure}, base.facts.get(name)
        opened = before is None and name in base.facts and name in self.engine.definitions
        if opened or name in self._bits:
            return self.determine(base, facts, parties)  # what is presumed may be another
        # All else that is stated or presumed is what it was, and is not compared.
        presumed = [other for other in base.presumed if other not in self.engine.presumed_if_open]
        values = {**base.values, name: figure}
        return self._following(base, facts, values, {name}, presumed, self.engine.open_over(facts))

    def _following(
        self,
        base: Valuation,
        facts: Mapping[str, Value],
        values: dict[str, object],
        moved: set[str],
        presumed: list[str],
        open_: Collection[str],
    ) -> Valuation:
        """What follows from ``values``, those of ``base`` with what was stated or presumed renewed, ``moved`` where so.

        Steps read only what comes before them, so that what still stands of ``base`` misleads none.
        """
        engine, before = self.engine, base.values

        def run_moved(part: _Part, derived: Collection[str], if_open: Mapping[str, Value]) -> None:
            """The steps of a part that read what moved; ``derived`` wins where it is stated, ``if_open`` where not."""
            bits = part.reading(moved) | part.reading(if_open)
            while bits:
                place = (bits & -bits).bit_length() - 1
                bits &= bits - 1
                name, run = part.steps[place]
                if name in derived and facts.get(name) is not None:
                    continue
                found = run(values, _NO_PARTY)
                if found is None and name in if_open and name not in open_:
                    found = if_open[name]
                    presumed.append(name)
                values[name] = found
                if _differ(before.get(name), found):
                    moved.add(name)
                    bits |= part.reading((name,)) >> place + 1 << place + 1  # itself is done

        def drop(part: _Part) -> None:
            """Run before and not now: what reads it finds nothing, so it has moved."""
            if part.stands_in(values):
                moved.update(name for name, _ in part.steps if values.pop(name) is not None)

        waiting = set(_MAY_BE_SKIPPED)

        def run_part(name: str, values: dict[str, object]) -> None:
            for skipped in _BEFORE[name] & waiting:
                drop(self._part(skipped))
            waiting.difference_update(_BEFORE[name], (name,))
            part = self._part(name)
            if part.stands_in(values):
                run_moved(part, (), {})
                return
            for step, run in part.steps:
                values[step] = found = run(values, _NO_PARTY)
                if _differ(before.get(step), found):
                    moved.add(step)

        run_moved(self._part("core"), engine.definitions, engine.presumed_if_open)
        engine.decide(values, run_part)
        for skipped in waiting:
            drop(self._part(skipped))
        return type(base)(engine.program, values, tuple(presumed), engine, facts)

    def _given(self, base: Valuation) -> Iterator[str]:
        """The names that were stated or could be presumed."""
        yield from (name for name, value in base.facts.items() if value is not None)
        yield from (name for name, _ in self.engine.presumable)

    def _part(self, name: str) -> _Part:
        found = self._parts.get(name)
        if found is None:
            found = self._parts[name] = _Part(self.engine.trees(name), self.engine.program.reads.names)
        return found


class _Part:
    """The steps of one part of a program, and which of them read a name, as bits by their place."""

    def __init__(self, trees: Iterable[tuple[str, Tree, Closure]], names_in: Callable[[Tree], frozenset[str]]) -> None:
        self.steps: list[tuple[str, Closure]] = []
        self._readers: dict[str, int] = {}
        for place, (step, tree, run) in enumerate(trees):
            self.steps.append((step, run))
            for name in names_in(tree) | {step}:  # a definition no longer stated is derived by its own step
                self._readers[name] = self._readers.get(name, 0) | 1 << place

    def reading(self, names: Iterable[str]) -> int:
        """The steps that read one of some names, or bear it."""
        bits, readers = 0, self._readers
        for name in names:
            bits |= readers.get(name, 0)
        return bits

    def stands_in(self, values: Mapping[str, object]) -> bool:
        """Whether the part has been run."""
        return bool(self.steps) and self.steps[0][0] in values


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
