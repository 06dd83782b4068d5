"""The paragraphs of a track in the law's order: requirements, exceptions with their duties, review policy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from exeat.explanation.head import TRACK_WORDS, TRACKS
from exeat.explanation.layout import Page, listed

Data = Mapping[str, Any]

_MET = {"yes": "met", "no": "not met", "unknown": "not known"}
#: Of an exclusion: that its condition fails is what the rule needs.
_BAR = {"yes": "no bar", "no": "bars it", "unknown": "not known"}


def cited(entry: Data) -> str:
    """Instrument and dates of a paragraph, and its confidence where that is not primary."""
    words = f"{entry['instrument']}, effective {entry['effective']}"
    if entry["compliance"] != entry["effective"]:
        words += f", compliance {entry['compliance']}"
    return words if entry["confidence"] == "primary" else f"{words}, {entry['confidence']}"


def limbs(page: Page, stated: Sequence[Data], only: tuple[str, ...] = ("yes", "no", "unknown")) -> None:
    """Each condition: met, not met or not known; of an exclusion, whether it bars."""
    for limb in stated:
        if limb["met"] in only:
            bar = limb["kind"] == "unless"
            label = f"{limb['label']}: " if limb["label"] else ""
            kind = {"unless": "unless ", "any": "(one of) "}.get(limb["kind"], "")
            text = f"{kind}{label}{limb['says']}"
            page.item((_BAR if bar else _MET)[limb["met"]], text, 4, 10)


def by_track(page: Page, title: str, data: Data, write: Callable[[Page, Data], None]) -> None:
    """The same heading for both tracks where they say the same, else one after the other."""
    written = {}
    for track in TRACKS:
        part = Page(page.width)
        write(part, data[track])
        written[track] = part.lines
    if written["text"] == written["enforced"]:
        if written["text"]:
            page.heading(f"{title} (both tracks)")
            page.extend(written["text"])
        return
    for track in TRACKS:
        page.heading(f"{title} ({track}: {TRACK_WORDS[track]})")
        page.extend(written[track] or ["  none"])


def prohibitions(page: Page, track: Data) -> None:
    """What may not be done at all unless the agency permits it."""
    for found in track["prohibitions"]:
        known = {"yes": "applies", "unknown": "not known whether it applies"}[found["applies"]]
        page.text(f"{found['provision']}: {known} ({cited(found)})", 2, 4)
        limbs(page, found["limbs"])
        if found["cure"]:
            page.text(found["cure"], 4, 6)


def requirements(full: bool, text: Data) -> Callable[[Page, Data], None]:
    """A writer of the requirements that apply or may, and of the names of those examined that do not.

    In short the names are told once: on the other track only how they differ from those of the ``text`` track.
    """

    def write(page: Page, track: Data) -> None:
        for found in track["requirements"]:
            known = {"yes": "applies", "unknown": "not known whether it applies"}[found["applies"]]
            page.text(f"{found['provision']}, {found['reason']}: {known} ({cited(found)})", 2, 4)
            limbs(page, found["limbs"])
        if not track["requirements"]:
            page.text("none found")
        if track is text or full or track["examined"] == text["examined"]:
            if track["examined"]:
                names = ", ".join(track["examined"]) if full else _together(track["examined"])
                page.text(f"examined, do not apply: {names}", 2, 4)
            return
        more = [name for name in track["examined"] if name not in text["examined"]]
        less = [name for name in text["examined"] if name not in track["examined"]]
        told = [f"and {_together(more)}"] if more else []
        told += [f"but not {_together(less)}"] if less else []
        page.text(f"examined, do not apply: those of the text track, {', '.join(told)}", 2, 4)

    return write


def _together(ids: Sequence[str]) -> str:
    """Paragraphs of one section after it: ``742.6(a)(13), (a)(6)(ii)``."""
    found, last = [], ""
    for name in ids:
        section, bracket, paragraph = name.partition("(")
        same = bracket and section == last and not section.endswith(" ")
        found.append(f"({paragraph}" if same else name)
        last = section if bracket else ""
    return ", ".join(found)


def exceptions(full: bool, plain: Collection[str]) -> Callable[[Page, Data], None]:
    """A writer of the exceptions: in short, of those that fail, what failed; in full, every condition of each.

    ``plain`` are the provisions of exceptions that fail for a reason nobody asked about; in short they share one line.
    """

    def write(page: Page, track: Data) -> None:
        short = [] if full else [e for e in track["exceptions"] if e["usable"] is False and e["provision"] in plain]
        _exceptions(page, {"exceptions": [e for e in track["exceptions"] if e not in short]})
        if short:
            names = ", ".join(e["symbol"] for e in short)
            page.text(f"not usable (not claimed, or for another kind of item): {names}", 2, 4)

    def _exceptions(page: Page, track: Data) -> None:
        some_usable = any(found["usable"] for found in track["exceptions"])
        # Those that fail by terms nobody claimed (one limb) come last; the law's order stays otherwise.
        for found in sorted(track["exceptions"], key=lambda e: e["usable"] is False and len(e["conditions"]) == 1):
            _exception(page, found, full or found["usable"] is True, duties=full or not some_usable)

    return write


def _exception(page: Page, found: Data, full: bool, duties: bool) -> None:
    usable = {True: "usable", None: "not known whether usable", False: "not usable"}[found["usable"]]
    if full or (duties and found["usable"] is None):
        name = found["symbol"] if found["title"] in ("", found["symbol"]) else f"{found['symbol']}, {found['title']}"
        page.text(f"{name}: {usable} ({found['provision']}; {cited(found)})", 2, 4)
    else:
        page.text(f"{found['symbol']}: {usable} ({found['provision']})", 2, 4)
    conditions = found["conditions"]
    limbs(page, conditions, ("yes", "no", "unknown") if full else _telling(found))
    met = [c["label"] for c in conditions if c["met"] == "yes" and c["label"]]
    if met and found["usable"] is None and not full:
        page.item("met", "; ".join(met), 4, 10)
    for bar in found["closed_by"]:
        verb = "closed by" if bar["applies"] == "yes" else "perhaps closed by"
        page.text(f"{verb} {bar['provision']} ({bar['instrument']})", 4, 6)
    if found["does_not_overcome"] and found["usable"] is not True:
        page.text(f"does not answer {listed(found['does_not_overcome'])}", 4, 6)
    if "posture" in found:
        page.text(f"posture: {found['posture']['stance'].replace('_', ' ')} since {found['posture']['since']}", 4, 6)
    for duty in found["duties"] if full or duties else ():
        condition = "" if duty["applies"] == "yes" else " (not known whether it is due)"
        page.item("duty", f"{duty['label']}: {duty['text']}{condition}", 4, 10)


def _telling(found: Data) -> tuple[str, ...]:
    """The conditions that tell why an exception is not (known to be) usable: those that failed, else the unknown."""
    if found["usable"] is False and ("posture" in found or any(c["met"] == "no" for c in found["conditions"])):
        return ("no",)
    return ("no", "unknown")


def review(page: Page, track: Data) -> None:
    """How an application would be met: for each requirement the policy and the row that matched."""
    for found in track["review"]:
        policy = "not known" if found["policy"] is None else found["policy"].replace("_", " ")
        page.text(f"{found['requirement']}: {policy}", 2, 4)
        if "provision" in found:
            row = f", {found['at']}" if found.get("at") else ""
            page.text(f"{found['provision']}{row} ({cited(found)})", 4, 6)
        if found.get("says"):
            verb = "would match" if found["policy"] is None else "matched"
            page.text(f"{verb}: {found['says']}", 4, 6)
        if found.get("note"):
            page.text(found["note"], 4, 6)
