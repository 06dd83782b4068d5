"""The catalog: finds an item by name and turns specifications into facts. Knows nothing of any law's text.

>>> catalog = load()
>>> facts_of(catalog.find("NVIDIA H100 SXM")).facts["tpp"]
Decimal('15832')
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path

from exeat.catalog import computing, read
from exeat.catalog.figures import facts_from
from exeat.catalog.figures import overlaid as overlay
from exeat.catalog.items import (
    BIT_LENGTHS,
    AmbiguousItem,
    CatalogError,
    Contained,
    FactValue,
    Interval,
    Item,
    ItemFacts,
    ProcessingUnit,
    Provenance,
    Sensitivity,
    UnknownItem,
)
from exeat.catalog.search import NameIndex
from exeat.catalog.values import unstated

__all__ = [
    "BIT_LENGTHS",
    "AmbiguousItem",
    "Catalog",
    "CatalogError",
    "Contained",
    "FactValue",
    "Interval",
    "Item",
    "ItemFacts",
    "ProcessingUnit",
    "Provenance",
    "Sensitivity",
    "UnknownItem",
    "contained",
    "facts_from_figures",
    "facts_of",
    "load",
    "unstated",
]


class Catalog:
    """All items by id, in file order, with the search over their names."""

    def __init__(self, items: Mapping[str, Item]) -> None:
        self.items = items
        self._facts: dict[str, tuple[Item, ItemFacts]] = {}

    @cached_property
    def _index(self) -> NameIndex:
        return NameIndex(self.items.values())

    def find(self, text: str) -> Item:
        """The item of this id, name or alias; vendor, case and punctuation may be left out.

        Raises UnknownItem (names the nearest) or AmbiguousItem (names all candidates); never guesses.
        """
        return self._index.find(text)

    def search(self, text: str = "", limit: int = 20) -> list[Item]:
        """Up to ``limit`` items whose names have all words of ``text`` (none: the first items), for a listing."""
        return self._index.search(text, limit)

    def contained(self, item: Item) -> list[tuple[Item, int]]:
        """The integrated circuits in an assembly and how many, nested assemblies walked; a circuit: itself, once."""
        if not item.is_assembly:
            return [(item, 1)]
        counts: dict[str, int] = {}
        for name, count in item.contains:
            for circuit, times in self.contained(self.items[name]):
                counts[circuit.id] = counts.get(circuit.id, 0) + count * times
        return [(self.items[name], count) for name, count in counts.items()]

    def facts_of(self, item: Item) -> ItemFacts:
        """The facts of an item, computed from its specifications; what is not known is left out."""
        kept = self._facts.get(item.id)
        if kept is None or kept[0] is not item:
            kept = self._facts[item.id] = item, self._facts_of(item)
        return kept[1]

    def _facts_of(self, item: Item) -> ItemFacts:
        if not item.is_assembly:
            return computing.facts_of_circuit(item)
        inside = [
            Contained(circuit.full_name, count, computing.facts_of_circuit(circuit))
            for circuit, count in self.contained(item)
        ]
        source = Provenance(item.source, item.confidence, "")
        return computing.facts_of_assembly(item.full_name, inside, source, item)

    def facts_from_figures(self, figures: Mapping[str, object]) -> ItemFacts:
        """The facts of a user's own figures; see :func:`facts_from_figures`."""
        return facts_from(figures, lambda name: self.facts_of(self.find(name)))

    def overlaid(self, known: ItemFacts, figures: Mapping[str, object]) -> ItemFacts:
        """An item's facts with some figures of the caller's own, which win. Raises CatalogError."""
        return overlay(known, figures, lambda name: self.facts_of(self.find(name)))


@cache
def load(path: Path | None = None) -> Catalog:
    """The catalog of this installation (or of a file ``path``), read once. Raises CatalogError if it is wrong."""
    return Catalog(read.read_items(path or read.catalog_folder() / "chips.csv"))


def facts_of(item: Item) -> ItemFacts:
    """The facts of an item of the installed catalog."""
    return load().facts_of(item)


def contained(item: Item) -> list[tuple[Item, int]]:
    """The integrated circuits in an item of the installed catalog, with their number."""
    return load().contained(item)


def facts_from_figures(figures: Mapping[str, object]) -> ItemFacts:
    """The facts of a user's own figures, computed as for the catalog.

    Keys are the facts of ``law/facts.md`` that describe a specification, the rate columns of ``catalog/chips.csv``
    (``int8_dense_tops``), ``die_area_mm2``, ``dies_per_package``, the two parts of the I/O rate, and ``contains``: a
    list of ``{"item": name or figures, "count": n}``. A number may be a range, ``"600..700"`` or
    ``{"low": 600, "high": 700}``. ``"unknown"``, ``"?"``, an empty text and None leave it unknown. ``name``
    is only shown.

    Raises CatalogError (one line, with the nearest valid word) for anything else.
    """
    return facts_from(figures, lambda name: facts_of(load().find(name)))
