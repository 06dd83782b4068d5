"""OFAC's SDN and consolidated lists in the legacy form: three files without header, ``-0-`` for nothing.

``sdn.csv`` (or ``cons_prim.csv``) holds the entries, ``add.csv`` addresses and ``alt.csv`` other names, joined by the
entry's number. The two others are looked for beside the first.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from exeat.screening.entry import Alias, Entry, Identifier, made_key
from exeat.screening.errors import UnreadableList
from exeat.screening.places import country_code
from exeat.screening.sources.reading import read_raw

TYPES = {"individual": "person", "vessel": "vessel", "aircraft": "aircraft"}
COLUMNS = 12
_BIRTH = re.compile(r"\bDOB (?:circa )?((?:\d{1,2} )?(?:[A-Z][a-z]{2} )?\d{4})")
_IDENTIFIER = re.compile(
    r"\b(Tax ID No\.|Registration (?:ID|Number)|Passport|National ID No\.|Legal Entity Number|"
    r"Unified Social Credit Code \(USCC\)|Vessel Registration Identification|Company Number|D-U-N-S Number|"
    r"Identification Number|SWIFT/BIC|Business Number)\s+(?:IMO\s+)?([A-Z0-9][A-Z0-9/.-]*)(?: \(([^)]+)\))?"
)
_WEAK = re.compile(r"a\.k\.a\. '([^']+)'")
#: Lists kept in the consolidated file, by program.
BY_PROGRAM = (("CMIC", "CMIC"), ("NS-MBS", "NS-MBS"), ("NS-PLC", "PLC"), ("561-", "CAP"), ("DIRECTIVE", "SSI"),
              ("EO13662", "SSI"))  # fmt: skip


def read_csv(path: Path, text: str) -> Iterator[Entry]:
    """Entries of one primary file with the addresses and names that stand beside it.

    Raises:
        UnreadableList: a row of another width, a companion file absent or damaged.
    """
    prefix, consolidated = ("cons_", True) if path.name.lower().startswith("cons") else ("", False)
    addresses = _joined(path.with_name(f"{prefix}add.csv"))
    names = _joined(path.with_name(f"{prefix}alt.csv"))
    for number, row in _rows(path.name, text, COLUMNS):
        uid, name, kind, programs, title, *_, remarks = row
        yield _entry(uid, name, kind, programs, title, remarks, number, consolidated, addresses, names)


def _entry(
    uid: str, name: str, kind: str, programs: str, title: str, remarks: str, row: int, consolidated: bool,
    addresses: Mapping[str, list[list[str]]], names: Mapping[str, list[list[str]]],
) -> Entry:  # fmt: skip
    held = addresses.get(uid, [])
    aliases = [Alias(other[3], "weak" in other[4].casefold()) for other in names.get(uid, []) if other[3]]
    # Weak names stand in the remarks, between single quotes.
    aliases.extend(Alias(weak, True) for weak in _WEAK.findall(remarks))
    tags = tuple(tag.strip() for tag in re.split(r"[;\]]\s*\[?", programs.strip("[] ")) if tag.strip())
    code = "SDN"
    if consolidated:
        code = next((list_ for tag, list_ in BY_PROGRAM if any(tag in p.upper() for p in tags)), "CONS")
    return Entry(
        key=made_key(code, name, number=uid),
        list=code,
        name=name,
        aliases=tuple(aliases),
        type=TYPES.get(kind.casefold(), "organization"),
        countries=tuple(dict.fromkeys(c for c in (country_code(a[4]) for a in held) if c)),
        addresses=tuple(", ".join(part for part in a[2:5] if part) for a in held if any(a[2:5])),
        identifiers=tuple(
            Identifier(what, no, country_code(where)) for what, no, where in _IDENTIFIER.findall(remarks)
            if any(c.isdigit() for c in no)
        ),
        birth_dates=tuple(_BIRTH.findall(remarks)),
        programs=tags,
        remarks=remarks,
        row=row,
        source="OFAC legacy CSV" + (f"; {title}" if title else ""),
    )  # fmt: skip


def _rows(name: str, text: str, width: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        for row in reader:
            if len(row) == 1 and row[0].strip() in ("", "\x1a"):  # the files end with a DOS end mark
                continue
            if len(row) < width:
                raise UnreadableList(
                    f"{name}, row {reader.line_num}: {len(row)} columns; expected {width}: the file is cut short"
                )
            yield reader.line_num, ["" if cell.strip() == "-0-" else cell.strip() for cell in row]
    except csv.Error as error:
        raise UnreadableList(f"{name}, row {reader.line_num}: {error}; the file is damaged or cut short") from None


def _joined(path: Path) -> dict[str, list[list[str]]]:
    if not path.exists():
        raise UnreadableList(f"{path.name} is not beside the list; OFAC's legacy form needs it (names and addresses)")
    by_number: dict[str, list[list[str]]] = defaultdict(list)
    width = 6 if "add" in path.name else 5
    for _, row in _rows(path.name, read_raw(path).text, width):
        by_number[row[0]].append(row)
    return by_number
