"""Any CSV with a mapping of its columns: a company's own watch list, a foreign list, a list we do not know."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TextIO

from exeat.logic.vocabulary import nearest
from exeat.screening.entry import Alias, Entry, Identifier, made_key
from exeat.screening.errors import UnreadableList

#: What a column may be mapped to. Several values in one cell are told apart by ``;`` or ``|``.
FIELDS = (
    "name", "aliases", "list", "country", "address", "type", "identifier", "birth_date", "since", "until", "programs",
    "footnotes", "license_requirement", "license_policy", "federal_register", "remarks", "number",
)  # fmt: skip


def read_csv(file: TextIO, mapping: Mapping[str, str], code: str = "OWN") -> Iterator[Entry]:
    """Entries of a CSV whose columns ``mapping`` names: ``{"name": "Company", "country": "Land"}``.

    Raises:
        UnreadableList: an unknown field or column (the nearest valid one is named), no name, a bad date, a cut row.
    """
    reader = csv.DictReader(file, restkey="_rest", restval=None, strict=True)
    header = list(reader.fieldnames or [])
    for field, column in mapping.items():
        if field not in FIELDS:
            raise UnreadableList(f"mapping: unknown field {field!r}{_hint(field, FIELDS)}")
        if column not in header:
            raise UnreadableList(f"mapping: no column {column!r} in the file{_hint(column, header)}")
    if "name" not in mapping:
        raise UnreadableList("mapping: no column for 'name'")
    try:
        for row in reader:
            if header and row[header[-1]] is None:
                raise UnreadableList(f"row {reader.line_num}: fewer than {len(header)} columns: the file is cut short")
            held = {field: (row[column] or "").strip() for field, column in mapping.items()}
            if not held["name"]:
                raise UnreadableList(f"row {reader.line_num}, column {mapping['name']!r}: empty; expected a name")
            yield _entry(held, code, reader.line_num)
    except csv.Error as error:
        raise UnreadableList(f"row {reader.line_num}: {error}; the file is damaged or cut short") from None


def _entry(held: Mapping[str, str], code: str, row: int) -> Entry:
    own = held.get("list") or code
    countries = tuple(c.upper() for c in _many(held.get("country", "")))
    return Entry(
        key=made_key(own, held["name"], "|".join(countries), held.get("number", "")),
        list=own,
        name=held["name"],
        aliases=tuple(Alias(alias) for alias in _many(held.get("aliases", ""))),
        type=held.get("type", ""),
        countries=countries,
        addresses=_many(held.get("address", "")),
        identifiers=tuple(Identifier("", number) for number in _many(held.get("identifier", ""))),
        birth_dates=_many(held.get("birth_date", "")),
        programs=_many(held.get("programs", "")),
        footnotes=_many(held.get("footnotes", "")),
        license_requirement=held.get("license_requirement", ""),
        license_policy=held.get("license_policy", ""),
        federal_register=held.get("federal_register", ""),
        since=_day(held.get("since", ""), row, "since"),
        until=_day(held.get("until", ""), row, "until"),
        remarks=held.get("remarks", ""),
        row=row,
        source="own list",
    )


def _many(text: str) -> tuple[str, ...]:
    return tuple(part for part in (p.strip() for p in text.replace("|", ";").split(";")) if part)


def _day(text: str, row: int, field: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UnreadableList(f"row {row}: {field} is {text[:30]!r}; expected YYYY-MM-DD") from None


def _hint(word: str, known: object) -> str:
    near = nearest(word, list(known))  # type: ignore[call-overload]
    return f"; perhaps {near!r}" if near else f"; expected one of {', '.join(list(known))}"  # type: ignore[call-overload]
