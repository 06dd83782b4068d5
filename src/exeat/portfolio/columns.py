"""What the columns of a table mean: facts by name, parties by slot, the item and the day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from exeat.contents import CONTAINED_FACTS
from exeat.logic.vocabulary import Vocabulary, nearest
from exeat.portfolio.days import Order
from exeat.terms import InputError

#: A table has one place for a party of each role of 15 CFR 748.5.
SLOTS = ("purchaser", "intermediate_consignee", "ultimate_consignee", "end_user")
_SLOT_WORDS = {**{slot: slot for slot in SLOTS}, "consignee": "ultimate_consignee"}
_PARTY_WORDS = {"country": "location", "hq": "headquarters", "parent": "ultimate_parent_headquarters"}
_WORDS = {"qty": "quantity", "to": "destination", "from": "origin", "on": "date", "sku": "item", "product": "item"}

#: Columns that name a row, if a table has one: no fact, however near the word.
IDS = ("id", "order", "order_id", "order_no", "order_number", "line_id", "reference", "invoice", "invoice_no", "po")

Kind = Literal["date", "item", "fact", "number", "party", "lists"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """One column that is read: of what kind, which fact, and of the party in which slot."""

    column: str
    kind: Kind
    fact: str
    slot: str = ""


@dataclass(frozen=True)
class Columns:
    """The columns of a table that are read, and those that are carried along unread (with the nearest word)."""

    read: tuple[Meaning, ...]
    unread: Mapping[str, str | None] = field(default_factory=dict)
    dates: Order = ""

    def of(self, *kinds: Kind) -> tuple[Meaning, ...]:
        return tuple(m for m in self.read if m.kind in kinds)

    def of_slot(self, slot: str) -> tuple[Meaning, ...]:
        return tuple(m for m in self.read if m.slot == slot)

    @property
    def slots(self) -> tuple[str, ...]:
        return tuple(slot for slot in SLOTS if any(m.slot == slot for m in self.read))

    @property
    def date(self) -> str:
        return next(m.column for m in self.read if m.kind == "date")

    @property
    def item(self) -> str | None:
        return next((m.column for m in self.read if m.kind == "item"), None)


def read_columns(
    names: Sequence[str],
    vocabulary: Vocabulary,
    mapped: Mapping[str, str] | None = None,
    on: str | None = None,
    *,
    dated: bool = True,
    dates: Order = "",
) -> Columns:
    """The meaning of each column name.

    Args:
        names: the table's columns.
        mapped: column to the name of a fact, for columns named otherwise (``{"Ship-to": "destination"}``).
        on: the column that holds the day, if it is not ``date``.
        dated: whether there must be a column of days; otherwise one named ``date`` (or so) is added where none is.
        dates: whether 03/04/2025 is the third of April (``dmy``) or the fourth of March (``mdy``); neither: refused.

    Raises:
        InputError: no date column, two columns for one fact, a mapped column or fact that is not there.
    """
    mapped = {**(mapped or {}), **({on: "date"} if on else {})}
    for column, fact in mapped.items():
        if column not in names:
            raise InputError(f"the table has no column {column[:60]!r}{_perhaps(nearest(column, names))}")
        if _meaning(column, fact, vocabulary) is None:
            raise InputError(
                f"--map {column}={fact}: no fact is called {fact[:60]!r}{_perhaps(_near(fact, vocabulary))}"
            )
    read: dict[tuple[str, str], Meaning] = {}
    unread: dict[str, str | None] = {}
    for column in names:
        taken = column not in mapped and on is not None and column == "date"
        found = None if taken else _meaning(column, mapped.get(column, column), vocabulary)
        _refuse_second(column, names, vocabulary)
        if found is None:
            unread[column] = None if taken else _near(folded(column), vocabulary)
            continue
        earlier = read.get((found.slot, found.fact))
        if earlier is not None:
            raise InputError(
                f"the columns {earlier.column!r} and {column!r} both mean {found.slot} {found.fact}".strip()
            )
        read[found.slot, found.fact] = found
    if ("", "date") not in read and not dated:
        free = next(name for name in ("date", "exeat_date", "exeat_day") if name not in map(str.casefold, names))
        read["", "date"] = Meaning(free, "date", "date")
    if ("", "date") not in read:
        raise InputError(
            f"the table has no column 'date'; name the one that holds the day (--on COLUMN); columns are {_list(names)}"
        )
    if ("", "item") in read:
        for fact in CONTAINED_FACTS:
            if ("", fact) in read:
                raise InputError(
                    f"the table has an item and the column {read['', fact].column!r}: what an item contains is "
                    "classified from the catalog; leave the column out"
                )
    return Columns(tuple(read.values()), unread, dates)


def _refuse_second(column: str, names: Sequence[str], vocabulary: Vocabulary) -> None:
    """Refuse a second column of one name, where the name is a fact: nobody can tell which of the two is meant."""
    found = re.fullmatch(r"(.+) \((\d+)\)", column)
    if (
        found
        and any(found[1].casefold() == name.casefold() for name in names)
        and _meaning(column, found[1], vocabulary)
    ):
        raise InputError(f"two columns are called {found[1]!r} (one of them is column {found[2]}); rename one of them")


def _meaning(column: str, word: str, vocabulary: Vocabulary) -> Meaning | None:
    name = folded(word)
    name = _WORDS.get(name, name)
    if name in ("date", "item"):
        return Meaning(column, "date" if name == "date" else "item", name)
    declared = vocabulary.get(name)
    if declared is not None and not declared.party:
        return Meaning(column, "number" if declared.type == "number" else "fact", name)
    for words, slot in _SLOT_WORDS.items():
        if name == words:
            return Meaning(column, "party", "name", slot)
        if name.startswith(f"{words}_"):
            fact = name.removeprefix(f"{words}_")
            fact = _PARTY_WORDS.get(fact, fact)
            if fact == "lists":
                return Meaning(column, "lists", fact, slot)
            declared = vocabulary.get(fact)
            if declared is not None and declared.party and fact != "role":
                return Meaning(column, "party", fact, slot)
    return None


def folded(word: str) -> str:
    """A column's name as facts are named: ``Ship-to country`` is ``ship_to_country``."""
    return "_".join("".join(c if c.isalnum() else " " for c in word.strip().casefold()).split())


def _near(word: str, vocabulary: Vocabulary) -> str | None:
    if word in IDS:
        return None
    known = ["date", "item", *(n for n in vocabulary if not vocabulary[n].party)]
    known += [f"{slot}_{n}" for slot in _SLOT_WORDS for n in (*_PARTY_WORDS, "name", "lists", "headquarters")]
    return nearest(word, known)


def _perhaps(hint: str | None) -> str:
    return f"; perhaps {hint!r}" if hint else ""


def _list(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:12]) + (", ..." if len(listed) > 12 else "")


def absent(cell: object) -> bool:
    """Whether a cell states nothing: empty, or blanks. (``?`` and ``unknown`` state that the fact is not known.)"""
    return cell is None or (isinstance(cell, str) and not cell.strip()) or cell != cell


def transaction_of(row: Mapping[str, Any], columns: Columns, vocabulary: Vocabulary) -> dict[str, Any]:
    """A row as the transaction that :meth:`exeat.desk.Desk.check` decides: this is what a row of a table means."""
    stated: dict[str, Any] = {"facts": {}, "parties": []}
    for meaning in columns.of("date", "item"):
        if not absent(row[meaning.column]):
            stated[meaning.fact] = row[meaning.column]
    for meaning in columns.of("fact", "number"):
        if not absent(row[meaning.column]):
            stated["facts"][meaning.fact] = cell_of(row[meaning.column], meaning, vocabulary)
    for slot in columns.slots:
        party = party_of({m.column: row[m.column] for m in columns.of_slot(slot)}, slot, columns, vocabulary)
        if party is not None:
            stated["parties"].append(party)
    return stated


def party_of(cells: Mapping[str, Any], slot: str, columns: Columns, vocabulary: Vocabulary) -> dict[str, Any] | None:
    """The party in a slot of a row; None where its cells are all empty."""
    found: dict[str, Any] = {}
    for meaning in columns.of_slot(slot):
        cell = cells.get(meaning.column)
        if absent(cell):
            continue
        if meaning.kind == "lists":
            found["lists"] = _listed(cell)
        else:
            found["country" if meaning.fact == "location" else meaning.fact] = cell_of(cell, meaning, vocabulary)
    return {"role": slot, **found} if found else None


def cell_of(cell: object, meaning: Meaning, vocabulary: Vocabulary) -> object:
    """A cell's value; numbers in a column of texts become texts."""
    return str(cell) if vocabulary[meaning.fact].type == "text" and not isinstance(cell, str) else cell


def _listed(cell: object) -> list[object]:
    """``EL; UVL``, or ``none`` for a party screened and found on no list.

    Only a word says so: a dash or a lone separator is refused as a list nobody knows, since screening stops at it.
    """
    if isinstance(cell, (list, tuple)):
        return list(cell)
    words = [word for part in str(cell).replace("|", ";").split(";") if (word := part.strip())] or [str(cell)]
    return [word for word in words if word.casefold() not in ("none", "no")]
