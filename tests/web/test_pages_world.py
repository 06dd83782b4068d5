"""The World page: outcomes that turn on the right days, reasons, and what cannot be read."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from exeat.library import desk
from exeat.terms import InputError
from exeat.web.map_of_outcomes import Profile, map_of_outcomes
from exeat.web.map_shapes import world_shapes
from exeat.web.stops import around, stops

HTML = {"accept": "text/html"}
ROW = re.compile(r'<tr id="row-(\w\w)">(.*?)</tr>', re.S)


def outcomes(client: TestClient, **query: str) -> dict[str, tuple[str, str]]:
    """The table's outcomes by place: text, enforced."""
    found = client.get("/world", params=query, headers=HTML)
    assert found.status_code == 200, found.text[:500]
    rows = {code: re.findall(r'data-outcome="(\w+)"', row) for code, row in ROW.findall(found.text)}
    assert all(len(pair) == 2 for pair in rows.values())
    return {code: (pair[0], pair[1]) for code, pair in rows.items()}


def test_every_destination_has_a_row_and_a_mark_on_the_map(client: TestClient) -> None:
    page = client.get("/world", params={"on": "2025-06-01"}, headers=HTML).text
    places = set(desk().lawbook.groups.destinations)
    assert {code for code, _ in ROW.findall(page)} == places
    shapes = world_shapes()
    drawn = {shape.code for shape in shapes.shapes}
    assert drawn | shapes.undrawn == places and not drawn & shapes.undrawn
    for track in ("text", "enforced"):
        marked = re.search(rf'data-map="{track}">(.*?)</svg>', page, re.S)
        assert marked is not None
        assert set(re.findall(r'data-code="(\w\w)"', marked.group(1))) == drawn


@pytest.mark.parametrize(
    ("before", "after", "place", "track", "was", "now"),
    [
        ("2023-11-16", "2023-11-17", "SA", 1, "no_license_required", "license_required"),
        ("2023-11-16", "2023-11-17", "SA", 0, "no_license_required", "license_required"),
        ("2023-11-16", "2023-11-17", "DE", 0, "no_license_required", "no_license_required"),
        ("2025-05-14", "2025-05-15", "DE", 0, "no_license_required", "license_exception"),
        ("2025-05-14", "2025-05-15", "DE", 1, "no_license_required", "no_license_required"),
        ("2025-05-14", "2025-05-15", "BR", 0, "no_license_required", "unknown"),
        ("2025-05-14", "2025-05-15", "CN", 1, "license_required", "license_required"),
        ("2026-07-09", "2026-07-10", "AE", 1, "license_required", "unknown"),
        ("2026-07-09", "2026-07-10", "SA", 1, "license_required", "license_required"),
    ],
)
def test_an_h100_turns_on_the_day_of_the_rule(
    client: TestClient, before: str, after: str, place: str, track: int, was: str, now: str
) -> None:
    item = "NVIDIA H100 SXM"
    assert outcomes(client, item=item, on=before)[place][track] == was
    assert outcomes(client, item=item, on=after)[place][track] == now


def test_the_stated_profile_changes_the_map(client: TestClient) -> None:
    at_home = outcomes(client, on="2025-06-01")
    chinese = outcomes(client, on="2025-06-01", headquarters="CN", parent="CN")
    open_ = outcomes(client, on="2025-06-01", parent="unknown")
    assert at_home["DE"][1] == "no_license_required"
    assert chinese["DE"][1] == "license_required"
    assert open_["DE"][1] == "unknown"


def test_an_opened_destination_tells_groups_paragraphs_and_leads_to_the_same_answer(client: TestClient) -> None:
    page = client.get("/world", params={"on": "2025-06-01", "place": "Brazil"}, headers=HTML).text
    panel = page[page.index('id="place"') : page.index('id="world-table"')]
    assert "§ 742.6(a)(6)(iii)(A)" in panel
    assert "Non-enforcement of 90 FR 4544 reaches only the requirement by destination" in panel
    assert "Low Processing Performance" in panel
    link = re.search(r'href="(/ask\?[^"]+)">The whole answer', panel)
    assert link is not None
    answer = client.get(unescape(link.group(1)), headers=HTML)
    assert answer.status_code == 200
    assert "§ 742.6(a)(6)(iii)(A)" in answer.text


def test_a_place_the_tables_are_silent_on_is_unknown_and_says_so(client: TestClient) -> None:
    assert outcomes(client, on="2025-06-01")["AQ"] == ("unknown", "unknown")
    page = client.get("/world", params={"on": "2025-06-01", "place": "AQ"}, headers=HTML).text
    assert "its groups are unknown, never none" in page


def test_the_table_sorts_by_the_strictest_and_the_part_alone_is_the_part(client: TestClient) -> None:
    page = client.get("/world", params={"on": "2025-06-01", "sort": "enforced"}, headers=HTML).text
    listed = [re.findall(r'data-outcome="(\w+)"', row)[1] for _, row in ROW.findall(page)]
    order = ["prohibited", "license_required", "unknown", "license_exception", "authorized", "no_license_required"]
    assert [order.index(one) for one in listed] == sorted(order.index(one) for one in listed)
    part = client.get("/world", params={"on": "2025-06-01"}, headers={**HTML, "x-exeat-part": "1"}).text
    assert "<html" not in part and 'id="s-DE"' not in part and 'id="row-DE"' in part


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"itme": "H100"}, "the address has 'itme'; perhaps 'item'"),
        ({"on": "2019-01-01"}, "the encoded law begins on 2022-10-07"),
        ({"on": "2025-02-30"}, "expected a day that exists"),
        ({"item": "NVIDIA H1000"}, "no item 'NVIDIA H1000' in the catalog"),
        ({"place": "Germny"}, "perhaps DE (Germany)"),
        ({"parent": "Atlantis"}, "'Atlantis' is no known place"),
        ({"quantity": "many"}, "expected a whole number of units"),
        ({"end_use": "trainin"}, "perhaps 'training'"),
        ({"track": "both tracks"}, "expected both, text, enforced"),
        ({"sort": "size"}, "expected name, code, text, enforced"),
        ({"f_tpp_": "5"}, "unknown fact 'tpp_'; perhaps 'tpp'"),
        ({"item": "x" * 600}, "expected at most 500"),
    ],
)
def test_what_cannot_be_read_is_told_in_the_public_words(client: TestClient, query: dict[str, str], says: str) -> None:
    found = client.get("/world", params=query, headers=HTML)
    assert found.status_code == 422
    alert = re.search(r'role="alert">(.*?)</p>', found.text, re.S)
    assert alert is not None
    assert says in unescape(alert.group(1))
    assert "<form" in found.text  # one can go on from here


def test_a_name_stated_twice_is_refused(client: TestClient) -> None:
    found = client.get("/world?on=2025-01-01&on=2025-01-02", headers=HTML)
    assert found.status_code == 422
    assert "stated twice" in found.text


@pytest.mark.parametrize(
    ("day", "item", "profile"),
    [
        ("2023-01-17", "nvidia-a100-sxm-80", Profile()),
        ("2024-01-05", "NVIDIA H20", Profile(headquarters="HK", parent="CN")),
        ("2025-05-15", "NVIDIA H100 SXM", Profile()),
        ("2026-07-10", "NVIDIA H100 SXM", Profile()),
        ("2026-07-10", "NVIDIA RTX 4090", Profile(parent=None, end_use="training", quantity=2000)),
    ],
)
def test_the_map_says_what_the_desk_says_of_each_destination(day: str, item: str, profile: Profile) -> None:
    on = date.fromisoformat(day)
    found = map_of_outcomes(desk(), item, on, profile)
    assert 1 < found.decided < len(found.places)
    for code, row in found.places.items():
        answer = desk().check({**profile.transaction(item, code, on), "screen": False})
        assert (row.text.outcome, row.enforced.outcome) == (answer.outcome_on("text"), answer.outcome_on("enforced"))
        data: Any = answer.to_dict()
        told = {
            one["id"] for one in data["text"]["requirements"] + data["text"]["prohibitions"] if one["applies"] == "yes"
        }
        assert set(row.text.applies) == told, code


def test_a_day_before_the_law_is_refused() -> None:
    with pytest.raises(InputError, match="the encoded law begins on"):
        map_of_outcomes(desk(), "NVIDIA H100 SXM", date(2021, 1, 1))


def test_the_slider_stops_where_the_law_changes_and_names_the_instrument() -> None:
    found = {stop.day.isoformat(): stop for stop in stops(desk().lawbook, last=date(2026, 12, 31))}
    assert found["2023-11-17"].says[0].startswith("88 FR 73458")
    assert found["2025-05-15"].says[0].startswith("90 FR 4544")
    assert "compliance due" in found["2025-05-15"].says[0]
    assert found["2026-07-10"].says[0].startswith("91 FR 43034")
    assert "90 FR 50857" in found["2025-11-10"].instruments
    assert any("CY" in says for says in found["2024-05-30"].says)
    assert all(stop.says for stop in found.values())
    listed = list(found.values())
    before, here, after = around(listed, date(2025, 5, 20))
    assert here is not None and here.day == date(2025, 5, 15)
    assert before is not None and before.day < here.day
    assert after is not None and after.day > date(2025, 5, 20)
    assert around(listed, date(2020, 1, 1)) == (None, None, listed[0])
