"""From the cells of a table to facts, in SQL: read as the desk reads them, presumed as the engine presumes them.

A cell that cannot be read is told in the row's ``error``, never passed over. Reading is a little narrower than the
desk's (no figures of more than 15 digits before the point, no exponents, no misspelled names): what is not read is an
error, so that a row that is decided has the desk's answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from exeat.lawbook.places import folded
from exeat.listing import LISTS, party_list_facts
from exeat.logic.values import value_of
from exeat.logic.vocabulary import Declared, Vocabulary
from exeat.parties import RECEIVING
from exeat.portfolio.columns import Columns, Meaning
from exeat.portfolio.warehouse_items import ItemTables
from exeat.portfolio.warehouse_law import ANY_DAY, PRESUMED, STATED, Era
from exeat.portfolio.warehouse_text import Names, Spelling

_SAYS_UNKNOWN = "^([?]|unknown|null|none stated|don't know)$"
YES, NO = ("yes", "true", "y"), ("no", "false", "n")
#: Digits before the point: a product of two figures fits 38 in every warehouse. Counts of operations are not multiplied.
DIGITS, MANY_DIGITS = 15, 30

Lines = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Span:
    """The days a query decides: one day's law for every row (``column`` None), or each row by its own day."""

    first: str
    last: str
    column: str | None


@dataclass(frozen=True)
class Facts:
    """Writes the first three layers: ``cells`` (trimmed texts), ``stated`` (typed), ``facts`` (with presumptions)."""

    columns: Columns
    given: Sequence[str]
    vocabulary: Vocabulary
    spelling: Spelling
    names: Names
    items: ItemTables | None
    eras: Sequence[Era]
    span: Span
    _by_fact: dict[str, Meaning] = field(default_factory=dict)
    _opened_by: dict[tuple[str, int], list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Sort the columns by what they mean."""
        for meaning in self.columns.read:
            if meaning.kind in ("fact", "number") and meaning.fact != "value_usd":
                self._by_fact[meaning.fact] = meaning

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
        listed = fact in _LISTED and any(m.kind == "lists" for m in self.columns.of_slot(slot))
        return listed or any(m.fact == fact and m.kind == "party" for m in self.columns.of_slot(slot))

    def declared(self, leaf: str) -> Declared:
        """The kind of a leaf, as the writer of expressions asks for it."""
        if leaf.endswith("_present"):
            return Declared(leaf, "yes/no")
        own = self.vocabulary[leaf.rpartition(":")[2].removesuffix(STATED).removesuffix(PRESUMED)]
        return Declared(leaf, own.type, decimals=own.decimals, country=own.country)

    # The first layer.

    def cells(self, table: str) -> str:
        """The columns of the table as they are, and those that are read as trimmed texts."""
        s = self.spelling
        lines = [f"t.{self.column(name)} AS {self.kept(name)}" for name in self.given]
        for meaning in self._read:
            lines.append(f"{self._trimmed('t.' + self.column(meaning.column))} AS {self._cell(meaning)}")
        if self.span.column is not None:
            day = self._trimmed("t." + self.column(self.span.column))
            lines.append(
                f"CASE WHEN LENGTH({day}) >= 19 AND SUBSTR({day}, 11, 1) IN ('T', ' ') "
                f"THEN SUBSTR({day}, 1, 10) ELSE {day} END AS {s.name('day')}"
            )
        return f"  SELECT\n    {_lines(lines)}\n  FROM {table} AS t{s.fence}"

    @property
    def _read(self) -> list[Meaning]:
        return [
            m for m in self.columns.read if m.kind != "date" and (m.kind in ("party", "lists", "item") or self._of(m))
        ]

    def _of(self, meaning: Meaning) -> bool:
        return self._by_fact.get(meaning.fact) is meaning

    def _trimmed(self, column: str) -> str:
        return f"NULLIF(TRIM(CAST({column} AS {self.spelling.text_type})), '')"

    def column(self, name: str) -> str:
        """A column of the table, by the name its owner gave it."""
        return self.spelling.name(name)

    def kept(self, name: str) -> str:
        """A column of the table on its way through the query."""
        return self.spelling.name(self.names(f"given:{name}"))

    def _cell(self, meaning: Meaning) -> str:
        return self.spelling.name(self.names(f"cell:{meaning.slot}:{meaning.fact}"))

    def _value(self, meaning: Meaning) -> str:
        return self.spelling.name(self.names(f"value:{meaning.slot}:{meaning.fact}"))

    # The second layer.

    def stated_layer(self) -> str:
        """Each cell as a value of its type; null where it says that the fact is not known, or cannot be read."""
        lines = ["c.*"]
        joins = []
        if self.columns.item and self.items is not None:
            cell = self._cell(self.columns.of("item")[0])
            lines.append(f"w.id AS {self.spelling.name('item_id')}")
            lines += [f"i.{self.spelling.name(f)} AS {self._of_item(f)}" for f in self.items.facts]
            joins.append(f"LEFT JOIN item_names AS w ON w.word = LOWER(c.{cell})")
            joins.append(f"LEFT JOIN items AS i ON i.id = w.id{self.items.on_day()}")
        for meaning in self._read:
            if meaning.kind in ("item", "lists"):
                continue
            declared = self.vocabulary[meaning.fact]
            if declared.country:
                alias = f"p{len(joins) + 1}"
                cell = f"c.{self._cell(meaning)}"
                joins.append(f"LEFT JOIN places AS {alias} ON {alias}.word = LOWER({cell})")
                lines.append(f"{alias}.code AS {self._value(meaning)}")
                lines.append(f"{alias}.word AS {self._found(meaning)}")
            else:
                lines.append(f"{self._typed(declared, 'c.' + self._cell(meaning))} AS {self._value(meaning)}")
        for meaning in self.columns.of("lists"):
            lines.append(f"{self._folded('c.' + self._cell(meaning))} AS {self._value(meaning)}")
        joined = "".join(f"\n  {join}" for join in joins)
        return f"  SELECT\n    {_lines(lines)}\n  FROM cells AS c{joined}{self.spelling.fence}"

    def _found(self, meaning: Meaning) -> str:
        return self.spelling.name(self.names(f"place:{meaning.slot}:{meaning.fact}"))

    def _of_item(self, fact: str) -> str:
        return self.spelling.name(self.names(f"item:{fact}"))

    def _typed(self, declared: Declared, cell: str) -> str:
        s = self.spelling
        if declared.type == "yes/no":
            return (
                f"CASE WHEN LOWER({cell}) IN ({s.listed(YES)}) THEN TRUE "
                f"WHEN LOWER({cell}) IN ({s.listed(NO)}) THEN FALSE END"
            )
        if declared.type == "number":
            digits, places = digits_of(declared), declared.decimals
            type_, rest = s.number_type(digits, places), "([.]0+)?" if not places else f"([.][0-9]{{1,{places}}}0*)?"
            plain = s.matches(cell, f"^0*[0-9]{{1,{digits}}}{rest}$")
            commas = s.matches(cell, f"^[0-9]{{1,3}}(,[0-9]{{3}}){{1,{digits // 3 - 1}}}{rest}$")
            return (
                f"CASE WHEN {plain} THEN CAST({cell} AS {type_}) "
                f"WHEN {commas} THEN CAST(REPLACE({cell}, ',', '') AS {type_}) END"
            )
        if not declared.values:
            return f"CASE WHEN NOT ({s.matches(f'LOWER({cell})', _SAYS_UNKNOWN)}) THEN {cell} END"
        exact = [v for v in declared.values if v != _underscored(v)]
        plain = f"LOWER(REPLACE(REPLACE({cell}, ' ', '_'), '-', '_'))"
        known = [v for v in declared.values if v == _underscored(v)]
        whens = [f"WHEN {cell} = {s.literal(v)} THEN {s.literal(v)}" for v in exact]
        whens += [
            f"WHEN {plain} = {s.literal(v.casefold())} THEN {s.literal(v)}"
            for v in exact
            if v.casefold() == _underscored(v)
        ]
        whens += [f"WHEN {s.matches(plain, '^(' + '|'.join(known) + ')$')} THEN {plain}"] if known else []
        return f"CASE {' '.join(whens)} END"

    def _folded(self, cell: str) -> str:
        """The lists of a party as ``el;uvl``: without blanks, hyphens and words that say there is none."""
        found = f"LOWER({cell})"
        for sign, put in (("|", ";"), (" ", ""), ("-", "")):
            found = f"REPLACE({found}, '{sign}', '{put}')"
        return found

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
        whens = []
        for meaning in self.columns.of_slot(slot):
            if meaning.kind == "party" and meaning.fact == fact:
                whens.insert(0, f"WHEN {self._cell(meaning)} IS NOT NULL THEN {self._value(meaning)}")
            if meaning.kind == "lists" and fact in _LISTED:
                whens += self._listed(fact, meaning)
        return f"CASE {' '.join(whens)} ELSE {self._presumed(fact)} END"

    def _listed(self, fact: str, meaning: Meaning) -> Iterator[str]:
        lists, told = self._value(meaning), _LISTED[fact]
        for truth, codes in told.by_code.items():
            words = "|".join(word for code in codes for word in _WORDS[code])
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

    # What cannot be read.

    def _error(self) -> str:
        s = self.spelling
        parts = []
        if self.span.column is not None:
            parts += self._day_errors()
        for meaning in self._read:
            cell = self._cell(meaning)
            if meaning.kind == "item":
                wrong, expected = f"{s.name('item_id')} IS NULL", "a name of the catalog (exeat items)"
            elif meaning.kind == "lists":
                words = "|".join(("none", "no", *(word for code in _WORDS for word in _WORDS[code])))
                wrong = f"NOT ({s.matches(self._value(meaning), f'^(({words})?(list)?;)*({words})?(list)?$')})"
                expected = "codes such as EL or UVL with semicolons between them, or none"
            else:
                declared = self.vocabulary[meaning.fact]
                unread = self._found(meaning) if declared.country else self._value(meaning)
                wrong = f"{unread} IS NULL AND NOT ({s.matches(f'LOWER({cell})', _SAYS_UNKNOWN)})"
                expected = _expected(declared)
            what = s.literal(f"{meaning.column} is '")
            told = s.literal(f"'; expected {expected}; ")
            parts.append(f"CASE WHEN {cell} IS NOT NULL AND {wrong} THEN {what} || {cell} || {told} ELSE '' END")
        if not parts:
            return f"CAST(NULL AS {s.text_type})"
        return f"NULLIF({s.concat(parts)}, '')"

    def _day_errors(self) -> Iterator[str]:
        s, day = self.spelling, self.spelling.name("day")
        first, last = self.span.first, self.span.last
        yield f"CASE WHEN {day} IS NULL THEN 'the row states no date; expected YYYY-MM-DD; ' ELSE '' END"
        what = s.literal(f"{self.span.column} is '")
        yield (
            f"CASE WHEN NOT ({s.matches(day, _A_DAY)}) THEN {what} || {day} || "
            f"{s.literal(chr(39) + '; expected a day that exists, as YYYY-MM-DD; ')}\n"
            f"           WHEN {day} < '{first}' OR {day} > '{last}' THEN {what} || {day} || "
            f"{s.literal(f'{chr(39)}; this query decides {first} to {last}; ')} ELSE '' END"
        )


@dataclass(frozen=True, slots=True)
class _Listed:
    """What a party's lists say of a fact: by code, and where none of these codes is among them."""

    by_code: Mapping[bool, Sequence[str]]
    otherwise: bool | None


def _listed_facts() -> dict[str, _Listed]:
    """The facts that follow from lists, asked of the reader of lists itself, one code at a time."""
    base = party_list_facts([], ANY_DAY)
    each = {known.code: party_list_facts([known.code], ANY_DAY) for known in LISTS}
    found = {}
    for fact in sorted({*base, *(f for facts in each.values() for f in facts)}):
        by_code: dict[bool, list[str]] = {}
        for code, facts in each.items():
            truth = facts.get(fact)
            if truth is not None and truth != base.get(fact):
                by_code.setdefault(truth, []).append(code)
        found[fact] = _Listed(by_code, base.get(fact))
    return found


def _plain_letters(words: str) -> str:
    return re.sub(r"[^a-z0-9]", "", words.casefold())


def _underscored(value: str) -> str:
    return value.casefold().replace(" ", "_").replace("-", "_")


_LISTED = _listed_facts()
_WORDS = {known.code: tuple(_plain_letters(n) for n in (known.code, *known.names)) for known in LISTS}
_LEAP = "(19|2[0-9])(0[48]|[2468][048]|[13579][26])|2[048]00"
_A_DAY = (
    "^([0-9]{4}-(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|[0-9]{4}-(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    f"|[0-9]{{4}}-02-(0[1-9]|1[0-9]|2[0-8])|({_LEAP})-02-29)$"
)


def _fact_of(leaf: str) -> str:
    return leaf.rpartition(":")[2].removesuffix(STATED).removesuffix(PRESUMED)


def digits_of(declared: Declared) -> int:
    """How many digits before the point a figure of the table may have."""
    return MANY_DIGITS if declared.name.endswith("_operations") or declared.name.startswith("generator_operations") else DIGITS


def _expected(declared: Declared) -> str:
    if declared.country:
        return "a two-letter place code or a place's name"
    if declared.type == "yes/no":
        return "yes, no or ?"
    if declared.type == "number":
        places = f" with at most {declared.decimals} decimal places" if declared.decimals else ", whole"
        unit = f" ({declared.unit})" if declared.unit else ""
        return f"a number{unit}, zero or more{places}, of at most {digits_of(declared)} digits before the point"
    listed = ", ".join(declared.values[:8]) + (", ..." if len(declared.values) > 8 else "")
    return f"one of {listed}" if declared.values else "a text"


def place_rows(places: Iterable[tuple[str, str | None, Sequence[str]]]) -> list[tuple[str, str | None]]:
    """Each word a place goes by, once, and its code; null for a place of which the EAR's tables say nothing.

    Args:
        places: code, what the query is to read it as, names.
    """
    listed = list(places)
    found: dict[str, str | None] = {}
    for _, read_as, names in listed:
        for name in names:
            for word in (folded(name), name.casefold().strip()):
                found[word] = read_as
    found.update({code.casefold(): read_as for code, read_as, _ in listed})
    return list(found.items())


def _lines(parts: Sequence[str]) -> str:
    return ",\n    ".join(parts)


def _commented(lines: Lines) -> str:
    return "\n    ".join(
        (f"-- {told}\n    " if told else "") + line + ("," if place < len(lines) - 1 else "")
        for place, (told, line) in enumerate(lines)
    )


__all__ = ["Facts", "Span", "digits_of", "place_rows"]
