"""The catalog's items as two small tables of a query: the names they go by, and what is known of each."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from exeat.catalog import CatalogError
from exeat.desk import Desk
from exeat.logic.tree import Value
from exeat.logic.vocabulary import Vocabulary
from exeat.portfolio.warehouse_law import Era
from exeat.portfolio.warehouse_text import Spelling

_IN_PARENTHESES = re.compile(r"\([^)]*\)")


@dataclass(frozen=True)
class ItemTables:
    """Names and facts of items. What an item contains is classified anew in each era: its row then has days.

    A figure known only within bounds is unknown here. The desk may find that its answer is the same over all of them;
    the query then says unknown.
    """

    names: Mapping[str, str]
    rows: Sequence[tuple[str, str, str, Mapping[str, Value]]]
    facts: tuple[str, ...]
    dated: bool
    spelling: Spelling
    vocabulary: Vocabulary

    def on_day(self) -> str:
        """The condition that picks an item's row of the day."""
        day = self.spelling.name("day")
        return f" AND c.{day} >= i.since AND c.{day} < i.until" if self.dated else ""

    def names_table(self) -> str:
        """The query of names."""
        s = self.spelling
        rows = [[s.literal(word), s.literal(id_)] for word, id_ in self.names.items()]
        return "  " + s.small_table(("word", "id"), (s.text_type, s.text_type), rows)

    def facts_table(self) -> str:
        """The query of facts."""
        s = self.spelling
        days = ["since", "until"] if self.dated else []
        types = [s.text_type] * (1 + len(days))
        for fact in self.facts:
            declared = self.vocabulary[fact]
            types.append(s.type_of(declared.type, 15, declared.decimals))
        rows = []
        for id_, since, until, known in self.rows:
            bounds = [s.literal(since), s.literal(until)] if self.dated else []
            rows.append([s.literal(id_), *bounds, *(self._written(known.get(f)) for f in self.facts)])
        return "  " + s.small_table(("id", *days, *self.facts), types, rows)

    def _written(self, value: Value) -> str:
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return str(value).upper()
        if isinstance(value, Decimal):
            return f"BIGNUMERIC '{value:f}'" if self.spelling.dialect == "bigquery" else format(value, "f")
        return self.spelling.literal(value)


def item_tables(desk: Desk, eras: Sequence[Era], read: Collection[str], spelling: Spelling) -> ItemTables:
    """The items of the catalog, with those of their facts that the law reads."""
    names = _names(desk)
    rows: list[tuple[str, str, str, Mapping[str, Value]]] = []
    for id_ in desk.catalog.items:
        spans: list[tuple[str, Mapping[str, Value]]] = []
        for era in eras:
            found = desk.item_facts(id_, era.engine)[0]
            known = {name: value for name, value in found.items() if name in read and value is not None}
            if not spans or spans[-1][1] != known:
                spans.append((era.first.isoformat(), known))
        spans[0] = ("0000-01-01", spans[0][1])
        for place, (since, stated) in enumerate(spans):
            until = spans[place + 1][0] if place + 1 < len(spans) else "9999-12-31"
            rows.append((id_, since, until, stated))
    facts = tuple(sorted({name for *_, stated in rows for name in stated}))
    dated = len(rows) > len(desk.catalog.items)
    return ItemTables(names, rows, facts, dated, spelling, desk.lawbook.vocabulary)


def _names(desk: Desk) -> dict[str, str]:
    """Each name that means one item, in small letters, with the item's id."""
    words: dict[str, None] = {}
    for item in desk.catalog.items.values():
        plain = " ".join(_IN_PARENTHESES.sub(" ", item.name).split())
        words[item.id.lower()] = None
        for name in (item.name, plain, *item.aliases):
            words[name.strip().lower()] = words[f"{item.vendor} {name}".strip().lower()] = None
    found = {}
    for word in words:
        try:
            found[word] = desk.catalog.find(word).id
        except CatalogError:
            continue  # several items go by it: the row is told to say which
    return found


__all__ = ["ItemTables", "item_tables"]
