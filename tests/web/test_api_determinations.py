"""``POST /v1/determinations``: the desk's own answer, its status, its errors, and requests that are repeated."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from starlette.testclient import TestClient

from exeat.desk import Desk
from exeat.web.api.determinations import EXAMPLE
from exeat.web.app import create_app
from exeat.web.problems import MEDIA_TYPE
from exeat.web.settings import Settings

AT = "http://127.0.0.1:8000"
CHINA = {**EXAMPLE, "destination": "CN", "parties": [{"role": "ultimate_consignee", "country": "CN",
         "headquarters": "CN", "ultimate_parent_headquarters": "CN"}]}  # fmt: skip
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "determination.schema.json").read_text(encoding="utf-8"))


def test_the_answer_is_the_desks_own_and_of_its_schema(client: TestClient) -> None:
    found = client.post("/v1/determinations", json=EXAMPLE)
    assert found.status_code == 200
    told = found.json()
    assert told["determination"] == json.loads(json.dumps(Desk().check(EXAMPLE).to_dict()))
    jsonschema.validate(told["determination"], SCHEMA)
    assert told["status"] == "REVIEW" and any("unknown" in reason for reason in told["reasons"])


def test_a_license_that_is_enforced_blocks(client: TestClient) -> None:
    told = client.post("/v1/determinations", json=CHINA).json()
    assert told["determination"]["enforced"]["outcome"] == "license_required"
    assert told["status"] == "BLOCK" and "enforces it" in told["reasons"][0]


def test_an_answer_given_again_is_the_same_answer(client: TestClient) -> None:
    first, second = (client.post("/v1/determinations", json=CHINA).content for _ in range(2))
    assert first == second
    other = client.post("/v1/determinations", json={**CHINA, "quantity": 513}).json()["determination"]
    assert other["facts"]["quantity"] == 513


def test_a_list_keeps_its_order_and_loses_no_row(client: TestClient) -> None:
    rows = [EXAMPLE, {**EXAMPLE, "destination": "Germny"}, 5, CHINA]
    found = client.post("/v1/determinations", json=rows)
    assert found.status_code == 200
    told = found.json()["determinations"]
    assert [row["status"] for row in told] == ["REVIEW", "REVIEW", "REVIEW", "BLOCK"]
    assert [row["determination"] is None for row in told] == [False, True, True, False]
    assert told[1]["problem"]["errors"][0]["pointer"] == "/1/destination"
    assert "perhaps DE" in told[1]["problem"]["detail"] and "cannot be read" in told[1]["reasons"][0]


@pytest.mark.parametrize(
    ("stated", "says", "pointer"),
    [
        ({**EXAMPLE, "destination": "Germny"}, "perhaps DE (Germany)", "/destination"),
        ({**EXAMPLE, "facts": {"tppp": 1}}, "perhaps 'tpp'", "/facts/tppp"),
        ({**EXAMPLE, "date": "1 July"}, "YYYY-MM-DD", "/date"),
        ({**EXAMPLE, "itm": "H100"}, "perhaps 'item'", "/itm"),
        ({**EXAMPLE, "item": "NVIDIA H1000"}, "nearest", "/item"),
        ({**EXAMPLE, "parties": [{"role": "buyer"}]}, "party 1", "/parties/0"),
        ({**EXAMPLE, "quantity": 10**40}, "out of all proportion", "/quantity"),
        ({**EXAMPLE, "quantity": -1}, "zero or more", "/quantity"),
        ({**EXAMPLE, "date": "2019-01-01"}, "nothing earlier is decided", "/date"),
        ({"item": "H100"}, "states no date", None),
    ],
)
def test_bad_input_is_told_in_the_words_of_the_command_line(
    client: TestClient, stated: dict[str, Any], says: str, pointer: str | None
) -> None:
    found = client.post("/v1/determinations", json=stated)
    assert found.status_code == 422 and found.headers["content-type"] == MEDIA_TYPE
    told = found.json()
    assert says in told["detail"] and told["status"] == 422
    assert [one["pointer"] for one in told.get("errors", [])] == ([pointer] if pointer else [])


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "body:1:2: not JSON"),
        (b"", "it is empty"),
        (b"\xff", "not UTF-8"),
        (b'{"date": "2025-07-01", "date": "2025-07-02"}', "stands twice"),
        (b'{"date": "\\ud800"}', "half of a character"),
        (b'{"date": NaN}', "no number"),
        (b"[" * 100_000, "nested too deeply"),
        (b"5", "not 5"),
        (b"null", "not nothing"),
        (b"[]", "expected 1 to 100"),
    ],
)
def test_a_body_that_is_no_transaction(client: TestClient, body: bytes, says: str) -> None:
    found = client.post("/v1/determinations", content=body, headers={"content-type": "application/json"})
    assert found.status_code == 422, found.text
    assert says in found.json()["detail"]


def test_another_kind_of_body(client: TestClient) -> None:
    assert client.post("/v1/determinations", content=b"x", headers={"content-type": "text/plain"}).status_code == 415
    assert client.post("/v1/determinations", data={"date": "x"}).status_code == 415


def test_a_repeated_key_gives_the_first_answer(client: TestClient) -> None:
    key = {"idempotency-key": "order 7"}
    first = client.post("/v1/determinations", json=EXAMPLE, headers=key)
    second = client.post("/v1/determinations", json=EXAMPLE, headers=key)
    assert first.content == second.content
    assert "idempotent-replayed" not in first.headers and second.headers["idempotent-replayed"] == "true"
    other = client.post("/v1/determinations", json=CHINA, headers=key)
    assert other.status_code == 422 and "another request" in other.json()["detail"]


def test_a_key_whose_request_failed_may_be_used_again(client: TestClient) -> None:
    key = {"idempotency-key": "order 8"}
    assert client.post("/v1/determinations", json={"date": "x"}, headers=key).status_code == 422
    assert client.post("/v1/determinations", json=EXAMPLE, headers=key).status_code == 200
    assert (
        client.post("/v1/determinations", json=EXAMPLE, headers={b"idempotency-key": "é".encode()}).status_code == 422
    )


def test_recording_needs_a_ledger(client: TestClient) -> None:
    found = client.post("/v1/determinations?record=true", json=EXAMPLE)
    assert found.status_code == 409 and "no ledger is configured" in found.json()["detail"]
    assert client.post("/v1/determinations?reference=x", json=EXAMPLE).status_code == 422


def test_answers_are_not_mixed_up_by_many_at_once(client: TestClient) -> None:
    places = ("DE", "CN", "IN", "AE", "GB", "RU", "TW", "BR")
    asked = [{**EXAMPLE, "destination": place, "quantity": number} for number in (1, 2) for place in places]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda one: client.post("/v1/determinations", json=one).json(), asked))
    for one, told in zip(asked, found, strict=True):
        facts = told["determination"]["facts"]
        assert (facts["destination"], facts["quantity"]) == (one["destination"], one["quantity"])


def test_a_figure_and_a_text_that_looks_like_it_are_not_one_question() -> None:
    app = create_app(Settings())
    with TestClient(app, base_url=AT) as client:
        stated = {**EXAMPLE, "item": {"form": "integrated_circuit", "tpp": 1.5}}
        assert client.post("/v1/determinations", json=stated).status_code == 200
        kept = set(app.state.decider._kept)
        client.post("/v1/determinations", json={**EXAMPLE, "item": {"form": "integrated_circuit", "tpp": "1.5"}})
        assert len(app.state.decider._kept) == len(kept) + 1


def test_named_parties_are_screened_each_time_and_never_remembered() -> None:
    app = create_app(Settings())
    party = {"role": "ultimate_consignee", "name": "Huawei Technologies", "country": "CN", "headquarters": "CN"}
    with TestClient(app, base_url=AT) as client:
        told = client.post("/v1/determinations", json={**CHINA, "parties": [party]}).json()
        assert told["determination"]["screening"][0]["status"] != "not screened"
        assert told["status"] == "BLOCK"
        assert not app.state.decider._kept


def test_memory_of_answers_is_bounded() -> None:
    app = create_app(Settings(answers_kept_max=3))
    with TestClient(app, base_url=AT) as client:
        for quantity in range(1, 7):
            client.post("/v1/determinations", json={**CHINA, "quantity": quantity})
        assert len(app.state.decider._kept) == 3
    none = create_app(Settings(answers_kept_max=0))
    with TestClient(none, base_url=AT) as client:
        client.post("/v1/determinations", json=CHINA)
        assert not none.state.decider._kept
