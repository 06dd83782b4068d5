"""Who is asked about, read from a file of names: a table with a header, or one name a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from exeat.logic.vocabulary import nearest
from exeat.screening.errors import ScreeningError
from exeat.screening.evidence import Subject

#: Columns of a file of names. Only ``name`` must be there.
NAME_COLUMNS = ("name", "country", "address", "identifiers", "birth_date", "type", "key")


def read_subjects(path: Path, country: str = "", columns: Mapping[str, str] | None = None) -> list[Subject]:
    """The names of a file: a CSV whose header has ``name`` (or ``columns``: field to column), or plain lines.

    Raises:
        UnreadableList: the file cannot be read. ScreeningError: a field or column that is not there.
    """
    from exeat.screening.sources.reading import read_raw

    raw = read_raw(path)
    first = raw.text.split("\n", 1)[0].strip().lstrip("\ufeff")
    mark = max(",;\t", key=first.count)
    header = next(csv.reader([first], delimiter=mark), [])
    if columns is None and "name" not in [column.strip().casefold() for column in header]:
        return [Subject(line.strip(), country) for line in raw.text.splitlines() if line.strip()]
    rows = csv.reader(io.StringIO(raw.text.lstrip("\ufeff"), newline=""), delimiter=mark)
    return subjects_of([column.strip() for column in next(rows)], rows, country, columns)


def subjects_of(
    header: Sequence[str], rows: Iterable[Sequence[str | None]], country: str = "",
    columns: Mapping[str, str] | None = None,
) -> list[Subject]:  # fmt: skip
    """The subjects of a table. A row without a name is kept: it is answered "not screened", never left out.

    Raises:
        ScreeningError: a field or a column that is not there; the nearest is named.
    """
    places = {column.casefold(): place for place, column in reversed(list(enumerate(header)))}
    at = {name: places[name] for name in NAME_COLUMNS if name in places}
    for name, column in (columns or {}).items():
        if name not in NAME_COLUMNS:
            near = nearest(name, NAME_COLUMNS)
            raise ScreeningError(f"{name!r} is no field of a name" + (f"; perhaps {near!r}" if near else ""))
        if column.casefold() not in places:
            near = nearest(column, header)
            raise ScreeningError(f"there is no column {column!r}" + (f"; perhaps {near!r}" if near else ""))
        at[name] = places[column.casefold()]
    if "name" not in at:
        raise ScreeningError(f"no column is the name; say which (name=COLUMN), of {', '.join(header)[:200]}")
    subjects = []
    for row in rows:
        if not any(row):
            continue
        held = {name: (row[place] or "").strip() if place < len(row) else "" for name, place in at.items()}
        numbers = tuple(part.strip() for part in held.pop("identifiers", "").split(";") if part.strip())
        where = held.pop("country", "") or country
        subjects.append(Subject(**held, country=where, identifiers=numbers))
    return subjects
