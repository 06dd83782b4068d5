"""A determination in plain words: the answer first, then the paragraphs in the law's order, then what stands around.

Reads the plain data of a determination and adds no meaning. The best answer reads "no license requirement found under
the encoded provisions, on these facts"; nothing is ever called clear, approved or allowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exeat.determination.presumption import plainly_unusable
from exeat.explanation import around, head, paragraphs, screened
from exeat.explanation.classified import classification
from exeat.explanation.layout import Page, draft_line
from exeat.explanation.settle import settle

if TYPE_CHECKING:
    from exeat.determination.answer import Determination


def explain(determination: Determination, *, full: bool = False, width: int = 80) -> str:
    """The explanation as one text; see :func:`lines`."""
    return "\n".join(lines(determination, full=full, width=width)) + "\n"


def lines(determination: Determination, *, full: bool = False, width: int = 80) -> list[str]:
    """The explanation, line by line.

    Args:
        determination: what to explain.
        full: every condition of every exception, every reason and source.
        width: columns, 40 at least; only a single longer word (an address) goes beyond.
    """
    data = determination.to_dict()
    page = Page(width)
    page.extend(draft_line(data["drafts"]))
    head.question(page, determination, data)
    head.answer(page, data)
    screened.screening(page, data, full)
    classification(page, determination, data)
    if any(data[track]["prohibitions"] for track in head.TRACKS):
        paragraphs.by_track(page, "PROHIBITIONS", data, paragraphs.prohibitions)
    paragraphs.by_track(page, "REQUIREMENTS", data, paragraphs.requirements(full, data["text"]))
    paragraphs.by_track(page, "EXCEPTIONS", data, paragraphs.exceptions(full, () if full else _plain(determination)))
    paragraphs.by_track(page, "REVIEW POLICY", data, paragraphs.review)
    settle(page, determination, data, full)
    for part in around.PARTS:
        part(page, data, full)
    around.presumed(page, determination, data, full)
    around.not_modeled(page, data, full)
    around.provenance(page, data, full)
    return page.lines


def _plain(determination: Determination) -> frozenset[str]:
    """The provisions of exceptions that fail for a reason nobody asked about."""
    sections = determination.engine.program.reliefs
    return frozenset(s.provision for s in sections if plainly_unusable(determination, s))


__all__ = ["explain", "lines"]
