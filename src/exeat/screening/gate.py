"""The integrity gate: is a list file whole? A list that lost rows would clear the names it lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

#: Part of a list that may vanish between two copies.
MOST_SHRINKAGE = 0.05
#: A list with fewer rows than this may lose any number of them, but not all.
SMALL = 20
#: Days after which a source is too old to screen by, by form. BIS and OFAC may change a list any day.
OLDEST: Mapping[str, int] = {
    "csl-csv": 7, "csl-json": 7, "ecfr-744": 14, "bis-denied": 30, "ofac-sdn": 7, "ofac-cons": 7, "ofac-xml": 7,
    "ftm": 7, "mapped": 365, "starter": 30,
}  # fmt: skip
#: Lists a whole file holds, by form, and fewer rows than any of late: a first copy has no other to be held against.
_CSL = {"EL": 2500, "DPL": 500, "UVL": 80, "MEU": 40, "SDN": 12000, "DTC": 400, "ISN": 60, "SSI": 200, "CMIC": 40}
LEAST: Mapping[str, Mapping[str, int]] = {
    "csl-csv": _CSL,
    "csl-json": _CSL,
    "ecfr-744": {"EL": 2500, "UVL": 80, "MEU": 40},
    "ofac-sdn": {"SDN": 6000},
}


def faults(form: str, rows: Mapping[str, int], before: Mapping[str, int] | None) -> list[str]:
    """Why a file must not replace what is held: lists lost, and lists shrunk by more than 5 %. Empty: it may."""
    found = []
    if before is None:
        for code, least in LEAST.get(form, {}).items():
            if rows.get(code, 0) < least:
                found.append(f"list {code} has {rows.get(code, 0):,} rows; a whole file has at least {least:,}")
        return found
    for code, count in before.items():
        now = rows.get(code, 0)
        if not now:
            found.append(f"list {code} is gone ({count:,} rows before)")
        elif count >= SMALL and now < count * (1 - MOST_SHRINKAGE):
            found.append(
                f"list {code} shrank from {count:,} to {now:,} rows ({1 - now / count:.0%}); at most 5 % is taken"
            )
    total, earlier = sum(rows.values()), sum(before.values())
    if earlier >= SMALL and total < earlier * (1 - MOST_SHRINKAGE) and not found:
        found.append(f"the file shrank from {earlier:,} to {total:,} rows; at most 5 % is taken")
    return found


def staleness(form: str, as_of: date | None, today: date) -> str:
    """Why a held list is too old on a day, or an empty text."""
    limit = OLDEST.get(form, 30)
    if as_of is None:
        return f"of unknown date; expected at most {limit} days old"
    age = (today - as_of).days
    return f"{age} days old on {today}; at most {limit} are relied on" if age > limit else ""
