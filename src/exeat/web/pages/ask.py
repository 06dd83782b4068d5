"""*Ask*: a transaction in a form, its answer beside it, and the same answer as a memo, as PDF and as data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from secrets import token_urlsafe
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from exeat.bound.ledger import KINDS
from exeat.catalog import CatalogError
from exeat.lawbook.instrument import LawError
from exeat.logic.errors import LogicError
from exeat.supplied import Recording
from exeat.terms import InputError
from exeat.web.answer import Answer
from exeat.web.asking import PARTY, PLAIN, Question, read_question
from exeat.web.links import law_href, law_links
from exeat.web.login import asker_of
from exeat.web.memo import memo_of
from exeat.web.outline import pieces
from exeat.web.security import CSRF_FIELD
from exeat.web.site import Site, site_of
from exeat.web.templating import render

router = APIRouter()

#: Questions to begin with: each shows something of the law. Name, and the pairs of its address.
EXAMPLES = (
    ("Text and enforcement part: H100 to Germany, July 2025",
     {"item": "NVIDIA H100 SXM", "to": "DE", "on": "2025-07-01", "p1_role": "ultimate_consignee",
      "p1_headquarters": "DE", "p1_ultimate_parent_headquarters": "DE"}),
    ("A missing fact: H100 to Germany, parent not stated",
     {"item": "NVIDIA H100 SXM", "to": "DE", "on": "2025-07-01", "p1_role": "ultimate_consignee",
      "p1_name": "Beispiel GmbH", "p1_headquarters": "DE"}),
    ("Case by case: H200 to China, July 2026",
     {"item": "NVIDIA H200 SXM", "to": "CN", "on": "2026-07-15", "quantity": "100", "p1_role": "ultimate_consignee",
      "p1_headquarters": "CN", "p1_ultimate_parent_headquarters": "CN"}),
    ("Before and after a rule: A800 to China, November 2023",
     {"item": "NVIDIA A800 SXM4 80 GB", "to": "CN", "on": "2023-11-17", "p1_role": "ultimate_consignee",
      "p1_headquarters": "CN", "p1_ultimate_parent_headquarters": "CN"}),
)  # fmt: skip
#: What a form says of the recording, beside the question.
_KEPT = ("record_reference", "record_reserve", "record_key")
_UNREADABLE = (InputError, LogicError, CatalogError, LawError)


@router.get("/")
def begin() -> Response:
    """The first page is *Ask*."""
    return RedirectResponse("/ask", status_code=303)


@router.get("/ask", response_class=HTMLResponse)
def ask(request: Request) -> Response:
    """The form, and the answer where something is asked. What is addressed otherwise is led to its one address."""
    site = site_of(request)
    given = request.query_params.multi_items()
    try:
        question = read_question(given, site.lawbook.vocabulary, site.today())
    except InputError as error:
        return _page(request, Question(), error=str(error), status=422)
    more = request.query_params.get("more")
    if more == "party":
        rows = max(question.rows, len(question.parties), 1) + 1
        question = replace(question, rows=min(rows, 20))
    if list(question.pairs()) != given:
        return RedirectResponse(question.url(), status_code=303)
    if not question:
        return _page(request, question)
    try:
        answer = Answer(site.desk.check(question.transaction()), question)
    except _UNREADABLE as error:
        return _page(request, question, error=str(error), status=422)
    return _page(request, question, answer)


def _page(
    request: Request, question: Question, answer: Answer | None = None, *, error: str = "", status: int = 200
) -> HTMLResponse:
    site = site_of(request)
    on = question.plain.get("on", site.today().isoformat())
    context: dict[str, Any] = {
        "question": question,
        "said": {name: question.plain.get(name, "") for name in PLAIN},
        "answer": answer,
        "error": error,
        "perhaps": _perhaps(site, question) if error else [],
        "today": site.today().isoformat(),
        "choices": _choices(site),
        "rows": list(_rows(question)),
        "party_boxes": PARTY,
        "examples": [(name, Question({**_DEFAULTS, **_plain(told)}, (_party(told),)).url()) for name, told in EXAMPLES],
        "cut": cutting(site, on),
        "law_href": lambda provision: law_href(provision, on),
        "law_mark": answer.data["law"] if answer else None,
        "declared": site.lawbook.vocabulary.get,
        "keeps": KINDS if site.books is not None else None,
        "record_key": token_urlsafe(12),
    }
    return render(request, "ask.html", status_code=status, **context)


def _perhaps(site: Site, question: Question) -> list[tuple[str, str]]:
    """The items a name may mean, each with the address that asks the same of it."""
    named = question.plain.get("item")
    if named is None:
        return []
    try:
        site.catalog.find(named)
    except CatalogError:
        found = site.catalog.search(named, 8)
        return [
            (one.full_name, replace(question, plain={**question.plain, "item": one.full_name}).url()) for one in found
        ]
    return []


def cutting(site: Site, on: str) -> Callable[[str], Iterable[Mapping[str, str]]]:
    """What cuts a text at the provisions it names, each with its address on a day."""
    href = law_links(site).on(on)
    return lambda text: pieces(text, href)


_DEFAULTS = {"activity": "export", "from": "US"}


def _plain(told: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in told.items() if not name.startswith("p1_")}


def _party(told: dict[str, str]) -> dict[str, str]:
    return {name[3:]: value for name, value in told.items() if name.startswith("p1_")}


def _rows(question: Question) -> Iterator[dict[str, Any]]:
    """The party rows of the form: those stated, then empty ones."""
    for number in range(1, max(question.rows, len(question.parties), 1) + 1):
        party = question.parties[number - 1] if number <= len(question.parties) else {}
        others = {name: value for name, value in party.items() if name not in PARTY}
        yield {"number": number, "party": {name: party.get(name, "") for name in PARTY}, "others": others}


@lru_cache(maxsize=2)
def _choices_of(site: Site) -> dict[str, Any]:
    vocabulary = site.lawbook.vocabulary
    facts = [vocabulary[name] for name in vocabulary if not vocabulary[name].party and name != "value_usd"]
    places = site.lawbook.groups.destinations.values()
    return {
        "items": [item.full_name for item in site.catalog.items.values()],
        "places": sorted((place.name, place.code) for place in places),
        "roles": vocabulary["role"].values,
        "activities": vocabulary["activity"].values,
        "end_uses": vocabulary["end_use"].values,
        "facts": facts,
        "party_facts": [vocabulary[name] for name in vocabulary if vocabulary[name].party],
    }


def _choices(site: Site) -> dict[str, Any]:
    return _choices_of(site)


def _answered(request: Request) -> Answer:
    """The answer an address asks for.

    Raises:
        InputError, LogicError, CatalogError: nothing is asked, or it cannot be read.
    """
    site = site_of(request)
    question = read_question(request.query_params.multi_items(), site.lawbook.vocabulary, site.today())
    return Answer(site.desk.check(question.transaction()), question)


@router.post("/ask/record")
async def record(request: Request) -> Response:
    """Keep the answer as a receipt, together with what is to be reserved, and show the receipt."""
    form = await request.form()
    return await run_in_threadpool(_record, request, [(k, v) for k, v in form.multi_items() if isinstance(v, str)])


def _record(request: Request, given: list[tuple[str, str]]) -> Response:
    site = site_of(request)
    kept = {name: value.strip() for name, value in given if name in _KEPT}
    pairs = [(name, value) for name, value in given if name not in _KEPT and name != CSRF_FIELD]
    question = read_question(pairs, site.lawbook.vocabulary, site.today())
    if site.books is None:
        raise InputError("no ledger is configured to record in")
    how = Recording(
        kept.get("record_reference", ""), asker_of(request).name, kept.get("record_key") or None,
        (kept["record_reserve"],) if kept.get("record_reserve") else (),
    )  # fmt: skip
    try:
        found = site.desk.check(question.transaction(), record=how)
    except _UNREADABLE as error:
        return _page(request, question, error=str(error), status=422)
    assert found.receipt is not None
    return RedirectResponse(f"/records/{found.receipt['number']}", status_code=303)


@router.get("/ask/memo", response_class=HTMLResponse)
def memo(request: Request) -> Response:
    """The answer as a memo for print."""
    answer = _answered(request)
    on = answer.data["date"]
    cut = cutting(site_of(request), on)
    return render(request, "ask_memo.html", answer=answer, memo=memo_of(answer), cut=cut, law_mark=None)


@router.get("/ask/memo.pdf")
def memo_pdf(request: Request) -> Response:
    """The memo as a PDF file."""
    from exeat.web.pdf import pdf

    answer = _answered(request)
    name = f"exeat-{answer.data['date']}-{answer.data['law']['digest'][:8]}.pdf"
    return Response(pdf(memo_of(answer)), media_type="application/pdf", headers=_saved(name))


@router.get("/ask/answer.json")
def answer_json(request: Request) -> Response:
    """The whole answer as data, with the transaction it answers."""
    answer = _answered(request)
    data = {"asked": answer.question.transaction(), **answer.data}
    name = f"exeat-{answer.data['date']}-{answer.data['law']['digest'][:8]}.json"
    text = json.dumps(data, indent=1, ensure_ascii=False)
    return Response(text + "\n", media_type="application/json", headers=_saved(name))


def _saved(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}


@router.get("/ask/facts", response_class=HTMLResponse)
def facts(request: Request) -> HTMLResponse:
    """Every declared fact with its question: what may be stated under *more facts*."""
    vocabulary = site_of(request).lawbook.vocabulary
    return render(request, "ask_facts.html", facts=[vocabulary[name] for name in vocabulary])


__all__ = ["EXAMPLES", "cutting", "router"]
