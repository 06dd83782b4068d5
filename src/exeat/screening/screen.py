"""Screening: one name or many against the lists held, each answer with its reasons and the date of the lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from exeat.screening import forked
from exeat.screening.answer import MATCH, NOT_FOUND, NOT_SCREENED, POSSIBLE, Answer, Hit, ListInUse
from exeat.screening.collecting import without_collecting
from exeat.screening.entry import Entry
from exeat.screening.errors import ScreeningError, UnusableName
from exeat.screening.evidence import ADDRESS_LIKENESS, Subject, address_likeness, telling_numbers, weigh
from exeat.screening.index import Index
from exeat.screening.score import THRESHOLD, explain, score_of
from exeat.screening.weighed import AskedName, QueryWord
from exeat.screening.words import Cleaned, clean, has_chinese, readings, shown, words_of

#: A name is called a match, not a possible one, from this score and with country or identifier.
CERTAIN = 0.97
#: A reading that is a guess (words taken apart, syllables of pinyin) counts so much less.
GUESSED = 0.97
#: Hits reported for one name; more are counted.
MOST_HITS = 25
#: Names whose listed names are remembered.
NAMES_KEPT = 2_000


@dataclass
class Screener:
    """Screens names against an index of entries.

    ``lists`` says what the entries came from and goes into every answer. ``clearings`` answers, for a subject and an
    entry, who cleared the pair (an empty text: nobody), and what else reviewers said of it. ``threshold`` is a score
    from 0 to 1.
    """

    index: Index
    lists: tuple[ListInUse, ...] = ()
    threshold: float = THRESHOLD
    clearings: Callable[[Subject, Entry], tuple[str, str]] | None = None
    on: date | None = None
    _read: dict[str, tuple[dict[int, tuple[float, AskedName]], list[str]]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not 0.0 < self.threshold <= 1.0:
            raise ScreeningError(f"threshold is {self.threshold}; expected a number above 0 and up to 1")

    def screen(self, asked: Subject | str) -> Answer:
        """Screen one name. One that cannot be screened is answered "not screened", with the reason, never cleared."""
        subject = Subject(asked) if isinstance(asked, str) else asked
        try:
            found, notes = self._read_once(subject.name)
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

    def _read_once(self, name: str) -> tuple[dict[int, tuple[float, AskedName]], list[str]]:
        """See :meth:`_names`: one name is asked for on many days, and in many countries."""
        held = self._read.get(name)
        if held is None:
            if len(self._read) >= NAMES_KEPT:
                self._read.clear()
            held = self._read[name] = self._names(name)
        return held

    def of_day(self, on: date | None, lists: tuple[ListInUse, ...]) -> Screener:
        """The same index asked about another day."""
        return replace(self, on=on, lists=lists)

    def _names(self, name: str) -> tuple[dict[int, tuple[float, AskedName]], list[str]]:
        """Listed names at or above the threshold, less what evidence could add, with the reading that found them."""
        least = self.threshold - 0.1
        found: dict[int, tuple[float, AskedName]] = {}
        cleaned = clean(name)
        usable = False
        names = self.index.names
        for factor, words in self._readings(name, cleaned):
            usable = usable or bool(words)
            asked = AskedName(words)
            for number in self.index.candidates(asked):
                score = factor * score_of(asked, names[number])
                if score >= least and (number not in found or score > found[number][0]):
                    found[number] = (score, asked)
        if not usable:
            raise UnusableName(
                f"the name {shown(name)} holds no letters or digits" if name.strip() else "the name is empty"
            )
        return found, list(cleaned.notes)

    def readings_of(self, name: str) -> list[AskedName]:
        """The ways a name is read, as words with the listed words near each."""
        return [AskedName(words) for _, words in self._readings(name, clean(name))]

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

    def _hits(self, subject: Subject, found: Mapping[int, tuple[float, AskedName]]) -> list[Hit]:
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
            cleared, reviewed = self._cleared(subject, entry)
            certain = score >= CERTAIN and (
                weighed.identified or (weighed.same_country and entry.type != "person" and not listed.short)
            )
            status = MATCH if certain or weighed.identified else POSSIBLE
            hits.append(Hit(
                entry, status, weighed.score, score, listed.printed, account,
                (account.reason, *weighed.reasons, *reviewed), cleared, position,
            ))  # fmt: skip
        return hits

    def _by_evidence(self, subject: Subject, found: set[str]) -> Iterator[Hit]:
        """Entries found by address (the Entity List lists bare addresses) or by identifier, whatever the name."""
        entries, built = self.index.entries, self.index.built
        for position in built.addresses if subject.address else ():
            entry = entries[position]
            like = max((address_likeness(subject.address, text) for text in entry.addresses), default=0.0)
            if like >= ADDRESS_LIKENESS and entry.key not in found and (self.on is None or entry.on(self.on)):
                cleared, reviewed = self._cleared(subject, entry)
                why = (f"listed address ({like:.0%} of the words)", *reviewed)
                yield Hit(entry, POSSIBLE, like, 0.0, entry.name, None, why, cleared, position)
        numbers = telling_numbers(subject.identifiers)
        for position in sorted({at for number in numbers for at in built.numbers.get(number, ())}):
            entry = entries[position]
            if entry.key not in found:
                cleared, reviewed = self._cleared(subject, entry)
                why = ("same identifier", *reviewed)
                yield Hit(entry, MATCH, 1.0, 0.0, entry.name, None, why, cleared, position)

    def _cleared(self, subject: Subject, entry: Entry) -> tuple[str, tuple[str, ...]]:
        """Who cleared the pair, or an empty text; and other decisions on it, as reasons."""
        cleared, reviewed = self.clearings(subject, entry) if self.clearings is not None else ("", "")
        return cleared, (reviewed,) if reviewed else ()

    def screen_many(self, asked: Iterable[Subject | str], processes: int = 1) -> list[Answer]:
        """Screen a batch in order; who is asked for twice is screened once.

        With more processes the index is shared by forking, where the system can fork.
        """
        subjects = [Subject(one) if isinstance(one, str) else one for one in asked]
        # Names that begin alike one after another: they share words, which are then looked up once, in one process.
        distinct = sorted(dict.fromkeys(subjects), key=lambda subject: subject.name)
        answers = dict(zip(distinct, self._screened(distinct, processes), strict=True))
        return [answers[subject] for subject in subjects]

    def _screened(self, subjects: Sequence[Subject], processes: int) -> list[Answer]:
        # Nothing screening makes refers to itself: without the collector, memory is freed as it falls out of use,
        # and a forked process need not copy the pages that a collection would write to.
        with without_collecting():
            if processes <= 1 or len(subjects) < forked.FEWEST or not forked.can_fork():
                return [self.screen(subject) for subject in subjects]
            if any(has_chinese(subject.name) for subject in subjects):
                clean("中")  # load the table of readings once, before forking
            return forked.screened(self.screen, subjects, processes, self.index.entries, self.lists)


__all__ = ["MATCH", "NOT_FOUND", "NOT_SCREENED", "POSSIBLE", "Answer", "Hit", "ListInUse", "Screener"]
