"""What would settle an unknown answer: plain questions, and what each answer to them would give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from exeat.explanation.layout import Page

if TYPE_CHECKING:
    from exeat.determination.answer import Determination
    from exeat.determination.ask import Ask

_SHORT_LIST = 6
Pair = tuple[str, str]


def settle(page: Page, determination: Determination, data: Mapping[str, Any], full: bool) -> None:
    """The questions, most decisive first; in short the first six."""
    asks = data["ask"]
    if not asks:
        return
    what = "IT" if asks[0]["for"] == "outcome" else "THE REVIEW POLICY"
    page.heading(f"WHAT WOULD SETTLE {what} (most decisive first)")
    shown = len(asks) if full else _SHORT_LIST
    for number, (entry, ask) in enumerate(zip(asks[:shown], determination.asks, strict=False), 1):
        whose = f" (of the {entry['of']})" if "of" in entry else ""
        page.item(f"{number}.", f"{entry['question']}{whose} [{entry['fact']}; {entry['source']}]", 2, 4)
        for words in answers(determination, ask):
            page.text(words, 8, 10)
    if len(asks) > shown:
        rest = ", ".join(entry["fact"] for entry in asks[shown:])
        page.text(f"and {len(asks) - shown} more: {rest}", 2, 4)


def answers(determination: Determination, ask: Ask) -> Iterator[str]:
    """What each answer would give: one line for every pair of outcomes."""
    declared = determination.engine.program.vocabulary[ask.missing.fact]
    if declared.type == "number":
        yield from _figures(ask.outcomes)
        return
    by_outcome: dict[Pair, list[str]] = {}
    for value, outcome in ask.outcomes.items():
        by_outcome.setdefault(outcome, []).append(value)
    if len(by_outcome) == 1:
        yield f"any answer: {both(next(iter(by_outcome)))}; another fact is needed as well"
        return
    example = "for example " if declared.type == "text" and not declared.values else ""
    for outcome, values in by_outcome.items():
        listed = ", ".join(values[:_SHORT_LIST]) + (" …" if len(values) > _SHORT_LIST else "")
        yield f"{example}{listed}: {both(outcome)}"


def _figures(outcomes: Mapping[str, Pair]) -> Iterator[str]:
    """Figures in order, neighbors with one outcome joined: each run is told by its ends."""
    try:
        ordered = sorted((Decimal(value), outcome) for value, outcome in outcomes.items())
    except InvalidOperation:
        return
    runs: list[tuple[Decimal, Decimal, Pair]] = []
    for value, outcome in ordered:
        if runs and runs[-1][2] == outcome:
            runs[-1] = (runs[-1][0], value, outcome)
        else:
            runs.append((value, value, outcome))
    for place, (low, high, outcome) in enumerate(runs):
        first, last = place == 0, place == len(runs) - 1
        if first and last:
            span = "any figure tried"
        elif first:
            span = f"up to {high:f}"
        elif last:
            span = f"{low:f} or more"
        else:
            span = f"{low:f} to {high:f}" if low != high else f"{low:f}"
        yield f"{span}: {both(outcome)}"


def both(outcome: Pair) -> str:
    """A pair of outcomes, text and enforced, in words."""
    text, enforced = (word.replace("_", " ") for word in outcome)
    return text if text == enforced else f"{text} (text), {enforced} (enforced)"
