"""An answer as a memo: headings with labeled lines, the same for print and for PDF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from exeat.determination.track_report import BEST
from exeat.explanation.layout import draft_line
from exeat.web.answer import Answer
from exeat.web.outline import Node


@dataclass(frozen=True)
class Row:
    """A line of the memo: a label (may be empty), a text, and how far it is set in."""

    label: str
    text: str
    depth: int = 0


@dataclass(frozen=True)
class Part:
    """A heading and its lines."""

    heading: str
    rows: list[Row]


@dataclass(frozen=True)
class Memo:
    """A memo: its title, the question, the parts, and what stands at the foot."""

    title: str
    asked: list[str]
    drafts: list[str]
    parts: list[Part]
    foot: str


def memo_of(answer: Answer) -> Memo:
    """The memo of an answer: facts and date, both tracks, reasons with citations, what is open, the law's digest."""
    data = answer.data
    item = data["item"]["name"] if data["item"] else "an item by its figures"
    parts = [part for part in _parts(answer) if part.rows]
    foot = (
        "Given under the encoded provisions, on the facts stated above. Not legal advice, and no authorization by any "
        f"agency. The best answer there is reads: {BEST}."
    )
    return Memo(f"Export control memo: {item}, {data['date']}", answer.asked, draft_line(data["drafts"]), parts, foot)


def _parts(answer: Answer) -> Iterator[Part]:
    data = answer.data
    tracks = answer.tracks()
    yield Part("Answer", list(_outcomes(answer, tracks)))
    yield Part("What would settle it", list(_questions(answer)))
    yield Part("Red flags", [Row(f["id"], f"{f['question']} ({f['cited']})") for f in answer.flags()])
    entry, nodes = answer.classified()
    yield Part(f"Classification: {entry}", list(_rows(nodes)))
    yield Part("Requirements and prohibitions", list(_paragraphs(answer.requirements())))
    usable, aside = answer.exceptions()
    rows = list(_paragraphs(usable))
    if aside:
        rows.append(Row("", f"not claimed, or for another kind of item: {', '.join(e['title'] for e in aside)}"))
    yield Part("License exceptions and authorizations", rows)
    for track in tracks:
        yield Part(f"Review policy ({track['name']})", list(_rows(track["review"])))
    for heading, name in (
        ("Differences between the tracks", "differences"),
        ("Screening and balances", "screening"),
        ("Limits", "limits"),
        ("Conflicts in the text, and notes", "conflicts"),
        ("Pending", "pending"),
        ("Presumed, as nobody stated it", "presumed"),
        ("Not modeled, and bearing on this answer", "not_modeled"),
    ):
        yield Part(heading, list(_rows(answer.outline(name))))
    yield Part("Facts", [Row(name, _said(value)) for name, value in data["facts"].items()])
    yield Part("Citations", [Row(str(number), text) for number, text in enumerate(data["citations"], 1)])
    yield Part("Sources", [Row(s["instrument"], s["source"]) for s in answer.sources()])
    yield Part("Law and engine", list(_seals(answer)))


def _outcomes(answer: Answer, tracks: list[dict[str, Any]]) -> Iterator[Row]:
    for track in tracks:
        yield Row(f"{track['name']}: {track['means']}", track["says"])
        yield from (Row("", reason, 1) for reason in track["because"])
    yield from (Row("HOLD", why) for why in answer.holds())
    yield from (Row("figures", words) for words in answer.uncertain())


def _questions(answer: Answer) -> Iterator[Row]:
    for number, one in enumerate(answer.questions(), 1):
        yield Row(str(number), f"{one['question']}{' (of ' + one['of'] + ')' if 'of' in one else ''} [{one['source']}]")
        yield from (Row("", words, 1) for words in one["gives"])


def _paragraphs(entries: list[dict[str, Any]]) -> Iterator[Row]:
    for entry in entries:
        standing = "; ".join(f"{s['track']}: {s['words']}" for s in entry["standing"])
        yield Row(entry["title"], f"{standing} ({entry['cited']})")
        yield from _rows(entry["nodes"], 1)


def _rows(nodes: list[Node], depth: int = 0) -> Iterator[Row]:
    for top in nodes:
        for below, node in top.flat(depth):
            yield Row(node.mark, node.text, below)


def _seals(answer: Answer) -> Iterator[Row]:
    law = answer.data["law"]
    yield Row("law (SHA-256)", law["digest"])
    yield Row("sources checked to", law["checked"] or "no stated day")
    if law["beyond_checked"]:
        yield Row("", "The date lies after the last check of the sources: later changes of the law are not known here.")
    yield Row("engine", f"exeat {answer.data['engine']}")
    yield Row("address", answer.question.url())


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


__all__ = ["Memo", "Part", "Row", "memo_of"]
