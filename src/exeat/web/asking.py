"""The question of the Ask page as a URL: every answer has an address that states all it rests on.

Names: ``item``, ``to``, ``from``, ``on``, ``known_on``, ``activity``, ``end_use``, ``quantity``, ``value_usd``;
``p1_role``, ``p1_name``, ``p1_country`` and any declared fact of a party as ``p1_FACT``; any other declared fact as
``f_FACT``, and a figure of the item as ``i_FIGURE``; ``r1_flag``, ``r1_by``, ``r1_on``, ``r1_evidence`` for a red flag
resolved; ``screen=no``. A form may also send pairs ``fact`` and ``value``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from exeat.catalog.figures import KEYS as FIGURES
from exeat.logic.vocabulary import Vocabulary, nearest
from exeat.parties import RECEIVING
from exeat.terms import RESOLUTION_KEYS, InputError

#: The simple names in the order of the URL, and the key of the transaction each stands for.
PLAIN = {
    "item": "item",
    "to": "destination",
    "from": "origin",
    "on": "date",
    "known_on": "known_on",
    "activity": "activity",
    "end_use": "end_use",
    "quantity": "quantity",
    "value_usd": "value_usd",
}
#: The boxes of a party in the form.
PARTY = ("role", "name", "country", "headquarters", "ultimate_parent_headquarters")
_PARTIES, _LONGEST = 20, 2000
_NUMBERED = re.compile(r"([pr])([1-9]\d?)_(\w+)")
_RANGE = re.compile(r"\d\s*\.\.\s*\d")


@dataclass(frozen=True)
class Question:
    """What was asked, as texts. ``rows`` are the party rows to show; ``wanted`` facts named without a value yet."""

    plain: Mapping[str, str] = field(default_factory=dict)
    parties: tuple[Mapping[str, str], ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, str] = field(default_factory=dict)
    resolutions: tuple[Mapping[str, str], ...] = ()
    wanted: tuple[str, ...] = ()
    screen: bool = True
    rows: int = 1

    def __bool__(self) -> bool:
        """Whether anything is asked: an item, a place, a party or a fact."""
        return any(name in self.plain for name in ("item", "to")) or bool(self.parties or self.facts or self.figures)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """The names and values of the URL, always in one order."""
        yield from ((name, self.plain[name]) for name in PLAIN if name in self.plain)
        for number, party in enumerate(self.parties, 1):
            yield from ((f"p{number}_{name}", value) for name, value in party.items())
        yield from ((f"f_{name}", value) for name, value in self.facts.items())
        yield from ((f"i_{name}", value) for name, value in self.figures.items())
        for number, resolution in enumerate(self.resolutions, 1):
            yield from ((f"r{number}_{name}", value) for name, value in resolution.items())
        if not self.screen:
            yield "screen", "no"
        yield from (("fact", name) for name in self.wanted)
        if self.rows > max(1, len(self.parties)):
            yield "rows", str(self.rows)

    def url(self, path: str = "/ask") -> str:
        """The address of this question at a page."""
        query = urlencode(list(self.pairs()))
        return f"{path}?{query}" if query else path

    def without(self, *names: str) -> list[tuple[str, str]]:
        """The pairs but for these names: the hidden inputs of a form that states them anew."""
        return [(name, value) for name, value in self.pairs() if name not in names and name not in ("fact", "rows")]

    def asking_for(self, fact: str) -> str:
        """The address of this question with a box for one more fact."""
        return replace(self, wanted=(fact,)).url() + "#facts-asked"

    def transaction(self) -> dict[str, Any]:
        """The transaction as the desk reads it.

        Raises:
            InputError: no item, or a figure stated twice.
        """
        stated: dict[str, Any] = {key: self.plain[name] for name, key in PLAIN.items() if name in self.plain}
        if self.figures:
            stated["item"] = {**({"name": stated["item"]} if "item" in stated else {}), **self.figures}
        if "item" not in stated and not self.facts:
            raise InputError("no item is named: name one of the catalog, or state its figures as facts (tpp, say)")
        stated["parties"] = self._parties()
        stated["facts"] = dict(self.facts)
        stated["resolutions"] = [dict(resolution) for resolution in self.resolutions]
        if not self.screen:
            stated["screen"] = False
        return stated

    def _parties(self) -> list[dict[str, Any]]:
        """The parties; whoever alone receives the item and is placed nowhere is where the item goes."""
        found: list[dict[str, Any]] = [dict(party) for party in self.parties]
        if not found and "to" in self.plain:
            found = [{"role": RECEIVING[0]}]
        receiving = [party for party in found if party.get("role", RECEIVING[0]) in RECEIVING]
        if len(receiving) == 1 and "to" in self.plain and not {"country", "location"} & receiving[0].keys():
            receiving[0]["country"] = self.plain["to"]
        for party in found:
            if "lists" in party:
                words = [word.strip() for word in party["lists"].replace("|", ";").split(";")]
                party["lists"] = [word for word in words if word and word.casefold() not in ("none", "no", "-")]
        return found


def read_question(given: Iterable[tuple[str, str]], vocabulary: Vocabulary, today: date) -> Question:
    """The question of a URL or a form. Empty values state nothing; the day, where none is stated, is today.

    Raises:
        InputError: a name no question has (the nearest is named), a name given twice, a value that is too long.
    """
    plain: dict[str, str] = {}
    numbered: dict[str, dict[int, dict[str, str]]] = {"p": {}, "r": {}}
    facts: dict[str, str] = {}
    figures: dict[str, str] = {}
    named: list[str] = []
    values: list[str] = []
    screen, rows = True, 1
    for name, raw in given:
        value = _clean(name, raw)
        if name in ("fact", "value"):
            (named if name == "fact" else values).append(value)
        elif not value:
            continue
        elif name in PLAIN:
            _once(plain, name, value)
        elif match := _NUMBERED.fullmatch(name):
            _once(numbered[match[1]].setdefault(int(match[2]), {}), match[3], value)
        elif name.startswith(("f_", "i_")):
            _once(facts if name.startswith("f_") else figures, name[2:], value)
        elif name == "screen":
            screen = value != "no"
        elif name == "rows":
            rows = min(int(value), _PARTIES) if value.isdecimal() and len(value) < 4 else 1
        elif name != "more":
            hint = nearest(name, [*PLAIN, "p1_name", "p1_country", "f_FACT", "screen"])
            raise InputError(
                f"the address has {name[:60]!r}" + (f"; perhaps {hint!r}" if hint else ", which is unknown")
            )
    wanted = []
    for place, name in enumerate(named):
        value = values[place] if place < len(values) else ""
        if name and value:
            _once(*_told(name, value, vocabulary, facts, figures))
        elif name:
            wanted.append(name)
        elif value:
            raise InputError(f"the value {value[:40]!r} stands without the name of its fact")
    parties = tuple(_party(numbered["p"][n]) for n in sorted(numbered["p"]) if set(numbered["p"][n]) - {"role"})
    resolutions = tuple(numbered["r"][n] for n in sorted(numbered["r"]) if set(numbered["r"][n]) - {"flag"})
    found = Question(plain, parties, facts, figures, resolutions, tuple(wanted), screen, rows)
    if found:
        plain.setdefault("on", today.isoformat())
        if "to" in plain:
            plain.setdefault("activity", "export")
            plain.setdefault("from", "US")
    return found


def question_of(stated: Mapping[str, Any]) -> Question:
    """The question of a transaction as data (a receipt's), so that it can be asked again.

    Raises:
        InputError: the transaction holds what an address cannot (owners of a party, an item made of others).
    """
    facts = {name: _word(value) for name, value in (stated.get("facts") or {}).items()}
    keys = {key: name for name, key in PLAIN.items()}
    plain = {keys[key]: facts.pop(key) for key in list(facts) if key in keys}
    plain |= {keys[key]: _word(value) for key, value in stated.items() if key in keys and key != "item"}
    item, figures = stated.get("item"), {}
    if isinstance(item, Mapping):
        figures = {name: _word(value) for name, value in item.items() if name != "name"}
        item = item.get("name")
    if item:
        plain["item"] = str(item)
    parties = []
    for party in stated.get("parties") or ():
        told = {"country" if name == "location" else name: value for name, value in party.items()}
        if "lists" in told:
            told["lists"] = "; ".join(_word(one) for one in told["lists"]) or "none"
        parties.append(_party({name: _word(value) for name, value in told.items()}))
    facts |= {str(name): "yes" for name in stated.get("certifications") or ()}
    resolutions = [{name: _word(value) for name, value in one.items()} for one in stated.get("resolutions") or ()]
    screen = stated.get("screen", True) is not False
    return Question(plain, tuple(parties), facts, figures, tuple(resolutions), (), screen)


def _word(value: object) -> str:
    if isinstance(value, (Mapping, list, tuple)):
        raise InputError("the transaction holds a part that an address cannot hold")
    return {True: "yes", False: "no", None: "?"}[value] if value is None or isinstance(value, bool) else str(value)


def _told(
    name: str, value: str, vocabulary: Vocabulary, facts: dict[str, str], figures: dict[str, str]
) -> tuple[dict[str, str], str, str]:
    """Where a fact named in the form goes: what only the catalog knows, and a range, is a figure of the item."""
    declared = vocabulary.get(name)
    if (declared is None and name in FIGURES) or (declared and declared.type == "number" and _RANGE.search(value)):
        return figures, name, value
    return facts, name, value


def _party(given: Mapping[str, str]) -> dict[str, str]:
    """A party's boxes in the order of the form, then its other facts."""
    said = {"role": RECEIVING[0], **given}
    ordered = [name for name in PARTY if name in said] + [name for name in said if name not in PARTY]
    return {name: said[name] for name in ordered}


def _clean(name: str, raw: str) -> str:
    if len(raw) > _LONGEST:
        raise InputError(f"{name[:60]} has {len(raw)} characters; expected at most {_LONGEST}")
    return " ".join("".join(c if c.isprintable() else " " for c in raw).split())


def _once(into: dict[str, str], name: str, value: str) -> None:
    if into.get(name, value) != value:
        raise InputError(f"{name[:60]} is stated twice: {into[name][:40]!r} and {value[:40]!r}")
    into[name] = value


__all__ = ["PARTY", "PLAIN", "RESOLUTION_KEYS", "Question", "question_of", "read_question"]
