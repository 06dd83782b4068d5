"""Reading the plain Markdown of law files: headings, fenced blocks, tables, front matter, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from exeat.lawbook.instrument import LawError


class Marked(str):
    """A text that remembers the line it stood on."""

    __slots__ = ("line",)
    line: int

    def __new__(cls, text: str, line: int) -> Marked:
        self = super().__new__(cls, text)
        self.line = line
        return self


#: What a YAML block becomes: every scalar a string with its line, nothing guessed (``NO`` stays Norway).
Yaml: TypeAlias = "Marked | list[Yaml] | dict[Any, Yaml]"


def read_yaml(text: str, file: str, first_line: int) -> Yaml:
    """A YAML text as strings only.

    Raises:
        LawError: not YAML, a key given twice, or a construct other than mappings, lists and scalars.
    """
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # the same reader in C, where PyYAML was built with it
    try:
        node = yaml.compose(text, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = first_line + (mark.line if mark else 0)
        problem = getattr(error, "problem", None) or "not readable as YAML"
        raise LawError(f"YAML: {problem}", file, line) from None
    if node is None:
        return {}
    return _plain(node, file, first_line)


def _plain(node: Any, file: str, first_line: int) -> Yaml:
    line = first_line + node.start_mark.line
    if node.id == "scalar":
        return Marked(node.value, line)
    if node.id == "sequence":
        return [_plain(part, file, first_line) for part in node.value]
    mapping: dict[Any, Yaml] = {}
    for key_node, value_node in node.value:
        key = _plain(key_node, file, first_line)
        if not isinstance(key, Marked):
            raise LawError("a key must be plain text", file, line)
        if key in mapping:
            raise LawError(f"the key {str(key)!r} is given twice", file, key.line)
        mapping[key] = _plain(value_node, file, first_line)
    return mapping


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: ``info`` is what stands after the opening fence; ``line`` that of its first content line."""

    info: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class TableRow:
    """One body row of a table: header name to cell, and the row's line."""

    cells: dict[str, str]
    line: int


@dataclass(frozen=True, slots=True)
class Part:
    """A level-two heading and what stands under it."""

    heading: str
    line: int
    prose: str
    blocks: tuple[Block, ...]
    tables: tuple[tuple[TableRow, ...], ...]


def split_front_matter(text: str, file: str) -> tuple[Yaml, str, int]:
    """The front matter as YAML, the rest, and the line on which the rest begins."""
    match = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    if not match:
        raise LawError("a law file begins with front matter between two lines of ---", file, 1)
    rest_line = text[: match.end()].count("\n") + 1
    return read_yaml(match.group(1), file, 2), text[match.end() :], rest_line


def parts(text: str, file: str, first_line: int = 1) -> Iterator[Part]:
    """The sections under ``## `` headings, in order. Text before the first heading is left out."""
    heading, heading_line = "", 0
    lines: list[tuple[int, str]] = []
    fenced = False
    for number, line in enumerate(text.splitlines(), first_line):
        if line.startswith("```"):
            fenced = not fenced
        if not fenced and line.startswith("## "):
            if heading:
                yield _part(heading, heading_line, lines, file)
            heading, heading_line, lines = line[3:].strip(), number, []
        else:
            lines.append((number, line))
    if fenced:
        raise LawError("a fenced block is never closed", file, heading_line or first_line)
    if heading:
        yield _part(heading, heading_line, lines, file)


def _part(heading: str, heading_line: int, lines: list[tuple[int, str]], file: str) -> Part:
    prose: list[str] = []
    blocks: list[Block] = []
    tables: list[tuple[TableRow, ...]] = []
    index = 0
    while index < len(lines):
        number, line = lines[index]
        if line.startswith("```"):
            end = next(i for i in range(index + 1, len(lines)) if lines[i][1].startswith("```"))
            blocks.append(Block(line[3:].strip(), "\n".join(text for _, text in lines[index + 1 : end]), number + 1))
            index = end + 1
        elif line.lstrip().startswith("|"):
            end = index
            while end < len(lines) and lines[end][1].lstrip().startswith("|"):
                end += 1
            tables.append(table(lines[index:end], file))
            index = end
        else:
            prose.append(line)
            index += 1
    return Part(heading, heading_line, "\n".join(prose).strip(), tuple(blocks), tuple(tables))


def table(lines: list[tuple[int, str]], file: str) -> tuple[TableRow, ...]:
    """A pipe table. Raises LawError when a row has another number of cells than the header."""
    header = _cells(lines[0][1])
    if len(lines) < 2 or not re.fullmatch(r"[\s|:\-]+", lines[1][1]):
        raise LawError("a table needs a line of dashes under its header", file, lines[0][0])
    rows = []
    for number, line in lines[2:]:
        cells = _cells(line)
        if len(cells) != len(header):
            raise LawError(f"this row has {len(cells)} cells, its header {len(header)}", file, number)
        rows.append(TableRow(dict(zip(header, cells, strict=True)), number))
    return tuple(rows)


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    return [cell.replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", inner)]
