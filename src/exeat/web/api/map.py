"""``GET /v1/map``: one item on one day, every destination, both tracks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from exeat.terms import InputError, read_day
from exeat.web.api.common import Known, answered, problems
from exeat.web.map_of_outcomes import HERE, OutcomeMap, Profile, Reasons
from exeat.web.site import site_of

router = APIRouter(tags=["map"])
TRACKS = ("text", "enforced")


class ReasonsBody(BaseModel):
    """What one track's outcome rests on."""

    outcome: str = Field(examples=["license_required"])
    applies: list[str]
    relief: list[str]
    open: list[str]
    review_policy: str | None


class PlaceBody(BaseModel):
    """One destination; a track that was not asked for is absent. ``groups`` null: the tables say nothing of it."""

    code: str
    name: str
    groups: list[str] | None
    text: ReasonsBody | None = None
    enforced: ReasonsBody | None = None


class MapBody(BaseModel):
    """Every destination, and how many have each outcome."""

    on: str
    known_on: str | None
    item: str | None
    eccn: str | None
    assumes: dict[str, str | None]
    counts: dict[str, dict[str, int]]
    places: list[PlaceBody]
    law: str


@router.get("/map", summary="Outcomes by destination", response_model=MapBody, responses=problems())
def outcomes(
    request: Request,
    item: Annotated[str, Query(description="A name of the catalog.", max_length=200, examples=["NVIDIA H100 SXM"])],
    on: Annotated[str | None, Query(description="The day, YYYY-MM-DD (default: today).", max_length=40)] = None,
    track: Annotated[Literal["text", "enforced"] | None, Query(description="One track; both without.")] = None,
    known_on: Known = None,
    headquarters: Annotated[
        str, Query(description="Of the consignee: a place, destination, or unknown.", max_length=80)
    ] = HERE,
    parent: Annotated[str, Query(description="Of its ultimate parent, likewise.", max_length=80)] = HERE,
    end_use: Annotated[str | None, Query(max_length=80)] = None,
    quantity: Annotated[int | None, Query(ge=1, le=10**9)] = None,
) -> Response:
    """What an export from the United States would meet in each of about 200 destinations.

    Places that the law of the day cannot tell apart are decided once. What is assumed of the consignee is in
    ``assumes``; neither lists nor a ledger are asked.
    """
    site = site_of(request)
    if not item.strip():
        raise InputError("item is empty; expected a name of the catalog")
    day = site.today() if on is None else read_day(on, "on")
    known = None if known_on is None else read_day(known_on, "known_on")
    profile = Profile(_said(headquarters), _said(parent), end_use=end_use, quantity=quantity)
    found = site.map(item, day, profile, known)
    assumes = {"activity": "export", "origin": "US", "headquarters": profile.headquarters, "parent": profile.parent}
    return answered({
        "on": day.isoformat(), "known_on": known.isoformat() if known else None, "item": found.item,
        "eccn": found.eccn, "assumes": assumes,
        "counts": {name: found.counts[name] for name in ((track,) if track else ("text", "enforced"))},
        "places": list(_places(found, (track,) if track else TRACKS)), "law": site.lawbook.digest,
    })  # fmt: skip


def _said(place: str) -> str | None:
    return None if place.strip().casefold() in ("", "unknown", "?") else place


def _places(found: OutcomeMap, tracks: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    told: dict[int, dict[str, Any]] = {}  # places decided together share their reasons
    for code, row in found.places.items():
        data: dict[str, Any] = {"code": code, "name": row.place.name, "groups": row.groups}
        for track in tracks:
            reasons: Reasons = getattr(row, track)
            if id(reasons) not in told:
                told[id(reasons)] = {
                    "outcome": reasons.outcome, "applies": reasons.applies, "relief": reasons.relief,
                    "open": reasons.open, "review_policy": reasons.policy,
                }  # fmt: skip
            data[track] = told[id(reasons)]
        yield data


__all__ = ["router"]
