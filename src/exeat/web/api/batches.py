"""``/v1/batches``: a table sent, its progress, its answer."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from exeat.terms import InputError
from exeat.web.api.common import answered, problems
from exeat.web.batches import FORMS, Batch, Batches
from exeat.web.login import needs_decide
from exeat.web.problems import Problem
from exeat.web.site import site_of

router = APIRouter(tags=["batches"])
_KINDS = {
    "parquet": "application/vnd.apache.parquet", "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
_FIELDS = ("file", "on", "map", "form")
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "CSV, Excel, Parquet or JSON."},
                        "on": {"type": "string", "description": "The column that holds the day."},
                        "map": {
                            "type": "array",
                            "items": {"type": "string", "examples": ["Ship To=destination"]},
                            "description": "COLUMN=FACT for a column named otherwise.",
                        },
                        "form": {"type": "string", "enum": list(FORMS), "description": "What the answer is to be."},
                    },
                }
            }
        },
    }
}
Id = Annotated[str, Path(description="What POST gave; whoever has it may read the answer.", max_length=64)]


class ProgressBody(BaseModel):
    """How far a table is."""

    what: str
    done: int
    of: int


class LinksBody(BaseModel):
    """Where a table's parts are."""

    self: str
    result: str
    traces: str
    errors: str


class BatchBody(BaseModel):
    """How a table stands."""

    id: str
    name: str
    state: str = Field(examples=["running"], description="waiting, running, done or failed")
    form: str
    made: str
    expires: str
    progress: ProgressBody | None
    summary: dict[str, Any] | None
    error: str | None
    links: LinksBody


@router.post(
    "/batches",
    summary="Send a table",
    status_code=202,
    response_model=BatchBody,
    openapi_extra=_BODY,
    responses=problems(413, 415, 503),
)
async def send(request: Request) -> Response:
    """Keep a table and decide every row in the background. Columns are facts by name (item, date, destination ...)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise Problem(415, f"the body is {kind[:60] or 'of no stated kind'}; expected multipart/form-data")
    async with request.form(max_files=1, max_fields=300, max_part_size=16 * 1024) as form:
        for name in form:
            if name not in _FIELDS:
                raise InputError(f"unknown field {name[:60]!r}; expected {', '.join(_FIELDS)}")
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InputError("no file was sent; expected a table in the field 'file'")
        on, wanted = _text(form.get("on")), _text(form.get("form"))
        mapped = _mapped([_text(value) or "" for value in form.getlist("map")])
        batches: Batches = site_of(request).batches
        batch = await run_in_threadpool(
            batches.start, file.filename or "", file.file, on=on, mapped=mapped, form=wanted
        )
    response = answered(_data(batch), 202)
    response.headers["location"] = f"/v1/batches/{batch.id}"
    return response


@router.get("/batches/{id}", summary="How a table stands", response_model=BatchBody, responses=problems(404))
def progress(request: Request, id: Id) -> Response:
    """Waiting, running with how much is done, done with a summary, or failed with one line."""
    needs_decide(request)
    return answered(_data(site_of(request).batches.get(id)))


@router.get(
    "/batches/{id}/{part}",
    summary="Its answer, traces or errors",
    response_class=FileResponse,
    responses={
        200: {
            "description": "The file.",
            "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _KINDS.values()},
        },
        **problems(404, 409),
    },
)
def part(
    request: Request, id: Id, part: Annotated[str, Path(description="result, traces or errors", max_length=20)]
) -> Response:
    """The table with its answers; the paragraphs of each trace; the rows that could not be read, and why."""
    needs_decide(request)
    batch = site_of(request).batches.get(id)
    path = batch.file(part)
    return FileResponse(path, media_type=_KINDS[path.suffix[1:]], filename=f"exeat-{part}{path.suffix}")


@router.delete("/batches/{id}", summary="Delete a table", status_code=204, responses=problems(404))
def delete(request: Request, id: Id) -> Response:
    """End it, if it runs, and delete the table and all that was made of it."""
    site_of(request).batches.delete(id)
    return Response(status_code=204)


def _data(batch: Batch) -> dict[str, Any]:
    here = f"/v1/batches/{batch.id}"
    parts = {name: f"{here}/{name}" for name in ("result", "traces", "errors")}
    return {**batch.data(), "links": {"self": here, **parts}}


def _text(value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InputError("a field holds a file; only 'file' does")
    return value


def _mapped(stated: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in stated:
        column, sign, fact = word.rpartition("=")
        if not sign or not column.strip() or not fact.strip():
            raise InputError(f"map {word[:60]!r}: expected COLUMN=FACT")
        if column.strip() in found:
            raise InputError(f"map: the column {column.strip()[:60]!r} is stated twice")
        found[column.strip()] = fact.strip()
    return found


__all__ = ["router"]
