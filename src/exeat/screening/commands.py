"""What the command line and the API call: plain arguments in, plain data out. Nothing is printed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from exeat.logic.vocabulary import nearest
from exeat.screening.entry import LISTS, Entry
from exeat.screening.errors import ScreeningError
from exeat.screening.evidence import Subject
from exeat.screening.gate import staleness
from exeat.screening.opened import Screening
from exeat.screening.rescreen import Changes, between, changes, touched
from exeat.screening.score import THRESHOLD
from exeat.screening.screen import MATCH, Answer, Screener
from exeat.screening.store import ListStore
from exeat.screening.subjects import read_subjects


def screen(
    asked: str | Path | Sequence[Subject], country: str = "", on: date | None = None, *, store: ListStore | None = None,
    threshold: float = THRESHOLD, processes: int = 1, lists: Sequence[str] = (), changed_since: date | None = None,
    columns: Mapping[str, str] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """``exeat screen NAME|FILE``: a name, a file of names (see :func:`read_subjects`), or subjects read already.

    ``lists`` keeps hits of these lists only (codes). With ``changed_since`` only those are screened whom an entry may
    be that was added, changed or removed since the copies of that day. Returns ``answers`` and counts by status.

    Raises:
        ScreeningError: an unknown list (the nearest is named), an unreadable file of names.
    """
    for code in lists:
        if code not in LISTS:
            near = nearest(code, LISTS)
            raise ScreeningError(f"unknown list {code!r}" + (f"; perhaps {near!r}" if near else ""))
    held = store or ListStore()
    screener = Screening(held, threshold).screener(on)
    if isinstance(asked, Path):
        subjects: Sequence[Subject] = read_subjects(asked, country, columns)
    else:
        subjects = [Subject(asked, country)] if isinstance(asked, str) else asked
    told: dict[str, Any] = {}
    if changed_since is None:
        found = screener.screen_many(subjects, processes)
    else:
        moved = changed(held, changed_since, on)
        found = touched(moved, subjects, screener)
        told = {"changes": moved.to_dict(), "changed_since": changed_since.isoformat(), "asked": len(subjects)}
    answers = [answer.to_dict() for answer in found]
    for answer in answers if lists else ():
        answer["hits"] = [hit for hit in answer["hits"] if hit["list"] in lists]
    counts: dict[str, int] = {}
    for answer in answers:
        counts[answer["status"]] = counts.get(answer["status"], 0) + 1
    return {"answers": answers, "counts": counts, "threshold": threshold, "on": on.isoformat() if on else None, **told}


def changed(store: ListStore, since: date, on: date | None = None) -> Changes:
    """What the lists in use have that those of ``since`` had not, and the other way round.

    Raises:
        ScreeningError: no copy of that day or before is held.
    """
    before: list[Entry] = []
    after: list[Entry] = []
    for snapshot, _ in store.chosen(on):
        earlier = store.latest(snapshot.source, since)
        if earlier is None:
            continue
        if earlier.digest != snapshot.digest:
            before.extend(earlier.read())
            after.extend(snapshot.read())
    if all(store.latest(snapshot.source, since) is None for snapshot, _ in store.chosen(on)):
        first = min((snapshot.as_of for snapshot in store.snapshots()), default=None)
        kept = f"the first copy is of {first}" if first else "no list is held but the one that ships with the package"
        raise ScreeningError(f"no copy of a list of {since} or before is held: {kept}; screen all names instead")
    return changes(before, after)


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


def decide(
    asked: Subject, entry: str, verdict: str, who: str, why: str, until: date, *, store: ListStore | None = None,
    on: date | None = None,
) -> dict[str, Any]:  # fmt: skip
    """``exeat screen clear`` and ``confirm``: keep a reviewer's decision on a name and an entry it may be.

    Raises:
        ScreeningError: the name is not like that entry (those it is like are named), or what a decision needs is not
            there (see :meth:`~exeat.screening.reviews.Reviews.decide`).
    """
    screening = Screening(store or ListStore())
    answer = screening.screener(on).screen(asked)
    hit = next((hit for hit in answer.hits if hit.entry.key == entry), None)
    if hit is None:
        known = ", ".join(hit.entry.key for hit in answer.hits[:8]) or "none"
        near = nearest(entry, [hit.entry.key for hit in answer.hits])
        perhaps = f"; perhaps {near!r}" if near else ""
        raise ScreeningError(f"{entry[:60]!r} is no entry that this name may be{perhaps} (entries found: {known})")
    review = screening.reviews.decide(asked, hit.entry, verdict, who, why, until)
    return {**asdict(review), "entry_name": hit.entry.name, "list": hit.entry.list}


def decisions(*, store: ListStore | None = None, today: date | None = None) -> list[dict[str, Any]]:
    """``exeat screen decisions``: the latest decision on each pair, and whether it still stands.

    A customer's record is known only when it is screened: ``void`` does not say whether that changed.
    """
    day = today or datetime.now(UTC).date()
    screening = Screening(store or ListStore())
    reviews = screening.reviews.all()
    entries = {entry.key: entry for entry in screening.screener().index.entries} if reviews else {}
    told = []
    for review in reviews:
        entry = entries.get(review.entry)
        void = ""
        if date.fromisoformat(review.until) < day:
            void = f"it held until {review.until} only"
        elif entry is None:
            void = "the entry is on no list held any more"
        elif review.entry_digest != entry.digest:
            void = "the listed entry changed since it was reviewed"
        told.append({**asdict(review), "entry_name": entry.name if entry else None, "void": void or None})
    return told


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
    from exeat.screening.download import update  # the network's libraries, which a screening does not need

    held = store or ListStore()
    done = []
    for source in sources:
        try:
            before = held.latest(source)
            fetched = update(held, source, (urls or {}).get(source), accept=accept)
        except ScreeningError as error:
            done.append({"source": source, "ok": False, "changed": False, "error": str(error)})
            continue
        kept = fetched.kept.to_dict() if fetched.kept else None
        moved = between(before, fetched.kept) if before and fetched.kept and fetched.changed else None
        done.append({"source": source, "ok": True, "changed": fetched.changed, "url": fetched.url, "snapshot": kept,
                     "changes": moved.to_dict() if moved else None})  # fmt: skip
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


__all__ = [
    "Screening", "changed", "decide", "decisions", "lists_add", "lists_status", "lists_update", "owners",
    "read_subjects", "screen", "search",
]  # fmt: skip
