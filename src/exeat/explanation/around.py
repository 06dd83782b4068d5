"""What stands around an answer: differences, conflicts, pending instruments, presumptions, gaps, provenance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from exeat.explanation.layout import Page, shortened

if TYPE_CHECKING:
    from exeat.determination.answer import Determination

Data = Mapping[str, Any]


def red_flags(page: Page, data: Data, full: bool) -> None:
    """Circumstances that must be looked into: raised, and how they were resolved."""
    if not data["red_flags"]:
        return
    page.heading("RED FLAGS")
    for found in data["red_flags"]:
        resolved = "resolved as stated" if found["resolved"] else "unresolved: hold"
        page.text(f"{found['id']} ({found['provision']}, {found['instrument']}): {resolved}", 2, 4)
        page.text(found["question"], 4, 4)
        if found["diligence"]:
            page.text(found["diligence"], 4, 4)


def limits(page: Page, data: Data, full: bool) -> None:
    """Caps that bear on the transaction: what is used, what it adds, what is left."""
    if not data["limits"]:
        return
    page.heading("LIMITS")
    fits = {"yes": "fits", "no": "does not fit", "unknown": "not known whether it fits"}
    for found in data["limits"]:
        page.text(f"{found['provision']}, {found['counts']} per {found['per']}, {found['period']}", 2, 4)
        parts = [f"{name} {_number(found[name])}" for name in ("amount", "used", "adds", "remaining")]
        most = found["largest_quantity"]
        room = f"; {most:,} of these units would fit" if most is not None and found["fits"] == "no" else ""
        page.text(f"{fits[found['fits']]}: {', '.join(parts)}{room}", 4, 6)
        if full and found["silent"]:
            page.text(found["silent"], 4, 4)


def _number(value: object) -> str:
    return "not known" if value is None else f"{value:,}" if isinstance(value, (int, float)) else str(value)


def differences(page: Page, data: Data, full: bool) -> None:
    """Where the tracks part, the posture that parts them, and its source."""
    if not data["differences"]:
        return
    page.heading("DIFFERENCES between the tracks")
    for found in data["differences"]:
        stance = found["stance"].replace("_", " ")
        page.text(f"{found['provision']}: text {found['text']}; enforced {found['enforced']}", 2, 4)
        page.text(f"{stance} since {found['since']}: {found['instrument']}{_sure(found)}", 4, 6)
        page.text(found["says"] if full else shortened(found["says"], 3 * (page.width - 6)), 4, 4)
        page.text(found["source"], 4, 4)


def _sure(found: Data) -> str:
    return "" if found["confidence"] == "primary" else f" ({found['confidence']})"


def conflicts(page: Page, data: Data, full: bool) -> None:
    """Places where the text contradicts itself, and notes of the rules that apply."""
    if data["conflicts"]:
        page.heading("CONFLICTS in the text")
    for found in data["conflicts"]:
        perhaps = "" if found["applies"] == "yes" else " (not known whether it bears on this)"
        page.text(f"{found['provision']}, {found['instrument']}{perhaps}: {found['says']}", 2, 4)
    if data["notes"]:
        page.heading("NOTES")
    for found in data["notes"]:
        page.text(f"{found['provision']}: {found['says']}", 2, 4)


def pending(page: Page, data: Data, full: bool) -> None:
    """Instruments in the CFR whose compliance date has not come."""
    if not data["pending"]:
        return
    page.heading("PENDING: in the CFR, asked of nobody yet")
    for found in data["pending"]:
        page.text(
            f"{found['instrument']}: in the CFR since {found['effective']}, compliance due on {found['compliance']}",
            2,
            4,
        )
        page.text(", ".join(found["provisions"]), 4, 4)


def presumed(page: Page, determination: Determination, data: Data, full: bool) -> None:
    """Facts nobody stated on whose presumed value the answer rests; in short by reason, in plain words."""
    if not data["presumed"]:
        return
    page.heading("PRESUMED, as nobody stated it (--fact NAME=VALUE states it)")
    if full:
        for found in data["presumed"]:
            page.text(f"{found['fact']} = {found['value']}: {found['because']}", 2, 4)
        return
    vocabulary = determination.engine.program.vocabulary
    by_reason: dict[str, dict[str, list[str]]] = {}
    for found in data["presumed"]:
        words = vocabulary[found["fact"]].words or found["fact"].replace("_", " ")
        by_reason.setdefault(found["because"], {}).setdefault(str(found["value"]), []).append(words)
    for because, values in by_reason.items():
        taken = "; ".join(f"{', '.join(words)}: {value}" for value, words in values.items())
        page.text(f"{taken} ({because.split('; ')[0]})", 2, 4)


def not_modeled(page: Page, data: Data, full: bool) -> None:
    """What the encoded law does not cover that bears on this answer."""
    if not data["not_modeled"]:
        return
    page.heading("NOT MODELED, and bearing on this answer")
    for found in data["not_modeled"]:
        if full:
            source = f" ({found['instrument']})" if found["instrument"] else ""
            page.text(f"- {found['what']}: {found['why']}{source}", 2, 4)
        else:
            page.brief(f"- {found['what']}")


def provenance(page: Page, data: Data, full: bool) -> None:
    """Where the item's figures come from, and which state of the law and the engine answered."""
    page.heading("PROVENANCE")
    item = data["item"]
    if item is not None:
        _figures(page, item, data, full)
    if data["citations"]:
        page.text(f"rests on: {'; '.join(data['citations'])}", 2, 4)
    law = data["law"]
    page.text(
        f"law {law['digest'][:16]}, sources checked to {law['checked'] or 'no stated day'}; engine {data['engine']}"
    )
    if law["beyond_checked"]:
        page.text("The date lies after the last check of the sources: later changes of the law are not known here.")


def _figures(page: Page, item: Data, data: Data, full: bool) -> None:
    by_source: dict[tuple[str, str], list[str]] = {}
    for name, source in item["provenance"].items():
        value = data["facts"].get(name)
        shown = name if value is None else f"{name} {_said(value)}"
        if full and source["how"]:
            shown += f" ({source['how']})"
        by_source.setdefault((source["source"], source["confidence"]), []).append(shown)
    for (source, confidence), names in by_source.items():
        words = (
            "figures as stated by you" if source == "stated" else f"figures of {item['name']}, confidence {confidence}"
        )
        page.text(f"{words}: {', '.join(names)}", 2, 4)
        if source != "stated":
            page.text(source, 4, 4)


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


#: What stands around an answer and needs its data alone, in order.
PARTS: tuple[Callable[[Page, Data, bool], None], ...] = (
    red_flags,
    limits,
    differences,
    conflicts,
    pending,
)
