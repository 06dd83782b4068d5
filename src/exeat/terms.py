"""The nouns of the EAR as a caller states them: item, party, transaction. Nothing is derived or decided here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from exeat.logic.vocabulary import nearest

#: Keys of a transaction (design, section 4). ``facts`` takes any declared fact and wins over what is derived.
KEYS = (
    "date", "known_on", "activity", "item", "quantity", "value_usd", "origin", "destination", "parties", "end_use",
    "certifications", "facts", "resolutions", "screen",
)  # fmt: skip
#: Keys of the resolution of a red flag (15 CFR 732 supp. 3 (a)(5): inquire, and go on only if explained).
RESOLUTION_KEYS = ("flag", "by", "on", "evidence")
#: Keys of a party, besides any declared party fact.
PARTY_KEYS = ("role", "name", "country", "headquarters", "ultimate_parent_headquarters", "lists", "owners")


class InputError(ValueError):
    """A transaction that cannot be read: one clear line saying what was found, where, and what was expected."""


@dataclass(frozen=True, slots=True)
class Party:
    """One party as stated. ``facts`` are further declared party facts; ``lists`` the lists it is known to be on.

    ``lists`` None says that nothing was stated, so that the party counts as not screened; empty, that it is on none.
    """

    facts: Mapping[str, object]
    lists: tuple[object, ...] | None = None
    owners: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Transaction:
    """What is asked about. Values are as stated; :mod:`exeat.desk` reads them against the declared facts.

    ``item`` is a catalog name, a mapping of figures (perhaps with a name), or None. ``on`` is the day of the export,
    reexport or transfer; ``known_on`` the day from whose knowledge the law is read (None: all that is known).
    ``screen`` False: named parties are not looked for in lists, though the desk could.
    """

    on: date
    known_on: date | None = None
    item: str | Mapping[str, object] | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    parties: tuple[Party, ...] = ()
    certifications: tuple[str, ...] = ()
    resolutions: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    screen: bool = True


def read_transaction(stated: Mapping[str, Any]) -> Transaction:
    """A transaction from a mapping (JSON, keywords).

    Raises:
        InputError: an unknown key (the nearest valid one is named), a value of the wrong shape, no date.
    """
    if not isinstance(stated, Mapping):
        raise InputError(f"a transaction is a mapping of keys and values, not {type(stated).__name__}")
    _known_keys(stated, KEYS, "transaction")
    if stated.get("date") is None:
        raise InputError("the transaction states no date; expected 'date' as YYYY-MM-DD")
    facts: dict[str, object] = {}
    for key in ("activity", "quantity", "value_usd", "origin", "destination", "end_use"):
        if stated.get(key) is not None:
            facts[key] = stated[key]
    more = stated.get("facts") or {}
    if not isinstance(more, Mapping):
        raise InputError(f"'facts' is a mapping of fact names and values, not {type(more).__name__}")
    for key, value in more.items():
        if key in facts and str(facts[key]).strip() != str(value).strip():
            raise InputError(f"{key} is stated twice: {str(facts[key])[:40]!r}, and {str(value)[:40]!r} under 'facts'")
    facts.update(more)
    item = stated.get("item")
    if item is not None and not isinstance(item, (str, Mapping)):
        raise InputError(f"'item' is a catalog name or a mapping of figures, not {type(item).__name__}")
    certifications = _texts(stated.get("certifications") or (), "certifications")
    for name in certifications:
        if name in facts and str(facts[name]).strip().casefold() not in ("yes", "true", "y"):
            raise InputError(f"{name[:60]} is certified, but stated as {str(facts[name])[:40]!r} under 'facts'")
    on = read_day(stated["date"], "date")
    resolutions = _resolutions(_sequence(stated.get("resolutions") or (), "resolutions"), on)
    screen = stated.get("screen", True)
    if not isinstance(screen, bool):
        raise InputError(f"screen is {str(screen)[:40]!r}; expected true or false")
    return Transaction(
        on=on,
        known_on=None if stated.get("known_on") is None else read_day(stated["known_on"], "known_on"),
        item=item,
        facts=facts,
        parties=tuple(_party(p, n) for n, p in enumerate(_sequence(stated.get("parties") or (), "parties"), 1)),
        certifications=certifications,
        resolutions=resolutions,
        screen=screen,
    )


def restated(transaction: Transaction) -> dict[str, Any]:
    """A transaction as plain data, in the form in which a caller states it."""
    parties = []
    for party in transaction.parties:
        stated = dict(party.facts)
        if party.lists is not None:
            stated["lists"] = list(party.lists)
        if party.owners:
            stated["owners"] = list(party.owners)
        parties.append(stated)
    data = {
        "date": transaction.on,
        "known_on": transaction.known_on,
        "item": transaction.item,
        "facts": transaction.facts,
        "parties": parties,
        "certifications": list(transaction.certifications),
        "resolutions": list(transaction.resolutions.values()),
        "screen": transaction.screen,
    }
    return {key: _plain(value) for key, value in data.items() if value is not None}


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return plain(value)


def read_day(value: object, key: str) -> date:
    """A day from ``YYYY-MM-DD`` or a date.

    Raises:
        InputError: anything else, or a day that does not exist.
    """
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    text = str(value).strip()
    try:
        if len(text) == 10 and text[4] == text[7] == "-":  # a week (2026-W31-6) would be read as well
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InputError(f"{key} is {text[:40]!r}; expected a day that exists, as YYYY-MM-DD")


def _party(stated: object, number: int) -> Party:
    if not isinstance(stated, Mapping):
        raise InputError(f"party {number} is a mapping of keys and values, not {type(stated).__name__}")
    if None not in (here := (stated.get("country"), stated.get("location"))) and here[0] != here[1]:
        raise InputError(f"party {number}: country is {str(here[0])[:40]!r}, location {str(here[1])[:40]!r}; state one")
    facts = {
        ("location" if key == "country" else str(key)): value
        for key, value in stated.items()
        if key not in ("lists", "owners") and value is not None
    }
    named = stated.get("lists")
    lists = None if named is None else tuple(_sequence(named, f"lists of party {number}"))
    owners = tuple(_sequence(stated.get("owners") or (), f"owners of party {number}"))
    return Party(facts, lists, owners)


def _resolutions(stated: Sequence[object], on: date) -> dict[str, Mapping[str, object]]:
    found: dict[str, Mapping[str, object]] = {}
    for number, one in enumerate(stated, 1):
        flag, resolution = _resolution(one, number)
        if flag in found:
            raise InputError(f"resolution {number}: {flag[:60]!r} is resolved twice")
        day = read_day(resolution["on"], f"on of resolution {number}")
        if day > on:
            # 15 CFR 732 supp. 3 (a)(5), (6): until a flag is explained, refrain.
            raise InputError(f"resolution {number} is dated {day}, after the transaction of {on}; a flag comes first")
        found[flag] = resolution
    return found


def _resolution(stated: object, number: int) -> tuple[str, Mapping[str, object]]:
    """A red flag's resolution: which flag, who resolved it, when, on what evidence. All four are needed."""
    if not isinstance(stated, Mapping):
        raise InputError(f"resolution {number} is a mapping of flag, by, on and evidence, not {type(stated).__name__}")
    _known_keys(stated, RESOLUTION_KEYS, f"resolution {number}")
    for key in RESOLUTION_KEYS:
        if not str(stated.get(key) or "").strip() or str(stated[key]).strip().casefold() in ("?", "unknown"):
            raise InputError(f"resolution {number} lacks {key!r}: a flag is lifted by someone, on a day, on evidence")
    return str(stated["flag"]), {**stated, "on": read_day(stated["on"], f"on of resolution {number}")}


def _sequence(value: object, what: str) -> Sequence[object]:
    if isinstance(value, (list, tuple)):
        return value
    raise InputError(f"{what}: expected a list, found {type(value).__name__}")


def _texts(value: object, what: str) -> tuple[str, ...]:
    listed = _sequence(value, what)
    if not all(isinstance(v, str) for v in listed):
        raise InputError(f"{what}: expected a list of texts")
    return tuple(str(v) for v in listed)


def _known_keys(stated: Mapping[str, Any], allowed: Sequence[str], what: str) -> None:
    for key in stated:
        if key not in allowed:
            hint = nearest(str(key), allowed)
            raise InputError(f"unknown key {str(key)[:60]!r} in the {what}" + (f"; perhaps {hint!r}" if hint else ""))


def plain(value: object) -> Any:
    """A value as JSON can hold it: a decimal as a number where that loses nothing, else as its text."""
    if isinstance(value, Decimal):
        if value == value.to_integral_value():
            return int(value)
        return float(value) if Decimal(repr(float(value))) == value else str(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


__all__ = [
    "KEYS",
    "PARTY_KEYS",
    "InputError",
    "Party",
    "Transaction",
    "plain",
    "read_day",
    "read_transaction",
    "restated",
]
