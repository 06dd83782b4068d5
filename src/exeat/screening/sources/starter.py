"""The starter list that ships with the package: AI-relevant parties, our own file, for a first run without network."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from typing import TextIO

from exeat.screening.entry import Alias, Entry, made_key


def read_csv(file: TextIO) -> Iterator[Entry]:
    """Entries with a list, dated by publication in the Federal Register; removed ones keep their last day."""
    reader = csv.DictReader(file)
    for row in reader:
        yield Entry(
            key=made_key(row["list"], row["name"], row["country"]),
            list=row["list"],
            name=row["name"],
            aliases=tuple(Alias(alias) for alias in row["alt_names"].split("|") if alias.strip()),
            countries=tuple(c for c in row["country"].split("|") if c),
            footnotes=tuple(f for f in row["el_footnotes"].split("|") if f),
            license_requirement=row["license_requirement"],
            license_policy=row["license_policy"],
            federal_register=row["fr_citation"],
            since=_day(row["date_added"]),
            until=_day(row["date_removed"]),
            remarks=row["note"],
            row=reader.line_num,
            source=row["source"],
        )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
