"""The words of :mod:`exeat.explanation` as a tree instead of lines, so that a page folds what the terminal indents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from exeat.explanation.layout import Page

#: A provision as the words name one: ``§ 742.6(a)(6)(iii)(A)``, ``ECCN 3A090.a``.
_PROVISION = re.compile(r"§ \d{3}\.\d+[a-z]?(?:\([0-9A-Za-z]{1,5}\))*|ECCN \d[A-E]\d{3}(?:\.[a-z](?:\.\d+)?)?")
_ADDRESS = re.compile(r"https?://[^\s;,]+[^\s;,.)]")


@dataclass
class Node:
    """One paragraph: its mark (met, not met, duty ...), its text, and what stands under it."""

    text: str
    mark: str = ""
    children: list[Node] = field(default_factory=list)

    def flat(self, depth: int = 0) -> Iterator[tuple[int, Node]]:
        """This node and all under it, with their depth."""
        yield depth, self
        for child in self.children:
            yield from child.flat(depth + 1)


class Outline(Page):
    """Takes what is written to a :class:`~exeat.explanation.layout.Page` as nodes; deeper indents stand below."""

    def __init__(self) -> None:
        super().__init__(10_000)
        self.title = ""
        self.nodes: list[Node] = []
        self._open: list[tuple[int, Node]] = []

    def heading(self, text: str) -> None:
        self.title = text

    def text(self, text: str, indent: int = 2, hang: int | None = None) -> None:
        self._add(indent, Node(" ".join(text.split()).removeprefix("- ")))

    def item(self, mark: str, text: str, indent: int = 2, column: int = 11) -> None:
        self._add(indent, Node(" ".join(text.split()), mark))

    def brief(self, text: str, indent: int = 2) -> None:
        self._add(indent, Node(" ".join(text.split()).removeprefix("- ")))

    def _add(self, indent: int, node: Node) -> None:
        while self._open and self._open[-1][0] >= indent:
            self._open.pop()
        (self._open[-1][1].children if self._open else self.nodes).append(node)
        self._open.append((indent, node))


def outlined(write: Callable[..., None], *told: Any) -> list[Node]:
    """What a writer of :mod:`exeat.explanation` says, as nodes."""
    outline = Outline()
    write(outline, *told)
    return outline.nodes


def pieces(text: str, link: Callable[[str], str | None]) -> Iterable[Mapping[str, str]]:
    """A text cut at the provisions and addresses it names: each piece with ``href``, empty where there is none."""
    at = 0
    for match in re.finditer(f"{_PROVISION.pattern}|{_ADDRESS.pattern}", text):
        if match.start() > at:
            yield {"text": text[at : match.start()], "href": ""}
        word = match[0]
        yield {"text": word, "href": word if word.startswith("http") else link(word) or ""}
        at = match.end()
    if at < len(text):
        yield {"text": text[at:], "href": ""}


def under_headings(nodes: Iterable[Node]) -> list[Node]:
    """Marked nodes that follow an unmarked one, under it: a definition is told before its own conditions."""
    found: list[Node] = []
    for node in nodes:
        if node.mark and found and not found[-1].mark:
            found[-1].children.append(node)
        else:
            found.append(node)
    return found


__all__ = ["Node", "Outline", "outlined", "pieces", "under_headings"]
