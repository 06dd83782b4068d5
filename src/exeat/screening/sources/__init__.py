"""List files of every form read into entries: the form is told by the file's first lines, not by its name."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from exeat.screening.collecting import without_collecting
from exeat.screening.entry import Entry
from exeat.screening.errors import UnreadableList
from exeat.screening.sources import csl, denied, ecfr, ftm, mapped, ofac, ofac_xml
from exeat.screening.sources.reading import RawList, read_raw

FORMS: Mapping[str, str] = {
    "csl-csv": "Consolidated Screening List, CSV",
    "csl-json": "Consolidated Screening List, JSON",
    "ecfr-744": "15 CFR part 744, supplements 4, 6, 7 (eCFR XML)",
    "bis-denied": "BIS Denied Persons, tab-separated",
    "ofac-sdn": "OFAC SDN, legacy CSV",
    "ofac-cons": "OFAC consolidated, legacy CSV",
    "ofac-xml": "OFAC XML",
    "ftm": "FollowTheMoney JSON lines",
    "mapped": "CSV with a mapping",
    "starter": "starter list of AI-relevant parties",
}


@dataclass(frozen=True, slots=True)
class ListFile:
    """One list file as read: its form, entries, rows by list, SHA-256, the day it stands for if stated."""

    form: str
    entries: tuple[Entry, ...]
    digest: str
    as_of: date | None

    @property
    def rows(self) -> Mapping[str, int]:
        """Entries by list."""
        return dict(Counter(entry.list for entry in self.entries))


def read_list(path: Path, mapping: Mapping[str, str] | None = None, code: str = "OWN") -> ListFile:
    """Read a list file; with ``mapping``, as a CSV of the caller's own (its entries go under ``code``).

    Raises:
        UnreadableList: the file, its form or a row cannot be read; the text begins with the file's name.
    """
    raw = read_raw(path)
    form = "mapped" if mapping is not None else form_of(raw)
    try:
        with without_collecting():
            entries = tuple(_distinct(_read(form, raw, path, mapping or {}, code)))
    except UnreadableList as error:
        raise UnreadableList(f"{path.name}: {error}") from None
    if not entries:
        raise UnreadableList(f"{path.name}: no entries; an empty list would clear every name")
    return ListFile(form, entries, raw.digest, _stated_day(path.name, raw.text))


def form_of(raw: RawList) -> str:
    """The form of a list file.

    Raises:
        UnreadableList: none of the known forms.
    """
    start = raw.text[:4000].lstrip()
    first = start.split("\n", 1)[0]
    if start.startswith(("{", "[")):
        return "ftm" if '"schema"' in first and '"properties"' in first else "csl-json"
    if start.startswith("<"):
        return "ofac-xml" if "<sdnList" in start else "ecfr-744"
    if first.replace('"', "").startswith("Name\tStreet_Address"):
        return "bis-denied"
    columns = {column.strip().strip('"') for column in first.split(",")}
    if {"family", "el_footnotes", "name"} <= columns:
        return "starter"
    if {"source", "name", "alt_names"} <= columns:
        return "csl-csv"
    if re.match(r'\d+,"', first) and first.count(",") >= ofac.COLUMNS - 1:
        return "ofac-cons" if raw.name.lower().startswith("cons") else "ofac-sdn"
    raise UnreadableList(
        f"{raw.name}: begins {first[:60]!r}, which is none of the known forms ({', '.join(FORMS.values())})"
    )


def _read(form: str, raw: RawList, path: Path, mapping: Mapping[str, str], code: str) -> Iterator[Entry]:
    if form == "mapped":
        return mapped.read_csv(io.StringIO(raw.text, newline=""), mapping, code)
    if form == "csl-csv":
        return csl.read_csv(io.StringIO(raw.text, newline=""))
    if form == "csl-json":
        return csl.read_json(io.StringIO(raw.text))
    if form == "bis-denied":
        return denied.read_txt(io.StringIO(raw.text, newline=""))
    if form == "ftm":
        return ftm.read_lines(raw.text)
    if form == "ofac-xml":
        return ofac_xml.read_xml(raw.text)
    if form == "ecfr-744":
        return ecfr.read_xml(raw.text)
    if form == "starter":
        from exeat.screening.sources import starter

        return starter.read_csv(io.StringIO(raw.text, newline=""))
    return ofac.read_csv(path.with_name(raw.name), raw.text)


def _distinct(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Keys made unique (a list may hold one name twice), and the digest of each entry's content."""
    seen: Counter[str] = Counter()
    for entry in entries:
        seen[entry.key] += 1
        key = entry.key if seen[entry.key] == 1 else f"{entry.key}.{seen[entry.key]}"
        yield replace(entry, key=key, digest=entry.content_digest())


def _stated_day(name: str, text: str) -> date | None:
    """The day in the file's name, or the one that the CSL's JSON or OFAC's XML states."""
    printed = re.search(r"<Publish_Date>(\d\d)/(\d\d)/(20\d\d)</Publish_Date>", text[:4000])
    found = re.search(r"(20\d\d-\d\d-\d\d)", name) or re.search(
        r'"search_performed_at"\s*:\s*"(20\d\d-\d\d-\d\d)', text[:2000] + text[-2000:]
    )
    try:
        if printed:
            return date(int(printed[3]), int(printed[1]), int(printed[2]))
        return date.fromisoformat(found.group(1)) if found else None
    except ValueError:
        return None
