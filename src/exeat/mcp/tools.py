"""What the tools answer, as plain data: the engine's own words and citations, nothing added. Knows no protocol."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from exeat import library
from exeat.determination.answer import Determination
from exeat.explanation.provision_data import diff_data, provision_data
from exeat.terms import InputError, plain, read_day

#: What a short answer holds beside its words; the rest is a question away (``full``).
SHORT = ("date", "eccn", "outcome", "hold", "red_flags", "ask", "citations", "not_modeled", "law", "engine")
_TRACK = ("outcome", "says", "review_policy")
_REQUIREMENT = ("id", "reason", "applies", "provision", "instrument", "confidence")
_EXCEPTION = ("symbol", "usable", "provision", "instrument", "confidence")
_ITEMS_MAX = 50


def check(transaction: Mapping[str, Any], full: bool) -> dict[str, Any]:
    """One transaction decided on both tracks, with its explanation in words.

    Raises:
        InputError: a key, place or value that cannot be read; the nearest valid word is named.
    """
    found = library.check(transaction, {})
    return {"explanation": library.explain(found, full=full, width=100), **_answer(found, full)}


def _answer(found: Determination, full: bool) -> dict[str, Any]:
    whole = found.to_dict()
    if full:
        return whole
    short = {key: whole[key] for key in SHORT if key in whole}
    for track in ("text", "enforced"):
        short[track] = {key: whole[track][key] for key in _TRACK if key in whole[track]}
        short[track]["requirements"] = [_picked(one, _REQUIREMENT) for one in whole[track]["requirements"]]
        short[track]["exceptions"] = [_picked(one, _EXCEPTION) for one in whole[track]["exceptions"]]
    return short


def _picked(data: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: data[key] for key in keys}


def classify(item: str | None, figures: Mapping[str, Any] | None, on: str | None) -> dict[str, Any]:
    """An item's entry of the Commerce Control List on a day, limb by limb.

    Raises:
        InputError: no item is described, or it cannot be read.
    """
    if not item and not figures:
        raise InputError("no item is described: give 'item' (search_items lists names) or 'figures' such as tpp")
    keywords = {"item": item or None, "figures": dict(figures) if figures else None, "on": on}
    found = library.check(None, keywords)
    whole = found.to_dict()
    answer = {key: whole[key] for key in ("date", "item", "eccn", "classification", "uncertain_figures", "law")}
    if found.eccn is None:
        vocabulary = found.engine.program.vocabulary
        missing = [vocabulary[one.fact] for one in found.inquiry().missing_for("eccn")]
        answer["ask"] = [{"fact": d.name, "question": d.question, "source": d.source} for d in missing]
    return answer


def search_items(query: str, on: str | None, limit: int) -> dict[str, Any]:
    """Items of the catalog by name, each with its entry on a day and the source of its figures.

    Raises:
        InputError: a day that does not exist or precedes the encoded law; nothing of that name (the nearest is named).
    """
    desk = library.desk()
    day = date.today() if on is None else read_day(on, "on")
    if day < desk.lawbook.begins:
        raise InputError(f"on is {day}; the encoded law begins on {desk.lawbook.begins}, nothing earlier is known")
    engine = desk.law_of(day)
    items = desk.catalog.search(query, max(1, min(limit, _ITEMS_MAX))) or [desk.catalog.find(query)]
    rows = []
    for item in items:
        facts, _ = desk.item_facts(item.id, engine)
        eccn = engine.classify(facts).get("eccn")
        rows.append(
            {
                "id": item.id,
                "name": item.full_name,
                "tpp": plain(facts.get("tpp")),
                "eccn": "unknown" if eccn is None else str(eccn),
                "confidence": item.confidence,
                "source": item.source,
            }
        )
    return {"date": day.isoformat(), "items": rows}


def screen(name: str, country: str, on: str | None) -> dict[str, Any]:
    """Whether a name is, or may be, a listed party, in the lists held and of their dates.

    Raises:
        InputError: a name or day that cannot be read, or screening is not installed.
    """
    try:
        from exeat.screening import commands
        from exeat.screening.errors import ScreeningError
    except ModuleNotFoundError as error:
        raise InputError(f"screening needs {error.name}: pip install 'exeat[screening]'") from None
    day = None if on is None else read_day(on, "on")
    try:
        found: dict[str, Any] = commands.screen(name, country, day)
    except ScreeningError as error:
        raise InputError(str(error)) from None
    return found


def provision(name: str, on: str | None, known_on: str | None) -> dict[str, Any]:
    """A provision as in force on a day: in words, its conditions, what is pending, the posture on it, its history.

    Raises:
        InputError: no such provision (the nearest is named) or day.
    """
    view = library.law(on, known_on)
    words = library.desk().law_of(view.on, view.known_on).words
    return {"provisions": [provision_data(one, view, words) for one in view.names_of(name)]}


def provisions(on: str | None) -> dict[str, Any]:
    """What governs a day: the names of the provisions, with the instrument each comes from and any posture on it.

    Raises:
        InputError: a day that does not exist or precedes the encoded law.
    """
    view = library.law(on)
    rows = []
    for section in view.governing:
        posture = view.posture(section.provision)
        stance = None if posture is None else getattr(posture.rule, "stance", None)
        rows.append({"provision": section.provision, "instrument": section.citation, "posture": stance})
    return {"on": view.on.isoformat(), "law": view.digest, "provisions": rows}


def changes(first: str, second: str) -> dict[str, Any]:
    """What changed in the law from one day to a later one.

    Raises:
        InputError: a day that does not exist, or the second before the first.
    """
    before, after = library.law(first), library.law(second)
    if before.on > after.on:
        raise InputError(f"{first} is later than {second}; state the earlier day first")
    data: dict[str, Any] = diff_data(before, after)
    return data
