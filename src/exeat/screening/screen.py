"""Screening: one name or many against the lists held, each answer with its reasons and the date of the lists."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from exeat.screening.collecting import frozen
from exeat.screening.entry import LISTS, Entry
from exeat.screening.errors import ScreeningError, UnusableName
from exeat.screening.evidence import ADDRESS_LIKENESS, Subject, address_likeness, same_identifier, weigh
from exeat.screening.index import Index
from exeat.screening.score import THRESHOLD, NameScore, explain, score_of
from exeat.screening.weighed import QueryWord
from exeat.screening.words import Cleaned, clean, has_chinese, readings, shown, words_of

MATCH = "match"
POSSIBLE = "possible match"
NOT_FOUND = "no match found"
NOT_SCREENED = "not screened"
#: A name is called a match, not a possible one, from this score and with country or identifier.
CERTAIN = 0.97
#: A reading that is a guess (words taken apart, syllables of pinyin) counts so much less.
GUESSED = 0.97
#: Hits reported for one name; more are counted.
MOST_HITS = 25


@dataclass(frozen=True, slots=True)
class ListInUse:
    """One source a screening rests on: its name, the day it stands for, rows by list, and what is wrong with it."""

    source: str
    as_of: date | None
    rows: Mapping[str, int]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One listed entry a name may be. ``cleared`` tells by whom and until when a reviewer cleared this pair."""

    entry: Entry
    status: str
    score: float
    name_score: float
    listed_name: str
    account: NameScore | None
    reasons: tuple[str, ...]
    cleared: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As plain data: what decided, and what the entry says."""
        entry = self.entry
        return {
            "status": self.status, "score": round(self.score, 3), "list": entry.list,
            "list_name": LISTS.get(entry.list, entry.list), "key": entry.key, "name": entry.name,
            "matched_name": self.listed_name, "reasons": list(self.reasons),
            "words": [line.to_dict() for line in self.account.words] if self.account else [],
            "countries": list(entry.countries), "since": entry.since.isoformat() if entry.since else None,
            "until": entry.until.isoformat() if entry.until else None, "footnotes": list(entry.footnotes),
            "programs": list(entry.programs), "license_requirement": entry.license_requirement,
            "license_policy": entry.license_policy, "federal_register": entry.federal_register,
            "source": entry.source, "row": entry.row, "cleared": self.cleared or None,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one name. ``status`` is match, possible match, no match found, or not screened."""

    subject: Subject
    status: str
    statement: str
    hits: tuple[Hit, ...] = ()
    notes: tuple[str, ...] = ()
    lists: tuple[ListInUse, ...] = ()
    more_hits: int = 0

    @property
    def unresolved(self) -> bool:
        """Whether somebody must look: an open hit, a name not screened, or lists that failed their checks."""
        return self.status == NOT_SCREENED or any(not hit.cleared for hit in self.hits) or bool(self.notes_of_lists)

    @property
    def notes_of_lists(self) -> tuple[str, ...]:
        """What is wrong with the lists the answer rests on."""
        return tuple(f"{used.source}: {flag}" for used in self.lists for flag in used.flags)

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "name": self.subject.name[:200], "country": self.subject.country or None, "status": self.status,
            "statement": self.statement, "unresolved": self.unresolved, "hits": [hit.to_dict() for hit in self.hits],
            "more_hits": self.more_hits, "notes": list(self.notes),
            "lists": [
                {"source": u.source, "as_of": u.as_of.isoformat() if u.as_of else None, "rows": dict(u.rows),
                 "flags": list(u.flags)} for u in self.lists
            ],
        }  # fmt: skip


@dataclass
class Screener:
    """Screens names against an index of entries.

    ``lists`` says what the entries came from and goes into every answer. ``clearings`` answers, for a subject and an
    entry, who cleared the pair (an empty text: nobody). ``threshold`` is a score from 0 to 1.
    """

    index: Index
    lists: tuple[ListInUse, ...] = ()
    threshold: float = THRESHOLD
    clearings: Any = None
    on: date | None = None
    _addresses: list[Entry] = field(default_factory=list, repr=False)
    _positions: dict[int, int] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not 0.0 < self.threshold <= 1.0:
            raise ScreeningError(f"threshold is {self.threshold}; expected a number above 0 and up to 1")
        self._positions = {id(entry): at for at, entry in enumerate(self.index.entries)}
        self._addresses = [entry for entry in self.index.entries if entry.type == "address"]

    def screen(self, asked: Subject | str) -> Answer:
        """Screen one name. One that cannot be screened is answered "not screened", with the reason, never cleared."""
        subject = Subject(asked) if isinstance(asked, str) else asked
        try:
            found, notes = self._names(subject.name)
        except UnusableName as error:
            return Answer(subject, NOT_SCREENED, f"not screened: {error}", lists=self.lists)
        hits = self._hits(subject, found)
        hits.extend(self._by_evidence(subject, {hit.entry.key for hit in hits}))
        printed = subject.name.casefold()
        hits.sort(key=lambda hit: (
            bool(hit.cleared), -hit.score, hit.entry.name.casefold() != printed, hit.entry.list, hit.entry.key,
        ))  # fmt: skip
        kept = tuple(hits[:MOST_HITS])
        open_hits = [hit for hit in hits if not hit.cleared]
        status = NOT_FOUND if not open_hits else MATCH if any(h.status == MATCH for h in open_hits) else POSSIBLE
        return Answer(subject, status, self._statement(status, len(open_hits), len(hits)), kept, tuple(notes),
                      self.lists, len(hits) - len(kept))  # fmt: skip

    def _statement(self, status: str, count: int, all_hits: int) -> str:
        days = sorted({used.as_of for used in self.lists if used.as_of})
        held = "lists of unknown date" if not days else f"lists of {days[0]}" + (
            f" to {days[-1]}" if len(days) > 1 else "")  # fmt: skip
        if status == NOT_FOUND:
            cleared = f" ({all_hits} cleared by review)" if all_hits else ""
            text = f"no match found in {held}{cleared}"
        else:
            text = f"{status} in {held}: {count} listed entr{'y' if count == 1 else 'ies'}"
        flags = sum(len(used.flags) for used in self.lists)
        return text + ("; the lists failed a check, see 'lists'" if flags else "")

    def _names(self, name: str) -> tuple[dict[int, tuple[float, Sequence[QueryWord]]], list[str]]:
        """Listed names at or above the threshold, less what evidence could add, with the reading that found them."""
        least = self.threshold - 0.1
        found: dict[int, tuple[float, Sequence[QueryWord]]] = {}
        cleaned = clean(name)
        usable = False
        for factor, words in self._readings(name, cleaned):
            usable = usable or bool(words)
            for number in self.index.candidates(words):
                score = factor * score_of(words, self.index.names[number])
                if score >= least and score > found.get(number, (0.0, ()))[0]:
                    found[number] = (score, words)
        if not usable:
            raise UnusableName(
                f"the name {shown(name)} holds no letters or digits" if name.strip() else "the name is empty"
            )
        return found, list(cleaned.notes)

    def readings_of(self, name: str) -> list[Sequence[QueryWord]]:
        """The ways a name is read, as words with the listed words near each."""
        return [words for _, words in self._readings(name, clean(name))]

    def _readings(self, name: str, cleaned: Cleaned) -> Iterator[tuple[float, Sequence[QueryWord]]]:
        index = self.index
        parts = [cleaned]
        if "(" in name or "[" in name or ";" in name or "known as" in name.lower() or ".a." in name.lower():
            parts.extend(clean(text) for text, _ in readings(name)[:4])
        seen = set()
        for part in parts:
            if part.text in seen:
                continue
            seen.add(part.text)
            words = words_of(part.text)
            if not words:
                continue
            yield 1.0, [index.query_word(word) for word in words]
            for other in index.other_readings(words):
                yield GUESSED, other
            if part.split:
                yield GUESSED, [index.exact_word(word) for word in words_of(part.split)]

    def _hits(self, subject: Subject, found: Mapping[int, tuple[float, Sequence[QueryWord]]]) -> list[Hit]:
        best: dict[int, tuple[float, int]] = {}
        for number, (score, _) in found.items():
            for position in self.index.names[number].entries:
                if score > best.get(position, (0.0, 0))[0]:
                    best[position] = (score, number)
        hits = []
        for position, (score, number) in best.items():
            entry = self.index.entries[position]
            if self.on is not None and not entry.on(self.on):
                continue
            weighed = weigh(score, subject, entry, self.threshold)
            if weighed.score < self.threshold:
                continue
            listed = self.index.names[number]
            account = explain(found[number][1], listed)
            certain = score >= CERTAIN and (
                weighed.identified or (weighed.same_country and entry.type != "person" and not listed.short)
            )
            status = MATCH if certain or weighed.identified else POSSIBLE
            hits.append(Hit(
                entry, status, weighed.score, score, listed.printed, account, (account.reason, *weighed.reasons),
                self._cleared(subject, entry),
            ))  # fmt: skip
        return hits

    def _by_evidence(self, subject: Subject, found: set[str]) -> Iterator[Hit]:
        """Entries found by address (the Entity List lists bare addresses) or by identifier, whatever the name."""
        if subject.address:
            for entry in self._addresses:
                like = max((address_likeness(subject.address, text) for text in entry.addresses), default=0.0)
                if like >= ADDRESS_LIKENESS and entry.key not in found and (self.on is None or entry.on(self.on)):
                    why = (f"listed address ({like:.0%} of the words)",)
                    yield Hit(entry, POSSIBLE, like, 0.0, entry.name, None, why, self._cleared(subject, entry))
        if subject.identifiers:
            for entry in self.index.entries:
                if entry.identifiers and entry.key not in found and same_identifier(subject.identifiers, entry):
                    yield Hit(entry, MATCH, 1.0, 0.0, entry.name, None, ("same identifier",),
                              self._cleared(subject, entry))  # fmt: skip

    def _cleared(self, subject: Subject, entry: Entry) -> str:
        return str(self.clearings(subject, entry)) if self.clearings is not None else ""

    def screen_many(self, asked: Iterable[Subject | str], processes: int = 1) -> list[Answer]:
        """Screen a batch in order. With more processes the index is shared by forking, where the system can fork."""
        subjects = list(asked)
        if processes <= 1 or len(subjects) < 500 or "fork" not in multiprocessing.get_all_start_methods():
            return [self.screen(subject) for subject in subjects]
        if any(has_chinese(s if isinstance(s, str) else s.name) for s in subjects):
            clean("中")  # load the table of readings once, before forking
        global _SHARED
        _SHARED = self
        try:
            with frozen(), multiprocessing.get_context("fork").Pool(processes) as pool:
                return [
                    self._whole(part, s)
                    for part, s in zip(pool.imap(_screen_one, subjects, 200), subjects, strict=True)
                ]
        finally:
            _SHARED = None

    def _whole(self, part: tuple[Answer, tuple[int, ...]], asked: Subject | str) -> Answer:
        """An answer as it came from another process, with this process's own entries and lists put back."""
        answer, positions = part
        entries = self.index.entries
        hits = tuple(replace(hit, entry=entries[at]) for hit, at in zip(answer.hits, positions, strict=True))
        subject = Subject(asked) if isinstance(asked, str) else asked
        return replace(answer, subject=subject, hits=hits, lists=self.lists)


_SHARED: Screener | None = None


_NO_ENTRY = Entry("", "", "")
_NO_SUBJECT = Subject("")


def _screen_one(subject: Subject | str) -> tuple[Answer, tuple[int, ...]]:
    """In a forked process: the answer without its entries, which are sent as positions (both processes hold them)."""
    assert _SHARED is not None
    answer = _SHARED.screen(subject)
    positions = tuple(_SHARED._positions[id(hit.entry)] for hit in answer.hits)
    hits = tuple(replace(hit, entry=_NO_ENTRY) for hit in answer.hits)
    return replace(answer, subject=_NO_SUBJECT, hits=hits, lists=()), positions
