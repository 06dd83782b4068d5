"""*Compare*: two days, two tracks, or the law and a draft: what moves between them, and by which instrument."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from exeat.catalog import CatalogError
from exeat.desk import Desk
from exeat.explanation.provision_data import diff_data
from exeat.lawbook.book import draft_names
from exeat.lawbook.instrument import LawError
from exeat.logic.errors import LogicError
from exeat.terms import InputError
from exeat.web.address import address, day_of, in_path, one_of, read_address
from exeat.web.chips import short
from exeat.web.compare import Cause, Move, Pair, Side, chip_moves, line_moves
from exeat.web.compare_all import moves_of_all
from exeat.web.map_of_outcomes import Profile, map_of_outcomes
from exeat.web.map_shapes import world_shapes
from exeat.web.pages.world import DEFAULT_ITEM, KINDS, kind
from exeat.web.site import Site, site_of
from exeat.web.stops import around, stops
from exeat.web.templating import render

router = APIRouter()

NAMES = ("by", "on", "from", "draft", "item")
BY = {"days": "two days", "tracks": "text and enforcement", "draft": "the law and a draft"}
TRACK_WORDS = {"text": "In the regulations", "enforced": "As enforced", "tracks": "From the text to what is enforced"}
ALL = "all"
_DAY = timedelta(days=1)
_UNREADABLE = (InputError, LogicError, CatalogError, LawError)


@dataclass(frozen=True)
class View:
    """What the address asks for; ``item`` is :data:`ALL` for every chip of the catalog."""

    by: str
    on: date
    start: date
    draft: str
    item: str


@router.get("/compare", response_class=HTMLResponse)
def compare(request: Request) -> HTMLResponse:
    """What moves; with the header ``x-exeat-part``, the changing part alone."""
    site = site_of(request)
    given: dict[str, str] = {}
    today = site.today()
    view = View("days", today, today - _DAY, draft_names()[0] if draft_names() else "", DEFAULT_ITEM)
    context: dict[str, Any] = {"error": ""}
    status = 200
    try:
        given = read_address(request.query_params.multi_items(), NAMES)
        view = _view(given, site)
        context.update(_moved(view, site))
    except _UNREADABLE as error:
        context["error"], status = str(error), 422
    found = stops(site.lawbook)
    before, current, after = around(found, view.on)
    day = view.on.isoformat()
    context.update(
        view=view,
        given=given,
        link=lambda **changed: address("/compare", given, **changed),
        # The day before a change is what it is compared with.
        stop_link=lambda **changed: address("/compare", given, **{**changed, "from": None}),
        law_link=lambda name, **more: address(f"/law/provisions/{in_path(name)}", {"on": day}, **more),
        paper_link=lambda one: address(f"/law/instruments/{in_path(one.replace(' ', '-'))}", {"on": day}),
        group_link=lambda name: address(f"/law/groups/{in_path(name)}", {"on": day}),
        papers=frozenset(i.citation for i in _desk(site, view).lawbook.instruments) if not context["error"] else (),
        choices={"by": BY, "draft": draft_names(), "items": [i.full_name for i in site.catalog.items.values()]},
        places=site.lawbook.groups.destinations,
        kinds=KINDS,
        kind=kind,
        short=short,
        all_items=ALL,
        track_words=TRACK_WORDS,
        stops=found,
        stop_before=before,
        stop=current,
        stop_after=after,
        law_mark={"digest": site.lawbook.digest, "checked": site.lawbook.checked},
    )
    name = "compare_live.html" if request.headers.get("x-exeat-part") else "compare.html"
    return render(request, name, status_code=status, **context)


def _view(given: Mapping[str, str], site: Site) -> View:
    """The address as read. Where no day is stated it is that of the latest change.

    Raises:
        InputError: a day, draft or word that cannot be read; a first day that is not before the second.
    """
    book = site.lawbook
    _, latest, _ = around(stops(book), site.today())
    on = day_of(given, "on", latest.day if latest else site.today(), book.begins)
    by = one_of(given, "by", BY, "days")
    start = day_of(given, "from", max(on - _DAY, book.begins), book.begins)
    if by == "days" and start > on:
        raise InputError(f"from is {start}, later than on, {on}; state the earlier day as from")
    names = draft_names()
    draft = one_of(given, "draft", names, names[0]) if names else ""
    if by == "draft" and not names:
        raise InputError("the law folder holds no draft to compare with")
    return View(by, on, start, draft, given.get("item", DEFAULT_ITEM))


@lru_cache(maxsize=8)
def _with_draft(draft: str) -> Desk:
    """A desk that reads a draft as if it were law; kept, for a draft is read without the cache of parsed law."""
    return Desk(drafts=(draft,))


def _desk(site: Site, view: View) -> Desk:
    return _with_draft(view.draft) if view.by == "draft" else site.desk


def _sides(view: View, site: Site) -> tuple[Side, Side]:
    if view.by == "tracks":
        side = Side(site.desk, view.on, f"{view.on}")
        return side, side
    if view.by == "draft":
        return (
            Side(site.desk, view.on, f"the law of {view.on}"),
            Side(_desk(site, view), view.on, f"with the draft {view.draft}"),
        )
    return Side(site.desk, view.start, f"{view.start}"), Side(site.desk, view.on, f"{view.on}")


def _moved(view: View, site: Site) -> dict[str, Any]:
    left, right = _sides(view, site)
    if view.by == "tracks":
        pairs = [Pair("tracks", left, right, "text", "enforced")]
    else:
        pairs = [Pair("text", left, right, "text", "text"), Pair("enforced", left, right, "enforced", "enforced")]
    moved: dict[str, list[Move]]
    item, chips_moved = "every chip of the catalog", None
    if view.item == ALL:
        moved, chips_moved = _all(tuple(pairs))
    else:
        was = site.map(view.item, left.on)
        drafted = right.desk is not site.desk
        now = map_of_outcomes(right.desk, view.item, right.on) if drafted else site.map(view.item, right.on)
        item = now.item or view.item
        moved = {pair.name: pair.moves(was, now) for pair in pairs}
    added, removed = line_moves(left, right) if left is not right else ([], [])
    return {
        "left": left,
        "right": right,
        "item": item,
        "chips_moved": chips_moved,
        "moved": moved,
        "causes": {name: _causes(moves) for name, moves in moved.items()},
        "marks": {name: {m.place.code: m.direction for m in moves} for name, moves in moved.items()},
        "chip_moves": chip_moves(left, right) if left is not right else [],
        "lines_added": added,
        "lines_removed": removed,
        "law": diff_data(left.view, right.view) if left is not right else None,
        "shapes": world_shapes(),
    }


@lru_cache(maxsize=16)
def _all(pairs: tuple[Pair, ...]) -> tuple[dict[str, list[Move]], int]:
    """The moves of every chip, which take seconds: the last ones asked for are kept."""
    return moves_of_all(pairs, pairs[0].left, pairs[0].right, Profile())


def _causes(moves: Sequence[Move]) -> list[tuple[Cause, int]]:
    """The causes of a track's moves, the one behind most destinations first."""
    return Counter(cause for move in moves for cause in set(move.causes)).most_common(8)


__all__ = ["router"]
