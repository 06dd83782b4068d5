"""BIS's own Denied Persons file: tab-separated, quoted, dates as MM/DD/YYYY."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime
from typing import TextIO

from exeat.screening.entry import Entry, made_key
from exeat.screening.errors import UnreadableList

HEADER = (
    "Name", "Street_Address", "City", "State", "Country", "Postal_Code", "Effective_Date", "Expiration_Date",
    "Standard_Order", "Last_Update", "Action", "FR_Citation",
)  # fmt: skip


def read_txt(file: TextIO) -> Iterator[Entry]:
    """Entries in order; one person has one row for each address.

    Raises:
        UnreadableList: another header, a row cut short, a date that is none.
    """
    reader = csv.DictReader(file, delimiter="\t", restkey="_rest", restval=None, strict=True)
    for column in HEADER:
        if column not in (reader.fieldnames or []):
            raise UnreadableList(f"row 1: no column {column!r}; expected the header of BIS's Denied Persons file")
    try:
        for row in reader:
            number = reader.line_num
            if row["FR_Citation"] is None:
                raise UnreadableList(f"row {number}: fewer than {len(HEADER)} columns: the file is cut short")
            name = (row["Name"] or "").strip()
            country = (row["Country"] or "").strip().upper()
            since = _day(row["Effective_Date"], number)
            yield Entry(
                key=made_key("DPL", name, f"{country}|{row['Street_Address']}|{since}"),
                list="DPL",
                name=name,
                countries=(country,) if country else (),
                addresses=(
                    ", ".join(
                        part.strip() for key in HEADER[1:6] if (part := row[key] or "").strip()
                    ),
                ),
                federal_register=" ".join((row["FR_Citation"] or "").split()),
                since=since,
                until=_day(row["Expiration_Date"], number),
                standard_order={"Y": True, "N": False}.get((row["Standard_Order"] or "").strip()),
                remarks=(row["Action"] or "").strip(),
                row=number,
                source="BIS Denied Persons List",
            )  # fmt: skip
    except csv.Error as error:
        raise UnreadableList(f"row {reader.line_num}: {error}; the file is damaged or cut short") from None


def _day(text: str | None, row: int) -> date | None:
    if not text or not text.strip():
        return None
    try:
        return datetime.strptime(text.strip(), "%m/%d/%Y").date()
    except ValueError:
        raise UnreadableList(f"row {row}: {text[:30]!r} is no day; expected MM/DD/YYYY") from None
