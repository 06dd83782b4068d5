"""How a query is spelled in each warehouse: types, literals, patterns, small tables; and names that fit everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from exeat.logic.tree import Fact
from exeat.logic.vocabulary import Declared, Vocabulary, nearest
from exeat.terms import InputError

Dialect = Literal["duckdb", "spark", "snowflake", "bigquery", "postgres"]
DIALECTS: tuple[Dialect, ...] = ("duckdb", "spark", "snowflake", "bigquery", "postgres")

_TEXT = {"duckdb": "VARCHAR", "spark": "STRING", "snowflake": "VARCHAR", "bigquery": "STRING", "postgres": "TEXT"}
_MATCHES = {
    "duckdb": "REGEXP_MATCHES({}, {})",
    "spark": "{} RLIKE {}",
    "snowflake": "REGEXP_LIKE({}, {})",
    "bigquery": "REGEXP_CONTAINS({}, {})",
    "postgres": "{} ~ {}",
}
_HOLDS = {
    "duckdb": "STRPOS({}, {})",
    "spark": "INSTR({}, {})",
    "snowflake": "CHARINDEX({1}, {0})",
    "bigquery": "STRPOS({}, {})",
    "postgres": "STRPOS({}, {})",
}
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_LONGEST = 56  # PostgreSQL cuts names at 63 bytes
_MOST_ARGUMENTS = 80  # PostgreSQL takes 100 arguments to a function
_WIDTH = 118


@dataclass(frozen=True, slots=True)
class Spelling:
    """One dialect's spelling."""

    dialect: Dialect

    @property
    def text_type(self) -> str:
        return _TEXT[self.dialect]

    def number_type(self, digits: int, places: int) -> str:
        """An exact decimal of so many digits before and behind the point."""
        if self.dialect == "bigquery":
            return "BIGNUMERIC"
        return f"DECIMAL({digits + places}, {places})"

    def type_of(self, kind: str, digits: int = 15, places: int = 0) -> str:
        """The type of a declared kind of fact (yes/no, number, text)."""
        if kind == "number":
            return self.number_type(digits, places)
        return "BOOLEAN" if kind == "yes/no" else self.text_type

    def literal(self, words: str) -> str:
        """A text in quotes."""
        if self.dialect in ("spark", "bigquery"):
            return "'" + words.replace("\\", "\\\\").replace("'", "\\'") + "'"
        if self.dialect == "snowflake":
            words = words.replace("\\", "\\\\")
        return "'" + words.replace("'", "''") + "'"

    def listed(self, words: Sequence[str]) -> str:
        """Texts with commas between them."""
        return ", ".join(map(self.literal, words))

    def matches(self, what: str, pattern: str) -> str:
        """Whether a text has the form of a whole pattern (``^ … $``, without backslashes)."""
        return _MATCHES[self.dialect].format(what, self.literal(pattern))

    def among_codes(self, what: str, codes: Sequence[str]) -> str:
        """Whether a two-letter code is among others; unknown where it is null.

        They stand in one text with blanks between them, in which two letters can only be found as a whole code: a list
        of forty constants would make DuckDB join a table for each, at ten times the cost.
        """
        return f"{_HOLDS[self.dialect].format(self.literal(' '.join(codes)), what)} > 0"

    def name(self, identifier: str) -> str:
        """A name as the query writes it: plain where it can be, in the dialect's quotes where it cannot."""
        if _PLAIN.fullmatch(identifier):
            return _plain_name(self.dialect, identifier)
        if self.dialect in ("spark", "bigquery"):
            return "`" + identifier.replace("`", "``") + "`"
        return '"' + identifier.replace('"', '""') + '"'

    def concat(self, parts: Sequence[str]) -> str:
        """Texts that are never null, joined."""
        chunks = [parts[n : n + _MOST_ARGUMENTS] for n in range(0, len(parts), _MOST_ARGUMENTS)]
        return " || ".join("CONCAT(\n      " + ",\n      ".join((*chunk, "''")) + "\n    )" for chunk in chunks) or "''"

    def small_table(self, columns: Sequence[str], types: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        """A query that gives a few rows of literals."""
        names = [self.name(c) for c in columns]
        cast = ", ".join(f"CAST({n} AS {t}) AS {n}" for n, t in zip(names, types, strict=True))
        if self.dialect == "bigquery":
            first = ", ".join(f"CAST({v} AS {t}) AS {n}" for v, t, n in zip(rows[0], types, names, strict=True))
            listed = [f"STRUCT({first})", *(f"({', '.join(row)})" for row in rows[1:])]
            return f"SELECT {', '.join(names)}\n  FROM UNNEST([\n    " + _filled(listed) + "\n  ])"
        listed = [f"({', '.join(row)})" for row in rows]
        return f"SELECT {cast}\n  FROM (VALUES\n    " + _filled(listed) + f"\n  ) AS v ({', '.join(names)})"

    @property
    def fence(self) -> str:
        """What keeps PostgreSQL from writing each paragraph out again in all that read it."""
        return "\n  OFFSET 0" if self.dialect == "postgres" else ""


def _filled(parts: Sequence[str]) -> str:
    """Parts with commas between them, as many on a line as it holds."""
    lines, line = [], ""
    for place, part in enumerate(parts):
        piece = part + ("," if place < len(parts) - 1 else "")
        if line and len(line) + len(piece) + 1 > _WIDTH - 4:
            lines.append(line)
            line = piece
        else:
            line = f"{line} {piece}" if line else piece
    return "\n    ".join([*lines, line])


@cache
def _plain_name(dialect: Dialect, identifier: str) -> str:
    """A name of plain letters, quoted if it is a word of the dialect: as the writer of expressions has it."""
    from exeat.logic.sql import to_sql

    return to_sql(Fact(identifier), Vocabulary({identifier: Declared(identifier, "text")}), dialect)


def spelling_of(dialect: str) -> Spelling:
    """The spelling of a dialect by name.

    Raises:
        InputError: no such dialect; the nearest is named.
    """
    for known in DIALECTS:
        if known == dialect:
            return Spelling(known)
    hint = nearest(dialect, DIALECTS)
    raise InputError(
        f"no dialect is called {dialect[:40]!r}; expected one of {', '.join(DIALECTS)}"
        + (f"; perhaps {hint}" if hint else "")
    )


class Names:
    """Identifiers for what the query names inside: short enough for every warehouse, each given once."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()

    def __call__(self, name: str) -> str:
        """The identifier of an inner name (``text.any_requirement``, ``eccn_3a090_a/a.1``)."""
        found = self._given.get(name)
        if found is None:
            plain = re.sub(r"[^a-z0-9_]+", "_", name.casefold().replace("/", "__").replace("@", "__")).strip("_")
            plain = plain if plain[:1].isalpha() else f"x_{plain}"
            found, number = plain[:_LONGEST].rstrip("_"), 1
            while found in self._taken:
                number += 1
                found = f"{plain[: _LONGEST - 4].rstrip('_')}_{number}"
            self._taken.add(found)
            self._given[name] = found
        return found


def indented(words: str, by: int) -> str:
    """Every line but the first moved to the right."""
    return words.replace("\n", "\n" + " " * by)


def comment(words: str, by: int = 4) -> str:
    """Words as a comment before what follows, wrapped; nothing in them can end it."""
    return "".join(f"{' ' * by}-- {line}\n" for line in _wrapped(" ".join(words.split()), _WIDTH - by - 3))


def _wrapped(words: str, width: int) -> Iterator[str]:
    import textwrap

    yield from textwrap.wrap(words.replace("{{", "{ {").replace("{%", "{ %").replace("{#", "{ #"), width) or [""]


__all__ = ["DIALECTS", "Dialect", "Names", "Spelling", "comment", "indented", "spelling_of"]
