"""Reading instruments: Markdown files become instruments with sections, rules and cases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from exeat.lawbook.folder import law_text
from exeat.lawbook.instrument import (
    CONFIDENCES,
    VERBS,
    AnyRule,
    CaseRow,
    Confidence,
    Gap,
    Instrument,
    LawError,
    Section,
    Verb,
)
from exeat.lawbook.markdown import Marked, Part, TableRow, Yaml, parts, read_yaml, split_front_matter
from exeat.lawbook.rules import KINDS, RuleReader, declared_name
from exeat.logic.grammar import LogicError, parse
from exeat.logic.vocabulary import Declared, Vocabulary, nearest

_FRONT = (
    "instrument", "title", "kind", "published", "known", "effective", "compliance",
    "source", "confidence", "checked", "amends",
)  # fmt: skip
_RULE_DATES = ("effective", "compliance", "known", "expires")
_EXPECTED = ("applies", "usable", "policy", "value", "raised", "fits")


@dataclass(frozen=True, slots=True)
class Raw:
    """An instrument file split up but with its conditions still unparsed."""

    front: dict[Any, Yaml]
    parts: tuple[Part, ...]
    file: str


def read_raw(path: Path, file: str) -> Raw:
    """Split one file.

    Raises:
        LawError: no front matter, an unknown or missing key.
    """
    front, rest, line = split_front_matter(law_text(path, file), file)
    if not isinstance(front, dict):
        raise LawError("the front matter must be keys and values", file, 2)
    for key in front:
        if key not in _FRONT:
            raise LawError(f"unknown key {str(key)!r}; perhaps {nearest(key, _FRONT)}", file, key.line)
    for needed in ("instrument", "title", "kind", "published", "effective", "source"):
        if needed not in front:
            raise LawError(f"the front matter lacks {needed!r}", file, 2)
    return Raw(front, tuple(parts(rest, file, line)), file)


def rule_names(raw: Raw) -> list[Declared]:
    """The identifiers this file's rules add to the vocabulary (``eccn_3a090_a`` and the like), all yes/no."""
    names = []
    for part in raw.parts:
        block = _rule_block(part, raw.file)
        if block is not None:
            name = declared_name(block, heading(part, raw.file)[1], raw.file, part.line)
            if name:
                names.append(Declared(name, "yes/no", words=name.replace("_", " ")))
    return names


def build(raw: Raw, vocabulary: Vocabulary) -> Instrument:
    """The instrument with its conditions parsed.

    Raises:
        LawError: anything the form of law/README.md does not allow, with file and line.
    """
    front = raw.front
    days = ("published", "known", "effective", "compliance", "checked")
    dates = {key: day(text(front[key], raw.file), raw.file) for key in days if key in front}
    published, effective = dates["published"], dates["effective"]
    base = {
        "effective": effective,
        "compliance": dates.get("compliance", effective),
        "known": dates.get("known", published),
    }
    confidence = confidence_of(front.get("confidence"), raw.file)
    citation = str(text(front["instrument"], raw.file))
    sections: list[Section] = []
    gaps: list[Gap] = []
    for number, part in enumerate(raw.parts):
        if part.heading == "Not encoded":
            gaps.extend(_gaps(part, vocabulary, citation, raw.file))
            continue
        section = _section(part, vocabulary, raw.file, citation, base, confidence, str(front["source"]))
        order = (section.effective, published, number)
        sections.append(_with_order(section, order))
    amends = front.get("amends", [])
    if not isinstance(amends, list):
        raise LawError("amends is a list of provisions", raw.file, 2)
    return Instrument(
        citation=citation,
        title=str(front["title"]),
        kind=str(front["kind"]),
        published=published,
        known=base["known"],
        effective=effective,
        compliance=base["compliance"],
        source=str(front["source"]),
        confidence=confidence,
        checked=dates.get("checked"),
        amends=tuple(str(text(a, raw.file)) for a in amends),
        file=raw.file,
        sections=tuple(sections),
        gaps=tuple(gaps),
    )


def heading(part: Part, file: str) -> tuple[Verb, str]:
    """``Add: § 740.29`` as its verb and provision."""
    verb, colon, provision = part.heading.partition(":")
    if not colon or verb not in VERBS:
        hint = nearest(verb, (*VERBS, "Not encoded"))
        raise LawError(
            f"the heading {part.heading!r} is not 'Verb: provision'; verbs are {', '.join(VERBS)}, or 'Not encoded'"
            + (f"; perhaps {hint}" if hint else ""),
            file,
            part.line,
        )
    return verb, " ".join(provision.split())


def _section(
    part: Part,
    vocabulary: Vocabulary,
    file: str,
    citation: str,
    base: dict[str, date],
    confidence: Confidence,
    source: str,
) -> Section:
    verb, provision = heading(part, file)
    block = _rule_block(part, file)
    rule: AnyRule | None = None
    dates = dict(base)
    expires = None
    if block is not None:
        for key in _RULE_DATES:
            if key in block:
                dates[key] = day(text(block[_key(block, key)], file), file)
        if "effective" in block and "compliance" not in block:
            dates["compliance"] = max(dates["compliance"], dates["effective"])
        expires = dates.pop("expires", None)
        if "confidence" in block:
            confidence = confidence_of(block[_key(block, "confidence")], file)
        source = str(block[_key(block, "source")]) if "source" in block else source
        rule = RuleReader(vocabulary, file, provision, part.line, block).read()
    needed = {"Posture": "posture", "Stay": "stay"}.get(verb)
    kind = rule.kind if rule else None
    if needed and kind != needed:
        raise LawError(f"a {verb} section needs a rule of kind {needed}", file, part.line)
    if kind in ("posture", "stay") and verb not in ("Posture", "Stay"):
        raise LawError(f"a rule of kind {kind} belongs under '{str(kind).title()}: …'", file, part.line)
    if verb == "Remove" and kind is not None and set(block or {}) - {"kind", *_RULE_DATES, "confidence", "source"}:
        raise LawError("a Remove section holds no rule", file, part.line)
    return Section(
        verb=verb,
        provision=provision,
        text=part.prose,
        rule=rule,
        cases=_cases(part, file) if rule is not None else (),
        citation=citation,
        effective=dates["effective"],
        compliance=dates["compliance"],
        known=dates["known"],
        expires=expires,
        confidence=confidence,
        source=source,
        file=file,
        line=part.line,
    )


def _with_order(section: Section, order: tuple[date, date, int]) -> Section:
    from dataclasses import replace

    return replace(section, order=order)


def _rule_block(part: Part, file: str) -> dict[Any, Yaml] | None:
    blocks = [block for block in part.blocks if block.info == "yaml rule"]
    other = [block for block in part.blocks if block.info not in ("yaml rule", "yaml not encoded")]
    if other:
        raise LawError(f"a fenced block is 'yaml rule' or 'yaml not encoded', not {other[0].info!r}", file, part.line)
    if len(blocks) > 1:
        raise LawError("one section holds one rule; split the section", file, blocks[1].line)
    if not blocks:
        return None
    content = read_yaml(blocks[0].text, file, blocks[0].line)
    if not isinstance(content, dict):
        raise LawError("a rule is keys and values", file, blocks[0].line)
    kind = content.get(_key(content, "kind")) if "kind" in content else None
    if kind not in KINDS:
        hint = nearest(str(kind), KINDS)
        raise LawError(f"kind {kind!r} is none of {', '.join(KINDS)}; perhaps {hint}", file, blocks[0].line)
    return content


def _key(mapping: dict[Any, Yaml], key: str) -> Marked:
    found: Marked = next(k for k in mapping if k == key)
    return found


def _cases(part: Part, file: str) -> tuple[CaseRow, ...]:
    rows: list[CaseRow] = []
    for row in (row for table in part.tables for row in table):
        rows.append(_case(row, file))
    return tuple(rows)


def _case(row: TableRow, file: str) -> CaseRow:
    cells = dict(row.cells)
    found = [column for column in _EXPECTED if column in cells]
    if "case" not in cells or len(found) != 1:
        raise LawError(f"a table of cases has the column 'case' and one of {', '.join(_EXPECTED)}", file, row.line)
    title, expected = cells.pop("case"), cells.pop(found[0])
    on_text = cells.pop("on", "")
    facts = {name: value for name, value in cells.items() if value not in ("", "?")}
    unstated = frozenset(cells) - frozenset(facts)
    on = day(Marked(on_text, row.line), file) if on_text else None
    return CaseRow(title, facts, unstated, expected, on, row.line)


def _gaps(part: Part, vocabulary: Vocabulary, citation: str, file: str) -> list[Gap]:
    gaps = []
    for block in part.blocks:
        if block.info != "yaml not encoded":
            raise LawError("under 'Not encoded' stands a block 'yaml not encoded'", file, block.line)
        content = read_yaml(block.text, file, block.line)
        for entry in content if isinstance(content, list) else [content]:
            if not isinstance(entry, dict) or not {"what", "why"} <= set(entry):
                raise LawError("a line of 'Not encoded' has 'what' and 'why'", file, block.line)
            for key in entry:
                if key not in ("what", "why", "when"):
                    raise LawError(f"unknown key {str(key)!r}; expected what, why, when", file, key.line)
            line = next(iter(entry)).line
            when = None
            if "when" in entry:
                when = condition(str(entry[_key(entry, "when")]), vocabulary, file, line)
            what, why = str(entry[_key(entry, "what")]), str(entry[_key(entry, "why")])
            gaps.append(Gap(what, why, when, citation, file, line))
    return gaps


def condition(words: str, vocabulary: Vocabulary, file: str, line: int):  # type: ignore[no-untyped-def]
    """A yes/no expression. Raises LawError with file and line."""
    try:
        return parse(words, vocabulary, file=file, line=line, expect="yes/no")
    except LogicError as error:
        raise LawError(error.message, file, line) from None


def text(value: Yaml | None, file: str) -> Marked:
    """A scalar. Raises LawError when a list or mapping stands there."""
    if isinstance(value, Marked):
        return value
    raise LawError(f"expected plain text, found {type(value).__name__}", file, 0)


def day(value: Marked, file: str) -> date:
    """A day as YYYY-MM-DD. Raises LawError otherwise."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise LawError(f"{str(value)!r} is no day; expected YYYY-MM-DD", file, value.line) from None


def confidence_of(value: Yaml | None, file: str) -> Confidence:
    """The confidence mark; primary where none is given."""
    if value is None:
        return "primary"
    word = text(value, file)
    if word not in CONFIDENCES:
        raise LawError(f"confidence {str(word)!r} is none of {', '.join(CONFIDENCES)}", file, word.line)
    return str(word)  # type: ignore[return-value]


def file_name_day(file: str) -> date | None:
    """The day a file name begins with, or None."""
    match = re.match(r"(\d{4}-\d{2}-\d{2})-", Path(file).name)
    return date.fromisoformat(match[1]) if match else None
