"""Who holds how much of whom, from a CSV or FollowTheMoney: shares are intervals, many not being known."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from exeat.logic.vocabulary import nearest
from exeat.screening.errors import ScreeningError, UnreadableList
from exeat.screening.sources.ftm import objects
from exeat.screening.sources.reading import read_raw

HUNDRED = Decimal(100)
HALF = Decimal(50)
#: Columns of an ownership CSV. Only ``owner`` and ``owned`` must be there; an empty share is unknown.
COLUMNS = ("owner", "owned", "share", "since", "until", "owner_headquarters", "owned_headquarters")
_RANGE = re.compile(r"^([\d.]+)\s*(?:-|–|to|\.\.)\s*([\d.]+)$")


@dataclass(frozen=True, slots=True)
class Stake:
    """A direct holding, in percent from ``low`` to ``high``; ``row`` is where it was read."""

    owner: str
    owned: str
    low: Decimal
    high: Decimal
    since: date | None = None
    until: date | None = None
    row: int = 0

    def on(self, day: date | None) -> bool:
        """Whether the stake was held that day. A missing date excludes nothing."""
        return day is None or ((self.since is None or self.since <= day) and (self.until is None or day <= self.until))

    def __str__(self) -> str:
        return f"{self.owner} holds {share_text(self.low, self.high)} of {self.owned}"


def share_text(low: Decimal, high: Decimal) -> str:
    """``50 %``, ``10 to 25 %``, or ``an unknown share``."""
    if low == 0 and high == HUNDRED:
        return "an unknown share"
    return f"{low.normalize():f} %" if low == high else f"{low.normalize():f} to {high.normalize():f} %"


@dataclass
class Holdings:
    """All stakes, and headquarters (two letters) where known. Names are compared without case and extra blanks."""

    stakes: list[Stake] = field(default_factory=list)
    headquarters: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    _by_owned: dict[str, list[Stake]] = field(default_factory=dict, repr=False)
    _by_owner: dict[str, set[str]] = field(default_factory=dict, repr=False)

    def add(self, stake: Stake) -> None:
        """Add a stake."""
        self.stakes.append(stake)
        self._by_owned.setdefault(name_key(stake.owned), []).append(stake)
        self._by_owner.setdefault(name_key(stake.owner), set()).add(name_key(stake.owned))
        for name in (stake.owner, stake.owned):
            self.names.setdefault(name_key(name), name)

    def find(self, name: str) -> str:
        """The name as held.

        Raises:
            ScreeningError: no such party (the nearest one is named).
        """
        held = self.names.get(name_key(name))
        if held is None:
            near = nearest(name, self.names.values())
            raise ScreeningError(
                f"no party {name[:60]!r} in the ownership data" + (f"; perhaps {near!r}" if near else "")
            )
        return held

    def owners_of(self, name: str, day: date | None) -> list[Stake]:
        """Direct stakes in a party on a day."""
        return [stake for stake in self._by_owned.get(name_key(name), ()) if stake.on(day)]

    def owned_by(self, name: str) -> set[str]:
        """Keys of the parties a party ever held a stake in."""
        return self._by_owner.get(name_key(name), set())


def name_key(name: str) -> str:
    """A party's name for comparison."""
    return " ".join(name.casefold().split())


def read_share(text: str, where: str = "share") -> tuple[Decimal, Decimal]:
    """A share as an interval in percent: ``50``, ``49.9 %``, ``10-25``, ``>= 50``, ``< 25``, ``majority``, ``?``.

    Raises:
        UnreadableList: anything else, or outside 0 to 100.
    """
    said = text.strip().casefold().replace("%", "").strip()
    if said in ("", "?", "unknown", "n/a"):
        return Decimal(0), HUNDRED
    if said in ("majority", "controlling"):
        return HALF, HUNDRED
    if said == "minority":
        return Decimal(0), Decimal("49.999999")
    try:
        if found := _RANGE.match(said):
            low, high = Decimal(found.group(1)), Decimal(found.group(2))
        elif said[0] in ">≥":
            low, high = Decimal(said.lstrip(">=≥ ")), HUNDRED
        elif said[0] in "<≤":
            bound = Decimal(said.lstrip("<=≤ "))
            low, high = Decimal(0), bound if said[0] == "≤" or said[1:2] == "=" else bound - Decimal("0.000001")
        else:
            low = high = Decimal(said)
    except InvalidOperation:
        raise UnreadableList(f"{where}: {text[:40]!r}; expected a percentage, a range such as 10-25, or ?") from None
    if not (low.is_finite() and high.is_finite() and 0 <= low <= high <= HUNDRED):
        raise UnreadableList(f"{where}: {text[:40]!r}; expected 0 to 100, the smaller first")
    return low, high


def read_holdings(path: Path) -> Holdings:
    """Stakes from a CSV (see :data:`COLUMNS`) or FollowTheMoney JSON lines.

    Raises:
        UnreadableList: the file or a row cannot be read.
    """
    raw = read_raw(path)
    try:
        if raw.text.lstrip().startswith("{"):
            return _from_ftm(raw.text)
        return _from_csv(raw.text)
    except UnreadableList as error:
        raise UnreadableList(f"{path.name}: {error}") from None


def _from_csv(text: str) -> Holdings:
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="_rest", restval=None, strict=True)
    header = list(reader.fieldnames or [])
    for column in header:
        if column not in COLUMNS:
            near = nearest(column, COLUMNS)
            raise UnreadableList(f"row 1: unknown column {column!r}" + (f"; perhaps {near!r}" if near else ""))
    for column in COLUMNS[:2]:
        if column not in header:
            raise UnreadableList(f"row 1: no column {column!r}; expected {', '.join(COLUMNS)}")
    held = Holdings()
    try:
        for row in reader:
            where = f"row {reader.line_num}"
            if row[header[-1]] is None:
                raise UnreadableList(f"{where}: fewer than {len(header)} columns: the file is cut short")
            owner, owned = (row["owner"] or "").strip(), (row["owned"] or "").strip()
            if not owner or not owned:
                raise UnreadableList(f"{where}: no owner or no owned; both are needed")
            low, high = read_share(row.get("share") or "", f"{where}, column 'share'")
            held.add(Stake(owner, owned, low, high, _day(row.get("since"), where), _day(row.get("until"), where),
                           reader.line_num))  # fmt: skip
            for name, column in ((owner, "owner_headquarters"), (owned, "owned_headquarters")):
                if row.get(column):
                    held.headquarters[name_key(name)] = str(row[column]).strip().upper()
    except csv.Error as error:
        raise UnreadableList(f"row {reader.line_num}: {error}; the file is damaged or cut short") from None
    return held


def _from_ftm(text: str) -> Holdings:
    held = Holdings()
    names: dict[str, str] = {}
    ownerships = []
    for row, entity in objects(text):
        own = entity["properties"]
        if entity["schema"] == "Ownership":
            ownerships.append((row, own))
        elif own.get("name") or entity.get("caption"):
            name = (own.get("name") or [entity["caption"]])[0]
            names[entity["id"]] = name
            place = own.get("mainCountry") or own.get("jurisdiction") or own.get("country") or []
            if len(place) == 1:
                held.headquarters[name_key(name)] = str(place[0]).upper()
    for row, own in ownerships:
        low, high = _ftm_share(own.get("percentage", []), row)
        for owner in own.get("owner", []):
            for asset in own.get("asset", []):
                held.add(Stake(names.get(owner, owner), names.get(asset, asset), low, high,
                               _first_day(own.get("startDate")), _first_day(own.get("endDate")), row))  # fmt: skip
    return held


def _ftm_share(stated: Iterable[str], row: int) -> tuple[Decimal, Decimal]:
    """Several stated percentages make an interval: sources differ."""
    read = [read_share(text, f"line {row}, percentage") for text in stated]
    return (min(low for low, _ in read), max(high for _, high in read)) if read else (Decimal(0), HUNDRED)


def _first_day(stated: list[str] | None) -> date | None:
    try:
        return date.fromisoformat(stated[0][:10]) if stated else None
    except ValueError:
        return None


def _day(text: str | None, where: str) -> date | None:
    if not text or not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UnreadableList(f"{where}: {text[:30]!r} is no day; expected YYYY-MM-DD") from None
