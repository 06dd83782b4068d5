"""OpenSanctions' FollowTheMoney entities, one JSON object a line: listed parties, and ownership for :mod:`..stakes`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from exeat.screening.entry import Alias, Entry, Identifier, made_key
from exeat.screening.errors import UnreadableList

PARTIES = {"Person": "person", "Organization": "organization", "Company": "organization", "LegalEntity": "",
           "PublicBody": "organization", "Vessel": "vessel", "Airplane": "aircraft", "Asset": ""}  # fmt: skip
#: OpenSanctions' program ids to list codes.
PROGRAMS = {"US-BIS-EL": "EL", "US-BIS-DPL": "DPL", "US-BIS-UVL": "UVL", "US-BIS-MEU": "MEU", "US-BIS-MIEU": "MIEU",
            "US-SDN": "SDN", "US-CMIC": "CMIC", "US-SSI": "SSI"}  # fmt: skip
_NUMBERS = ("registrationNumber", "taxNumber", "leiCode", "passportNumber", "idNumber", "imoNumber", "innCode",
            "ogrnCode", "uscCode", "innCode", "dunsCode", "swiftBic")  # fmt: skip


def objects(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Line number and object of each line.

    Raises:
        UnreadableList: a line that is not a whole JSON object with id, schema and properties.
    """
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            held = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            raise UnreadableList(f"line {number}: {error}; the file is damaged or cut short") from None
        if not isinstance(held, dict) or not {"id", "schema", "properties"} <= held.keys():
            raise UnreadableList(f"line {number}: no id, schema and properties; expected a FollowTheMoney entity")
        yield number, held


def read_lines(text: str) -> Iterator[Entry]:
    """Parties that are targets of a sanction or listing; their ``Sanction`` entities give list, dates and policy."""
    sanctions: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    parties: list[tuple[int, Mapping[str, Any]]] = []
    for number, held in objects(text):
        if held["schema"] == "Sanction":
            for party in held["properties"].get("entity", []):
                sanctions[str(party)].append(held["properties"])
        elif held["schema"] in PARTIES:
            parties.append((number, held))
    for number, held in parties:
        topics = held["properties"].get("topics", [])
        if (
            held["id"] in sanctions
            or held.get("target")
            or any(str(t).startswith(("sanction", "export.control", "debarment")) for t in topics)
        ):
            yield _entry(number, held, sanctions.get(held["id"], []))


def _entry(row: int, held: Mapping[str, Any], sanctions: list[Mapping[str, Any]]) -> Entry:
    own: Mapping[str, list[str]] = held["properties"]
    names = own.get("name") or [held.get("caption") or held["id"]]
    programs = [p for s in sanctions for p in s.get("programId", []) + s.get("program", [])]
    code = next((PROGRAMS[p] for p in programs if p in PROGRAMS), "") or str((held.get("datasets") or ["FTM"])[0])
    starts = sorted(d for s in sanctions for d in s.get("startDate", []))
    ends = sorted(d for s in sanctions for d in s.get("endDate", []))

    def said(key: str) -> str:
        return "; ".join(dict.fromkeys(text for s in sanctions for text in s.get(key, [])))

    return Entry(
        key=made_key(code, names[0], number=str(held["id"])),
        list=code,
        name=names[0],
        aliases=tuple(
            [Alias(n) for n in [*names[1:], *own.get("alias", []), *own.get("previousName", [])]]
            + [Alias(n, True) for n in own.get("weakAlias", [])]
        ),
        type=PARTIES.get(held["schema"], ""),
        countries=tuple(dict.fromkeys(c.upper() for c in own.get("country", []) + own.get("jurisdiction", []))),
        addresses=tuple(own.get("address", [])),
        identifiers=tuple(Identifier(kind, number) for kind in dict.fromkeys(_NUMBERS) for number in own.get(kind, [])),
        birth_dates=tuple(own.get("birthDate", [])),
        programs=tuple(dict.fromkeys(programs)),
        license_requirement=said("reason"),
        license_policy=said("provisions"),
        federal_register=said("authorityId"),
        since=_day(starts[0]) if starts else None,
        until=_day(ends[-1]) if ends and len(ends) == len(sanctions) else None,
        row=row,
        source="OpenSanctions",
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
