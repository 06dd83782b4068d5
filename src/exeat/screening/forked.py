"""A batch screened on several processes. Forking shares the index, so only places of names and plain tuples travel."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from typing import Any

from exeat.screening.answer import Answer, Hit, ListInUse
from exeat.screening.entry import Entry
from exeat.screening.evidence import Subject
from exeat.screening.score import NameScore, WordMatch

#: Fewest names for which processes are started.
FEWEST = 500
#: Names a process takes at a time, at most; fewer in a small batch, so that no process waits long for the last.
AT_A_TIME = 200

_screen: Callable[[Subject], Answer] | None = None
_subjects: Sequence[Subject] = ()


def can_fork() -> bool:
    """Whether this system can fork."""
    return "fork" in multiprocessing.get_all_start_methods()


def screened(
    screen: Callable[[Subject], Answer], subjects: Sequence[Subject], processes: int,
    entries: Sequence[Entry], lists: tuple[ListInUse, ...],
) -> list[Answer]:  # fmt: skip
    """The answers of ``screen`` in the order of the subjects, with this process's own entries and lists in them."""
    global _screen, _subjects
    _screen, _subjects = screen, subjects
    step = min(AT_A_TIME, max(25, len(subjects) // (processes * 16)))
    spans = [(at, min(at + step, len(subjects))) for at in range(0, len(subjects), step)]
    try:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            sent = (one for part in pool.imap(_span, spans) for one in part)
            return [_received(one, subject, entries, lists) for one, subject in zip(sent, subjects, strict=True)]
    finally:
        _screen, _subjects = None, ()


def _span(span: tuple[int, int]) -> list[tuple[Any, ...]]:
    """In a forked process: some of the names, screened, as plain tuples."""
    assert _screen is not None
    return [_sent(_screen(subject)) for subject in _subjects[slice(*span)]]


def _sent(answer: Answer) -> tuple[Any, ...]:
    """An answer without its subject, entries and lists: both processes hold them, an entry goes as its position."""
    hits = [
        (hit.position, hit.status, hit.score, hit.name_score, hit.listed_name, hit.reasons, hit.cleared,
         hit.account and (hit.account.score, hit.account.reason, [tuple(line) for line in hit.account.words]))
        for hit in answer.hits
    ]  # fmt: skip
    return answer.status, answer.statement, answer.notes, answer.more_hits, hits


def _received(
    sent: tuple[Any, ...], subject: Subject, entries: Sequence[Entry], lists: tuple[ListInUse, ...]
) -> Answer:
    status, statement, notes, more, hits = sent
    made = tuple([
        Hit(entries[position], kind, score, name_score, listed, _account(account), reasons, cleared, position)
        for position, kind, score, name_score, listed, reasons, cleared, account in hits
    ])  # fmt: skip
    return Answer(subject, status, statement, made, notes, lists, more)


def _account(sent: tuple[float, str, list[tuple[Any, ...]]] | None) -> NameScore | None:
    if sent is None:
        return None
    score, reason, words = sent
    return NameScore(score, tuple([WordMatch(*line) for line in words]), reason)
