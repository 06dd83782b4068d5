"""*Batch*: send a table, say what its columns mean, watch it decided, read the summary, take the answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from exeat.bound import extra
from exeat.logic.vocabulary import Vocabulary
from exeat.terms import InputError
from exeat.web.answer import OUTCOMES
from exeat.web.batches import FORMS, TABLES
from exeat.web.login import needs_decide
from exeat.web.site import Site, site_of
from exeat.web.templating import render
from exeat.web.uploads import Upload

router = APIRouter(dependencies=[Depends(needs_decide)])

#: The cookie in which a visitor's browser remembers what columns mean; never more than a cookie holds.
COOKIE, _HOLDS, _DAYS = "exeat_columns", 3000, 90
#: What else a column may mean, beside the declared facts.
_MEANINGS = {
    "date": "the day of the transaction",
    "item": "the item, by name",
    "ultimate_consignee": "the ultimate consignee, by name",
    "ultimate_consignee_country": "where the ultimate consignee is located",
    "ultimate_consignee_lists": "the lists the ultimate consignee is on",
    "end_user": "the end user, by name",
    "purchaser": "the purchaser, by name",
    "intermediate_consignee": "the intermediate consignee, by name",
}


@router.get("/batch", response_class=HTMLResponse)
def batch(request: Request) -> Response:
    """The form that takes a table."""
    return _begin(request)


def _begin(request: Request, error: str = "", status: int = 200) -> HTMLResponse:
    settings = site_of(request).settings
    return render(
        request, "batch.html", status_code=status, error=error, tables=TABLES, rows_max=settings.rows_max,
        mebibytes=settings.upload_bytes_max // (1024 * 1024),
    )  # fmt: skip


@router.post("/batch", response_class=HTMLResponse)
async def send(request: Request) -> Response:
    """Take a table and go on to its columns."""
    from starlette.concurrency import run_in_threadpool

    form = await request.form()
    table = form.get("table")
    if not isinstance(table, UploadFile) or not table.filename:
        return _begin(request, "no file was chosen", 422)
    try:
        with extra("tables"):
            found = await run_in_threadpool(site_of(request).uploads.keep, table.filename, table.file)
    except InputError as error:
        return _begin(request, str(error), 422)
    finally:
        await form.close()
    return RedirectResponse(f"/batch/columns/{found.id}", status_code=303)


@router.get("/batch/columns/{id_}", response_class=HTMLResponse)
def columns(request: Request, id_: str) -> Response:
    """What the columns of a table were understood as, to be confirmed or said otherwise."""
    upload = site_of(request).uploads.get(id_)
    return _columns(request, upload, {c: m for c, m in _remembered(request).items() if c in upload.columns})


def _columns(
    request: Request, upload: Upload, mapped: Mapping[str, str], form: str = "", error: str = "", status: int = 200
) -> HTMLResponse:
    from exeat.portfolio.columns import read_columns

    vocabulary = site_of(request).lawbook.vocabulary
    # Column by column, so that one that cannot be understood does not hide what the others mean.
    understood, near = {}, {}
    for name in upload.columns:
        try:
            found = read_columns([name, *([] if name == "date" else ["date"])], vocabulary)
        except InputError:
            continue
        for one in found.read:
            if one.column == name:
                understood[name] = f"{one.slot} {one.fact}".strip().replace("_", " ")
        near[name] = found.unread.get(name)
    rows = [
        {
            "column": name,
            "field": f"column_{place}",
            "mapped": mapped.get(name, ""),
            "understood": understood.get(name),
            "near": near.get(name),
            "samples": [row[place] for row in upload.samples if row[place]],
        }
        for place, name in enumerate(upload.columns)
    ]
    ending = upload.path.suffix.removeprefix(".")
    return render(
        request, "batch_columns.html", status_code=status, upload=upload, rows=rows, error=error, forms=FORMS,
        form=form or (ending if ending in FORMS else "csv"), meanings=_meanings(vocabulary),
        has_date="date" in understood.values() or "date" in mapped.values(),
    )  # fmt: skip


def _meanings(vocabulary: Vocabulary) -> list[tuple[str, str]]:
    facts = [(name, vocabulary[name].words) for name in vocabulary if not vocabulary[name].party]
    parties = [
        (f"ultimate_consignee_{name}", f"of the ultimate consignee: {vocabulary[name].words}")
        for name in vocabulary
        if vocabulary[name].party and name not in ("role", "name", "location")
    ]
    return [*_MEANINGS.items(), *facts, *parties]


@router.post("/batch/columns/{id_}", response_class=HTMLResponse)
async def start(request: Request, id_: str) -> Response:
    """Start a table with the meanings of its columns, and remember them."""
    from starlette.concurrency import run_in_threadpool

    form = await request.form()
    return await run_in_threadpool(_start, request, id_, form)


def _start(request: Request, id_: str, form: FormData) -> Response:
    from exeat.portfolio.columns import read_columns

    site = site_of(request)
    upload = site.uploads.get(id_)
    mapped, wanted = {}, str(form.get("form") or "")
    for place, name in enumerate(upload.columns):
        word = str(form.get(f"column_{place}") or "").strip()
        if word:
            mapped[name] = word[:200]
    try:
        read_columns(upload.columns, site.lawbook.vocabulary, mapped)
        with upload.path.open("rb") as table:
            begun = site.batches.start(upload.name, table, mapped=mapped, form=wanted or None)
    except InputError as error:
        return _columns(request, upload, mapped, wanted if wanted in FORMS else "", _in_words(str(error)), 422)
    site.uploads.forget(id_)
    answer = RedirectResponse(f"/batch/{begun.id}", status_code=303)
    _remember(request, answer, mapped)
    return answer


def _in_words(error: str) -> str:
    """An error of the command line's words for this form."""
    return error.replace("--map ", "").replace(" (--on COLUMN)", "")


def _remembered(request: Request) -> dict[str, str]:
    """What this visitor's columns meant the last times. Whatever is not of that form is forgotten."""
    try:
        found = json.loads(unquote(request.cookies.get(COOKIE, "")))
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(column)[:200]: str(meaning)[:200] for column, meaning in found.items()}


def _remember(request: Request, answer: Response, mapped: Mapping[str, str]) -> None:
    known = {**_remembered(request), **mapped}
    while known and len(text := quote(json.dumps(known))) > _HOLDS:
        del known[next(iter(known))]
    if known:
        answer.set_cookie(COOKIE, text, max_age=_DAYS * 86400, path="/batch", httponly=True, samesite="strict")


@router.get("/batch/{id_}", response_class=HTMLResponse)
def progress(request: Request, id_: str) -> Response:
    """How a table stands; its summary once it is done."""
    found = site_of(request).batches.get(id_)
    data = found.data()
    summary = data["summary"]
    return render(
        request, "batch_state.html", batch=data, summary=summary, outcomes=OUTCOMES,
        counts=counts(summary) if summary else [], places=places(summary) if summary else [],
    )  # fmt: skip


def counts(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows by outcome on each track, the outcomes in the order of the page's key."""
    by_track = summary["outcomes"]
    return [
        {"outcome": name, "words": words, **{track: int(by_track[track].get(name, 0)) for track in by_track}}
        for name, words in OUTCOMES.items()
        if any(name in by_track[track] for track in by_track)
    ]


def places(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Destinations with their outcomes as enforced, most rows first; each a bar in parts of a hundred."""
    found = summary["by_destination"]
    most = max((sum(by.values()) for by in found.values()), default=0)
    rows = []
    for place, by in sorted(found.items(), key=lambda pair: -sum(pair[1].values())):
        at, bar = 0.0, []
        for outcome in OUTCOMES:
            if by.get(outcome):
                wide = 100 * by[outcome] / most
                bar.append({"outcome": outcome, "x": round(at, 3), "wide": round(wide, 3)})
                at += wide
        rows.append({"place": place, "rows": sum(by.values()), "by": by, "bar": bar})
    return rows


@router.get("/batch/{id_}/{what}")
def take(request: Request, id_: str, what: str) -> Response:
    """The result, the traces or the rows that could not be read, as a file."""
    batch_ = site_of(request).batches.get(id_)
    path = batch_.file(what)
    stem = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in batch_.name.rsplit(".", 1)[0])[:60]
    return FileResponse(path, filename=f"{stem or 'table'}-{what}{path.suffix}", media_type="application/octet-stream")


@router.post("/batch/{id_}/delete")
def delete(request: Request, id_: str) -> Response:
    """Delete a table and its answer."""
    site: Site = site_of(request)
    site.batches.delete(id_)
    return RedirectResponse("/batch", status_code=303)


__all__ = ["COOKIE", "counts", "places", "router"]
