"""``exeat classify`` and ``exeat items``: what an item is on a day, whoever buys it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from exeat.cli import DECIDED, UNKNOWN
from exeat.cli.options import Figures
from exeat.cli.show import write, write_json
from exeat.determination.answer import Determination
from exeat.explanation.around import provenance
from exeat.explanation.classified import classification, entry_words
from exeat.explanation.item_data import item_data
from exeat.explanation.layout import Page, draft_line, shortened
from exeat.library import desk, transaction_of
from exeat.terms import InputError, read_day

_KEYS = ("drafts", "date", "known_on", "item", "eccn", "classification", "uncertain_figures", "facts", "law", "engine")


def run_classify(name: str | None, figures: Figures, *, as_json: bool) -> int:
    """Classify one item and print its entry, limb by limb.

    Raises:
        InputError: an item or figure that cannot be read.
    """
    keywords = figures.keywords(name)
    if not any(keywords[key] for key in ("item", "figures", "facts")):
        raise InputError("no item is named: give an ITEM (exeat items lists them), or figures (--tpp)")
    found = desk(*figures.drafts).check(transaction_of(keywords))
    whole = found.to_dict()
    data = {key: whole[key] for key in _KEYS}
    data["ask"] = [] if found.eccn is not None else _asks(found)
    if as_json:
        write_json(data)
    else:
        page = Page()
        page.extend(draft_line(figures.drafts))
        page.text(f"{whole['item']['name'] if whole['item'] else 'the item described'} on {whole['date']}", 0)
        classification(page, found, data)
        for ask in data["ask"]:
            page.text(f"would settle it: {ask['question']} [{ask['fact']}; {ask['source']}]", 2, 4)
        provenance(page, {**whole, "citations": []}, False)
        write(page.lines)
    return UNKNOWN if found.eccn is None else DECIDED


def _asks(found: Determination) -> list[dict[str, str]]:
    """The figures on which the entry hangs, as questions; who buys the item and where does not matter here."""
    missing = found.inquiry().missing_for("eccn")
    declared = [found.engine.program.vocabulary[item.fact] for item in missing]
    return [{"fact": d.name, "question": d.question, "source": d.source} for d in declared]


def run_items(query: str, on: str | None, limit: int, *, as_json: bool) -> int:
    """List items of the catalog with their figures and their entry on a day.

    Raises:
        InputError: a day that does not exist, or a query no item answers to.
    """
    day = date.today() if on is None else read_day(on, "on")
    book = desk().lawbook
    if day < book.begins:
        raise InputError(f"on is {day}; the encoded law begins on {book.begins}, nothing earlier is decided")
    engine = desk().law_of(day)
    items = desk().catalog.search(query, limit)
    if query and not items:
        # The same words the search by name uses, nearest names included.
        items = [desk().catalog.find(query)]
    rows = [item_data(item, desk(), engine) for item in items]
    if as_json:
        write_json({"date": day.isoformat(), "items": rows})
        return DECIDED
    page = Page()
    page.text(f"{len(rows)} items; ECCN on {day}", 0)
    page.lines.append(f"{'id':32} {'TPP':>11} {'density':>8} {'data c.':>7} {'ECCN':>10} {'conf.':>6}")
    for row in rows:
        page.lines.append(_line(row))
    write(page.lines)
    return DECIDED


def _line(row: Mapping[str, Any]) -> str:
    marketed = {True: "yes", False: "no", None: "?"}[row["marketed_for_datacenters"]]
    tpp, density = (_short(row[key]) for key in ("tpp", "performance_density"))
    eccn = {"not_listed": "none"}.get(row["eccn"], entry_words(row["eccn"]).replace("not known", "?"))
    name = shortened(row["id"], 32)
    return f"{name:32} {tpp:>11} {density:>8} {marketed:>7} {eccn:>10} {row['confidence']:>6}"


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{value['low']}..{'' if value['high'] is None else value['high']}"
    return "?" if value is None else str(value)
