"""``/v1/items``: the catalog."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from exeat.catalog import AmbiguousItem, UnknownItem
from exeat.determination.determine import Engine
from exeat.explanation.item_data import item_data
from exeat.terms import read_day
from exeat.web.api.common import Day, answered, problems
from exeat.web.problems import Problem
from exeat.web.site import Site, site_of

router = APIRouter(tags=["items"])


class ItemBody(BaseModel):
    """An item with its figures and its entry on a day. A figure may be a number, a text, bounds, or not known."""

    id: str = Field(examples=["nvidia-h100-sxm"])
    name: str
    tpp: Any
    performance_density: Any
    marketed_for_datacenters: bool | None
    contains: list[dict[str, Any]]
    eccn: str = Field(examples=["3A090.a"])
    confidence: str
    source: str


class ItemsBody(BaseModel):
    """Items found."""

    date: str
    items: list[ItemBody]


@router.get("/items", summary="Find items by name", response_model=ItemsBody, responses=problems())
def items(
    request: Request,
    query: Annotated[str, Query(description="Words of a name; all items without.", max_length=200)] = "",
    on: Day = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """The items whose names have the words of ``query``, with their entry on a day; else those of the likest names."""
    site = site_of(request)
    engine, day = _engine(site, on)
    found = site.catalog.search(query, limit)
    return answered({"date": day, "items": [item_data(item, site.desk, engine) for item in found]})


@router.get("/items/{name}", summary="One item", response_model=ItemBody, responses=problems(404, 409))
def item(
    request: Request,
    name: Annotated[str, Path(description="Its id, or a name that is one item's alone.", examples=["nvidia-h100-sxm"])],
    on: Day = None,
) -> Response:
    """The item of a name or id; 404 names the nearest, 409 those a name may mean."""
    site = site_of(request)
    engine, _ = _engine(site, on)
    try:
        found = site.catalog.find(name)
    except AmbiguousItem as error:
        raise Problem(409, str(error)) from None
    except UnknownItem as error:
        raise Problem(404, str(error)) from None
    return answered(item_data(found, site.desk, engine))


def _engine(site: Site, on: str | None) -> tuple[Engine, str]:
    day = site.view(None if on is None else read_day(on, "on")).on
    return site.desk.law_of(day), day.isoformat()


__all__ = ["router"]
