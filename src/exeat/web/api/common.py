"""What the routes of the API share: bodies read, answers written, and how both are described."""

from __future__ import annotations

import json
from typing import Annotated, Any

import orjson
from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from exeat.json_text import decoded, read_json
from exeat.web.problems import MEDIA_TYPE, Problem


class ProblemBody(BaseModel):
    """A problem (RFC 9457). ``detail`` is the text the command line gives; ``errors`` point into the body."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["unknown place 'Germny'; perhaps 'Germany'"])
    errors: list[ErrorAt] | None = Field(None, description="Where in the body, as JSON pointers, as far as known.")


class ErrorAt(BaseModel):
    """One place in a body."""

    pointer: str = Field(examples=["/destination"])
    detail: str


ProblemBody.model_rebuild()


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems a route may answer with, for its description. What the guard may say comes with every route."""
    said = {
        400: "The request is not one of HTTP.",
        401: "A token is wanted, or is not known.",
        403: "The token does not allow this, or another site asks.",
        404: "There is no such thing.",
        409: "It cannot be done as things stand.",
        413: "The body is larger than this service takes.",
        415: "The body is of another kind.",
        421: "The service is not asked under this name.",
        422: "Something given cannot be read.",
        429: "Too many requests.",
        503: "Not now: something is full, or cannot be reached.",
    }
    schema = {"$ref": "#/components/schemas/ProblemBody"}
    every = sorted({400, 401, 403, 421, 422, 429, *statuses})
    return {code: {"description": said[code], "content": {MEDIA_TYPE: {"schema": schema}}} for code in every}


def answered(data: Any, status: int = 200) -> Response:
    """Data as JSON."""
    return Response(written(data), status_code=status, media_type="application/json")


def written(data: Any) -> bytes:
    """Data as JSON text."""
    try:
        return orjson.dumps(data)
    except TypeError:  # a whole number beyond 64 bits
        return json.dumps(data, ensure_ascii=False, default=str).encode()


async def read_body(request: Request) -> Any:
    """The JSON of a body.

    Raises:
        Problem: another kind of body (415). InputError: it cannot be read.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Problem(415, f"the body is {kind[:60] or 'of no stated kind'}; expected application/json")
    return read_json(decoded(await request.body(), "body"), "body")


def json_body(schema: dict[str, Any], examples: dict[str, Any]) -> dict[str, Any]:
    """How a body that the desk itself reads is described."""
    shown = {name: {"value": value} for name, value in examples.items()}
    content = {"application/json": {"schema": schema, "examples": shown}}
    return {"requestBody": {"required": True, "content": content}}


#: A day in the address. Read by the same reader as everywhere.
Day = Annotated[
    str | None,
    Query(description="The day, YYYY-MM-DD (default: today).", json_schema_extra={"format": "date"}, max_length=40),
]
Known = Annotated[
    str | None,
    Query(
        description="Read the law as it was public on this day.", json_schema_extra={"format": "date"}, max_length=40
    ),
]

__all__ = ["Day", "ErrorAt", "Known", "ProblemBody", "answered", "json_body", "problems", "read_body", "written"]
