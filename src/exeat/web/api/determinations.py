"""``POST /v1/determinations``: one transaction, or a list, decided on both tracks."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from exeat.supplied import Recording
from exeat.terms import InputError
from exeat.web.api.common import json_body, problems, read_body
from exeat.web.decider import Decided, Decider
from exeat.web.idempotency import Replays
from exeat.web.login import asker_of
from exeat.web.metrics import Metrics
from exeat.web.problems import Problem, pointer_of
from exeat.web.site import site_of

router = APIRouter(tags=["determinations"])

EXAMPLE: dict[str, Any] = {
    "date": "2025-07-01", "activity": "export", "item": "NVIDIA H100 SXM", "quantity": 512, "origin": "US",
    "destination": "DE", "end_use": "cloud_service",
    "parties": [
        {"role": "ultimate_consignee", "country": "DE", "headquarters": "DE", "ultimate_parent_headquarters": "AE"}
    ],
}  # fmt: skip
_EXAMPLES = {"one": EXAMPLE, "many": [EXAMPLE, {**EXAMPLE, "destination": "CN"}]}
_TRANSACTION = {"$ref": "#/components/schemas/Transaction"}
_BODY = json_body(
    {"oneOf": [_TRANSACTION, {"type": "array", "items": _TRANSACTION, "minItems": 1, "maxItems": 100}]}, _EXAMPLES
)
_ANSWER = {
    "oneOf": [{"$ref": "#/components/schemas/DecidedTransaction"}, {"$ref": "#/components/schemas/DecidedTransactions"}]
}


@router.post(
    "/determinations",
    summary="Decide one transaction or a list",
    openapi_extra=_BODY,
    responses={
        200: {"description": "Decided.", "content": {"application/json": {"schema": _ANSWER}}},
        **problems(404, 409, 413, 415, 503),
    },
    response_class=Response,
)
async def determine(
    request: Request,
    record: Annotated[bool, Query(description="Keep each answer as a receipt in the ledger.")] = False,
    reserve: Annotated[
        list[str] | None, Query(description="Hold the TPP on an account of this kind; implies record.", max_length=8)
    ] = None,
    reference: Annotated[str, Query(description="The shipment the receipt belongs to.", max_length=200)] = "",
    expires_in_days: Annotated[int | None, Query(description="Days a reservation holds.", ge=1, le=3650)] = None,
    idempotency_key: Annotated[str | None, Header(description="A name that makes the request safe to repeat.")] = None,
) -> Response:
    """Both tracks, with every cause, and one word for a field of another system beside them.

    ``status`` is BLOCK where something is prohibited or a license is required and enforced; RELEASE only where both
    tracks find no license requirement and nothing is left to look at; REVIEW for all else, whatever is unknown
    included. Of a list, what cannot be read has the status REVIEW and its problem; the others are decided.

    With ``Idempotency-Key`` a repeated request has the answer of the first. Recorded answers keep their key in the
    ledger, so that it holds after a restart too.
    """
    stated = await read_body(request)
    if (reference or expires_in_days is not None) and not (record or reserve):
        raise InputError("reference and expires_in_days go with record or reserve")
    how = None
    if record or reserve:
        if site_of(request).books is None:
            raise Problem(409, "no ledger is configured, so nothing can be recorded or reserved")
        who = asker_of(request).name
        how = Recording(reference, who, idempotency_key, tuple(reserve or ()), expires_in_days)
    if idempotency_key is None:
        return _response(*await _decided(request, stated, how))
    replays: Replays = request.app.state.replays
    asker, answer = asker_of(request).name, None
    asked = request.url.query.encode() + b"\n" + await request.body()
    given = replays.begin(asker, idempotency_key, asked)
    if given is not None:
        return _response(*given, repeated=True)
    try:
        answer = await _decided(request, stated, how)
        return _response(*answer)
    finally:
        replays.end(asker, idempotency_key, answer)


async def _decided(request: Request, stated: Any, how: Recording | None) -> tuple[int, bytes]:
    decider: Decider = request.app.state.decider
    metrics: Metrics = request.app.state.metrics
    if not isinstance(stated, list):
        try:
            # A thread costs as much as a plain answer does; lists and a ledger may take longer.
            quick = how is None and decider.plain(stated)
            one = decider.decide(stated, how) if quick else await run_in_threadpool(decider.decide, stated, how)
        except InputError as error:
            if (pointer := pointer_of(str(error), stated)) is None or getattr(error, "kind", None):
                raise
            detail = " ".join(str(error).split())
            raise Problem(422, detail, errors=[{"pointer": pointer, "detail": detail}]) from None
        _counted(metrics, one)
        return 200, one.body
    most = site_of(request).settings.transactions_max
    if not 1 <= len(stated) <= most:
        raise InputError(f"the list has {len(stated)} transactions; expected 1 to {most}; a table goes to /v1/batches")
    found = await run_in_threadpool(_all, decider, stated, how)
    for one in found:
        _counted(metrics, one)
    return 200, b'{"determinations":[' + b",".join(one.body for one in found) + b"]}"


def _all(decider: Decider, stated: list[Any], how: Recording | None) -> list[Decided]:
    found = []
    for place, transaction in enumerate(stated):
        # Each of a list has a key of its own, as those of one file have on the command line.
        own = how if how is None or how.key is None or place == 0 else replace(how, key=f"{how.key} {place + 1}")
        found.append(decider.one_of_many(transaction, place, own))
    return found


def _counted(metrics: Metrics, one: Decided) -> None:
    metrics.determinations.labels(one.status).inc()
    if one.remembered:
        metrics.remembered.inc()


def _response(status: int, body: bytes, *, repeated: bool = False) -> Response:
    headers = {"idempotent-replayed": "true"} if repeated else None
    return Response(body, status_code=status, media_type="application/json", headers=headers)


__all__ = ["EXAMPLE", "router"]
