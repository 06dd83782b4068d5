"""Our paraphrases, written in Markdown, as HTML: no HTML of theirs, no pictures."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def prose(text: str) -> Markup:
    """Markdown as HTML; anything that looks like HTML is shown as it is written."""
    return Markup(_reader().render(text))  # the renderer escapes what it does not make itself


__all__ = ["prose"]
