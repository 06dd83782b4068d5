"""Receipts evaluated anew: which answers would differ, in what, and by which instruments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Connection, select

from exeat.ledger.receipts import DETERMINATION, Receipt, load
from exeat.ledger.tables import receipts

#: Gives the answer to what was stated, as plain data (the desk binds it to a law).
Evaluate: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Any]]

#: What an answer comes down to, by the path where it stands.
_ANSWER = ("outcome", "eccn", "text.outcome", "enforced.outcome", "text.review_policy", "enforced.review_policy")
#: Lists whose entries are part of the answer: path, the name of an entry, and what must hold of it.
_SETS = (
    ("text.requirements", "id", "applies", "yes"),
    ("enforced.requirements", "id", "applies", "yes"),
    ("text.exceptions", "symbol", "usable", True),
    ("enforced.exceptions", "symbol", "usable", True),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A receipt whose answer would differ: what changed as (path, then, now), and the citations gained and lost.

    ``error`` is set instead where the answer could not be found again.
    """

    receipt: int
    reference: str
    changed: tuple[tuple[str, Any, Any], ...]
    instruments_gained: tuple[str, ...]
    instruments_lost: tuple[str, ...]
    law_then: str
    law_now: str
    engine_then: str
    engine_now: str
    redacted: bool
    error: str = ""


def replay(
    connection: Connection, evaluate: Evaluate, *, first: int = 1, last: int | None = None
) -> Iterator[Difference | None]:
    """One item for each determination from the first to the last number: None where the answer is the same."""
    where = [receipts.c.kind == DETERMINATION, receipts.c.number >= first]
    if last is not None:
        where.append(receipts.c.number <= last)
    numbers = connection.execute(select(receipts.c.number).where(*where).order_by(receipts.c.number)).scalars().all()
    for number in numbers:
        row = connection.execute(select(receipts).where(receipts.c.number == number)).one()
        yield compare(load(connection, row), evaluate)


def compare(receipt: Receipt, evaluate: Evaluate) -> Difference | None:
    """One receipt's answer against the answer given now."""
    then = receipt.document["answer"]
    try:
        now = evaluate(receipt.document["stated"])
    except ValueError as error:  # what the desk raises for a transaction it can no longer read
        said = (_law(then), "", str(then.get("engine", "")), "")
        return Difference(receipt.number, receipt.reference, (), (), (), *said, receipt.redacted, error=str(error))
    changed = tuple(_changed(then, now))
    if not changed:
        return None
    before, after = set(then.get("citations", ())), set(now.get("citations", ()))
    return Difference(
        receipt.number,
        receipt.reference,
        changed,
        tuple(sorted(after - before)),
        tuple(sorted(before - after)),
        _law(then),
        _law(now),
        str(then.get("engine", "")),
        str(now.get("engine", "")),
        receipt.redacted,
    )


def _changed(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for path in _ANSWER:
        before, after = _at(then, path), _at(now, path)
        if before != after:
            yield path, before, after
    for path, name, mark, value in _SETS:
        sides = [sorted({str(e.get(name)) for e in _at(a, path) or () if e.get(mark) == value}) for a in (then, now)]
        if sides[0] != sides[1]:
            yield path, sides[0], sides[1]


def _at(data: Mapping[str, Any], path: str) -> Any:
    value: Any = data
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _law(answer: Mapping[str, Any]) -> str:
    return str(_at(answer, "law.digest") or "")
