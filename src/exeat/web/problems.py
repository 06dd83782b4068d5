"""Errors as problem details (RFC 9457) for programs, and as a page for people; the text is the command line's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from exeat.bound import NotInstalled
from exeat.bound.ledger import Refused
from exeat.catalog import CatalogError
from exeat.lawbook.instrument import LawError
from exeat.logic.errors import LogicError
from exeat.terms import KEYS, InputError
from exeat.web.security import Forbidden

MEDIA_TYPE = "application/problem+json"
#: What the ledger's errors are over HTTP; the rest is 422.
_OF_THE_LEDGER = {
    "LimitReached": 409, "LimitUndefined": 409, "KeyReused": 409, "ReservationClosed": 409, "NoticeError": 409,
    "UnknownAccount": 404, "StoreError": 503,
}  # fmt: skip
_UNREACHABLE = (
    "the ledger cannot be used now (exeat doctor tells why); whether something was written is not known: repeat the "
    "request with the same key, and it is done once"
)


class Problem(Exception):  # noqa: N818 - not always an error of ours
    """A refusal with its status; ``more`` are further members of the problem."""

    def __init__(self, status: int, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.more = more


def problem_body(status: int, detail: str, pointer: str | None = None, **more: Any) -> dict[str, Any]:
    """A problem as data; ``pointer`` is where in the body it lies."""
    errors = {} if pointer is None else {"errors": [{"pointer": pointer, "detail": detail}]}
    return {
        "type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **errors, **more
    }  # fmt: skip


def problem(status: int, detail: str, **more: Any) -> JSONResponse:
    """A problem as a response."""
    return JSONResponse(problem_body(status, detail, **more), status_code=status, media_type=MEDIA_TYPE)


def pointer_of(detail: str, stated: object, at: str = "") -> str | None:
    """Where in a transaction an error lies, as far as its text tells: the key it begins with, or quotes.

    >>> pointer_of("destination is 'Germny'; ...", {"destination": "Germny"})
    '/destination'
    """
    if not isinstance(stated, Mapping):
        return at or None
    facts, parties = stated.get("facts"), stated.get("parties")
    party = re.match(r"party (\d+)\b", detail)
    if party is not None and isinstance(parties, list) and 0 < int(party[1]) <= len(parties):
        return f"{at}/parties/{int(party[1]) - 1}"
    for word in re.findall(r"[A-Za-z_][A-Za-z0-9_]*", detail[:200]):
        if word in stated and (word in KEYS or f"'{word}'" in detail):
            return f"{at}/{word}"
        if isinstance(facts, Mapping) and word in facts:
            return f"{at}/facts/{word}"
    quoted = re.search(r"'([^']+)'", detail)
    found = None if quoted is None else next(_places_of(quoted[1], stated, at), None)
    return found or at or None


def _places_of(text: str, data: object, at: str) -> Iterator[str]:
    """Where a text stands as a value."""
    if data == text:
        yield at
    inside = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inside:
        yield from _places_of(text, value, f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}")


def told(request: Request, status: int, detail: str, **more: Any) -> Response:
    """A problem in the form the asker reads: data for the API, a page for a browser."""
    if request.url.path.startswith("/v1/") or "text/html" not in request.headers.get("accept", ""):
        return problem(status, detail, **more)
    from exeat.web.templating import render

    return render(request, "problem.html", status_code=status, title=HTTPStatus(status).phrase, detail=detail)


def install(app: FastAPI) -> None:
    """Tell every error that can be foreseen in the public words of the command line."""

    async def bad_input(request: Request, error: Exception) -> Response:
        if isinstance(error, NotInstalled):
            return told(request, 501, _line(error))
        if not isinstance(error, Refused):
            return told(request, 422, _line(error))
        # What a database says of itself holds its address.
        text = _UNREACHABLE if error.kind == "StoreError" else _line(error)
        return told(request, _OF_THE_LEDGER.get(error.kind, 422), text)

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, (Problem, Forbidden))
        response = told(request, error.status, _line(error), **getattr(error, "more", {}))
        if error.status == 503:
            response.headers["retry-after"] = "10"
        return response

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = told(request, error.status_code, str(error.detail))
        response.headers.update(error.headers or {})
        return response

    async def unreadable(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        found = [{"pointer": "/" + "/".join(map(str, e["loc"])), "detail": str(e["msg"])} for e in error.errors()]
        said = "; ".join(f"{'.'.join(map(str, e['loc'][1:]))}: {e['msg']}" for e in error.errors())
        return told(request, 422, said, errors=found)

    for unread in (InputError, LogicError, CatalogError, LawError):
        app.add_exception_handler(unread, bad_input)
    for refusal in (Problem, Forbidden):
        app.add_exception_handler(refusal, refused)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, unreadable)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


__all__ = ["MEDIA_TYPE", "Problem", "install", "pointer_of", "problem", "problem_body", "told"]
