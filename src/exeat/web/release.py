"""One word for an order's field: BLOCK, REVIEW or RELEASE, and why.

The determination has two tracks, exceptions with duties, red flags, and what could not be told. A field of another
system holds one word, and somebody ships by it. So RELEASE is said only where nothing at all is left to look at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal

from exeat.listing import LISTS

Status = Literal["BLOCK", "REVIEW", "RELEASE"]
STATUSES: tuple[Status, ...] = ("BLOCK", "REVIEW", "RELEASE")
TRACKS = ("text", "enforced")
#: What an answer lists as not modeled where owners were stated and nothing adds up their shares.
OWNERS_UNREAD = "the owners stated for a party"
_LISTINGS = frozenset(known.fact for known in LISTS)


def release_status(answer: Mapping[str, Any], days_after_check: int = 30) -> tuple[Status, list[str]]:
    """The word for a determination (the form of ``docs/determination.schema.json``), with its reasons.

    * BLOCK: prohibited on either track, or a license is required on the enforced track.
    * REVIEW: anything else but a plain *no license required* on both tracks. An exception or authorization is REVIEW
      always: whether its duties are met is for a person. So is a license that only the text requires (the agency says
      it does not enforce it), whatever is unknown, an unresolved red flag, a party that was not screened against whole
      lists, an item in no encoded entry, a figure on which the answer turns, a limit that may be passed, a conflict in
      a paragraph it cites, owners that were stated and not looked at, law as it was known before the day of the
      transaction, and a day too long after the law's sources were last checked.
    * RELEASE: nothing of this. It rests on what was presumed, and says nothing of what is not modeled or of conflicts
      in paragraphs that did not apply; all of it is told.

    Args:
        answer: the determination as plain data.
        days_after_check: days after the last check of the law's sources on which RELEASE may still be said.
    """
    blocks = list(_blocks(answer))
    if blocks:
        return "BLOCK", blocks
    doubts = list(dict.fromkeys([*_doubts(answer), *_unread_owners(answer), *_old_law(answer, days_after_check)]))
    if doubts:
        return "REVIEW", doubts
    return "RELEASE", list(_rests_on(answer))


def _blocks(answer: Mapping[str, Any]) -> Iterator[str]:
    for track in TRACKS:
        if answer[track]["outcome"] == "prohibited":
            ids = ", ".join(one["id"] for one in answer[track]["prohibitions"])
            yield f"prohibited ({track})" + (f": {ids}" if ids else "")
    if answer["enforced"]["outcome"] == "license_required":
        ids = ", ".join(one["id"] for one in answer["enforced"]["requirements"] if one["applies"] == "yes")
        yield "a license is required, and the agency enforces it" + (f": {ids}" if ids else "")


def _doubts(answer: Mapping[str, Any]) -> Iterator[str]:
    for track in TRACKS:
        outcome = answer[track]["outcome"]
        if outcome != "no_license_required":
            yield f"{outcome.replace('_', ' ')} ({track})" + _duties(answer[track], outcome)
    for flag in answer["red_flags"]:
        if flag["resolved"] is None:
            yield f"red flag {flag['id']}: {flag['question']}"
    if answer["hold"]:
        yield "on hold until somebody has looked at it"
    if answer["eccn"] == "unknown":
        yield "the entry the item is classified in is not known"
    elif answer["eccn"] == "not_listed":
        yield "the item is in no encoded entry; others of the Commerce Control List are not encoded"
    yield from _parties(answer)
    for figure in answer["uncertain_figures"]:
        if figure["verdict"] != "robust":
            yield f"the answer turns within what is known of {figure['fact']}"
    for limit in answer["limits"]:
        if limit["fits"] != "yes":
            yield f"limit {limit['id']}: " + ("passed" if limit["fits"] == "no" else "whether it holds is not known")
    for conflict in answer["conflicts"]:
        if conflict["applies"] == "yes" and _cited(conflict, answer):
            yield f"a conflict in the law bears on a paragraph it rests on: {conflict['id']}"


def _parties(answer: Mapping[str, Any]) -> Iterator[str]:
    if not answer["parties"]:
        yield "no party is named"
    for report in answer.get("screening", ()):
        if report["hold"]:
            yield f"screening: {report['hold'][0]}"
        elif report["status"] == "not screened" and report["name"]:
            yield f"screening: {report['statement']}"
    presumed = sorted(one["fact"] for one in answer["presumed"] if one["fact"] in _LISTINGS)
    if presumed:
        yield f"that no party is listed was presumed, not looked up in whole lists ({presumed[0]} …)"


def _duties(track: Mapping[str, Any], outcome: str) -> str:
    usable = [one for one in track["exceptions"] if one["usable"]] if outcome != "license_required" else []
    return ": " + ", ".join(one["symbol"] for one in usable) + "; see its duties" if usable else ""


def _unread_owners(answer: Mapping[str, Any]) -> Iterator[str]:
    for gap in answer["not_modeled"]:
        if gap["what"] == OWNERS_UNREAD:
            yield f"not taken into account: {gap['what']} ({gap['why']})"


def _old_law(answer: Mapping[str, Any], days: int) -> Iterator[str]:
    known_on = answer.get("known_on")
    if known_on is not None and str(known_on) < str(answer["date"]):
        yield f"decided by the law as it was known on {known_on}, not by that of the day of the transaction"
    checked = answer["law"]["checked"]
    if checked is None:
        yield "the law's sources state no day on which they were checked"
    elif (late := (date.fromisoformat(answer["date"]) - date.fromisoformat(checked)).days) > days:
        yield f"the law's sources were last checked on {checked}, {late} days before the transaction"


def _cited(conflict: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    return any(citation.startswith(f"{conflict['provision']} (") for citation in answer["citations"])


def _rests_on(answer: Mapping[str, Any]) -> Iterator[str]:
    yield str(answer["enforced"].get("says") or "no license requirement found under the encoded provisions")
    if answer["presumed"]:
        yield f"presumed, as nobody stated otherwise: {len(answer['presumed'])} facts (see presumed)"
    for conflict in answer["conflicts"]:
        if conflict["applies"] == "yes":
            yield f"a conflict in the law, told with the answer: {conflict['id']}"
    for gap in answer["not_modeled"]:
        yield f"not modeled: {gap['what']}"


__all__ = ["STATUSES", "Status", "release_status"]
