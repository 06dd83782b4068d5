"""The Python library behind :mod:`exeat`: check, explain and look up the law, with one desk kept between calls."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exeat.desk import Desk
from exeat.determination.answer import Determination
from exeat.lawbook.places import Places
from exeat.logic.errors import LogicError
from exeat.logic.vocabulary import nearest
from exeat.terms import KEYS, InputError, read_day

if TYPE_CHECKING:
    from exeat.lawbook.consolidate import InForce, Lawbook, Stayed
    from exeat.lawbook.instrument import Section
    from exeat.supplied import Books

#: Keys of the short form, and what each stands for in a transaction.
SHORT_KEYS = ("on", "to", "from_", "headquarters", "parent", "name", "role", "party_facts", "figures")
_RECEIVING = ("ultimate_consignee", "end_user")


def desk(*drafts: str) -> Desk:
    """The desk that :func:`check` uses, opened when first needed; with ``drafts``, one that reads them as law.

    Named parties are screened against the lists held (at least the list that ships with the package), and balances
    are read from the ledger where one is configured.
    """
    return _desk(drafts, os.environ.get("EXEAT_DATA_DIR"), os.environ.get("EXEAT_LEDGER"))


@cache
def _desk(drafts: tuple[str, ...], folder: str | None, ledger: str | None) -> Desk:
    books = None
    if ledger:
        from exeat.bound.ledger import LedgerBooks

        books = LedgerBooks(ledger)
    return desk_with(drafts, books, Path(folder) if folder else None)


def desk_with(drafts: Sequence[str] = (), books: Books | None = None, folder: Path | None = None) -> Desk:
    """A desk of its own that screens named parties and asks (and records in) these books.

    ``folder`` holds the lists; None: where this system keeps a user's data, or ``EXEAT_DATA_DIR``.
    """
    from exeat.bound.screening import Lists

    return Desk(drafts=drafts, screening=Lists(folder), books=books)


def check(
    transaction: Mapping[str, Any] | None, keywords: Mapping[str, Any], drafts: Sequence[str] = ()
) -> Determination:
    """See :func:`exeat.check`.

    Raises:
        InputError: as there.
    """
    if transaction is not None and not isinstance(transaction, Mapping):
        raise InputError(f"a transaction is a mapping of keys and values, not {type(transaction).__name__}")
    return desk(*drafts).check({**(transaction or {}), **transaction_of(keywords)})


def explain(stated: Determination | Mapping[str, Any], *, full: bool = False, width: int = 80) -> str:
    """See :func:`exeat.explain`.

    Raises:
        InputError: as :func:`check`.
    """
    from exeat.explanation import explain as tell

    found = stated if isinstance(stated, Determination) else check(stated, {})
    return tell(found, full=full, width=width)


def transaction_of(keywords: Mapping[str, Any]) -> dict[str, Any]:
    """A transaction's own keys from keywords that may use the short form. Keys with the value None are left out.

    Raises:
        InputError: an unknown keyword, or short and long form of one thing.
    """
    given = {key: value for key, value in keywords.items() if value is not None}
    for key in given:
        if key not in KEYS and key not in SHORT_KEYS:
            hint = nearest(key, [*KEYS, *SHORT_KEYS])
            raise InputError(f"unknown keyword {key[:60]!r}" + (f"; perhaps {hint!r}" if hint else ""))
    for short, long in (("on", "date"), ("to", "destination"), ("from_", "origin")):
        if short in given and long in given:
            raise InputError(f"{short!r} and {long!r} mean the same; state one of them")
    found = {key: value for key, value in given.items() if key in KEYS}
    if "figures" in given:
        found["item"] = _with_figures(given.get("item"), given["figures"])
    for short, long in (("on", "date"), ("to", "destination"), ("from_", "origin")):
        if short in given:
            found[long] = given[short]
    if "to" in given:
        found.setdefault("activity", "export")
        found.setdefault("origin", "US")
    party = [key for key in ("headquarters", "parent", "name", "role", "party_facts") if key in given]
    if "parties" in found:
        if party:
            raise InputError(f"{party[0]!r} describes the one party at the end; with 'parties' state it there")
    elif party or "to" in given:
        found["parties"] = [_party(given)]
    return found


def _with_figures(item: object, figures: object) -> dict[str, Any]:
    if not isinstance(figures, Mapping):
        raise InputError(f"'figures' is a mapping of names and values, not {type(figures).__name__}")
    if isinstance(item, Mapping):
        return {**item, **figures}
    return {**({} if item is None else {"name": item}), **figures}


def _party(given: Mapping[str, Any]) -> dict[str, Any]:
    """The one party of the short form: it receives the item, so the destination is where it is."""
    role = given.get("role", _RECEIVING[0])
    party: dict[str, Any] = {"role": role}
    if "to" in given and role in _RECEIVING:
        party["country"] = given["to"]
    pairs = (("name", "name"), ("headquarters", "headquarters"), ("parent", "ultimate_parent_headquarters"))
    party.update({long: given[short] for short, long in pairs if short in given})
    more = given.get("party_facts", {})
    if not isinstance(more, Mapping):
        raise InputError(f"'party_facts' is a mapping of names and values, not {type(more).__name__}")
    if "location" in more:
        party.pop("country", None)
    return {**party, **more}


def law(on: date | str | None = None, known_on: date | str | None = None, drafts: Sequence[str] = ()) -> LawView:
    """See :func:`exeat.law`.

    Raises:
        InputError: as there.
    """
    day = date.today() if on is None else read_day(on, "on")
    known = None if known_on is None else read_day(known_on, "known_on")
    return law_view(desk(*drafts).lawbook, day, known)


def law_view(book: Lawbook, day: date, known: date | None = None) -> LawView:
    """A law book's law of one day.

    Raises:
        InputError: a day before the encoded law.
    """
    if day < book.begins:
        raise InputError(f"on is {day}; the encoded law begins on {book.begins}, nothing earlier is known")
    return LawView(day, known, book, book.in_force(day, known))


@dataclass(frozen=True)
class LawView:
    """The law of one day, read only. ``governing``, ``pending``, ``postures`` and ``stayed`` are its sections."""

    on: date
    known_on: date | None
    lawbook: Lawbook = field(repr=False)
    in_force: InForce = field(repr=False)

    @property
    def governing(self) -> tuple[Section, ...]:
        """The version of each provision that governs the day."""
        return self.in_force.governing

    @property
    def pending(self) -> tuple[Section, ...]:
        """Versions in the CFR whose compliance date has not come."""
        return self.in_force.pending

    @property
    def postures(self) -> tuple[Section, ...]:
        """What the agency says it enforces, the latest word on each provision."""
        return self.in_force.postures

    @property
    def stayed(self) -> tuple[Stayed, ...]:
        """Provisions out of force for a time that covers the day."""
        return self.in_force.stayed

    @property
    def digest(self) -> str:
        """The name of this state of the law files (SHA-256)."""
        return self.lawbook.digest

    def provisions(self) -> tuple[str, ...]:
        """The names of the provisions in force, in alphabetical order."""
        return tuple(section.provision for section in self.governing)

    def provision(self, name: str) -> Section | None:
        """The version in force of a provision (``§ 740.27``, ``740.27``, ``3A090.a``, ``AIA``), or None if none is.

        Raises:
            InputError: no law file knows the provision, or several answer to the name.
        """
        return self.in_force.provision(self.name_of(name))

    def history(self, name: str) -> tuple[Section, ...]:
        """Every version of a provision public by ``known_on``, oldest first.

        Raises:
            InputError: as :meth:`provision`.
        """
        chain = self.lawbook.chains.get(self.name_of(name), ())
        return tuple(s for s in chain if self.known_on is None or s.known <= self.known_on)

    def posture(self, provision: str) -> Section | None:
        """What the agency says of a provision (its full name) on the day, or None."""
        return next((section for section in self.postures if section.provision == provision), None)

    def groups_of(self, place: str) -> tuple[str, ...]:
        """The groups a place (code or name) belongs to on the day, in alphabetical order.

        Raises:
            InputError: no such place, or one of which the tables of the EAR say nothing.
        """
        try:
            found = Places(self.lawbook.groups).find(place)
        except LogicError as error:
            raise InputError(str(error)) from None
        if found.standing == "indeterminate":
            raise InputError(f"{found.code} ({found.name}): the tables of the EAR say nothing of its groups")
        return tuple(self.lawbook.groups.of(found.code, self.on, self.known_on))

    def members_of(self, group: str) -> frozenset[str]:
        """The members of a group on the day.

        Raises:
            InputError: no such group; the nearest is named.
        """
        if group not in self.in_force.groups:
            hint = nearest(group, self.in_force.groups)
            raise InputError(f"unknown group {group[:60]!r}" + (f"; perhaps {hint!r}" if hint else ""))
        return self.in_force.groups[group]

    def name_of(self, word: str) -> str:
        """The full name of the one provision a word means.

        Raises:
            InputError: none or several do; the nearest are named.
        """
        found = self.names_of(word)
        if len(found) > 1:
            shown = ", ".join(repr(name) for name in found[:6]) + (" …" if len(found) > 6 else "")
            raise InputError(f"{word[:60]!r} may be any of {len(found)} provisions: {shown}")
        return found[0]

    def names_of(self, word: str) -> tuple[str, ...]:
        """The full names of the provisions a word may mean: one if it is exact, else all that begin with it.

        Raises:
            InputError: none does; the nearest is named.
        """
        chains = self.lawbook.chains
        folded = _folded(word)
        exact = [name for name in chains if _folded(name) == folded]
        exact = exact or [name for name, chain in chains.items() if folded in _handles(chain)]
        begun = [name for name in chains if folded and _begins(_folded(name), folded)]
        if exact or begun:
            return tuple(exact or begun)
        hint = nearest(folded, {_folded(name): name for name in chains})
        near = next((name for name in chains if _folded(name) == hint), None)
        raise InputError(f"no encoded provision is named {word[:60]!r}" + (f"; perhaps {near!r}" if near else ""))


def _folded(name: str) -> str:
    """A provision's name without what people leave out: section signs, *ECCN*, spaces, case."""
    return re.sub(r"[\s§]+|\b(eccn|15 ?cfr)\b", "", name.casefold())


def _begins(name: str, start: str) -> bool:
    """Whether ``name`` lies below ``start``: 740.8nac below 740.8, and 740.81 not."""
    return name.startswith(start) and not (start[-1].isdigit() and name[len(start) : len(start) + 1].isdigit())


def _handles(chain: Iterable[Section]) -> set[str]:
    """Other words for a provision: an exception's symbol, an entry, a requirement's id."""
    found = set()
    for section in chain:
        for key in ("symbol", "entry", "id"):
            word = getattr(section.rule, key, "")
            if word:
                found.add(_folded(str(word)))
    return found


__all__ = ["SHORT_KEYS", "LawView", "check", "desk", "desk_with", "explain", "law", "law_view", "transaction_of"]
