"""What the command line and the API call: plain arguments in, plain data out. Nothing is printed here."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from exeat.logic.vocabulary import nearest
from exeat.screening.entry import LISTS, Entry
from exeat.screening.errors import ScreeningError
from exeat.screening.evidence import Subject
from exeat.screening.gate import staleness
from exeat.screening.index import Index
from exeat.screening.kept import index_of
from exeat.screening.reviews import Reviews
from exeat.screening.score import THRESHOLD
from exeat.screening.screen import MATCH, Answer, ListInUse, Screener
from exeat.screening.store import ListStore, Snapshot, starter

#: Columns of a file of names. Only ``name`` must be there.
NAME_COLUMNS = ("name", "country", "address", "identifiers", "birth_date", "type", "key")


@dataclass
class Screening:
    """Screeners by day, built once each: an index takes seconds. For the desk, the API and batches."""

    store: ListStore
    threshold: float = THRESHOLD

    def __post_init__(self) -> None:
        self._held: dict[tuple[str, ...], Screener] = {}
        self.reviews = Reviews(self.store.folder / "reviews.jsonl")

    def screener(self, on: date | None = None) -> Screener:
        """The screener for a day (None: today), with the reviews kept beside the lists.

        Raises:
            ScreeningError: a list that is held cannot be read.
        """
        day = on or datetime.now(UTC).date()
        picked = self.store.chosen(on)
        stamp = tuple(f"{s.form}/{s.code}/{s.digest}/{s.mapping}" for s, _ in picked)
        base = self._held.get(stamp)
        if base is None:
            base = self._held[stamp] = self._opened(picked, stamp)
        return base.of_day(day, tuple(used for _, used in picked) or base.lists)

    def _opened(self, picked: Sequence[tuple[Snapshot, ListInUse]], stamp: Sequence[str]) -> Screener:
        if not picked:
            entries, used = starter()
            return Screener(Index(entries), used, self.threshold, self.reviews.clearing)
        for snapshot, _ in picked:
            snapshot.whole()
        index = index_of(
            self.store.folder / "indexes", stamp, lambda: [entry for kept, _ in picked for entry in kept.read()]
        )
        return Screener(index, (), self.threshold, self.reviews.clearing)


def screen(
    asked: str | Path, country: str = "", on: date | None = None, *, store: ListStore | None = None,
    threshold: float = THRESHOLD, processes: int = 1, lists: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """``exeat screen NAME|FILE``: a name, or a file of names (CSV with the header, or one name a line).

    ``lists`` keeps hits of these lists only (codes). Returns ``answers`` and counts by status.

    Raises:
        ScreeningError: an unknown list (the nearest is named), an unreadable file of names.
    """
    for code in lists:
        if code not in LISTS:
            near = nearest(code, LISTS)
            raise ScreeningError(f"unknown list {code!r}" + (f"; perhaps {near!r}" if near else ""))
    screener = Screening(store or ListStore(), threshold).screener(on)
    subjects = read_subjects(asked, country) if isinstance(asked, Path) else [Subject(asked, country)]
    answers = [answer.to_dict() for answer in screener.screen_many(subjects, processes)]
    for answer in answers if lists else ():
        answer["hits"] = [hit for hit in answer["hits"] if hit["list"] in lists]
    counts: dict[str, int] = {}
    for answer in answers:
        counts[answer["status"]] = counts.get(answer["status"], 0) + 1
    return {"answers": answers, "counts": counts, "threshold": threshold, "on": on.isoformat() if on else None}


def read_subjects(path: Path, country: str = "") -> list[Subject]:
    """The names of a file: a CSV whose header has ``name``, or plain lines.

    Raises:
        UnreadableList: the file cannot be read. ScreeningError: an unknown column.
    """
    from exeat.screening.sources.reading import read_raw

    raw = read_raw(path)
    first = raw.text.split("\n", 1)[0].strip().lstrip("\ufeff")
    columns = [column.strip().strip('"') for column in first.split(",")]
    if "name" not in columns:
        return [Subject(line.strip(), country) for line in raw.text.splitlines() if line.strip()]
    subjects = []
    for row in csv.DictReader(io.StringIO(raw.text, newline="")):
        held = {key: (row.get(key) or "").strip() for key in NAME_COLUMNS}
        numbers = tuple(part.strip() for part in held["identifiers"].split(";") if part.strip())
        subjects.append(Subject(held["name"], held["country"] or country, held["address"], numbers,
                                held["birth_date"], held["type"], held["key"]))  # fmt: skip
    return subjects


def search(
    name: str, *, fuzzy_name: bool = True, sources: Sequence[str] = (), countries: Sequence[str] = (), offset: int = 0,
    size: int = 10, on: date | None = None, screening: Screening | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The search parameters of the CSL's own API over our answer.

    Without ``fuzzy_name`` only names alike word for word count.
    ``countries`` keeps entries of these countries *and* those that state none. ``size`` is at most 100.

    Raises:
        ScreeningError: an unknown source, an offset below 0, a size outside 1 to 100.
    """
    if offset < 0 or not 1 <= size <= 100:
        raise ScreeningError(f"offset {offset}, size {size}; expected an offset of 0 or more and a size of 1 to 100")
    wanted = {"NS-MBS" if code == "MBS" else code for code in sources}
    for code in wanted:
        if code not in LISTS:
            near = nearest(code, LISTS)
            raise ScreeningError(f"unknown source {code!r}" + (f"; perhaps {near!r}" if near else ""))
    answer = (screening or Screening(ListStore())).screener(on).screen(Subject(name))
    places = {code.upper() for code in countries}
    hits = [
        hit for hit in answer.hits
        if (not wanted or hit.entry.list in wanted)
        and (not places or not hit.entry.countries or places & set(hit.entry.countries))
        and (fuzzy_name or hit.name_score >= 0.995)
    ]  # fmt: skip
    return {
        "total": len(hits), "offset": offset, "results": [hit.to_dict() for hit in hits[offset : offset + size]],
        "statement": answer.statement, "status": answer.status, "notes": list(answer.notes_of_lists),
    }  # fmt: skip


def lists_add(
    path: Path, source: str | None = None, as_of: date | None = None, *, accept: bool = False,
    mapping: Mapping[str, str] | None = None, code: str = "OWN", store: ListStore | None = None,
) -> dict[str, Any]:  # fmt: skip
    """``exeat lists add FILE``: check and keep a list file; what was kept.

    Raises:
        UnreadableList, RefusedSnapshot: see :meth:`~exeat.screening.store.ListStore.add`.
    """
    return (store or ListStore()).add(path, source, as_of, accept=accept, mapping=mapping, code=code).to_dict()


def lists_update(
    sources: Sequence[str] = ("csl",), *, accept: bool = False, urls: Mapping[str, tuple[str, ...]] | None = None,
    store: ListStore | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """``exeat lists update``: fetch the official lists; per source what came of it.

    One failure does not stop the rest.
    """
    from exeat.screening.download import OFFICIAL, update  # the network's libraries, which a screening does not need

    held = store or ListStore()
    done = []
    for source in sources:
        try:
            fetched = update(held, source, (urls or {}).get(source) or OFFICIAL.get(source), accept=accept)
        except ScreeningError as error:
            done.append({"source": source, "ok": False, "changed": False, "error": str(error)})
            continue
        kept = fetched.kept.to_dict() if fetched.kept else None
        done.append({"source": source, "ok": True, "changed": fetched.changed, "url": fetched.url, "snapshot": kept})
    return done


def lists_status(store: ListStore | None = None, today: date | None = None) -> list[dict[str, Any]]:
    """``exeat lists status``: per source the copy in use, its day, rows, age in days, and what is wrong with it."""
    from exeat.screening.sources import FORMS

    held = store or ListStore()
    day = today or datetime.now(UTC).date()
    told = []
    for source in sorted({snapshot.source for snapshot in held.snapshots()}):
        copies = held.snapshots(source)
        newest = copies[-1]
        flags = [f"accepted although {wrong}" for wrong in newest.accepted_despite]
        if stale := staleness(newest.form, newest.as_of, day):
            flags.append(stale)
        told.append({
            "source": source, "form": FORMS[newest.form], "as_of": newest.as_of.isoformat(), "rows": dict(newest.rows),
            "total": sum(newest.rows.values()), "age_days": (day - newest.as_of).days, "copies": len(copies),
            "first_copy": copies[0].as_of.isoformat(), "flags": flags,
        })  # fmt: skip
    if not told:
        _, used = held.in_use(today=day)
        told.append({
            "source": "starter", "form": FORMS["starter"],
            "as_of": used[0].as_of.isoformat() if used[0].as_of else None,
            "rows": dict(used[0].rows), "total": sum(used[0].rows.values()), "age_days": None, "copies": 0,
            "first_copy": None, "flags": list(used[0].flags),
        })  # fmt: skip
    return told


def owners(
    path: Path, name: str, on: date | None = None, *, store: ListStore | None = None, screener: Screener | None = None,
    listed: Mapping[str, Sequence[Entry]] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """``exeat owners FILE NAME``: the 50 percent test by both methods, with path, ultimate parent and headquarters.

    The parties above the name are screened against the lists held; ``listed`` states listings by name instead.
    """
    from exeat.screening.ownership import BIS, OFAC, OwnershipTest, ultimate_parent
    from exeat.screening.stakes import name_key, read_holdings

    holdings = read_holdings(path)
    party = holdings.find(name)
    sure: dict[str, tuple[Entry, ...]] = {}
    maybe: dict[str, tuple[Entry, ...]] = {}
    answers: list[Answer] = []
    if listed is not None:
        sure = {name_key(owner): tuple(entries) for owner, entries in listed.items()}
    else:
        use = screener or Screening(store or ListStore()).screener(on)
        for key, printed in holdings.names.items():
            answer = use.screen(Subject(printed, holdings.headquarters.get(key, "")))
            answers.append(answer)
            open_hits = [hit for hit in answer.hits if not hit.cleared]
            sure[key] = tuple(hit.entry for hit in open_hits if hit.status == MATCH)
            maybe[key] = tuple(hit.entry for hit in open_hits if hit.status != MATCH)
    tests = [OwnershipTest(holdings, sure, method, maybe).ask(party, on) for method in (BIS, OFAC)]
    try:
        parent = ultimate_parent(holdings, party, on)
        above: dict[str, Any] = {
            "name": parent.name, "headquarters": parent.headquarters or None, "sure": parent.sure,
            "path": [str(stake) for stake in parent.path],
        }  # fmt: skip
    except ScreeningError as error:
        above = {"name": None, "headquarters": None, "sure": False, "path": [], "note": str(error)}
    return {
        "name": party, "on": on.isoformat() if on else None, "tests": [test.to_dict() for test in tests],
        "ultimate_parent": above,
        "owners_screened": [
            {"name": answer.subject.name, "status": answer.status, "statement": answer.statement}
            for answer in answers if answer.status != "no match found"
        ],
        "lists": answers[0].to_dict()["lists"] if answers else [],
    }  # fmt: skip
