"""Uncertain figures: whether an answer holds over a whole interval (*robust*) or turns inside it (*fragile*)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from exeat.determination.determine import Engine, Facts, Valuation
from exeat.determination.program import TRACKS
from exeat.determination.turning import floor_to
from exeat.logic.tree import Value


class Bounds(Protocol):
    """A figure known only within bounds; ``high`` None means without bound, ``low_open`` that low itself is out."""

    @property
    def low(self) -> Decimal: ...
    @property
    def high(self) -> Decimal | None: ...
    @property
    def low_open(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Robustness:
    """One interval fact: robust or not, the figures at which the answer turns, and the answers in order.

    ``answers`` has one entry for each stretch between turning points: (from, to, text outcome, enforced outcome, ECCN).
    """

    fact: str
    low: Decimal
    high: Decimal | None
    robust: bool
    turns_at: tuple[Decimal, ...]
    answers: tuple[tuple[str, str, str | None], ...]
    agreed: Valuation | None


def examine(
    engine: Engine, facts: Facts, parties: Sequence[Facts], intervals: Mapping[str, Bounds], found: Valuation
) -> list[Robustness]:
    """Each interval fact in turn, the others left unknown.

    The answer over an interval is found by trying every turning point inside it and a figure in every stretch between:
    conditions are linear in a figure, so nothing else can happen. Two uncertain figures at once are not combined, which
    can only leave an answer unknown.
    """
    return [_one(_Trial(engine, facts, parties, name, found), bounds) for name, bounds in sorted(intervals.items())]


def agreed_over(
    engine: Engine, facts: Facts, parties: Sequence[Facts], intervals: Mapping[str, Bounds], found: Valuation
) -> Robustness | None:
    """What :func:`same_over` picks from :func:`examine`, given up where two figures of an interval part."""
    for name, bounds in sorted(intervals.items()):
        trial = _Trial(engine, facts, parties, name, found)
        # The ends first: where they part, no turning point need be found.
        ends = [_lowest(engine, name, bounds)] if bounds.high is None else [_lowest(engine, name, bounds), bounds.high]
        if trial.agree(ends) and trial.agree(figures_tried(engine, name, bounds, found.values)):
            return _one(trial, bounds)
    return None


@dataclass
class _Trial:
    """One uncertain figure of a transaction taken to be this or that; each figure is decided once."""

    engine: Engine
    facts: Facts
    parties: Sequence[Facts]
    name: str
    found: Valuation
    _tried: dict[Decimal, Valuation] = field(default_factory=dict)

    def at(self, figure: Decimal) -> Valuation:
        """The valuation with the figure: decided anew from the last one tried, from which it differs in little."""
        valuation = self._tried.get(figure)
        if valuation is None:
            last = next(reversed(self._tried.values()), self.found)
            valuation = self.engine.anew.with_figure(last, self.parties, self.name, figure)
            self._tried[figure] = valuation
        return valuation

    def agree(self, figures: Sequence[Decimal]) -> bool:
        """Whether the outcomes are known and the same at all figures; none is tried after one that parts."""
        first = outcomes_of(self.at(figures[0]))
        return "unknown" not in first and all(outcomes_of(self.at(figure)) == first for figure in figures)


def _unit(engine: Engine, name: str) -> Decimal:
    return Decimal(1).scaleb(-engine.program.vocabulary[name].decimals)


def _lowest(engine: Engine, name: str, bounds: Bounds) -> Decimal:
    return bounds.low + _unit(engine, name) if bounds.low_open else bounds.low


def figures_tried(engine: Engine, name: str, bounds: Bounds, values: Mapping[str, object]) -> list[Decimal]:
    """The figures that show whatever an answer can be over an interval, in order; ``values`` of all that is known."""
    unit, low = _unit(engine, name), _lowest(engine, name, bounds)
    points = [p for p in engine.turning.points(name, values) if p >= Fraction(low)]
    top = bounds.high
    if top is not None:
        points = [p for p in points if p <= Fraction(top)]
    return _figures(low, top, points, unit)


def _one(trial: _Trial, bounds: Bounds) -> Robustness:
    figures = figures_tried(trial.engine, trial.name, bounds, trial.found.values)
    results = [(figure, trial.at(figure)) for figure in figures]
    answers: list[tuple[str, str, str | None]] = []
    turns: list[Decimal] = []
    for figure, result in results:
        answer = (result.outcome("text"), result.outcome("enforced"), result.eccn)
        if not answers or answers[-1] != answer:
            if answers:
                turns.append(figure)
            answers.append(answer)
    robust = len({a[:2] for a in answers}) == 1 and "unknown" not in answers[0]
    agreed = results[len(results) // 2][1] if robust and len(answers) == 1 else None
    return Robustness(trial.name, bounds.low, bounds.high, robust, tuple(turns), tuple(answers), agreed)


def _figures(low: Decimal, high: Decimal | None, points: list[Fraction], unit: Decimal) -> list[Decimal]:
    top = high if high is not None else low + 1000 + (floor_to(points[-1], unit) if points else Decimal(0))
    found = {low, top}
    for point in points:
        below = floor_to(point, unit)
        found.update(v for v in (below - unit, below, below + unit) if low <= v <= top)
    return sorted(found)


def same_over(robustness: Sequence[Robustness]) -> Robustness | None:
    """The first interval over the whole of which the answer on both tracks is known and the same, or None."""
    return next((r for r in robustness if r.robust), None)


def outcomes_of(valuation: Valuation) -> tuple[str, ...]:
    """The outcome on each track."""
    return tuple(valuation.outcome(track) for track in TRACKS)


__all__ = ["Bounds", "Robustness", "Value", "agreed_over", "examine", "figures_tried", "outcomes_of", "same_over"]
