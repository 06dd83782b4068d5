"""*Chips*: total processing performance against performance density, the law's regions of a day, and every chip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from exeat.catalog import CatalogError, Item
from exeat.determination.lines import Line, lines
from exeat.logic.errors import LogicError
from exeat.logic.tree import Value
from exeat.terms import InputError
from exeat.web.address import address, day_of, in_path, one_of, read_address
from exeat.web.chips import DENSITY, TPP, Chip, chips, entry_words, headroom, nearest_line, places_of, short
from exeat.web.chips_chart import chart
from exeat.web.site import Site, site_of
from exeat.web.stops import around, stops
from exeat.web.templating import render

router = APIRouter()

NAMES = ("on", "released", "marketed", "io", "designer", "chip", "sort")
SORTS = ("name", "released", "tpp", "density", "eccn")
RELEASED = {"all": "all of the catalog", "by": "released by that day"}
MARKETED = {"yes": "marketed for data centers", "no": "not marketed for data centers", "unknown": "not known"}
DESIGNERS = {"all": "everywhere", "US": "the United States", "CN": "China", "else": "elsewhere"}
LAST = date(2026, 12, 31)
#: The transfer rate the regions are drawn for where none is stated: that of the chips the rule of 2022 was made for.
DEFAULT_IO = "900"
_WORDS = {
    TPP: "TPP",
    DENSITY: "performance density",
    "io_bidirectional_gbs": "two-way transfer rate (GB/s)",
    "total_dram_bandwidth_gbs": "DRAM bandwidth (GB/s)",
    "processing_performance_tops": "operations per second (TOPS)",
    "memory_bandwidth_density": "memory bandwidth density",
}


@dataclass(frozen=True)
class View:
    """What the address asks for. ``assumed`` is what the regions are drawn for besides the two figures."""

    on: date
    released: str = "all"
    marketed: str = "yes"
    io: str = DEFAULT_IO
    designer: str = "all"
    sort: str = "name"
    chip: Item | None = None

    @property
    def assumed(self) -> dict[str, Value]:
        """The facts the regions are drawn for."""
        facts: dict[str, Value] = {"form": "integrated_circuit"}
        if self.marketed != "unknown":
            facts["marketed_for_datacenters"] = self.marketed == "yes"
        if self.io != "unknown":
            facts["io_bidirectional_gbs"] = Decimal(self.io)
        return facts

    def shows(self, chip: Chip) -> bool:
        """Whether the chip is among those asked for."""
        home = chip.item.vendor_hq if chip.item.vendor_hq in DESIGNERS else "else"
        return (self.released == "all" or chip.released(self.on)) and self.designer in ("all", home)


@router.get("/chips", response_class=HTMLResponse)
def page(request: Request) -> HTMLResponse:
    """The chart, the opened chip and the table; with the header ``x-exeat-part``, the changing part alone."""
    site = site_of(request)
    given: dict[str, str] = {}
    view = View(site.today())
    context: dict[str, Any] = {"error": ""}
    status = 200
    try:
        given = read_address(request.query_params.multi_items(), NAMES)
        view = _view(given, site)
        context.update(_drawn(view, site))
    except (InputError, LogicError, CatalogError) as error:
        context["error"], status = str(error), 422
    found = stops(site.lawbook, last=LAST)
    before, current, after = around(found, view.on)
    context.update(
        view=view,
        given=given,
        link=lambda **changed: address("/chips", given, **changed),
        law_link=lambda name: address(f"/law/provisions/{in_path(name)}", {"on": view.on.isoformat()}),
        choices={"released": RELEASED, "marketed": MARKETED, "designer": DESIGNERS},
        stops=found,
        stop_before=before,
        stop=current,
        stop_after=after,
        words=_WORDS,
        law_mark={"digest": site.lawbook.digest, "checked": site.lawbook.checked},
    )
    name = "chips_live.html" if request.headers.get("x-exeat-part") else "chips.html"
    return render(request, name, status_code=status, **context)


def _view(given: Mapping[str, str], site: Site) -> View:
    """The address as read.

    Raises:
        InputError, CatalogError: a day, word, rate or chip that cannot be read.
    """
    io = given.get("io", DEFAULT_IO)
    if io not in ("unknown", "?"):
        try:
            rate = Decimal(io)
        except InvalidOperation:
            rate = Decimal(-1)
        if not (rate.is_finite() and 0 <= rate < 10**9 and rate == round(rate, 4)):
            raise InputError(f"io is {io[:40]!r}; expected GB/s as a number of 0 or more, or unknown")
    chip = site.catalog.find(given["chip"]) if "chip" in given else None
    if chip is not None and chip.is_assembly:
        raise InputError(f"{chip.full_name} is an assembly; this chart has integrated circuits")
    return View(
        on=day_of(given, "on", site.today(), site.lawbook.begins),
        released=one_of(given, "released", RELEASED, "all"),
        marketed=one_of(given, "marketed", MARKETED, "yes"),
        io="unknown" if io == "?" else io,
        designer=one_of(given, "designer", DESIGNERS, "all"),
        sort=one_of(given, "sort", SORTS, "name"),
        chip=chip,
    )


def _drawn(view: View, site: Site) -> dict[str, Any]:
    engine = site.desk.law_of(view.on)
    drawn = lines(engine)
    everything = chips(site.desk, engine)
    shown = sorted((chip for chip in everything if view.shows(chip)), key=lambda chip: _order(chip, view.sort))
    opened = next((chip for chip in everything if view.chip and chip.item.id == view.chip.id), None)
    if opened is not None and opened not in shown:
        shown.append(opened)
    return {
        "spec": chart(engine, shown, view.assumed, opened.item.id if opened else None),
        "rows": [_row(chip, drawn) for chip in shown],
        "undrawn": [chip.item.full_name for chip in shown if chip.point is None],
        "opened": _opened(opened, drawn) if opened else None,
        "lines": _lines(drawn),
    }


def _order(chip: Chip, sort: str) -> tuple[Any, ...]:
    name = chip.item.full_name
    if sort in (TPP, "density"):
        figure = chip.figures[DENSITY if sort == "density" else TPP]
        return figure.low is None, -(figure.low or 0), name
    if sort == "eccn":
        return chip.eccn is None, entry_words(chip.eccn), name
    return (chip.item.release_date, name) if sort == "released" else (name,)


def _row(chip: Chip, drawn: Sequence[Line]) -> dict[str, Any]:
    near = nearest_line(chip, drawn)
    return {
        "chip": chip,
        "entry": entry_words(chip.eccn),
        "near": f"{near.says} {_WORDS[near.line.fact]} {short(near.line.value)}" if near else "not known",
    }


def _opened(chip: Chip, drawn: Sequence[Line]) -> dict[str, Any]:
    """A chip with its headroom to every line of the day."""
    return {
        "chip": chip,
        "entry": entry_words(chip.eccn),
        "headroom": [
            {
                "figure": _WORDS[one.line.fact],
                "line": short(one.line.value),
                "value": str(one.figure),
                "side": one.side,
                "says": one.says,
                "places": places_of(drawn, one.line.fact, one.line.value),
                "provision": one.line.section.provision,
            }
            for one in headroom(chip, drawn)
        ],
    }


def _lines(drawn: Sequence[Line]) -> list[dict[str, Any]]:
    """The lines that the chart draws, with every paragraph that draws them."""
    found: dict[tuple[str, Decimal], dict[str, Any]] = {}
    for line in drawn:
        if line.fact in (TPP, DENSITY):
            entry = found.setdefault(
                (line.fact, line.value), {"figure": _WORDS[line.fact], "value": short(line.value), "by": {}}
            )
            entry["by"].setdefault((line.section.provision, line.section.citation), []).append(line.label)
    return list(found.values())


__all__ = ["router"]
