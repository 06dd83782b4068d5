"""The application: API, pages, files, errors and guards put together."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from starlette.staticfiles import StaticFiles

from exeat import __version__
from exeat.web import api, login, openapi, operations, pages, problems
from exeat.web.decider import Decider
from exeat.web.guard import Guard
from exeat.web.idempotency import Replays
from exeat.web.login import Door
from exeat.web.metrics import Metrics
from exeat.web.security import csrf_checked
from exeat.web.settings import Settings
from exeat.web.site import Site
from exeat.web.templating import STATIC


@asynccontextmanager
async def _alive(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.site.close()


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application for these settings (None: the defaults).

    Raises:
        InputError: settings that would let anybody in.
    """
    settings = settings or Settings()
    app = FastAPI(
        title="exeat",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        lifespan=_alive,
    )
    app.state.site = Site(settings)
    app.state.door = door = Door(settings)
    app.state.metrics = metrics = Metrics()
    app.state.decider = Decider(app.state.site)
    app.state.replays = Replays()
    app.state.secret = secrets.token_bytes(32)
    for router in api.routers():
        app.include_router(router, prefix="/v1")
    app.include_router(operations.router)
    for router in (login.router, *pages.routers()):
        app.include_router(router, dependencies=[Depends(csrf_checked)], include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC, check_dir=False), name="static")
    problems.install(app)
    openapi.install(app)
    app.add_middleware(Guard, settings=settings, door=door, metrics=metrics)
    return app


__all__ = ["create_app"]
