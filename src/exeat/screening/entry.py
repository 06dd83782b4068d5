"""The nouns of screening: an entry of a list, with its names, addresses, identifiers and dates."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from operator import attrgetter

#: The lists of the US Consolidated Screening List, by the code in brackets in its ``source`` column, and three lists
#: outside it. The text is how an answer names the list.
LISTS: Mapping[str, str] = {
    "EL": "Entity List (BIS, 15 CFR part 744, supplement no. 4)",
    "DPL": "Denied Persons List (BIS)",
    "UVL": "Unverified List (BIS, 15 CFR part 744, supplement no. 6)",
    "MEU": "Military End-User List (BIS, 15 CFR part 744, supplement no. 7)",
    "SDN": "Specially Designated Nationals (OFAC)",
    "SSI": "Sectoral Sanctions Identifications (OFAC)",
    "CAP": "CAPTA List (OFAC)",
    "NS-MBS": "Non-SDN Menu-Based Sanctions (OFAC)",
    "CMIC": "Non-SDN Chinese Military-Industrial Complex Companies (OFAC)",
    "PLC": "Non-SDN Palestinian Legislative Council (OFAC)",
    "ISN": "Nonproliferation Sanctions (State)",
    "DTC": "ITAR Debarred (State)",
    "MIEU": "Military-intelligence end users named in § 744.22(f)(2) (BIS)",
    "FSE": "Foreign Sanctions Evaders (OFAC)",
    "CONS": "Consolidated non-SDN lists (OFAC)",
}


#: A rule may take effect so long before the Federal Register prints it (84 FR 22961: five days).
EFFECT_BEFORE_PRINT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of an entry. ``weak``: the list's owner calls it a weak alias, or it is one common word."""

    name: str
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number given by an authority: ``kind`` as printed (``Tax ID No.``), ``number``, ``country`` (two letters)."""

    kind: str
    number: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a list.

    ``key`` is stable between copies of the list: the list's own number where it has one, else made of list, name and
    country. ``type`` is ``person``, ``organization``, ``vessel``, ``aircraft``, ``address`` or empty (BIS and State
    rows say nothing). ``since`` is the day of listing as printed (Federal Register publication for eCFR rows);
    ``until`` the last day. ``row`` tells where the entry stands in its file.
    """

    key: str
    list: str
    name: str
    aliases: tuple[Alias, ...] = ()
    type: str = ""
    countries: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    birth_dates: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    footnotes: tuple[str, ...] = ()
    license_requirement: str = ""
    license_policy: str = ""
    federal_register: str = ""
    since: date | None = None
    until: date | None = None
    standard_order: bool | None = None
    remarks: str = ""
    row: int = 0
    source: str = ""
    digest: str = field(default="", compare=False)

    def content_digest(self) -> str:
        """Twelve hexadecimal digits over everything but the place in the file: it changes when the entry does."""
        return hashlib.sha256(repr(_CONTENT(self)).encode()).hexdigest()[:12]

    def on(self, day: date) -> bool:
        """Whether the entry's own dates put it on the list that day. A missing date excludes nothing.

        ``since`` is mostly the day of publication, which follows the day of effect by some days: a week is allowed.
        """
        return (self.since is None or self.since - EFFECT_BEFORE_PRINT <= day) and (
            self.until is None or day <= self.until
        )


_CONTENT = attrgetter(*(f.name for f in fields(Entry) if f.name not in ("row", "digest", "source")))


def made_key(code: str, name: str, country: str = "", number: str = "") -> str:
    """A key for a row: the list's own number, else a digest of its name and country."""
    if number:
        return f"{code}-{number}"
    words = " ".join(name.casefold().split()) + "|" + country.casefold()
    return f"{code}-{hashlib.sha256(words.encode()).hexdigest()[:10]}"
