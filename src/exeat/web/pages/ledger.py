"""*Ledger*: accounts against their limits, what is held, and the notices that fall due."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from exeat.bound.ledger import refusals
from exeat.terms import InputError
from exeat.web.address import read_address
from exeat.web.login import needs_decide
from exeat.web.site import site_of
from exeat.web.templating import render

if TYPE_CHECKING:
    from exeat.ledger.book import Ledger

router = APIRouter(dependencies=[Depends(needs_decide)])

#: The chart of an account, in its own units.
_WIDE, _HIGH, _LEFT, _FOOT = 1100, 260, 8, 24


def ledger_of(request: Request) -> Ledger | None:
    """The ledger of the site; None where none is configured.

    Raises:
        InputError: it cannot be opened.
    """
    books = site_of(request).books
    return None if books is None else books.ledger


def unconfigured(request: Request, title: str) -> HTMLResponse:
    """The page that says how to configure a ledger."""
    return render(request, "ledger_unconfigured.html", title=title)


@router.get("/ledger", response_class=HTMLResponse)
def ledger(request: Request) -> Response:
    """Balances, reservations, notices."""
    read_address(request.query_params.multi_items(), ())
    kept = ledger_of(request)
    if kept is None:
        return unconfigured(request, "Ledger")
    with refusals():
        from exeat.ledger import commands, overview

        accounts = overview.all_accounts(kept)
        reservations = overview.open_reservations(kept)
        notices = commands.notices(kept)
    awaited = [one for one in notices if one["due"]]
    return render(
        request,
        "ledger.html",
        accounts=[{**one, **_share(one), "href": _account_href(one)} for one in accounts],
        most=overview.MOST,
        reservations=[{**one, "href": _account_href(one)} for one in reservations],
        awaited=awaited,
        settled=[one for one in notices if not one["due"]],
        figure=figure,
    )


@router.get("/ledger/notices.ics")
def calendar(request: Request) -> Response:
    """Everything awaited, as a calendar file."""
    kept = ledger_of(request)
    if kept is None:
        raise InputError("no ledger is configured, so there are no notices")
    with refusals():
        text = kept.icalendar()
    return Response(
        text, media_type="text/calendar", headers={"content-disposition": 'attachment; filename="exeat-notices.ics"'}
    )


@router.get("/ledger/account", response_class=HTMLResponse)
def account(request: Request) -> Response:
    """One account: its burn-down and its postings."""
    given = read_address(request.query_params.multi_items(), ("kind", "for", "period", "unit"))
    kept = ledger_of(request)
    if kept is None:
        return unconfigured(request, "Ledger")
    if "kind" not in given or "for" not in given:
        raise InputError("an account is named by kind and for, as in /ledger/account?kind=LPP&for=Beispiel+GmbH")
    with refusals():
        from exeat.ledger import overview
        from exeat.ledger.accounts import AccountName

        name = AccountName(given["kind"], given["for"], given.get("period", ""), given.get("unit", "TPP"))
        found = overview.course(kept, name)
    return render(request, "ledger_account.html", account={**found, **_share(found)}, chart=chart(found), figure=figure)


def _account_href(one: dict[str, Any]) -> str:
    said = {"kind": one["kind"], "for": one["subject"], "period": one["period"], "unit": one["unit"]}
    return "/ledger/account?" + urlencode({key: value for key, value in said.items() if value})


def _share(one: dict[str, Any]) -> dict[str, Any]:
    """How much of the limit is consumed and held, in parts of a hundred (at most 100 drawn); None without a limit."""
    if one["limit"] is None or Decimal(one["limit"]) <= 0:
        return {"percent": None, "percent_consumed": None, "percent_held": None}
    limit = Decimal(one["limit"])
    consumed, held = (Decimal(one[name]) * 100 / limit for name in ("consumed", "held"))
    drawn = min(consumed, Decimal(100))
    return {
        "percent": f"{consumed + held:.1f}",
        "percent_consumed": f"{drawn:.2f}",
        "percent_held": f"{min(held, 100 - drawn):.2f}",
    }


def figure(value: str | None) -> str:
    """An amount with its thousands apart; words for none."""
    if value is None:
        return "not stated"
    number = Decimal(value)
    return f"{number:,.0f}" if number == number.to_integral_value() else f"{number.normalize():,f}"


def chart(found: dict[str, Any]) -> dict[str, Any] | None:
    """The burn-down as points of a drawing: what remained of the limit after each posting; None where nothing is due.

    The line falls from the limit in steps; the limit drawn is today's.
    """
    rows = found["postings"]
    if not rows or found["limit"] is None:
        return None
    limit = Decimal(found["limit"])
    used = [Decimal(row["used_after"]) for row in rows]
    moments = [datetime.fromisoformat(row["at"]).timestamp() for row in rows]
    first, last = moments[0], max(moments[-1], moments[0] + 1)
    before = used[0] - Decimal(rows[0]["held"]) - Decimal(rows[0]["consumed"])
    top = max(limit, max(limit - one for one in used), limit - before, Decimal(1))
    low = min(Decimal(0), min(limit - one for one in used))

    def at(moment: float, left: Decimal) -> tuple[float, float]:
        across = _LEFT + (_WIDE - 2 * _LEFT) * (0.04 + 0.94 * (moment - first) / (last - first))
        down = 10 + float((top - left) / (top - low)) * (_HIGH - _FOOT - 10)
        return round(across, 1), round(down, 1)

    points = [(float(_LEFT), at(first, limit - before)[1])]
    left = limit - before
    for moment, one in zip(moments, used, strict=True):
        points.append((at(moment, left)[0], points[-1][1]))
        left = limit - one
        points.append(at(moment, left))
    points.append((_WIDE - _LEFT, points[-1][1]))
    floor = at(first, Decimal(0))[1]
    return {
        "wide": _WIDE, "high": _HIGH, "floor": floor, "top": at(first, limit)[1], "left": _LEFT, "right": _WIDE - _LEFT,
        "line": " ".join(f"{x},{y}" for x, y in points),
        "area": " ".join(f"{x},{y}" for x, y in [(points[0][0], floor), *points, (points[-1][0], floor)]),
        "first": rows[0]["at"][:10], "last": rows[-1]["at"][:10],
    }  # fmt: skip


__all__ = ["chart", "figure", "ledger_of", "router", "unconfigured"]
