"""Reading ``facts.md``: the dictionary of facts becomes the vocabulary the grammar checks against."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from exeat.lawbook.folder import law_text
from exeat.lawbook.instrument import LawError
from exeat.lawbook.markdown import TableRow, parts
from exeat.logic.vocabulary import Declared, FactType, Vocabulary, nearest

_HEADER = ("fact", "in words", "type", "unit", "question", "source")
_SECTIONS = ("Item", "Transaction", "Party", "Presumed")


def read_dictionary(path: Path, file: str = "facts.md") -> Vocabulary:
    """The declared facts.

    Raises:
        LawError: a row that cannot be read; a fact declared twice; a ratio of undeclared facts; an unknown section.
    """
    facts: dict[str, Declared] = {}
    presumed: list[TableRow] = []
    for part in parts(law_text(path, file), file):
        if part.heading not in _SECTIONS:
            raise LawError(f"unknown section {part.heading!r}; sections are {', '.join(_SECTIONS)}", file, part.line)
        for row in (row for table in part.tables for row in table):
            if part.heading == "Presumed":
                presumed.append(row)
                continue
            declared = _declared(row, part.heading == "Party", file)
            if declared.name in facts:
                first = facts[declared.name].line
                raise LawError(f"the fact {declared.name} is already declared on line {first}", file, row.line)
            facts[declared.name] = declared
    for declared in facts.values():
        for name in declared.ratio or ():
            if name not in facts:
                raise LawError(f"{declared.name} is a ratio of {name}, which is not declared", file, declared.line)
    for row in presumed:
        name = row.cells.get("fact", "")
        if name not in facts:
            hint = nearest(name, facts)
            raise LawError(f"presumed fact {name!r} is not declared{_perhaps(hint)}", file, row.line)
        facts[name] = replace(facts[name], presumed=row.cells["presumed"], presumed_because=row.cells["because"])
    return Vocabulary(facts)


def _declared(row: TableRow, party: bool, file: str) -> Declared:
    missing = [column for column in _HEADER if column not in row.cells]
    if missing:
        raise LawError(f"the table lacks the column {missing[0]!r}", file, row.line)
    name = row.cells["fact"]
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise LawError(f"a fact's name is lower-case letters, digits and underscores, not {name!r}", file, row.line)
    kind, extras = fact_type(row.cells["type"], file, row.line)
    return Declared(
        name=name,
        type=kind,
        words=row.cells["in words"],
        unit=row.cells["unit"],
        question=row.cells["question"],
        source=row.cells["source"],
        party=party,
        file=file,
        line=row.line,
        **extras,  # type: ignore[arg-type]
    )


def fact_type(words: str, file: str, line: int) -> tuple[FactType, dict[str, object]]:
    """The type column: ``yes/no``, ``number(d)``, ``text``, ``country``, ``one of: …`` or ``ratio(d): a / b``."""
    if words == "yes/no":
        return "yes/no", {}
    if words == "text":
        return "text", {}
    if words == "country":
        return "text", {"country": True}
    if match := re.fullmatch(r"number\((\d+)\)", words):
        return "number", {"decimals": int(match[1])}
    if match := re.fullmatch(r"ratio\((\d+)\): ([a-z0-9_]+) / ([a-z0-9_]+)", words):
        return "number", {"decimals": int(match[1]), "ratio": (match[2], match[3])}
    if match := re.fullmatch(r"one of: (.+)", words):
        return "text", {"values": tuple(value.strip() for value in match[1].split(","))}
    expected = "yes/no, number(d), text, country, 'one of: a, b' or 'ratio(d): a / b'"
    raise LawError(f"type {words!r} is not understood; expected {expected}", file, line)


def _perhaps(hint: str | None) -> str:
    return f"; perhaps {hint}" if hint else ""
