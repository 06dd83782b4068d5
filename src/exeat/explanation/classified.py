"""The classification: the entry, its limbs, and the limbs of the definitions the entry rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from exeat.determination.reader import Reader
from exeat.explanation.layout import Page
from exeat.explanation.paragraphs import cited, limbs
from exeat.lawbook.instrument import Classification, Definition, Section
from exeat.logic.tree import fact_names

if TYPE_CHECKING:
    from exeat.determination.answer import Determination

_FIGURES = (
    ("tpp", "TPP {}"),
    ("performance_density", "performance density {}"),
    ("applicable_die_area_mm2", "applicable die area {} mm2"),
    ("memory_bandwidth_density", "memory bandwidth density {}"),
    ("io_bidirectional_gbs", "two-way transfer rate {} GB/s"),
    ("total_dram_bandwidth_gbs", "DRAM bandwidth {} GB/s"),
)


def classification(page: Page, determination: Determination, data: Mapping[str, Any]) -> None:
    """The entry the item is in, by which limbs, and on what figures."""
    page.heading(f"CLASSIFICATION: {entry_words(data['eccn'])}")
    figures = "; ".join(_figures(determination))
    if figures:
        page.text(figures, 2, 4)
    reader = Reader(determination)
    sections = {s.rule.entry: s for s in reader.law.governing if isinstance(s.rule, Classification)}
    told: set[str] = set()
    for entry in data["classification"]["entries"]:
        known = "" if entry["applies"] == "yes" else ": not known"
        page.text(f"ECCN {entry['entry']}{known} ({cited(entry)})", 2, 4)
        limbs(page, entry["limbs"])
        for section in _definitions(reader, sections[entry["entry"]], told):
            cite = reader.words.cite(section)
            page.text(f"{section.provision} ({cited(cite)})", 4, 6)
            limbs(page, _limbs(reader, section))
    if not data["classification"]["entries"]:
        page.text("no encoded entry describes the item, on these facts")


def entry_words(eccn: str) -> str:
    """An ECCN, or words for none."""
    return {"unknown": "not known", "not_listed": "in no encoded entry"}.get(eccn, eccn)


def _figures(determination: Determination) -> Iterator[str]:
    facts = determination.asked.facts
    intervals = determination.asked.item.intervals if determination.asked.item else {}
    for name, words in _FIGURES:
        value = facts.get(name)
        if value is None and name in intervals:
            yield words.format(intervals[name])
        elif value is None and name == "performance_density":
            tpp, area = facts.get("tpp"), facts.get("applicable_die_area_mm2")
            if isinstance(tpp, Decimal) and isinstance(area, Decimal) and area:
                yield words.format(f"{tpp / area:.2f}")
        elif isinstance(value, Decimal):
            yield words.format(f"{value:f}")
    marketed = facts.get("marketed_for_datacenters")
    if isinstance(marketed, bool):
        yield "marketed for data centers" if marketed else "not marketed for data centers"


def _definitions(reader: Reader, section: Section, told: set[str]) -> Iterator[Section]:
    """The parameters an entry rests on: definitions with several limbs, those they rest on in turn left out."""
    by_name = {s.rule.name: s for s in reader.law.governing if isinstance(s.rule, Definition)}
    assert section.rule is not None
    for name in sorted(fact_names(section.rule.condition())):
        found = by_name.get(name)
        if found is None or name in told or name in reader.d.asked.facts or name not in reader.values:
            continue
        told.add(name)
        assert found.rule is not None
        if len(found.rule.limbs) > 1:
            yield found
        else:
            yield from _definitions(reader, found, told)


def _limbs(reader: Reader, section: Section) -> list[dict[str, Any]]:
    """A definition's limbs; they are no steps of the program, so each is tried on the determination's values."""
    found = []
    assert section.rule is not None
    for limb in section.rule.limbs:
        truth = reader.holds(limb.tree)
        needed = truth if truth is None or limb.kind != "unless" else not truth
        met = {True: "yes", False: "no", None: "unknown"}[needed]
        found.append({"label": limb.label, "kind": limb.kind, "says": reader.words.say(limb), "met": met})
    return found
