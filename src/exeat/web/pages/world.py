"""*World*: what one item needs on one day, destination by destination, as a map on both tracks and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from exeat.catalog import CatalogError
from exeat.determination.determine import SEVERITY
from exeat.lawbook.groups import Destination
from exeat.lawbook.places import Places
from exeat.logic.errors import LogicError
from exeat.terms import InputError
from exeat.web.address import address, day_of, in_path, one_of, read_address
from exeat.web.asking import Question
from exeat.web.links import law_href
from exeat.web.map_of_outcomes import HERE, OutcomeMap, PlaceOutcome, Profile, Reasons
from exeat.web.map_shapes import world_shapes
from exeat.web.site import Site, site_of
from exeat.web.stops import around, stops
from exeat.web.templating import render

router = APIRouter()

NAMES = ("item", "on", "known_on", "track", "end_use", "quantity", "headquarters", "parent", "place", "sort")
TRACKS = {"text": "The regulations in force", "enforced": "What BIS says it enforces"}
SORTS = ("name", "code", "text", "enforced")
DEFAULT_ITEM = "NVIDIA H100 SXM"
LAST = date(2026, 12, 31)
#: The marks of the map: an outcome, or an unknown one whose license requirement is certain.
KINDS = {
    "prohibited": "prohibited",
    "license_required": "license required",
    "unknown-open": "license required unless an exception can be used (a fact is missing)",
    "unknown": "unknown: a missing fact decides",
    "license_exception": "license exception",
    "authorized": "authorized under a stated condition",
    "no_license_required": "no license requirement found",
}
_SHORT = {"unknown": "unknown", "unknown-open": "license required unless excepted", "authorized": "authorized"}
_UNREADABLE = (InputError, LogicError, CatalogError)


@dataclass(frozen=True)
class View:
    """What the address asks for."""

    item: str
    on: date
    known_on: date | None = None
    track: str = "both"
    profile: Profile = field(default_factory=Profile)
    place: Destination | None = None
    sort: str = "name"

    @property
    def tracks(self) -> dict[str, str]:
        """The tracks to draw."""
        return {name: words for name, words in TRACKS.items() if self.track in ("both", name)}


@router.get("/world", response_class=HTMLResponse)
def world(request: Request) -> HTMLResponse:
    """The map, the opened destination and the table; with the header ``x-exeat-part``, the changing part alone."""
    site = site_of(request)
    given: dict[str, str] = {}
    context: dict[str, Any] = {"view": View(DEFAULT_ITEM, site.today()), "found": None, "error": ""}
    status = 200
    try:
        given = read_address(request.query_params.multi_items(), NAMES, "f_")
        context["view"] = view = _view(given, site)
        context["found"] = found = site.map(view.item, view.on, view.profile, view.known_on)
        context.update(_drawn(view, found, site))
    except _UNREADABLE as error:
        context["error"], status = str(error), 422
    view = context["view"]
    context.update(_around(view, given, site))
    name = "world_live.html" if request.headers.get("x-exeat-part") else "world.html"
    return render(request, name, status_code=status, **context)


def _view(given: Mapping[str, str], site: Site) -> View:
    """The address as read.

    Raises:
        InputError, LogicError: a day, place, number or word that cannot be read.
    """
    book, places = site.lawbook, site.desk.places
    quantity = given.get("quantity")
    if quantity is not None and not (quantity.isdecimal() and 0 < int(quantity) < 10**9):
        raise InputError(f"quantity is {quantity[:40]!r}; expected a whole number of units, 1 or more")
    end_uses = book.vocabulary["end_use"].values
    profile = Profile(
        _home(given.get("headquarters", HERE), places),
        _home(given.get("parent", HERE), places),
        end_use=one_of(given, "end_use", end_uses, "") if "end_use" in given else None,
        quantity=int(quantity) if quantity else None,
        facts={name.removeprefix("f_"): value for name, value in given.items() if name.startswith("f_")},
    )
    return View(
        item=given.get("item", DEFAULT_ITEM),
        on=day_of(given, "on", site.today(), book.begins),
        known_on=day_of(given, "known_on", site.today(), book.begins) if "known_on" in given else None,
        track=one_of(given, "track", ("both", *TRACKS), "both"),
        profile=profile,
        place=places.find(given["place"]) if "place" in given else None,
        sort=one_of(given, "sort", SORTS, "name"),
    )


def _home(said: str, places: Places) -> str | None:
    return said if said == HERE else None if said in ("unknown", "?") else places.find(said).code


def kind(reasons: Reasons) -> str:
    """The mark of an outcome on the map."""
    return "unknown-open" if reasons.outcome == "unknown" and reasons.applies else reasons.outcome


def _drawn(view: View, found: OutcomeMap, site: Site) -> dict[str, Any]:
    rows = sorted(found.places.values(), key=lambda row: _order(row, view.sort))
    counts: dict[str, dict[str, int]] = {track: {} for track in TRACKS}
    for row in rows:
        for track in TRACKS:
            mark = kind(getattr(row, track))
            counts[track][mark] = counts[track].get(mark, 0) + 1
    opened = _opened(view, site) if view.place is not None else None
    return {"rows": rows, "counts": counts, "opened": opened, "titles": _titles(found)}


def _order(row: PlaceOutcome, sort: str) -> tuple[int, str]:
    if sort in TRACKS:
        return SEVERITY.index(getattr(row, sort).outcome), row.place.name
    return 0, row.place.code if sort == "code" else row.place.name


def _titles(found: OutcomeMap) -> dict[str, dict[str, str]]:
    """What the pointer is told over each place: its name, the outcome, and the paragraphs."""
    told: dict[str, dict[str, str]] = {track: {} for track in TRACKS}
    for code, row in found.places.items():
        for track in TRACKS:
            reasons: Reasons = getattr(row, track)
            cited = [*reasons.applies, *reasons.relief] or (list(reasons.open) if reasons.outcome == "unknown" else [])
            because = f" ({', '.join(cited[:4])})" if cited else ""
            told[track][code] = f"{row.place.name}: {KINDS[kind(reasons)]}{because}"
    return told


def _opened(view: View, site: Site) -> dict[str, Any]:
    """The destination that was clicked: its groups, the reasons on each track, and the same question on *Ask*."""
    assert view.place is not None
    stated = view.profile.transaction(view.item, view.place.code, view.on)
    if view.known_on:
        stated["known_on"] = view.known_on.isoformat()
    data = site.desk.check({**stated, "screen": False}).to_dict()
    groups = site.lawbook.groups
    unknown = view.place.standing == "indeterminate"
    names = [] if unknown else groups.of(view.place.code, view.on, view.known_on)
    return {
        "place": view.place,
        "parent": groups.destinations.get(view.place.parent),
        "groups": [(name, groups.groups[name].words) for name in names],
        "data": data,
        "ask": _ask_url(view),
    }


def _ask_url(view: View) -> str:
    assert view.place is not None
    profile, code = view.profile, view.place.code
    plain = {"item": view.item, "to": code, "from": profile.origin, "on": view.on.isoformat()}
    if view.known_on:
        plain["known_on"] = view.known_on.isoformat()
    plain["activity"] = profile.activity
    if profile.end_use:
        plain["end_use"] = profile.end_use
    if profile.quantity:
        plain["quantity"] = str(profile.quantity)
    party = {"role": "ultimate_consignee", "country": code}
    for name, said in (("headquarters", profile.headquarters), ("ultimate_parent_headquarters", profile.parent)):
        if said is not None:
            party[name] = code if said == HERE else said
    return Question(plain, (party,), {name: str(value) for name, value in profile.facts.items()}).url()


def _around(view: View, given: Mapping[str, str], site: Site) -> dict[str, Any]:
    """What stands around the map: the form's choices, the stops of the slider, the addresses of neighbors."""
    found = stops(site.lawbook, last=LAST)
    before, current, after = around(found, view.on)
    return {
        "shapes": world_shapes(),
        "drawn_tracks": view.tracks,
        "kinds": KINDS,
        "kind": kind,
        "words_of": lambda mark: _SHORT.get(mark, KINDS[mark]),
        "tracks": TRACKS,
        "given": given,
        "link": lambda **changed: address("/world", given, **changed),
        "group_link": lambda name: address(f"/law/groups/{in_path(name)}", {"on": view.on.isoformat()}),
        "law_href": lambda provision: law_href(provision, view.on.isoformat()),
        "paragraph_href": lambda word: address(f"/law/provisions/{in_path(word)}", {"on": view.on.isoformat()}),
        "stops": found,
        "stop_before": before,
        "stop": current,
        "stop_after": after,
        "choices": _choices(site),
        "wherever": HERE,
        "law_mark": {"digest": site.lawbook.digest, "checked": site.lawbook.checked},
    }


@lru_cache(maxsize=4)
def _choices(site: Site) -> dict[str, Any]:
    places = site.lawbook.groups.destinations.values()
    return {
        "items": [item.full_name for item in site.catalog.items.values()],
        "places": sorted((place.name, place.code) for place in places),
        "end_uses": site.lawbook.vocabulary["end_use"].values,
    }


__all__ = ["KINDS", "router"]
