"""``/v1/records``: receipts of a ledger, verified and given anew."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from exeat.bound.ledger import listed
from exeat.bound.ledger import replay as again
from exeat.library import desk
from exeat.terms import InputError
from exeat.web.api.accounts import opened
from exeat.web.api.common import answered, problems
from exeat.web.login import needs_decide
from exeat.web.site import site_of

router = APIRouter(tags=["ledger"], prefix="/records", dependencies=[Depends(needs_decide)])
#: Receipts given anew in one request.
_REPLAYED = 1000


class ReceiptLine(BaseModel):
    """One receipt."""

    number: int
    at: str
    kind: str
    reference: str
    text: str | None
    enforced: str | None


class ReceiptBody(BaseModel):
    """One receipt with all it holds."""

    number: int
    at: str
    kind: str
    reference: str
    hash: str
    redacted: Any
    document: dict[str, Any]


class VerifiedBody(BaseModel):
    """What came of comparing everything stored with its hashes."""

    sound: bool
    receipts: int
    pieces: int
    postings: int
    head: str
    faults: list[str]
    notes: list[str]


class ReplayedBody(BaseModel):
    """Recorded answers given anew, and those that would differ."""

    replayed: int
    law: str
    different: list[dict[str, Any]]


@router.get("", summary="Receipts", response_model=list[ReceiptLine], responses=problems(404, 503))
def records(
    request: Request,
    reference: Annotated[str | None, Query(max_length=200, description="Only those of this shipment.")] = None,
    last: Annotated[int, Query(ge=1, le=1000)] = 20,
) -> Response:
    """The newest receipts, the newest last."""
    with opened(request) as (_, ledger):
        return answered(listed(ledger, reference, last))


@router.get("/verify", summary="Verify", response_model=VerifiedBody, responses=problems(404, 503))
def verify(request: Request) -> Response:
    """Everything stored, compared with its hashes."""
    with opened(request) as (commands, ledger):
        return answered(commands.verify(ledger, workers=1))


@router.get("/replay", summary="Give recorded answers anew", response_model=ReplayedBody, responses=problems(404, 503))
def replay(
    request: Request,
    law: Annotated[Literal["then", "now"], Query(description="By the law public then, or known now.")] = "then",
    first: Annotated[int, Query(ge=1, le=2**53)] = 1,
    last: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> Response:
    """Answer recorded transactions again, at most a thousand at once, and tell what would differ and by what."""
    with opened(request) as (_, ledger):
        newest = min(ledger.checkpoint()["receipts"], last or 2**53)
        if newest - first >= _REPLAYED:
            raise InputError(f"{newest - first + 1:,} receipts; at most {_REPLAYED:,} are given anew at once")
        return answered(again(ledger, desk, law_now=law == "now", first=first, last=newest))


@router.get("/{number}", summary="One receipt", response_model=ReceiptBody, responses=problems(404, 503))
def record(request: Request, number: Annotated[int, Path(ge=1, le=2**53)]) -> Response:
    """A receipt with the transaction, the answer, and what lists and balances said."""
    site_of(request)
    with opened(request) as (commands, ledger):
        return answered(commands.show(ledger, number))


__all__ = ["router"]
