"""*Law*: the timeline, a provision as in force on a day, an instrument with its coverage, a group with its dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from exeat.explanation.instrument_data import coverage_data, instrument_data, status_data
from exeat.explanation.provision_data import posture_data, provision_data
from exeat.explanation.redline import redline
from exeat.lawbook.groups import Groups
from exeat.lawbook.instrument import AMENDING, LawError, Section
from exeat.lawbook.status import find_instrument, status
from exeat.library import LawView
from exeat.logic.errors import LogicError
from exeat.logic.tree import InGroup, walk
from exeat.logic.vocabulary import nearest
from exeat.terms import InputError
from exeat.web.address import address, day_of, in_path, one_of, read_address
from exeat.web.prose import prose
from exeat.web.site import Site, site_of
from exeat.web.stops import stops
from exeat.web.templating import render

router = APIRouter()
_DAY = timedelta(days=1)
_UNREADABLE = (InputError, LogicError, LawError)
TABS = {"timeline": "Timeline", "provisions": "Provisions", "instruments": "Instruments", "groups": "Groups"}


@dataclass(frozen=True)
class Read:
    """The address of a page of the law as read."""

    given: Mapping[str, str]
    view: LawView
    site: Site

    def words(self, on: date) -> Any:
        """The law of a day in words."""
        return self.site.desk.law_of(on, self.view.known_on).words

    def at(self, on: date) -> LawView:
        """The law of another day, seen from the same knowledge."""
        book, known = self.site.lawbook, self.view.known_on
        return LawView(on, known, book, book.in_force(on, known))


def _read(request: Request, *names: str) -> Read:
    """Read an address that has ``on`` and ``known_on`` besides ``names``.

    Raises:
        InputError: an unknown name, a day that cannot be read.
    """
    site = site_of(request)
    given = read_address(request.query_params.multi_items(), ("on", "known_on", *names))
    book = site.lawbook
    on = day_of(given, "on", site.today(), book.begins)
    known = day_of(given, "known_on", site.today(), book.begins) if "known_on" in given else None
    return Read(given, LawView(on, known, book, book.in_force(on, known)), site)


def _page(request: Request, name: str, read: Read, tab: str, **context: Any) -> HTMLResponse:
    view = read.view
    days = {key: value for key, value in read.given.items() if key in ("on", "known_on")}
    told = {
        "view": view,
        "given": read.given,
        "tab": tab,
        "tabs": {key: address("/law" if key == "timeline" else f"/law/{key}", days) for key in TABS},
        "tab_names": TABS,
        "link": lambda **changed: address(request.url.path, read.given, **changed),
        "provision_href": lambda one, **more: address(f"/law/provisions/{in_path(one)}", days, **more),
        "instrument_href": lambda one: address(f"/law/instruments/{in_path(one.replace(' ', '-'))}", days),
        "group_href": lambda one: address(f"/law/groups/{in_path(one)}", days),
        "prose": prose,
        "law_mark": {"digest": read.site.lawbook.digest, "checked": read.site.lawbook.checked},
        "error": "",
    }
    return render(request, name, **{**told, **context})


def _refused(request: Request, error: Exception) -> HTMLResponse:
    """What could not be read, in the command line's words, on a page from which one can go on."""
    return render(request, "law_refused.html", status_code=422, error=str(error))


@router.get("/law", response_class=HTMLResponse)
def timeline(request: Request) -> Response:
    """Every day on which the law changes, and where the law of the chosen day stands."""
    try:
        read = _read(request)
    except _UNREADABLE as error:
        return _refused(request, error)
    book = read.site.lawbook
    citations = {i.citation for i in book.instruments}
    found = [s for s in stops(book) if read.view.known_on is None or _public(book, s.instruments, read.view.known_on)]
    years = [(year, list(of_year)) for year, of_year in groupby(found, key=lambda one: one.day.year)]
    return _page(
        request, "law.html", read, "timeline",
        years=years, citations=citations, checked=book.checked, today=read.site.today(),
        standing=_standing(read.view), current=max((s.day for s in found if s.day <= read.view.on), default=None),
    )  # fmt: skip


def _public(book: Any, citations: tuple[str, ...], known_on: date) -> bool:
    known = {i.citation: i.known for i in book.instruments}
    return any(known.get(citation, date.min) <= known_on for citation in citations)


def _standing(view: LawView) -> dict[str, Any]:
    """The state of the law of a day: postures, stays and pending versions by the instrument they come from."""
    by_paper: dict[tuple[str, str, str], list[str]] = {}
    for section in view.postures:
        data = posture_data(section)
        by_paper.setdefault((data["stance"], data["since"], data["instrument"]), []).append(section.provision)
    return {"postures": by_paper, "stayed": view.stayed, "pending": view.pending, "governing": len(view.governing)}


@router.get("/law/provisions", response_class=HTMLResponse)
def provisions(request: Request) -> Response:
    """The provisions in force on a day, with what the agency says of each."""
    try:
        read = _read(request, "q", "kind")
        kinds = sorted({_kind(section) for section in read.view.governing})
        kind = one_of(read.given, "kind", ("all", *kinds), "all")
    except _UNREADABLE as error:
        return _refused(request, error)
    view, query = read.view, read.given.get("q", "").casefold()
    rows = [
        {"section": section, "kind": _kind(section), "posture": _posture(view, section.provision)}
        for section in view.governing
        if kind in ("all", _kind(section))
        and query in f"{section.provision} {section.citation} {section.text}".casefold()
    ]
    return _page(request, "law_provisions.html", read, "provisions", rows=rows, kinds=kinds, kind=kind)


def _kind(section: Section) -> str:
    return section.rule.kind if section.rule else "no rule"


def _posture(view: LawView, name: str) -> dict[str, Any] | None:
    found = view.posture(name)
    return posture_data(found) if found else None


@router.get("/law/provision")
def named(request: Request) -> Response:
    """A provision by a name in the query, sent on to its own page."""
    try:
        given = read_address(request.query_params.multi_items(), ("name", "on", "known_on", "from"))
        if "name" not in given:
            raise InputError("no provision is named; expected name=…, such as 742.6(a)(6)(iii)(A) or 3A090.a")
    except InputError as error:
        return _refused(request, error)
    rest = {key: value for key, value in given.items() if key != "name"}
    return RedirectResponse(address(f"/law/provisions/{in_path(given['name'])}", rest), status_code=307)


@router.get("/law/provisions/{name:path}", response_class=HTMLResponse)
def provision(request: Request, name: str) -> Response:
    """A provision on a day: its version in words, its posture, its history, and what changed since another day."""
    try:
        read = _read(request, "from")
        view = read.view
        names = view.names_of(name)
        if len(names) > 1:
            return _page(request, "law_choice.html", read, "provisions", asked=name, names=names)
        start = day_of(read.given, "from", view.on, view.lawbook.begins) if "from" in read.given else None
        if start is not None and start > view.on:
            raise InputError(f"from is {start}, later than on, {view.on}; state the earlier day as from")
    except _UNREADABLE as error:
        return _refused(request, error)
    full = names[0]
    section = view.in_force.provision(full)
    chain = [s for s in view.lawbook.chains[full] if view.known_on is None or s.known <= view.known_on]
    if start is None:
        start = _before(section, chain)
    then = read.at(start) if start is not None else None
    data = provision_data(full, view, read.words(view.on))
    old = provision_data(full, then, read.words(then.on)) if then is not None else None
    return _page(
        request, "law_provision.html", read, "provisions",
        data=data, section=section, chain=chain, then=then, old=old, papers=list(_papers(view, full)),
        change=redline(old["in_force"], data["in_force"]) if old is not None else None,
        groups=sorted(_groups_of(section)) if section else [],
    )  # fmt: skip


def _before(section: Section | None, chain: list[Section]) -> date | None:
    """The last day of the version before the one in force."""
    place = next((n for n, one in enumerate(chain) if one is section), 0)
    return chain[place].compliance - _DAY if place else None


def _papers(view: LawView, name: str) -> Iterator[dict[str, Any]]:
    """Every word of the agency on a provision up to the day, the newest first."""
    said = [s for s in view.lawbook.sections() if s.verb == "Posture" and s.provision == name]
    known = [s for s in said if view.known_on is None or s.known <= view.known_on]
    told = [posture_data(s) for s in known]
    newest_first = sorted(told, key=lambda paper: str(paper["since"]), reverse=True)
    yield from (paper for paper in newest_first if paper["since"] <= view.on.isoformat())


def _groups_of(section: Section) -> set[str]:
    if section.rule is None:
        return set()
    trees = [limb.tree for limb in section.rule.limbs] + [case.when for case in getattr(section.rule, "cases", ())]
    return {node.group for tree in trees for node in walk(tree) if isinstance(node, InGroup)}


@router.get("/law/instruments", response_class=HTMLResponse)
def instruments(request: Request) -> Response:
    """Every instrument in the order they take effect."""
    try:
        read = _read(request)
    except _UNREADABLE as error:
        return _refused(request, error)
    known = read.view.known_on
    listed = [i for i in read.site.lawbook.instruments if known is None or i.known <= known]
    rows = [{**instrument_data(one), "slug": one.slug} for one in listed]
    return _page(request, "law_instruments.html", read, "instruments", rows=rows)


@router.get("/law/instruments/{citation:path}", response_class=HTMLResponse)
def instrument(request: Request, citation: str) -> Response:
    """An instrument: its dates, where each of its provisions stands on the day, what is encoded and what is not."""
    try:
        read = _read(request)
        found = find_instrument(read.site.lawbook, citation)
    except _UNREADABLE as error:
        return _refused(request, error)
    told = status(read.site.lawbook, found, read.view.on, read.view.known_on)
    papers = [(s.provision, posture_data(s)) for s in found.sections if s.verb == "Posture"]
    guidance = [s for s in found.sections if s.verb not in AMENDING and s.verb != "Posture"]
    return _page(
        request, "law_instrument.html", read, "instruments",
        found=found, data=status_data(told), coverage=coverage_data(found), stated=papers, guidance=guidance,
    )  # fmt: skip


@router.get("/law/groups", response_class=HTMLResponse)
def groups(request: Request) -> Response:
    """Every group, and how many belong to it on the day."""
    try:
        read = _read(request)
    except _UNREADABLE as error:
        return _refused(request, error)
    members = read.view.in_force.groups
    rows = [(group, len(members[group.name])) for group in read.site.lawbook.groups.groups.values()]
    return _page(request, "law_groups.html", read, "groups", rows=rows)


@router.get("/law/groups/{name:path}", response_class=HTMLResponse)
def group(request: Request, name: str) -> Response:
    """A group: its members on the day, every dated change of it, and the provisions that read it."""
    try:
        read = _read(request)
        known = read.site.lawbook.groups.groups
        found = next((one for one in known.values() if one.name.casefold() == name.strip().casefold()), None)
        if found is None:
            hint = nearest(name[:60], known)
            raise InputError(f"no group is called {name[:60]!r}" + (f"; perhaps {hint!r}" if hint else ""))
    except _UNREADABLE as error:
        return _refused(request, error)
    view, book = read.view, read.site.lawbook
    rows = [m for m in book.groups.memberships if m.group == found.name]
    return _page(
        request, "law_group.html", read, "groups",
        group=found, members=sorted(view.in_force.groups[found.name]), places=book.groups.destinations,
        rows=sorted(rows, key=lambda m: (m.start or date.min, m.member)),
        changes=list(_changes(book.groups, found.name, view.known_on)),
        readers=[s for s in view.governing if found.name in _groups_of(s)],
    )  # fmt: skip


def _changes(groups: Groups, name: str, known_on: date | None) -> Iterator[tuple[date, list[str], list[str]]]:
    """Each day on which the membership changes, who joins and who leaves."""
    days = sorted({day for day, _ in groups.changes()})
    was = groups.on(date.min, known_on)[name]
    for day in days:
        now = groups.on(day, known_on)[name]
        if now != was:
            yield day, sorted(now - was), sorted(was - now)
        was = now


__all__ = ["router"]
