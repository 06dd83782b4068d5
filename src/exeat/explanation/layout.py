"""Plain lines of a given width: headings, paragraphs, and items with a hanging indent."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

#: A citation stays on one line: the spaces inside ``§ 740.27`` and ``90 FR 4544`` do not break.
_CITATION = re.compile(r"(?<=§) | (?=FR \d)|(?<=FR) (?=\d)|(?<=ECCN) (?=\d)")
_HARD = "\N{NO-BREAK SPACE}"


class Page:
    """Collects lines no longer than ``width`` (a word that is longer, such as an address, stands alone)."""

    def __init__(self, width: int = 80) -> None:
        self.width = max(width, 40)
        self.lines: list[str] = []

    def heading(self, text: str) -> None:
        """A heading in capitals, after a blank line; what follows a colon or stands in parentheses keeps its case."""
        if self.lines:
            self.lines.append("")
        self.lines.extend(self._wrapped(text, "", ""))

    def text(self, text: str, indent: int = 2, hang: int | None = None) -> None:
        """A paragraph. ``hang`` is the indent of its further lines (default: as the first)."""
        further = indent if hang is None else hang
        self.lines.extend(self._wrapped(text, " " * indent, " " * further))

    def item(self, mark: str, text: str, indent: int = 2, column: int = 11) -> None:
        """A marked item: the mark in a column of its own, the text beside it."""
        first = " " * indent + mark.ljust(column)
        self.lines.extend(self._wrapped(text, first, " " * (indent + column)))

    def brief(self, text: str, indent: int = 2) -> None:
        """One line, cut at a word with an ellipsis where it is too long."""
        self.lines.append(" " * indent + shortened(text, self.width - indent))

    def extend(self, lines: Iterable[str]) -> None:
        """Lines made by another page of the same width."""
        self.lines.extend(lines)

    def _wrapped(self, text: str, first: str, further: str) -> Iterator[str]:
        wrapped = textwrap.wrap(
            _CITATION.sub(_HARD, " ".join(text.split())),
            self.width,
            initial_indent=first,
            subsequent_indent=further,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in wrapped or [first.rstrip()]:
            yield line.replace(_HARD, " ")


def draft_line(drafts: Sequence[str]) -> list[str]:
    """The first line of every answer under a draft; no line without one."""
    named = ", ".join(drafts)
    return [f"DRAFT: read as if {named} were law; it is not, and nothing below is the law"] if drafts else []


def shortened(text: str, width: int) -> str:
    """The text on one line of at most ``width``, cut at a word."""
    whole = " ".join(text.split())
    if len(whole) <= width:
        return whole
    cut = whole[: width - 1].rsplit(" ", 1)[0].rstrip(" ,;:(")
    return cut + "…"


def listed(words: Iterable[str], last: str = "and") -> str:
    """``a, b and c``."""
    found = list(words)
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} {last} {found[-1]}"
