"""The facts of a row, in SQL: stated, of the item, of a party's lists, presumed as the engine presumes, or unknown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from exeat.logic.values import value_of
from exeat.logic.vocabulary import Declared
from exeat.parties import RECEIVING
from exeat.portfolio.columns import Meaning
from exeat.portfolio.warehouse_cells import Cells, digits_of
from exeat.portfolio.warehouse_law import PRESUMED, STATED
from exeat.portfolio.warehouse_lists import LISTED, WORDS

Lines = list[tuple[str, str]]


@dataclass(frozen=True)
class Facts(Cells):
    """Writes the third layer, ``facts``: what a row states, and what is presumed where it states nothing."""

    _opened_by: dict[tuple[str, int], list[str]] = field(default_factory=dict)

    @cached_property
    def slots(self) -> tuple[str, ...]:
        """The places for parties: those of the table, and whoever receives the item."""
        named = self.columns.slots
        return named if "ultimate_consignee" in named else (*named, "ultimate_consignee")

    def stated(self, fact: str) -> bool:
        """Whether a column, or the item, can state a fact of the row."""
        return fact in self._by_fact or (self.items is not None and fact in self.items.facts)

    def of_slot(self, slot: str, fact: str) -> bool:
        """Whether a column can state a fact of the party in a slot."""
        listed = fact in LISTED and any(m.kind == "lists" for m in self.columns.of_slot(slot))
        return listed or any(m.fact == fact and m.kind == "party" for m in self.columns.of_slot(slot))

    def declared(self, leaf: str) -> Declared:
        """The kind of a leaf, as the writer of expressions asks for it."""
        if leaf.endswith("_present"):
            return Declared(leaf, "yes/no")
        own = self.vocabulary[leaf.rpartition(":")[2].removesuffix(STATED).removesuffix(PRESUMED)]
        return Declared(leaf, own.type, decimals=own.decimals, country=own.country)

    # The third layer.

    def facts_layer(self, leaves: Iterable[str]) -> str:
        """Every fact that a paragraph reads: stated, of the item, presumed, or unknown (null)."""
        lines: Lines = [("", self.kept(name)) for name in self.given]
        if self.span.column is not None:
            lines.append(("", self.spelling.name("day")))
        lines.append(("what cannot be read; such a row has no outcome", f"{self._error()} AS row_error"))
        lines += self._presence()
        asked = sorted(leaves)
        lines += [("", f"{self._leaf(leaf)} AS {self._name(leaf)}") for leaf in asked if self._is_read(leaf)]
        rest = [leaf for leaf in asked if not self._is_read(leaf) and not leaf.endswith("_present")]
        presumed = [leaf for leaf in rest if self._presumption(leaf) is not None]
        unknown = [leaf for leaf in rest if self._presumption(leaf) is None]
        for told, group in (
            ("no column states these: presumed, see law/facts.md", presumed),
            ("no column states these: unknown", unknown),
        ):
            for place, leaf in enumerate(group):
                lines.append((told if place == 0 else "", f"{self._leaf(leaf)} AS {self._name(leaf)}"))
        return f"  SELECT\n    {_commented(lines)}\n  FROM stated{self.spelling.fence}"

    def _name(self, leaf: str) -> str:
        return self.spelling.name(self.names(leaf))

    def _is_read(self, leaf: str) -> bool:
        if leaf.startswith("slot:"):
            return True
        return not leaf.endswith("_present") and self.stated(_fact_of(leaf)) and not leaf.endswith(PRESUMED)

    def _leaf(self, leaf: str) -> str:
        if leaf.startswith("slot:"):
            _, slot, fact = leaf.split(":")
            return self._slot_fact(slot, fact)
        fact = _fact_of(leaf)
        if leaf.endswith(PRESUMED):
            return self._presumed(fact)
        found = self._stated_value(fact)
        if leaf.endswith(STATED):
            return found or self._null(fact)
        if found is None:
            return self._presumed(fact)
        return found if self._presumption(fact) is None else f"COALESCE({found}, {self._presumed(fact)})"

    def _stated_value(self, fact: str) -> str | None:
        """What the row's column says, else what is known of its item."""
        meaning, of_item = self._by_fact.get(fact), self.items is not None and fact in self.items.facts
        if meaning is None:
            return self._of_item(fact) if of_item else None
        if not of_item:
            return self._value(meaning)
        return f"CASE WHEN {self._cell(meaning)} IS NULL THEN {self._of_item(fact)} ELSE {self._value(meaning)} END"

    def _presumption(self, leaf: str) -> str | None:
        return self.vocabulary[_fact_of(leaf)].presumed

    def _null(self, fact: str) -> str:
        declared = self.vocabulary[fact]
        type_ = self.spelling.type_of(declared.type, digits_of(declared), declared.decimals)
        return f"CAST(NULL AS {type_})"

    def _presumed(self, fact: str) -> str:
        """The presumed value, unless somebody said that the fact, or what it serves to derive, is not known."""
        declared = self.vocabulary[fact]
        if declared.presumed is None:
            return self._null(fact)
        value = value_of(declared, declared.presumed)
        written = str(value).upper() if isinstance(value, bool) else self.spelling.literal(str(value))
        if not isinstance(value, (bool, str)):
            written = format(value, "f") if value is not None else "NULL"
        meaning = self._by_fact.get(fact)
        open_ = [f"{self._cell(meaning)} IS NOT NULL"] if meaning else []
        open_ += self._opened(fact)
        return f"CASE WHEN NOT ({' OR '.join(open_)}) THEN {written} END" if open_ else written

    def _opened(self, fact: str) -> list[str]:
        """When a fact stands behind a definition that is said to be unknown, as :meth:`Engine.determine` has it."""
        found: dict[str, list[int]] = {}
        for number in range(len(self.eras)):
            for condition in self._behind(fact, number):
                found.setdefault(condition, []).append(number)
        return [self._in_eras(condition, numbers) for condition, numbers in found.items()]

    def _behind(self, fact: str, number: int) -> list[str]:
        """When some definition that reads the fact is open."""
        engine, found = self.eras[number].engine, dict[str, None]()
        for above in self._may_be_opened[number]:
            if above != fact and fact in engine.reads(above):
                found.update(dict.fromkeys(self._active(above, number)))
        return list(found)

    @cached_property
    def _may_be_opened(self) -> list[list[str]]:
        """In each era the definitions that are, or stand behind, a column that may say a definition is not known."""
        found = []
        for era in self.eras:
            open_ = {d for d in era.engine.definitions if d in self._by_fact}
            waiting = list(open_)
            while waiting:
                behind = (era.engine.reads(waiting.pop()) & era.engine.definitions) - open_
                open_ |= behind
                waiting += behind
            found.append(sorted(open_))
        return found

    def _active(self, definition: str, number: int) -> list[str]:
        """When a definition is open by somebody's word, or behind one that is."""
        key = (definition, number)
        if key in self._opened_by:
            return self._opened_by[key]
        meaning = self._by_fact.get(definition)
        found, unstated = [], []
        if meaning is not None:
            found.append(f"({self._cell(meaning)} IS NOT NULL AND {self._value(meaning)} IS NULL)")
            unstated.append(f"{self._cell(meaning)} IS NULL")
        if self.items is not None and definition in self.items.facts:
            unstated.append(f"{self._of_item(definition)} IS NULL")
        for condition in self._behind(definition, number):
            found.append(f"({' AND '.join([*unstated, condition])})" if unstated else condition)
        self._opened_by[key] = found
        return found

    def _in_eras(self, condition: str, numbers: Sequence[int]) -> str:
        if len(numbers) == len(self.eras):
            return condition
        day, spans = self.spelling.name("day"), []
        for number in numbers:
            bounds = [f"{day} >= '{self.eras[number].first}'"]
            if number + 1 < len(self.eras):
                bounds.append(f"{day} < '{self.eras[number + 1].first}'")
            spans.append(" AND ".join(bounds))
        return f"(({' OR '.join(spans)}) AND {condition})"

    def _slot_fact(self, slot: str, fact: str) -> str:
        """A party's own fact; where it states none, what its lists say; else what is presumed of everybody."""
        whens: list[str] = []
        for meaning in self.columns.of_slot(slot):
            if meaning.kind == "party" and meaning.fact == fact:
                whens.insert(0, f"WHEN {self._cell(meaning)} IS NOT NULL THEN {self._value(meaning)}")
            if meaning.kind == "lists" and fact in LISTED:
                whens += self._listed(fact, meaning)
        return f"CASE {' '.join(whens)} ELSE {self._presumed(fact)} END"

    def _listed(self, fact: str, meaning: Meaning) -> Iterator[str]:
        lists, told = self._value(meaning), LISTED[fact]
        for truth, codes in told.by_code.items():
            words = "|".join(word for code in codes for word in WORDS[code])
            on = self.spelling.matches(lists, f"^(.*;)?({words})(list)?(;.*)?$")
            yield f"WHEN {self._cell(meaning)} IS NOT NULL AND {on} THEN {str(truth).upper()}"
        if told.otherwise is not None:
            yield f"WHEN {self._cell(meaning)} IS NOT NULL THEN {str(told.otherwise).upper()}"

    def _presence(self) -> Lines:
        """Which parties a row names. Somebody receives the item: an unnamed consignee, where no one else does."""
        named = {
            slot: " OR ".join(f"{self._cell(m)} IS NOT NULL" for m in self.columns.of_slot(slot)) or "FALSE"
            for slot in self.slots
        }
        receiving = [named[slot] for slot in RECEIVING if slot in named]
        found = []
        for slot in self.slots:
            here = named[slot]
            if slot == "ultimate_consignee":
                here = "TRUE" if receiving == ["FALSE"] else f"{here} OR NOT ({' OR '.join(receiving)})"
            found.append(("", f"({here}) AS {self._name(f'{slot}_present')}"))
        return [("which parties the row names", found[0][1]), *found[1:]]


def _fact_of(leaf: str) -> str:
    return leaf.rpartition(":")[2].removesuffix(STATED).removesuffix(PRESUMED)


def _commented(lines: Lines) -> str:
    return "\n    ".join(
        (f"-- {told}\n    " if told else "") + line + ("," if place < len(lines) - 1 else "")
        for place, (told, line) in enumerate(lines)
    )


__all__ = ["Facts"]
