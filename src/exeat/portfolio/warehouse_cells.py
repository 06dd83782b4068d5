"""From the cells of a table to facts, in SQL: read as the desk reads them, presumed as the engine presumes them.

A cell that cannot be read is told in the row's ``error``, never passed over. Reading is a little narrower than the
desk's (no figures of more than 15 digits before the point, no exponents, no misspelled names): what is not read is an
error, so that a row that is decided has the desk's answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from exeat.lawbook.places import folded
from exeat.logic.vocabulary import Declared, Vocabulary
from exeat.portfolio.columns import Columns, Meaning
from exeat.portfolio.warehouse_items import ItemTables
from exeat.portfolio.warehouse_law import Era
from exeat.portfolio.warehouse_lists import ANY_WORD
from exeat.portfolio.warehouse_text import Names, Spelling

_SAYS_UNKNOWN = "^([?]|unknown|null|none stated|don't know)$"
YES, NO = ("yes", "true", "y"), ("no", "false", "n")
#: Digits before the point: a product of two fits 38 in every warehouse. Counts of operations are not multiplied.
DIGITS, MANY_DIGITS = 15, 30

Lines = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Span:
    """The days a query decides: one day's law for every row (``column`` None), or each row by its own day."""

    first: str
    last: str
    column: str | None


@dataclass(frozen=True)
class Cells:
    """Writes the first two layers, ``cells`` (trimmed texts) and ``stated`` (typed), and what cannot be read."""

    columns: Columns
    given: Sequence[str]
    vocabulary: Vocabulary
    spelling: Spelling
    names: Names
    items: ItemTables | None
    eras: Sequence[Era]
    span: Span
    _by_fact: dict[str, Meaning] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Sort the columns by what they mean."""
        for meaning in self.columns.read:
            if meaning.kind in ("fact", "number") and meaning.fact != "value_usd":
                self._by_fact[meaning.fact] = meaning

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
        return f"  SELECT\n    {one_on_a_line(lines)}\n  FROM {table} AS t{s.fence}"

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
        return f"  SELECT\n    {one_on_a_line(lines)}\n  FROM cells AS c{joined}{self.spelling.fence}"

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

    # What cannot be read.

    def _error(self) -> str:
        s = self.spelling
        parts: list[str] = []
        if self.span.column is not None:
            parts += self._day_errors()
        for meaning in self._read:
            cell = self._cell(meaning)
            if meaning.kind == "item":
                wrong, expected = f"{s.name('item_id')} IS NULL", "a name of the catalog (exeat items)"
            elif meaning.kind == "lists":
                # A word must be there: a dash or a lone separator does not say that a party is on no list.
                known = s.matches(self._value(meaning), f"^(({ANY_WORD})(list)?|;)+$")
                wrong = f"(NOT ({known}) OR {s.matches(cell, _NO_LIST)})"
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


def _underscored(value: str) -> str:
    return value.casefold().replace(" ", "_").replace("-", "_")


_NO_LIST = "^([ ;|]*|(.*[;|])?[ ]*-[ -]*([;|].*)?)$"
_LEAP = "(19|2[0-9])(0[48]|[2468][048]|[13579][26])|2[048]00"
_A_DAY = (
    "^([0-9]{4}-(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|[0-9]{4}-(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    f"|[0-9]{{4}}-02-(0[1-9]|1[0-9]|2[0-8])|({_LEAP})-02-29)$"
)


def digits_of(declared: Declared) -> int:
    """How many digits before the point a figure of the table may have."""
    return (
        MANY_DIGITS
        if declared.name.endswith("_operations") or declared.name.startswith("generator_operations")
        else DIGITS
    )


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


def one_on_a_line(parts: Sequence[str]) -> str:
    """The columns of a query, one on a line."""
    return ",\n    ".join(parts)


__all__ = ["Cells", "Span", "digits_of", "one_on_a_line", "place_rows"]
