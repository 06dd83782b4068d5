"""What changed between two versions of a provision, word by word, and condition by condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

Change = Literal["same", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words that stand in both versions, in the later alone, or in the earlier alone."""

    change: Change
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One condition, review row or duty: its heading and its words."""

    heading: str
    pieces: tuple[Piece, ...]

    @property
    def changed(self) -> bool:
        """Whether any word of it changed."""
        return any(piece.change != "same" for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Redline:
    """Two versions of one provision; ``text`` is our paraphrase, ``lines`` the rule."""

    text: tuple[Piece, ...]
    lines: tuple[Line, ...]

    @property
    def changed(self) -> bool:
        """Whether the versions differ in anything they say."""
        return any(piece.change != "same" for piece in self.text) or any(line.changed for line in self.lines)


def redline(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Redline:
    """The difference of two versions as :func:`exeat.explanation.provision_data.section_data` gives them.

    None is a version that is not there: everything of the other was added, or removed.
    """
    old, new = before or {}, after or {}
    old_lines, new_lines = dict(_lines(old)), dict(_lines(new))
    headings = list(new_lines)
    for number, heading in enumerate(old_lines):
        if heading not in new_lines:
            headings.insert(min(number, len(headings)), heading)
    found = (Line(h, tuple(pieces(old_lines.get(h, ""), new_lines.get(h, "")))) for h in headings)
    return Redline(tuple(pieces(str(old.get("says", "")), str(new.get("says", "")))), tuple(found))


def pieces(before: str, after: str) -> Iterator[Piece]:
    """Two texts as one, word by word; the texts of all pieces joined are words with one space between."""
    old, new = before.split(), after.split()
    space = ""
    for what, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        told: list[tuple[Change, list[str]]] = [("removed", old[i1:i2]), ("added", new[j1:j2])]
        for change, found in [("same", new[j1:j2])] if what == "equal" else told:
            if found:
                yield Piece(change, space + " ".join(found))  # type: ignore[arg-type]
                space = " "


def _lines(version: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The parts of a rule by a heading that stays the same when the words change."""
    seen: dict[str, int] = {}
    for heading, text in _told(version):
        seen[heading] = seen.get(heading, 0) + 1
        yield (heading if seen[heading] == 1 else f"{heading} ({seen[heading]})"), text


def _told(version: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for limb in version.get("conditions", ()):
        yield f"{limb['kind']} {limb['label']}".strip(), str(limb["says"])
    for row in version.get("review", ()):
        yield f"review {row['at']}", f"{row['policy']}, if {row['when']}"
    for duty in version.get("duties", ()):
        yield f"duty {duty['label']}", str(duty["text"])


__all__ = ["Line", "Piece", "Redline", "pieces", "redline"]
