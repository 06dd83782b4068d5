"""For those who run the service: is it up, can it answer, and figures. Nothing here tells of anybody's transactions."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from exeat import __version__
from exeat.web.metrics import MEDIA_TYPE, Metrics
from exeat.web.site import Site, site_of

router = APIRouter(tags=["operations"])


@router.get("/health", summary="Is the process up?")
async def health() -> dict[str, str]:
    """Always 200 while the process answers."""
    return {"status": "up", "version": __version__}


@router.get(
    "/ready", summary="Can it answer?", responses={503: {"description": "Something configured does not serve."}}
)
async def ready(request: Request) -> Response:
    """200 once the law is read and what is configured serves; 503, with what does not, otherwise."""
    checks = await run_in_threadpool(_checks, site_of(request))
    well = all(one["well"] for one in checks)
    return JSONResponse({"ready": well, "checks": checks}, status_code=200 if well else 503)


def _checks(site: Site) -> list[dict[str, Any]]:
    checks: list[dict[str, Any]] = [{"what": "law", "well": True, "digest": site.lawbook.digest}]
    if site.books is not None:
        try:
            site.books.ledger.checkpoint()
            checks.append({"what": "ledger", "well": True})
        except Exception:  # whatever is wrong with a database: told apart in the log of the database, not here
            checks.append({"what": "ledger", "well": False})
    return checks


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
async def metrics(request: Request) -> Response:
    """Requests, times and determinations by route and status, in Prometheus's text form."""
    found: Metrics = request.app.state.metrics
    site = site_of(request)
    kept = site.batches.counts if "batches" in site.__dict__ else {"kept": 0, "waiting": 0}
    return Response(found.text(lambda: kept), media_type=MEDIA_TYPE)


__all__ = ["router"]
