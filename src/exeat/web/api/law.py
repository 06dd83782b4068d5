"""``/v1/law``: provisions on a day, what changed between two days, every dated change, instruments."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from exeat.explanation.instrument_data import coverage_data, instrument_data, status_data, told_events
from exeat.explanation.provision_data import diff_data, provision_data
from exeat.lawbook.calendar import events, scheduled
from exeat.lawbook.instrument import Instrument, LawError
from exeat.lawbook.status import find_instrument
from exeat.lawbook.status import status as standing
from exeat.library import LawView
from exeat.terms import InputError, read_day
from exeat.web.api.common import Day, Known, answered, problems
from exeat.web.problems import Problem
from exeat.web.site import Site, site_of

router = APIRouter(prefix="/law", tags=["law"])


class _Open(BaseModel):
    """More members than are described."""

    model_config = ConfigDict(extra="allow")


class ProvisionsBody(BaseModel):
    """The provisions of a day."""

    on: str
    known_on: str | None
    digest: str
    provisions: list[ProvisionLine]


class ProvisionLine(BaseModel):
    """A provision in force, the version that governs, and what the agency says of it."""

    provision: str = Field(examples=["§ 740.27"])
    kind: str | None
    instrument: str
    effective: str
    confidence: str
    posture: str | None


ProvisionsBody.model_rebuild()


class ProvisionBody(_Open):
    """A provision on a day: words, conditions, posture, history."""

    provision: str
    on: str
    known_on: str | None
    in_force: dict[str, Any] | None
    pending: list[dict[str, Any]]
    stayed_until: str | None
    posture: dict[str, Any] | None
    history: list[dict[str, Any]]


class DiffBody(_Open):
    """What changed between two days."""

    added: list[dict[str, Any]]
    revised: list[dict[str, Any]]
    removed: list[dict[str, Any]]
    pending: list[dict[str, Any]]
    postures: list[dict[str, Any]]
    groups: list[dict[str, Any]]


class TimelineBody(BaseModel):
    """Every dated change, in order."""

    events: list[dict[str, str]]


class CalendarBody(TimelineBody):
    """What is scheduled."""

    known_on: str | None
    checked: str | None


class LawStatusBody(BaseModel):
    """Which law this service answers by."""

    digest: str
    begins: str
    checked: str | None
    instruments: int
    provisions: int
    drafts: list[str]
    engine: str


class InstrumentBody(_Open):
    """An instrument's marks."""

    instrument: str = Field(examples=["90 FR 4544"])
    title: str
    kind: str
    known: str
    published: str
    effective: str
    compliance: str
    source: str


class StandingBody(_Open):
    """Where an instrument stands on a day, and how much of it is encoded."""

    instrument: str
    on: str
    coverage: dict[str, Any]


@router.get("/provisions", summary="Provisions on a day", response_model=ProvisionsBody, responses=problems())
def provisions(request: Request, on: Day = None, known_on: Known = None) -> Response:
    """The version of each provision that governs a day."""
    view = _view(request, on, known_on)
    rows = []
    for section in view.governing:
        posture = view.posture(section.provision)
        rows.append({
            "provision": section.provision, "kind": section.rule.kind if section.rule else None,
            "instrument": section.citation, "effective": section.effective.isoformat(),
            "confidence": section.confidence, "posture": getattr(posture.rule, "stance", None) if posture else None,
        })  # fmt: skip
    known = view.known_on.isoformat() if view.known_on else None
    return answered({"on": view.on.isoformat(), "known_on": known, "digest": view.digest, "provisions": rows})


@router.get(
    "/provisions/{id:path}", summary="One provision", response_model=ProvisionBody, responses=problems(404, 409)
)
def provision(
    request: Request,
    id: Annotated[str, Path(description="740.27, § 740.27, 3A090.a, AIA", examples=["740.27"])],
    on: Day = None,
    known_on: Known = None,
) -> Response:
    """A provision as in force on a day; 404 names the nearest, 409 those a word may mean."""
    view = _view(request, on, known_on)
    try:
        names = view.names_of(id)
    except InputError as error:
        raise Problem(404, str(error)) from None
    if len(names) > 1:
        shown = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
        raise Problem(409, f"{id[:60]!r} may be any of {len(names)} provisions: {shown}", provisions=list(names))
    words = site_of(request).desk.law_of(view.on, view.known_on).words
    return answered(provision_data(names[0], view, words))


@router.get("/diff", summary="What changed between two days", response_model=DiffBody, responses=problems())
def diff(
    request: Request,
    from_: Annotated[str, Query(alias="from", description="The earlier day.", max_length=40, examples=["2025-05-14"])],
    to: Annotated[str, Query(description="The later day.", max_length=40, examples=["2025-05-15"])],
    known_on: Known = None,
) -> Response:
    """Provisions added, revised, removed; versions pending; postures; groups."""
    before, after = _view(request, from_, known_on, "from"), _view(request, to, known_on, "to")
    if before.on > after.on:
        raise InputError(f"{before.on} is later than {after.on}; state the earlier day first")
    return answered(diff_data(before, after))


@router.get("/timeline", summary="Every dated change", response_model=TimelineBody, responses=problems())
def timeline(request: Request, known_on: Known = None) -> Response:
    """When each instrument was public, took effect and came due; last days, stays, postures, groups."""
    known = None if known_on is None else read_day(known_on, "known_on")
    return answered({"events": list(told_events(events(site_of(request).lawbook, known)))})


@router.get("/calendar", summary="What is scheduled", response_model=CalendarBody, responses=problems())
def calendar(
    request: Request,
    from_: Annotated[str | None, Query(alias="from", description="From this day on (today).", max_length=40)] = None,
    known_on: Known = None,
) -> Response:
    """What is scheduled to change next; what falls after the last check of the sources is as it was then scheduled."""
    site = site_of(request)
    day = site.today() if from_ is None else read_day(from_, "from")
    known = None if known_on is None else read_day(known_on, "known_on")
    book = site.lawbook
    return answered({
        "known_on": known.isoformat() if known else None,
        "checked": book.checked.isoformat() if book.checked else None,
        "events": list(told_events(scheduled(book, day, known))),
    })  # fmt: skip


@router.get("/status", summary="Which law this service answers by", response_model=LawStatusBody, responses=problems())
def status(request: Request) -> Response:
    """The digest of the law files, since when law is encoded, when its sources were last checked."""
    site = site_of(request)
    book = site.lawbook
    return answered({
        "digest": book.digest, "begins": book.begins.isoformat(),
        "checked": book.checked.isoformat() if book.checked else None, "instruments": len(book.instruments),
        "provisions": len(book.chains), "drafts": list(book.drafts), "engine": site.version,
    })  # fmt: skip


@router.get("/instruments", summary="Instruments", response_model=list[InstrumentBody], responses=problems())
def instruments(request: Request, known_on: Known = None) -> Response:
    """Federal Register documents, press releases, guidance papers, in the order they take effect."""
    known = None if known_on is None else read_day(known_on, "known_on")
    listed = site_of(request).lawbook.instruments
    return answered([instrument_data(one) for one in listed if known is None or one.known <= known])


@router.get(
    "/instruments/{citation}",
    summary="Where an instrument stands",
    response_model=StandingBody,
    responses=problems(404),
)
def instrument(
    request: Request,
    citation: Annotated[str, Path(description="90-FR-4544", examples=["90-FR-4544"])],
    on: Day = None,
    known_on: Known = None,
) -> Response:
    """Effective, due, pending, posture, stayed, rescinded on a day; what of it is encoded, and what is not and why."""
    site, found = site_of(request), _instrument(site_of(request), citation)
    day = site.today() if on is None else read_day(on, "on")
    known = None if known_on is None else read_day(known_on, "known_on")
    return answered({**status_data(standing(site.lawbook, found, day, known)), "coverage": coverage_data(found)})


def _instrument(site: Site, citation: str) -> Instrument:
    try:
        return find_instrument(site.lawbook, citation)
    except LawError as error:
        raise Problem(404, str(error)) from None


def _view(request: Request, on: str | None, known_on: str | None, name: str = "on") -> LawView:
    day = None if on is None else read_day(on, name)
    return site_of(request).view(day, None if known_on is None else read_day(known_on, "known_on"))


__all__ = ["router"]
