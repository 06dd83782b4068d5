"""Errors as problem details (RFC 9457) for programs, and as a page for people; the text is the command line's own."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from exeat.bound import NotInstalled
from exeat.catalog import CatalogError
from exeat.lawbook.instrument import LawError
from exeat.logic.errors import LogicError
from exeat.terms import InputError
from exeat.web.security import Forbidden

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818 - not always an error of ours
    """A refusal with its status; ``more`` are further members of the problem."""

    def __init__(self, status: int, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.more = more


def problem(status: int, detail: str, **more: Any) -> JSONResponse:
    """A problem as a response."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE)


def told(request: Request, status: int, detail: str, **more: Any) -> Response:
    """A problem in the form the asker reads: data for the API, a page for a browser."""
    path = request.url.path
    if path.startswith("/v1/") or "text/html" not in request.headers.get("accept", ""):
        return problem(status, detail, **more)
    from exeat.web.templating import render

    return render(request, "problem.html", status_code=status, title=HTTPStatus(status).phrase, detail=detail)


def install(app: FastAPI) -> None:
    """Tell every error that can be foreseen in the public words of the command line."""

    async def bad_input(request: Request, error: Exception) -> Response:
        return told(request, 422, str(error))

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, (Problem, Forbidden))
        return told(request, error.status, str(error), **getattr(error, "more", {}))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return told(request, error.status_code, str(error.detail))

    async def unreadable(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return told(request, 422, "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()))

    for unread in (InputError, LogicError, CatalogError, LawError, NotInstalled):
        app.add_exception_handler(unread, bad_input)
    for refusal in (Problem, Forbidden):
        app.add_exception_handler(refusal, refused)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, unreadable)


__all__ = ["MEDIA_TYPE", "Problem", "install", "problem", "told"]
