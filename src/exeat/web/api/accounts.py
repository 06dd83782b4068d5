"""``/v1/accounts`` and ``/v1/reservations``: allocations of a ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from exeat.bound.ledger import refusals
from exeat.terms import InputError, read_day
from exeat.web.api.common import answered, problems
from exeat.web.login import needs_admin, needs_decide
from exeat.web.problems import Problem
from exeat.web.site import site_of

router = APIRouter(tags=["ledger"], dependencies=[Depends(needs_decide)])
_MOVED = problems(404, 409, 503)
_Short = Annotated[str, Field(max_length=200)]
_Key = Annotated[str, Field(min_length=1, max_length=200, description="A name that makes the request safe to repeat.")]
_Amount = Annotated[str, Field(max_length=60, examples=["126592"], description="An exact amount, as text.")]


class _Strict(BaseModel):
    """Nothing that is not described."""

    model_config = ConfigDict(extra="forbid")


class AccountName(_Strict):
    """An account: what is counted, for whom, in which period."""

    kind: Annotated[str, Field(min_length=1, max_length=80, examples=["LPP"])]
    subject: Annotated[str, Field(min_length=1, max_length=300, examples=["Beispiel GmbH"])]
    period: Annotated[str, Field(max_length=40, examples=["2025"])] = ""
    unit: Annotated[str, Field(max_length=40)] = "TPP"


class Opening(AccountName):
    """An account to be opened with a limit, or to count only."""

    limit: _Amount | None = None
    citation: _Short = ""
    first_day: Annotated[str | None, Field(max_length=40)] = None
    last_day: Annotated[str | None, Field(max_length=40)] = None
    counts_only: bool = False
    who: _Short = ""


class Reserving(AccountName):
    """An amount to be held."""

    amount: _Amount
    key: _Key
    on: Annotated[str | None, Field(max_length=40)] = None
    reference: _Short = ""
    who: _Short = ""
    expires_in_days: Annotated[int | None, Field(ge=1, le=3650)] = None


class Moving(_Strict):
    """A reservation to be consumed or given back."""

    key: _Key
    on: Annotated[str | None, Field(max_length=40)] = None
    reference: _Short = ""
    who: _Short = ""
    why: _Short = ""


class BalanceBody(BaseModel):
    """What of an account is held, used and left. ``remaining`` null: no limit is stated."""

    account: str
    unit: str
    as_of: str
    held: str
    consumed: str
    used: str
    limit: str | None
    remaining: str | None
    citation: str


class PostedBody(BaseModel):
    """What was posted. ``repeated``: it stood already; ``exceeded``: limits passed by what was consumed."""

    key: str
    remaining: list[str | None]
    repeated: bool
    exceeded: list[str]


@contextmanager
def opened(request: Request) -> Iterator[tuple[Any, Any]]:
    """The commands of the ledger and the ledger.

    Raises:
        Problem: none is configured (404). Refused: what the ledger says.
    """
    books = site_of(request).books
    if books is None:
        raise Problem(404, "no ledger is configured: start with --database URL")
    with refusals():
        from exeat.ledger import commands

        try:
            yield commands, books.ledger
        except (OverflowError, ValueError, ArithmeticError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(str(error) or "an amount or a day cannot be read") from None


def _name(stated: AccountName) -> Any:
    from exeat.ledger.accounts import AccountName as Name

    return Name(stated.kind, stated.subject, stated.period, stated.unit)


@router.get("/accounts/balance", summary="A balance", response_model=BalanceBody, responses=problems(404, 503))
def balance(
    request: Request,
    kind: Annotated[str, Query(min_length=1, max_length=80, examples=["LPP"])],
    subject: Annotated[str, Query(min_length=1, max_length=300)],
    period: Annotated[str, Query(max_length=40)] = "",
    unit: Annotated[str, Query(max_length=40)] = "TPP",
    at: Annotated[str | None, Query(max_length=60, description="A past moment with its time zone.")] = None,
) -> Response:
    """What is held, used and left, now or at a past moment."""
    with opened(request) as (commands, ledger):
        name = _name(AccountName(kind=kind, subject=subject, period=period, unit=unit))
        return answered(commands.balance(ledger, name, at=at))


@router.post(
    "/accounts", summary="Open an account", status_code=201, response_model=BalanceBody, responses=_MOVED,
    dependencies=[Depends(needs_admin)],
)  # fmt: skip
def open_account(request: Request, opening: Opening) -> Response:
    """Open an account with a limit, or to count only. Needs the scope admin."""
    days = {name: None if day is None else read_day(day, name).isoformat()
            for name, day in (("first_day", opening.first_day), ("last_day", opening.last_day))}  # fmt: skip
    with opened(request) as (commands, ledger):
        found = commands.open_account(
            ledger, _name(opening), limit=opening.limit, citation=opening.citation, counts_only=opening.counts_only,
            who=opening.who, **days,
        )  # fmt: skip
    return answered(found, 201)


@router.post("/reservations", summary="Reserve", status_code=201, response_model=PostedBody, responses=_MOVED)
def reserve(request: Request, reserving: Reserving) -> Response:
    """Hold an amount until it is consumed, released or its time is over; 409 with what remains, beyond a limit."""
    with opened(request) as (commands, ledger):
        found = commands.reserve(
            ledger, _name(reserving), reserving.amount, reserving.key, expires_in_days=reserving.expires_in_days,
            **_more(reserving),
        )  # fmt: skip
    return answered(found, 201)


_Reservation = Annotated[str, Path(max_length=300, description="The key it was reserved under.")]


@router.post(
    "/reservations/{reservation}/consume",
    summary="Consume",
    response_model=PostedBody,
    responses=_MOVED,
)
def consume(request: Request, reservation: _Reservation, moving: Moving) -> Response:
    """Use up what a reservation holds."""
    with opened(request) as (commands, ledger):
        more = {**_more(moving), "why": moving.why}
        return answered(commands.consume(ledger, moving.key, reservation=reservation, **more))


@router.post(
    "/reservations/{reservation}/release",
    summary="Release",
    response_model=PostedBody,
    responses=_MOVED,
)
def release(request: Request, reservation: _Reservation, moving: Moving) -> Response:
    """Give back what a reservation holds."""
    with opened(request) as (commands, ledger):
        more = {**_more(moving), "why": moving.why}
        return answered(commands.release(ledger, reservation, moving.key, **more))


def _more(stated: Reserving | Moving) -> dict[str, Any]:
    day = None if stated.on is None else read_day(stated.on, "on")
    return {"on": day, "reference": stated.reference, "who": stated.who}


__all__ = ["opened", "router"]
