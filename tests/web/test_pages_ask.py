"""Ask: the address states all, the answer is the desk's, and the memo, the PDF and the data say the same."""

from __future__ import annotations

import html
import json
import re
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from exeat.library import desk
from exeat.terms import InputError
from exeat.web.asking import question_of, read_question
from exeat.web.memo import memo_of
from exeat.web.outline import pieces
from exeat.web.pdf import plain

GERMANY = (
    "/ask?item=NVIDIA+H100+SXM&to=DE&from=US&on=2025-07-01&activity=export&p1_role=ultimate_consignee"
    "&p1_headquarters=DE&p1_ultimate_parent_headquarters=DE"
)
OPEN = (
    "/ask?item=NVIDIA+H100+SXM&to=DE&from=US&on=2025-07-01&activity=export&p1_role=ultimate_consignee"
    "&p1_name=Beispiel+GmbH&p1_headquarters=DE"
)
PAGE = {"accept": "text/html"}
FORBIDDEN = re.compile(r"\b(cleared?|approved|allowed)\b", re.IGNORECASE)


def words_of(page: str) -> str:
    """What a reader of a page sees, on one line."""
    body = re.sub(r"<(script|style|datalist)\b.*?</\1>", " ", page, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def question(address: str) -> Any:
    pairs = parse_qsl(urlsplit(address).query, keep_blank_values=True)
    return read_question(pairs, desk().lawbook.vocabulary, date(2026, 1, 2))


def test_the_empty_page_has_the_form_and_examples_that_all_answer(client: TestClient) -> None:
    page = client.get("/ask", headers=PAGE)
    assert page.status_code == 200
    examples = [html.unescape(found) for found in re.findall(r'<li><a href="(/ask\?[^"]+)"', page.text)]
    assert len(examples) >= 3
    for address in examples:
        answer = client.get(address, headers=PAGE, follow_redirects=False)
        assert answer.status_code == 200, (address, words_of(answer.text)[:300])
        assert 'id="answer"' in answer.text


def test_both_tracks_stand_beside_each_other_with_words_and_not_color_alone(client: TestClient) -> None:
    page = client.get(GERMANY, headers=PAGE)
    seen = words_of(page.text)
    assert "the regulations in force license exception license exception AIA: usable in place of a license" in seen
    assert "what BIS says it enforces no license requirement found no license requirement found under the" in seen
    assert "because § 742.6(a)(6)(iii)(A) is not enforced here" in seen
    assert 'class="outcome license_exception"' in page.text
    assert 'class="outcome no_license_required"' in page.text


@pytest.mark.parametrize("address", [GERMANY, OPEN])
def test_an_answer_is_never_called_by_the_words_that_promise(client: TestClient, address: str) -> None:
    found = desk().check(question(address).transaction()).to_dict()
    told = {found[track]["outcome"] for track in ("text", "enforced")}
    page = client.get(address, headers=PAGE).text
    marks = re.findall(r'<span class="outcome [^"]*">([^<]+)</span>', page)
    assert len(marks) >= len(told)
    assert not [mark for mark in marks if FORBIDDEN.search(mark)]
    tracks = re.findall(r'<article class="card track.*?</article>', page, flags=re.S)
    assert len(tracks) == 2
    assert not [track for track in tracks if FORBIDDEN.search(words_of(track))]


def test_the_address_is_put_into_its_one_form_and_keeps_all_that_was_said(client: TestClient) -> None:
    loose = "/ask?to=DE&item=NVIDIA+H100+SXM&on=2025-07-01&p3_name=B&p1_name=&p1_role=end_user&quantity=&fact=&value="
    answer = client.get(loose, headers=PAGE, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == (
        "/ask?item=NVIDIA+H100+SXM&to=DE&from=US&on=2025-07-01&activity=export&p1_role=ultimate_consignee&p1_name=B"
    )
    assert client.get(answer.headers["location"], headers=PAGE, follow_redirects=False).status_code == 200


def test_a_fact_named_in_the_form_becomes_part_of_the_address(client: TestClient) -> None:
    answer = client.get(f"{OPEN}&fact=end_use&value=training&fact=&value=", headers=PAGE, follow_redirects=False)
    assert answer.status_code == 303
    assert "f_end_use=training" in answer.headers["location"]


def test_a_row_of_a_party_is_added_without_a_script(client: TestClient) -> None:
    answer = client.get(f"{OPEN}&more=party", headers=PAGE)
    assert 'name="p2_name"' in answer.text
    assert "rows=2" in str(answer.url)


def test_a_question_is_answered_in_its_place(client: TestClient) -> None:
    page = client.get(OPEN, headers=PAGE).text
    seen = words_of(page)
    assert "What would settle it" in seen
    assert "ultimate parent company headquartered" in seen
    form = re.search(r'<form method="get" action="/ask#answer" class="inline-ask">(.*?)</form>', page, flags=re.S)
    assert form is not None
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[1])
    box = re.search(r'name="(p1_[a-z_]+)" list="places"', form[1])
    assert box is not None and box[1] == "p1_ultimate_parent_headquarters"
    settled = client.get("/ask", params=[*hidden, (box[1], "DE")], headers=PAGE)
    assert settled.status_code == 200
    assert str(settled.url).split("/ask")[1] == OPEN.removeprefix("/ask") + "&p1_ultimate_parent_headquarters=DE"
    assert "What would settle it" not in words_of(settled.text)


def test_what_nobody_states_of_the_consignee_is_asked_of_an_unnamed_one(client: TestClient) -> None:
    asked = question("/ask?item=NVIDIA+H100+SXM&to=DE&on=2025-07-01")
    page = client.get(asked.url(), headers=PAGE).text
    form = re.search(r'class="inline-ask">(.*?)</form>', page, flags=re.S)
    assert form is not None
    assert '<input type="hidden" name="p1_role" value="ultimate_consignee">' in form[1]


def test_the_only_receiver_is_where_the_item_goes_and_of_two_neither_is_placed() -> None:
    one = question("/ask?item=NVIDIA+H100+SXM&to=DE&p1_name=A").transaction()
    assert [party.get("country") for party in one["parties"]] == ["DE"]
    two = question("/ask?item=NVIDIA+H100+SXM&to=DE&p1_name=A&p2_role=end_user&p2_name=B").transaction()
    assert [party.get("country") for party in two["parties"]] == [None, None]


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/ask?item=NVIDIA+H100+SXM&to=DX", "no place code"),
        ("/ask?item=NVIDIA+H200&to=DE", "names 2 items"),
        ("/ask?to=DE", "no item is named"),
        ("/ask?item=NVIDIA+H100+SXM&to=DE&f_end_uze=training", "perhaps 'end_use'"),
        ("/ask?item=NVIDIA+H100+SXM&too=DE", "perhaps 'to'"),
        ("/ask?item=A&item=B", "stated twice"),
        ("/ask?item=" + "A" * 3000, "at most 2000"),
        ("/ask?item=NVIDIA+H100+SXM&to=DE&on=2025-02-30", "expected a day that exists"),
        ("/ask?item=NVIDIA+H100+SXM&to=DE&on=2019-01-01", "the encoded law begins"),
        ("/ask?item=NVIDIA+H100+SXM&to=DE&quantity=many", "quantity"),
        ("/ask?item=NVIDIA+H100+SXM&to=DE&r1_flag=nothing&r1_by=me", "lacks 'on'"),
    ],
)
def test_what_cannot_be_read_is_said_beside_the_form(client: TestClient, address: str, says: str) -> None:
    page = client.get(address, headers=PAGE)
    assert page.status_code == 422
    assert says in words_of(page.text)
    assert 'role="alert"' in page.text
    assert '<form class="card question"' in page.text
    assert "Traceback" not in page.text


def test_an_ambiguous_name_offers_the_items_it_may_mean(client: TestClient) -> None:
    page = client.get("/ask?item=NVIDIA+H200&to=CN&on=2026-07-15", headers=PAGE).text
    offered = re.findall(r'<li><a href="(/ask\?item=NVIDIA\+H200[^"]+)#answer">', page)
    assert len(offered) >= 2
    assert client.get(html.unescape(offered[0]), headers=PAGE).status_code == 200


def test_markup_in_a_name_stays_text(client: TestClient) -> None:
    page = client.get(OPEN.replace("Beispiel+GmbH", "%3Cscript%3Ealert(1)%3C/script%3E"), headers=PAGE)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


def test_the_memo_holds_the_date_the_facts_the_citations_and_the_digest(client: TestClient) -> None:
    found = desk().check(question(GERMANY).transaction()).to_dict()
    page = client.get(GERMANY.replace("/ask?", "/ask/memo?"), headers=PAGE)
    seen = words_of(page.text)
    assert page.status_code == 200
    assert found["citations"]
    assert all(" ".join(cited.split()) in seen for cited in found["citations"])
    assert found["law"]["digest"] in seen
    assert found["date"] in seen
    assert all(name in seen for name in found["facts"])
    assert "Presumed" in seen and "Not modeled" in seen


def test_the_data_are_the_desks_own(client: TestClient) -> None:
    answer = client.get(GERMANY.replace("/ask?", "/ask/answer.json?"))
    assert "attachment" in answer.headers["content-disposition"]
    data = answer.json()
    stated = data.pop("asked")
    assert data == json.loads(json.dumps(desk().check(stated).to_dict()))


@pytest.mark.parametrize("name", ["Beispiel GmbH", "深圳华为", "ООО «Пример»", "شركة", "नमूना", "a" * 400, "👍 GmbH"])
def test_the_pdf_is_written_whatever_letters_a_name_has(client: TestClient, name: str) -> None:
    pairs = [*parse_qsl(urlsplit(GERMANY).query), ("p1_name", name)]
    answer = client.get("/ask/memo.pdf", params=pairs)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


@given(st.text(max_size=60))
def test_latin_leaves_nothing_a_built_in_font_lacks(text: str) -> None:
    assert plain(text).encode("latin-1") is not None
    assert all(ord(sign) >= 32 for sign in plain(text))


@given(st.text(max_size=80))
def test_links_lose_no_letter_of_a_text(text: str) -> None:
    told = f"{text} § 742.6(a)(6)(iii)(A) {text} ECCN 3A090.a"
    assert "".join(piece["text"] for piece in pieces(told, lambda word: None)) == told


def test_a_recorded_transaction_asks_the_same_again() -> None:
    asked = question(GERMANY + "&p1_name=Beispiel&quantity=8&f_end_use=training")
    from exeat.terms import read_transaction, restated

    again = question_of(restated(read_transaction(asked.transaction())))
    assert desk().check(again.transaction()).to_dict() == desk().check(asked.transaction()).to_dict()


def test_what_an_address_cannot_hold_is_not_asked_again_in_part() -> None:
    with pytest.raises(InputError, match="cannot hold"):
        question_of({"date": "2025-07-01", "item": {"contains": [{"item": "NVIDIA H100 SXM", "count": 8}]}})


def test_every_sentence_of_the_terminal_stands_in_the_memo() -> None:
    """The page re-words nothing: what ``exeat check --full`` says of requirements and exceptions is on it."""
    from exeat.explanation import lines
    from exeat.web.answer import Answer

    asked = question(OPEN)
    found = desk().check(asked.transaction())
    memo = memo_of(Answer(found, asked))
    told = " ".join(f"{row.label} {row.text}" for part in memo.parts for row in part.rows)
    conditions = [
        limb["says"]
        for track in ("text", "enforced")
        for kind in ("requirements", "exceptions")
        for one in found.to_dict()[track][kind]
        for limb in one.get("limbs", one.get("conditions", ()))
        if one.get("usable") is not False
    ]
    terminal = " ".join(" ".join(lines(found, full=True, width=5000)).split())
    assert conditions
    assert all(" ".join(says.split()) in terminal for says in conditions)
    assert all(" ".join(says.split()) in told for says in conditions)


def test_every_fact_has_its_question_on_the_page_of_facts(client: TestClient) -> None:
    seen = client.get("/ask/facts", headers=PAGE).text
    vocabulary = desk().lawbook.vocabulary
    assert all(f"<code>{name}</code>" in seen for name in vocabulary)


def test_a_red_flag_holds_until_it_is_resolved_on_the_page(client: TestClient) -> None:
    page = client.get(question(f"{GERMANY}&f_customer_withholds_end_use=yes").url(), headers=PAGE).text
    assert "HOLD" in words_of(page)
    form = re.search(r'<form method="get" action="/ask#answer" class="fields">(.*?)</form>', page, flags=re.S)
    assert form is not None
    hidden = [
        (html.unescape(name), html.unescape(value))
        for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[1])
    ]
    said = [("r1_by", "A. Prüfer"), ("r1_on", "2025-06-30"), ("r1_evidence", "site visit")]
    resolved = client.get("/ask", params=[*hidden, *said], headers=PAGE)
    assert resolved.status_code == 200
    assert "resolved as stated" in words_of(resolved.text)


@pytest.mark.parametrize("address", [OPEN, f"{GERMANY}&f_customer_withholds_end_use=yes"])
def test_every_link_of_an_answer_leads_somewhere(client: TestClient, address: str) -> None:
    page = client.get(question(address).url(), headers=PAGE).text
    links = {html.unescape(href).partition("#")[0] for href in re.findall(r'href="(/[^"]+)"', page)}
    law = [href for href in links if href.startswith("/law/")]
    assert len(law) > 5
    broken = {href: status for href in links if (status := client.get(href, headers=PAGE).status_code) != 200}
    assert broken == {}
    anchors = set(re.findall(r'href="#([^"]+)"', page))
    assert anchors and anchors <= set(re.findall(r'id="([^"]+)"', page))
