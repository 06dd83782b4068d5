"""The US Consolidated Screening List: the official CSV and JSON, and CSV extracts that keep its column names."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, TextIO

from exeat.screening.entry import LISTS, Alias, Entry, Identifier, made_key
from exeat.screening.errors import UnreadableList

#: Columns any usable extract must have.
NEEDED = ("source", "name")
TYPES = {"individual": "person", "entity": "organization", "vessel": "vessel", "aircraft": "aircraft"}
_CODE = re.compile(r"\(([A-Z][A-Za-z-]+)(?: List)?\)")
_ADDRESS_ROW = re.compile(r"^address\s+\d+$", re.IGNORECASE)
_FOLDED = {code.casefold(): code for code in LISTS} | {"itar debarred": "DTC"}
_TURKEY = {"TURKIYE": "TR"}


def list_code(source: str, row: int) -> str:
    """The list's code from the ``source`` column (``Entity List (EL) - Bureau of ...``).

    Raises:
        UnreadableList: a source that names none of the twelve lists.
    """
    for found in _CODE.findall(source):
        code = _FOLDED.get(str(found).casefold())
        if code:
            return code
    raise UnreadableList(f"row {row}, column 'source': {source[:80]!r} names none of the lists {', '.join(LISTS)}")


def read_csv(file: TextIO) -> Iterator[Entry]:
    """Entries of a CSL CSV file, in order.

    Raises:
        UnreadableList: a column is missing, a row is cut short, a list is unknown.
    """
    reader = csv.DictReader(file, restkey="_rest", restval=None, strict=True)
    header = reader.fieldnames or []
    for column in NEEDED:
        if column not in header:
            raise UnreadableList(f"row 1: no column {column!r}; expected the header of the CSL, found {header[:6]}")
    try:
        for row in reader:
            number = reader.line_num
            if row[header[-1]] is None:
                raise UnreadableList(f"row {number}: only part of the {len(header)} columns: the file is cut short")
            yield _entry({key: (value or "").strip() for key, value in row.items() if key != "_rest"}, number)
    except csv.Error as error:
        raise UnreadableList(f"row {reader.line_num}: {error}") from None


def _entry(row: Mapping[str, str], number: int) -> Entry:
    code = list_code(row["source"], number)
    name = row["name"]
    if not name:
        raise UnreadableList(f"row {number}, column 'name': empty; every entry has a name")
    addresses = _parts(row.get("addresses", ""))
    countries = tuple(dict.fromkeys(_countries(row.get("countries", "")) + _address_countries(addresses)))
    own_number = row.get("_id", "") or row.get("entity_number", "")
    return Entry(
        key=made_key(code, name, "|".join(countries), own_number),
        list=code,
        name=name,
        aliases=tuple(Alias(alias) for alias in _parts(row.get("alt_names", ""))),
        type="address" if _ADDRESS_ROW.match(name) else TYPES.get(row.get("type", "").casefold(), ""),
        countries=countries,
        addresses=addresses,
        identifiers=tuple(_identifiers(row.get("ids", ""))),
        birth_dates=_parts(row.get("dates_of_birth", "")),
        programs=_parts(row.get("programs", "")),
        license_requirement=row.get("license_requirement", ""),
        license_policy=row.get("license_policy", ""),
        federal_register=row.get("federal_register_notice", ""),
        since=_day(row.get("start_date", ""), number, "start_date"),
        until=_day(row.get("end_date", ""), number, "end_date"),
        standard_order={"Y": True, "N": False}.get(row.get("standard_order", "")),
        remarks=row.get("remarks", ""),
        row=number,
        source=row.get("source_list_url", ""),
    )


def read_json(file: TextIO) -> Iterator[Entry]:
    """Entries of the CSL JSON file (an object with ``results``).

    Raises:
        UnreadableList: not JSON, cut short, or no ``results``.
    """
    try:
        held = json.load(file)
    except (json.JSONDecodeError, RecursionError) as error:
        raise UnreadableList(f"not whole JSON: {error}") from None
    results = held.get("results") if isinstance(held, dict) else None
    if not isinstance(results, list):
        raise UnreadableList("no array 'results'; expected the object of consolidated.json")
    for number, row in enumerate(results, 1):
        if not isinstance(row, dict) or not row.get("name") or not row.get("source"):
            raise UnreadableList(f"result {number}: no name or no source")
        yield _from_json(row, number)


def _from_json(row: Mapping[str, Any], number: int) -> Entry:
    code = list_code(str(row["source"]), number)
    name = str(row["name"]).strip()
    held = [a for a in row.get("addresses") or [] if isinstance(a, dict)]
    countries = [str(a["country"]).upper() for a in held if a.get("country")]
    if row.get("country"):
        countries.append(str(row["country"]).upper())
    places = tuple(dict.fromkeys(_TURKEY.get(c, c) for c in countries))
    parts = ("address", "city", "state", "postal_code", "country")
    return Entry(
        key=made_key(code, name, "|".join(places), str(row.get("id") or row.get("entity_number") or "")),
        list=code,
        name=name,
        aliases=tuple(Alias(str(alias)) for alias in row.get("alt_names") or [] if alias),
        type="address" if _ADDRESS_ROW.match(name) else TYPES.get(str(row.get("type") or "").casefold(), ""),
        countries=places,
        addresses=tuple(", ".join(str(a[p]) for p in parts if a.get(p)) for a in held),
        identifiers=tuple(
            Identifier(str(i.get("type") or ""), str(i.get("number") or ""), str(i.get("country") or ""))
            for i in row.get("ids") or [] if isinstance(i, dict)
        ),
        birth_dates=tuple(str(d) for d in row.get("dates_of_birth") or []),
        programs=tuple(str(p) for p in row.get("programs") or []),
        license_requirement=str(row.get("license_requirement") or ""),
        license_policy=str(row.get("license_policy") or ""),
        federal_register=str(row.get("federal_register_notice") or ""),
        since=_day(str(row.get("start_date") or ""), number, "start_date"),
        until=_day(str(row.get("end_date") or ""), number, "end_date"),
        standard_order={"Y": True, "N": False}.get(str(row.get("standard_order") or "")),
        remarks=str(row.get("remarks") or ""),
        row=number,
        source=str(row.get("source_list_url") or ""),
    )  # fmt: skip


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in (p.strip() for p in text.split("; ")) if part)


def _countries(text: str) -> tuple[str, ...]:
    return tuple(_TURKEY.get(c, c) for c in (p.strip().upper() for p in re.split(r"[|;]", text)) if c)


def _address_countries(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """The two letters an address of the CSV ends with."""
    last = (address.rsplit(",", 1)[-1].strip() for address in addresses)
    return tuple(code for code in last if len(code) == 2 and code.isupper())


def _identifiers(text: str) -> Iterator[Identifier]:
    for part in _parts(text):
        fields = [field.strip() for field in part.split(",")]
        if len(fields) >= 2 and any(c.isdigit() for c in fields[1]):
            yield Identifier(fields[0], fields[1], fields[2] if len(fields) > 2 else "")
        elif len(fields) == 3 and any(c.isdigit() for c in fields[2]):
            yield Identifier(fields[1], fields[2], fields[0])
        elif len(fields) == 3 and any(c.isdigit() for c in fields[1]):
            yield Identifier(fields[2], fields[1], fields[0])


def _day(text: str, row: int, column: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise UnreadableList(f"row {row}, column {column!r}: {text[:30]!r} is no day; expected YYYY-MM-DD") from None
