"""``exeat flags``: each red flag of a transaction raised, not raised or not to be told, and what to ask next."""

from __future__ import annotations

import re
from typing import Any

from exeat.cli import DECIDED, UNKNOWN
from exeat.cli.check import answered
from exeat.cli.options import Order
from exeat.cli.show import write, write_json
from exeat.determination.answer import Determination
from exeat.determination.vigilance import red_flags
from exeat.determination.vigilance_report import VigilanceReport
from exeat.explanation.layout import Page, draft_line, listed
from exeat.explanation.paragraphs import limbs

_WORDS = {"yes": "raised", "unknown": "cannot tell", "no": "not raised"}


def run_flags(item: str | None, order: Order, *, as_json: bool) -> int:
    """Tell every red flag; exit code 3 when an unresolved one holds a transaction.

    Raises:
        InputError: as ``exeat check``.
    """
    found, many = answered(item, order)
    answers = [flags_data(determination) for determination in found]
    if as_json:
        write_json(answers if many else answers[0])
    else:
        for number, data in enumerate(answers):
            page = Page()
            if number:
                page.lines.extend(["", "=" * 80, ""])
            page.extend(draft_line(data["drafts"]))
            _write(page, data)
            write(page.lines)
    return UNKNOWN if any(data["hold"] for data in answers) else DECIDED


def flags_data(found: Determination) -> dict[str, Any]:
    """Every red flag in force: its state and, where it cannot be told, the facts that would tell, as questions."""
    asked, engine, inquiry = found.asked, found.engine, found.inquiry()
    report = VigilanceReport(found)
    rows = []
    for section, data in zip(red_flags(engine.program.law), report.red_flags(every=True), strict=True):
        missing = inquiry.missing_for(section.rule.name) if data["raised"] == "unknown" and section.rule else []
        data["ask"] = [_question(found, item.fact, item.party) for item in missing]
        rows.append(data)
    rank = {"yes": 0, "unknown": 1, "no": 2}
    rows.sort(key=lambda row: (rank[row["raised"]], _in_order(row["id"])))
    return {
        "drafts": list(found.lawbook.drafts),
        "date": asked.on.isoformat(),
        "item": asked.item.name if asked.item else None,
        "hold": report.hold(),
        "screening_holds": [f"{one['name']}: {why}" for one in asked.screening for why in one["hold"]],
        "red_flags": rows,
        "next": next((row["ask"][0] for row in rows if row["ask"]), None),
    }


def _in_order(name: str) -> list[tuple[int, str]]:
    """A key by which no. 2 comes before no. 10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


def _question(found: Determination, fact: str, party: int | None) -> dict[str, Any]:
    declared = found.engine.program.vocabulary[fact]
    entry: dict[str, Any] = {"fact": fact, "question": declared.question, "source": declared.source}
    if party is not None:
        stated = found.asked.parties[party]
        entry["party"] = party
        entry["of"] = str(stated.get("name") or str(stated.get("role", "a party")).replace("_", " "))
    return entry


def _write(page: Page, data: dict[str, Any]) -> None:
    page.text(f"{data['item'] or 'an item without stated figures'} on {data['date']}: red flags", 0, 2)
    counts = {state: [row for row in data["red_flags"] if row["raised"] == state] for state in _WORDS}
    page.text("; ".join(f"{len(rows)} {_WORDS[state]}" for state, rows in counts.items()))
    if data["hold"]:
        open_flags = [row["id"] for row in counts["yes"] if row["resolved"] is None]
        if open_flags:
            page.text(f"HOLD: {listed(open_flags)} unresolved; refrain, or apply to BIS (15 CFR 732 supp. 3)", 2, 4)
        for why in data["screening_holds"]:
            page.text(f"HOLD: {why}", 2, 4)
    for row in counts["yes"]:
        page.heading(f"RAISED: {row['id']} ({row['provision']}, {row['instrument']})")
        page.text(row["question"])
        limbs(page, row["limbs"], ("yes",))
        if row["diligence"]:
            page.text(f"what answers it: {row['diligence']}", 2, 4)
        if row["resolved"]:
            said = row["resolved"]
            page.text(f"resolved by {said['by']} on {said['on']}: {said['evidence']}", 2, 4)
    if counts["unknown"]:
        page.heading("CANNOT TELL")
    for row in counts["unknown"]:
        page.text(f"{row['id']} ({row['provision']})", 2, 4)
        for ask in row["ask"][:1]:
            whose = f" (of the {ask['of']})" if "of" in ask else ""
            page.text(f"ask: {ask['question']}{whose} [{ask['fact']}]", 4, 6)
    if counts["no"]:
        page.heading("NOT RAISED, on what is stated")
        page.text("; ".join(row["id"] for row in counts["no"]), 2, 4)
