"""``python -m exeat.demo``: one order, six consignees, six dates, both tracks; then one answer explained in full.

Nothing printed here is stored: the answers are decided by the encoded law, what happened in between is read from the
instruments.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import exeat
from exeat.determination.answer import Determination
from exeat.determination.track_report import BEST
from exeat.explanation.layout import Page
from exeat.lawbook.consolidate import Lawbook
from exeat.lawbook.instrument import Instrument
from exeat.library import desk

ITEM, QUANTITY = "NVIDIA H100 SXM", 512
DAYS = ("2022-12-01", "2023-12-01", "2025-03-01", "2025-07-01", "2026-02-01", "2026-07-15")
#: Destination, headquarters, ultimate parent's headquarters, and what to call it.
CONSIGNEES = (
    ("DE", "DE", "DE", "Germany"),
    ("PT", "PT", "PT", "Portugal"),
    ("MX", "MX", "MX", "Mexico"),
    ("AE", "AE", "AE", "UAE"),
    ("SG", "SG", "CN", "Singapore*"),
    ("CN", "CN", "CN", "China"),
)
#: What the order says besides: a private company's own data center, served directly, its first of the year.
FACTS: Mapping[str, str] = {
    "direct_to_ultimate_consignee": "yes",
    "consignee_lpp_tpp_this_year": "0",
    "finished_goods_outside_d5m": "no",
    "acm_purpose": "no",
    "nac_confirmed": "no",
}
PARTY_FACTS: Mapping[str, str] = {"private_sector": "yes", "uae_supp8_status": "not_listed"}
WORDS = {
    "no_license_required": "none",
    "license_exception": "exception",
    "authorized": "authorized",
    "license_required": "license",
    "prohibited": "prohibited",
    "unknown": "unknown",
}
TRACKS = ("text", "enforced")
EXPLAINED = ("DE", "2025-07-01")


def decide(place: tuple[str, str, str, str], on: str) -> Determination:
    """The order's determination for a consignee and a day."""
    to, headquarters, parent, _ = place
    return exeat.check(
        item=ITEM,
        quantity=QUANTITY,
        to=to,
        headquarters=headquarters,
        parent=parent,
        on=on,
        end_use="own_data_center",
        facts=FACTS,
        party_facts=PARTY_FACTS,
    )


def tell(width: int = 80) -> Iterator[str]:
    """The whole story, line by line."""
    found = {(place[0], on): decide(place, on) for on in DAYS for place in CONSIGNEES}
    book = desk().lawbook
    yield from _opening(width)
    previous: str | None = None
    for on in DAYS:
        yield from _chapter(book, found, previous, on, width)
        previous = on
    yield ""
    yield from table(found)
    yield ""
    to, on = EXPLAINED
    yield "=" * width
    yield f"ONE OF THEM EXPLAINED: {to} on {on}"
    yield "=" * width
    yield from exeat.explain(found[EXPLAINED], full=True, width=width).splitlines()


def _opening(width: int) -> Iterator[str]:
    page = Page(width)
    page.text(f"ONE ORDER: {QUANTITY} x {ITEM}, exported from the United States", 0)
    page.text(
        "to a private company's own data center in Germany, Portugal, Mexico, the UAE, Singapore (* where the ultimate "
        "parent is in China) and China; shipped directly, the consignee's first of the year. Two answers each: "
        "text, the regulations in force; enforced, what BIS says it enforces."
    )
    page.text(f"none = {BEST}", 2, 9)
    page.text("exception = a license exception stands in for the license; license = a license is required", 2, 9)
    yield from page.lines


def _chapter(
    book: Lawbook, found: Mapping[tuple[str, str], Determination], previous: str | None, on: str, width: int
) -> Iterator[str]:
    """What happened in the law since the day before, and which answers it changed."""
    page = Page(width)
    page.lines.append("")
    page.text(f"UNTIL {on}" if previous is None else f"FROM {previous} TO {on}", 0)
    for happened in _happened(book, previous, on):
        page.text(f"- {happened}", 2, 4)
    if previous is not None:
        changed = list(_changed(found, previous, on))
        page.text(f"Changed: {'; '.join(changed)}." if changed else "No answer to this order changed.", 2, 4)
    else:
        for word, names in _first(found, on).items():
            page.text(f"{word}: {', '.join(names)}", 2, 4)
    pending = found[CONSIGNEES[0][0], on].to_dict()["pending"]
    for waiting in pending:
        page.text(f"In the CFR, not yet due: {waiting['instrument']}, compliance on {waiting['compliance']}", 2, 4)
    yield from page.lines


def _happened(book: Lawbook, previous: str | None, on: str) -> Iterator[str]:
    start = date.min if previous is None else date.fromisoformat(previous)
    end = date.fromisoformat(on)
    for instrument in book.instruments:
        if instrument.kind != "baseline" and (days := ", ".join(_days(instrument, start, end))):
            yield f"{instrument.citation}, {instrument.title} ({instrument.kind}): {days}"


def _days(instrument: Instrument, start: date, end: date) -> Iterator[str]:
    """The days of an instrument that fall after ``start`` and up to ``end``."""
    if start < instrument.effective <= end:
        yield f"effective {instrument.effective}"
    dues = {s.compliance for s in instrument.sections if s.compliance > s.effective} | {instrument.compliance}
    for due in sorted(dues):
        if start < due <= end and due != instrument.effective:
            yield f"compliance due {due}"


def _first(found: Mapping[tuple[str, str], Determination], on: str) -> dict[str, list[str]]:
    """The consignees by what both tracks say of them on the first day."""
    names: dict[str, list[str]] = {}
    for to, _, _, name in CONSIGNEES:
        words = [_word(found[to, on], track) for track in TRACKS]
        names.setdefault(words[0] if words[0] == words[1] else " / ".join(words), []).append(name)
    return names


def _changed(found: Mapping[tuple[str, str], Determination], previous: str, on: str) -> Iterator[str]:
    for to, _, _, name in CONSIGNEES:
        moves = []
        for track in TRACKS:
            before, after = (_word(found[to, day], track) for day in (previous, on))
            if before != after:
                by = " or ".join(e["symbol"] for e in found[to, on].to_dict()[track]["exceptions"] if e["usable"])
                moves.append(f"{track} {before} -> {after}{f' ({by})' if by else ''}")
            elif after == WORDS["license_required"]:
                was, now = (_review(found[to, day], track) for day in (previous, on))
                if was != now:
                    moves.append(f"{track} review {was} -> {now}")
        if moves:
            yield f"{name}: {', '.join(moves)}"


def _review(determination: Determination, track: str) -> str:
    return str(determination.to_dict()[track]["review_policy"] or "on facts not stated").replace("_", " ")


def table(found: Mapping[tuple[str, str], Determination]) -> Iterator[str]:
    """Both tracks' outcomes, one word each: consignees down, days across."""
    yield f"{'':20}" + "".join(f"{day[:7]:<10}" for day in DAYS).rstrip()
    for to, _, _, name in CONSIGNEES:
        for track in TRACKS:
            cells = "".join(f"{_word(found[to, day], track):<10}" for day in DAYS)
            yield f"{name if track == TRACKS[0] else '':10} {track:9}{cells}".rstrip()


def _word(determination: Determination, track: Any) -> str:
    return WORDS[determination.outcome_on(track)]


def main() -> int:
    """Print the story."""
    encoding = sys.stdout.encoding or "ascii"
    for line in tell():
        print(line.encode(encoding, "replace").decode(encoding))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
