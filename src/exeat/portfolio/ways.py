"""The two ways between which a table is compared, from the words a caller gives: days, tracks, states of the law."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from exeat.desk import Desk
from exeat.determination.program import TRACKS
from exeat.lawbook.book import draft_names, held_lawbook, open_lawbook
from exeat.logic.vocabulary import nearest
from exeat.portfolio.compare import Way
from exeat.terms import InputError, read_day


def ways_between(desk: Desk, between: Sequence[str], law: str | Path | None) -> tuple[Way, Way]:
    """The two ways.

    Raises:
        InputError: not two days, not the two tracks, no such law; both a pair and a law, or neither.
        LawError: a folder of law with an error in it.
    """
    if law is not None:
        if between:
            raise InputError("compare two days or tracks, or two states of the law, not both at once")
        return Way("this law", desk), Way(_name(law), _desk_of(desk, law))
    words = [str(word) for word in between]
    if len(words) != 2:
        raise InputError(f"expected two days, or the tracks text and enforced, to compare; found {len(words)}")
    if words[0] in TRACKS or words[1] in TRACKS:
        if sorted(words) != sorted(TRACKS):
            raise InputError(f"expected the tracks text and enforced, or two days; found {words[0]!r} and {words[1]!r}")
        first, second = (next(track for track in TRACKS if track == word) for word in words)
        return Way(first, desk, track=first), Way(second, desk, track=second)
    days = [_day(desk, word) for word in words]
    if days[0] == days[1]:
        raise InputError(f"the two days to compare are the same: {words[0]}")
    return Way(words[0], desk, days[0]), Way(words[1], desk, days[1])


def _day(desk: Desk, word: str) -> date:
    near = nearest(word, TRACKS)
    if not word[:1].isdigit() and near:
        raise InputError(f"{word[:40]!r} is no day and no track; perhaps {near!r}")
    day = read_day(word, "a day to compare")
    if day < desk.lawbook.begins:
        raise InputError(f"{day} lies before the encoded law, which begins on {desk.lawbook.begins}")
    return day


def _name(law: str | Path) -> str:
    text = str(law)
    return text[:12] if _is_digest(text) else Path(text).name or text


def _is_digest(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None


def _desk_of(desk: Desk, law: str | Path) -> Desk:
    """A desk with another state of the law and the same catalog."""
    text = str(law)
    if Path(text).is_dir():
        if not (Path(text) / "facts.md").is_file():
            raise InputError(f"{text[:80]!r} is no folder of law: it has no facts.md")
        return Desk(open_lawbook(Path(text)), desk.catalog)
    if _is_digest(text):
        book = held_lawbook(text)
        if book is None:
            raise InputError(f"no law with the digest {text[:12]}… was read on this machine; give its folder")
        return Desk(book, desk.catalog)
    names = draft_names()
    if text in names:
        return Desk(open_lawbook(drafts=(text,)), desk.catalog)
    hint = nearest(text, names)
    raise InputError(
        f"{text[:80]!r} is no folder, no digest of 64 letters, and no draft" + (f"; perhaps {hint!r}" if hint else "")
    )


__all__ = ["ways_between"]
