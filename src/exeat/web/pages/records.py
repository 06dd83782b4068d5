"""*Records*: receipts of determinations, one by one, and whether everything stored is as it was written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from exeat.bound.ledger import refusals
from exeat.determination.track_report import BEST
from exeat.explanation import head
from exeat.terms import InputError
from exeat.web.address import read_address
from exeat.web.answer import OUTCOMES
from exeat.web.asking import question_of
from exeat.web.login import needs_decide
from exeat.web.pages.ask import cutting
from exeat.web.pages.ledger import ledger_of, unconfigured
from exeat.web.problems import Problem
from exeat.web.site import site_of
from exeat.web.templating import render

router = APIRouter(dependencies=[Depends(needs_decide)])

#: Receipts on one page.
_ON_A_PAGE = 50


@router.get("/records", response_class=HTMLResponse)
def records(request: Request) -> Response:
    """The receipts, the newest first; of one shipment where ``reference`` names it."""
    given = read_address(request.query_params.multi_items(), ("reference", "before"))
    kept = ledger_of(request)
    if kept is None:
        return unconfigured(request, "Records")
    before = _number(given["before"], "before") if "before" in given else None
    with refusals():
        from exeat.ledger import overview

        found, total = overview.receipts_listed(
            kept, reference=given.get("reference"), before=before, most=_ON_A_PAGE + 1
        )
    shown = found[:_ON_A_PAGE]
    more = None
    if len(found) > _ON_A_PAGE:
        more = {**({"reference": given["reference"]} if "reference" in given else {}), "before": shown[-1]["number"]}
    return render(
        request, "records.html", receipts=shown, total=total, reference=given.get("reference", ""), older=more,
        outcomes=OUTCOMES,
    )  # fmt: skip


@router.post("/records/verify", response_class=HTMLResponse)
def verify(request: Request) -> Response:
    """Compare everything stored with its hashes, and say what was found."""
    kept = ledger_of(request)
    if kept is None:
        return unconfigured(request, "Records")
    with refusals():
        from exeat.ledger import commands

        found = commands.verify(kept, workers=1)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return render(request, "records_verified.html", found=found, at=at)


@router.get("/records/verify")
def verify_again(request: Request) -> Response:
    """The address of a verification, loaded again: verifying takes the button."""
    return RedirectResponse("/records", status_code=303)


@router.get("/records/{number}", response_class=HTMLResponse)
def record(request: Request, number: str) -> Response:
    """One receipt: what was asked, what was answered, by which law, and its place in the chain."""
    kept = ledger_of(request)
    if kept is None:
        return unconfigured(request, "Records")
    wanted = _number(number, "the number of a receipt")
    with refusals():
        from exeat.ledger import commands
        from exeat.ledger.errors import LedgerError

        try:
            found = commands.show(kept, wanted)
        except LedgerError as error:
            raise Problem(404, str(error)) from None
    document = found["document"]
    answer = document.get("answer") if found["kind"] == "determination" else None
    on = str((answer or {}).get("date") or site_of(request).today().isoformat())
    return render(
        request,
        "record.html",
        receipt=found,
        document=document,
        answer=answer,
        tracks=_tracks(answer) if answer else [],
        again=_again(document) if answer else None,
        raw=json.dumps(document, indent=1, ensure_ascii=False),
        cut=cutting(site_of(request), on),
    )


def _tracks(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The tracks of a recorded answer; one written by an older engine may lack what the words need."""
    told = []
    for track in head.TRACKS:
        outcome = str((answer.get(track) or {}).get("outcome") or "unknown")
        try:
            says = head.outcome_words(answer, track)
        except (KeyError, TypeError):
            says = BEST if outcome == "no_license_required" else outcome.replace("_", " ")
        mark = OUTCOMES.get(outcome, outcome)
        told.append({"name": track, "means": head.TRACK_WORDS[track], "outcome": outcome, "mark": mark, "says": says})
    return told


def _again(document: dict[str, Any]) -> str | None:
    """The address that asks the same today; None where it was redacted or cannot be put in an address."""
    try:
        return question_of(document["stated"]).url()
    except (InputError, KeyError, TypeError, ValueError, AttributeError):
        return None


def _number(text: str, what: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16 and int(text) > 0):
        raise InputError(f"{what} is {text[:40]!r}; expected a number from 1 on")
    return int(text)


__all__ = ["router"]
