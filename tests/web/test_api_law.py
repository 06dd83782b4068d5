"""The routes that look things up: items, law, map, screenings. They say what the library and the command line say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from exeat import library
from exeat.web.map_of_outcomes import Profile


def _get(client: TestClient, path: str, **params: Any) -> Any:
    found = client.get(path, params=params)
    assert found.status_code == 200, found.text
    return found.json()


def test_items_are_found_by_words_and_one_by_its_name(client: TestClient) -> None:
    found = _get(client, "/v1/items", query="h100", on="2025-07-01")
    assert {"nvidia-h100-sxm"} <= {item["id"] for item in found["items"]}
    one = _get(client, "/v1/items/nvidia-h100-sxm", on="2025-07-01")
    assert one["eccn"] == "3A090.a" and one in found["items"]
    assert client.get("/v1/items/h100").status_code == 409
    near = client.get("/v1/items/h1000")
    assert near.status_code == 404 and "nearest" in near.json()["detail"]


def test_provisions_of_a_day(client: TestClient) -> None:
    found = _get(client, "/v1/law/provisions", on="2025-07-01")
    view = library.law("2025-07-01")
    assert [row["provision"] for row in found["provisions"]] == list(view.provisions())
    assert found["digest"] == view.digest


def test_one_provision_by_any_of_its_names(client: TestClient) -> None:
    found = [_get(client, f"/v1/law/provisions/{name}", on="2025-07-01") for name in ("740.27", "§ 740.27", "AIA")]
    assert found[0] == found[1] == found[2]
    assert found[0]["in_force"]["conditions"] and found[0]["history"]
    assert client.get("/v1/law/provisions/740").status_code == 409
    assert client.get("/v1/law/provisions/799.99").status_code == 404


def test_a_difference_of_two_days(client: TestClient) -> None:
    found = _get(client, "/v1/law/diff", **{"from": "2025-05-14", "to": "2025-05-15"})
    assert found["added"] or found["postures"]
    assert client.get("/v1/law/diff", params={"from": "2025-05-15", "to": "2025-05-14"}).status_code == 422
    assert client.get("/v1/law/diff", params={"from": "2025-05-15"}).status_code == 422


def test_instruments_and_where_one_stands(client: TestClient) -> None:
    listed = _get(client, "/v1/law/instruments")
    assert "90 FR 4544" in {one["instrument"] for one in listed}
    one = _get(client, "/v1/law/instruments/90-FR-4544", on="2025-07-01")
    assert one["instrument"] == "90 FR 4544" and one["posture"] and one["coverage"]["encoded"]
    assert client.get("/v1/law/instruments/1-FR-1").status_code == 404
    early = _get(client, "/v1/law/instruments", known_on="2023-01-01")
    assert 0 < len(early) < len(listed)


def test_timeline_calendar_and_status(client: TestClient) -> None:
    events = _get(client, "/v1/law/timeline")["events"]
    assert [event["date"] for event in events] == sorted(event["date"] for event in events)
    assert {"checked", "events"} <= _get(client, "/v1/law/calendar").keys()
    status = _get(client, "/v1/law/status")
    assert status["digest"] == library.desk().lawbook.digest


@pytest.mark.parametrize("day", ["2023-11-16", "2025-07-01", "2026-09-01"])
def test_the_map_says_what_each_transaction_says(client: TestClient, day: str) -> None:
    found = _get(client, "/v1/map", item="NVIDIA H100 SXM", on=day)
    assert len(found["places"]) > 190
    by_code = {place["code"]: place for place in found["places"]}
    desk = library.desk()
    for code in ("DE", "CN", "IN", "AE", "RU", "MO"):
        answer = desk.check(Profile().transaction("NVIDIA H100 SXM", code, library.read_day(day, "on")))
        for track in ("text", "enforced"):
            assert by_code[code][track]["outcome"] == answer.outcome_on(track), (code, track)
    assert sum(found["counts"]["text"].values()) == len(found["places"])


def test_a_map_of_one_track_and_of_another_day_of_the_same_era(client: TestClient) -> None:
    first = _get(client, "/v1/map", item="NVIDIA H100 SXM", on="2025-07-01", track="text")
    assert all("enforced" not in place for place in first["places"]) and first["counts"].keys() == {"text"}
    second = _get(client, "/v1/map", item="NVIDIA H100 SXM", on="2025-07-02", track="text")
    assert second["on"] == "2025-07-02" and second["places"] == first["places"]
    abroad = _get(client, "/v1/map", item="NVIDIA H100 SXM", on="2025-07-01", headquarters="CN", parent="CN")
    assert (
        abroad["counts"]["enforced"]
        != _get(client, "/v1/map", item="NVIDIA H100 SXM", on="2025-07-01")["counts"]["enforced"]
    )


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"item": "NVIDIA H1000"}, "nearest"),
        ({"item": " "}, "item is empty"),
        ({"item": "NVIDIA T4", "on": "yesterday"}, "YYYY-MM-DD"),
        ({"item": "NVIDIA T4", "on": "2019-01-01"}, "nothing earlier"),
        ({"item": "NVIDIA T4", "headquarters": "Germny"}, "perhaps DE"),
        ({"item": "NVIDIA T4", "end_use": "clod"}, "end_use"),
        ({"item": "NVIDIA T4", "track": "both"}, "text"),
        ({"item": "NVIDIA T4", "quantity": "0"}, "quantity"),
    ],
)
def test_a_map_that_cannot_be_drawn(client: TestClient, params: dict[str, str], says: str) -> None:
    found = client.get("/v1/map", params=params)
    assert found.status_code == 422 and says in found.json()["detail"], found.text


def test_screenings_take_the_parameters_of_the_list_itself(client: TestClient) -> None:
    found = _get(client, "/v1/screenings", name="Huawei Technologies", sources="EL", size=2)
    assert len(found["results"]) <= 2 <= found["total"] and {hit["list"] for hit in found["results"]} == {"EL"}
    rest = _get(client, "/v1/screenings", name="Huawei Technologies", sources="EL", size=2, offset=2)
    assert rest["results"][:1] != found["results"][:1]
    assert _get(client, "/v1/screenings", name="Huawie", fuzzy_name="false")["total"] == 0
    assert client.get("/v1/screenings", params={"name": "x", "sources": "NOPE"}).status_code == 422
    assert client.get("/v1/screenings", params={"name": " "}).status_code == 422
    assert client.get("/v1/screenings", params={"name": "x", "size": 101}).status_code == 422


def test_the_document_describes_every_route(client: TestClient) -> None:
    found = _get(client, "/v1/openapi.json")
    assert found["openapi"].startswith("3.1")
    text = json.dumps(found)
    for path, methods in found["paths"].items():
        for method, route in methods.items():
            assert route.get("summary"), (method, path)
            if path.startswith("/v1/"):
                assert "422" in route["responses"] and "HTTPValidationError" not in json.dumps(route)
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named <= found["components"]["schemas"].keys()
