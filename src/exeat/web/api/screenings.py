"""``GET /v1/screenings``: a name looked up in the lists held, by the parameters of the Consolidated Screening List."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from exeat.bound import extra
from exeat.terms import InputError, read_day
from exeat.web.api.common import Day, answered, problems
from exeat.web.site import site_of

router = APIRouter(tags=["screening"])
#: A name longer than this is none; looking for it would only cost time.
NAME_LENGTH = 300


class ScreeningBody(BaseModel):
    """What was found. ``statement`` says it in words; who is not found in part of the lists is not cleared."""

    total: int
    offset: int
    results: list[dict[str, Any]]
    statement: str
    status: str
    notes: list[str]


@router.get("/screenings", summary="Look for a name", response_model=ScreeningBody, responses=problems())
def screenings(
    request: Request,
    name: Annotated[str, Query(description="The name.", min_length=1, max_length=NAME_LENGTH, examples=["Huawei"])],
    fuzzy_name: Annotated[bool, Query(description="Also names written otherwise.")] = True,
    sources: Annotated[list[str] | None, Query(description="Lists, EL SDN ...; commas or repeated.")] = None,
    countries: Annotated[
        list[str] | None, Query(description="Entries of these countries, and those that state none.")
    ] = None,
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
    size: Annotated[int, Query(ge=1, le=100)] = 10,
    on: Day = None,
) -> Response:
    """The search parameters of the CSL's own API over the lists held here. Nothing leaves this machine."""
    if not name.strip():
        raise InputError("name is empty; expected the name of a party")
    day = None if on is None else read_day(on, "on")
    with _refusals() as commands:
        found = commands.search(
            name, fuzzy_name=fuzzy_name, sources=_split(sources), countries=_split(countries), offset=offset,
            size=size, on=day, screening=site_of(request).lists.screening,
        )  # fmt: skip
    return answered(found)


def _split(stated: list[str] | None) -> list[str]:
    parts = [part.strip().upper() for word in stated or () for part in word.split(",")]
    return [part for part in parts if part]


@contextmanager
def _refusals() -> Iterator[Any]:
    with extra("screening"):
        from exeat.screening import commands
        from exeat.screening.errors import ScreeningError
    try:
        yield commands
    except ScreeningError as error:
        raise InputError(str(error)) from None


__all__ = ["router"]
