"""The Compare page: what moves between two days, two tracks, or the law and a draft, and by which instrument."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from html import unescape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from exeat.catalog import Catalog
from exeat.desk import Desk
from exeat.library import desk
from exeat.web.compare import Pair, Side, direction, line_moves
from exeat.web.compare_all import alike, moves_of_all
from exeat.web.map_of_outcomes import Profile, map_of_outcomes

QUIET = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)
HTML = {"accept": "text/html"}


def moved(client: TestClient, **query: str) -> dict[str, dict[str, tuple[str, str, str]]]:
    """By table: place to (before, after, causes)."""
    found = client.get("/compare", params=query, headers=HTML)
    assert found.status_code == 200, found.text[:400]
    told: dict[str, dict[str, tuple[str, str, str]]] = {}
    for part in found.text.split('<h2 id="moves-')[1:]:
        rows = {}
        for code, row in re.findall(r'<tr data-code="(\w\w)">(.*?)</tr>', part, re.S):
            before, after = re.findall(r'class="outcome (\w+)"', row)
            cause = " ".join(unescape(re.sub(r"<[^>]+>", " ", row.rpartition('class="small"')[2])).split())
            rows[code] = (before, after, cause)
        told[part.split('"', 1)[0]] = rows
    return told


def test_the_rule_of_november_2023_moves_the_middle_east_and_is_named(client: TestClient) -> None:
    found = moved(client, on="2023-11-17", item="NVIDIA H100 SXM")
    assert found.keys() == {"text", "enforced"}
    before, after, cause = found["enforced"]["SA"]
    assert (before, after) == ("no_license_required", "license_required")
    assert "742.6(a)(6)(iii) applies" in cause and "88 FR 73458" in cause
    assert "DE" not in found["enforced"] and "CN" not in found["enforced"]
    page = client.get("/compare", params={"on": "2023-11-17"}, headers=HTML).text
    assert "performance density &gt;=" in page and "5.92" in page


def test_the_diffusion_rule_moves_the_text_alone(client: TestClient) -> None:
    found = moved(client, on="2025-05-15", item="NVIDIA H100 SXM")
    assert "enforced" not in found
    before, after, cause = found["text"]["BR"]
    assert (before, after) == ("no_license_required", "unknown")
    assert "742.6(a)(6)(iii)(A) applies ( 90 FR 4544 )" in cause
    assert found["text"]["DE"][1] == "license_exception"


def test_the_emirates_alone_move_in_july_2026(client: TestClient) -> None:
    found = moved(client, on="2026-07-10", item="NVIDIA H100 SXM")
    assert found.keys() == {"enforced"} and found["enforced"].keys() == {"AE"}
    before, after, cause = found["enforced"]["AE"]
    assert (before, after) == ("license_required", "unknown")
    assert "joins A:5 ( 91 FR 43034 )" in cause


def test_text_and_enforcement_differ_by_the_posture(client: TestClient) -> None:
    found = moved(client, by="tracks", on="2025-06-01", item="NVIDIA H100 SXM")
    before, after, cause = found["tracks"]["BR"]
    assert (before, after) == ("unknown", "no_license_required")
    assert "742.6(a)(6)(iii)(A) no longer applies ( BIS guidance 2026-05-31 )" in cause
    assert "CN" not in found["tracks"]


def test_a_draft_is_marked_as_no_law_and_moves_what_it_would(client: TestClient) -> None:
    query = {"by": "draft", "draft": "2025-07-04-malaysia-thailand", "on": "2026-08-01", "item": "NVIDIA H100 SXM"}
    found = moved(client, **query)
    assert found["enforced"].keys() == {"MY", "TH"}
    assert all("Draft, Malaysia and Thailand" in cause for _, _, cause in found["enforced"].values())
    page = client.get("/compare", params=query, headers=HTML).text
    assert "A draft or bill is no law" in page
    assert "draft 2025" in page


def test_every_chip_at_once_counts_the_chips_that_move(client: TestClient) -> None:
    page = client.get("/compare", params={"on": "2023-01-17", "item": "all"}, headers=HTML).text
    assert re.search(r"\d+ chips move to some destination", page)
    assert set(re.findall(r'<tr data-code="(\w\w)">', page)) == {"MO"}
    assert "88 FR 2821" in page


@pytest.mark.parametrize("day", ["2023-11-17", "2026-07-10"])
def test_chips_that_are_alike_have_the_same_outcome_everywhere(day: str) -> None:
    on = date.fromisoformat(day)
    items = [item for item in desk().catalog.items.values() if not item.is_assembly]
    kinds = defaultdict(list)
    for name, mark in alike(desk(), desk().law_of(on), items).items():
        kinds[mark].append(name)
    assert 3 < len(kinds) < len(items) / 2
    for names in (names for names in kinds.values() if len(names) > 1):
        told = set()
        for name in (names[0], names[-1]):
            found = map_of_outcomes(desk(), name, on).places
            told.add(tuple((row.text.outcome, row.enforced.outcome) for row in found.values()))
        assert len(told) == 1, names


def test_all_chips_agree_with_a_single_chip_where_it_moves() -> None:
    # Every fourth chip: each kind of chip has a map of its own to be drawn, of every place on both days.
    chips_of = [item for item in desk().catalog.items.values() if not item.is_assembly][::4]
    few = Desk(desk().lawbook, Catalog({item.id: item for item in chips_of}))
    left, right = (Side(few, date.fromisoformat(day), day) for day in ("2026-07-09", "2026-07-10"))
    pairs = [Pair("enforced", left, right, "enforced", "enforced")]
    found, chips = moves_of_all(pairs, left, right, Profile())
    moves = []
    for item in chips_of:
        stated = Profile().transaction(item.id, "AE", right.on)
        was = desk().check({**stated, "date": "2026-07-09", "screen": False}).outcome_on("enforced")
        now = desk().check({**stated, "screen": False}).outcome_on("enforced")
        moves.append(was != now)
    assert [move.place.code for move in found["enforced"]] == ["AE"]
    assert found["enforced"][0].chips == chips == sum(moves)
    assert 10 < sum(moves) < len(moves)


def test_lines_drawn_and_gone() -> None:
    left, right = (Side(desk(), date.fromisoformat(day), day) for day in ("2023-11-16", "2023-11-17"))
    added, removed = line_moves(left, right)
    assert ("performance_density", "5.92") in {(one.fact, str(one.value)) for one in added}
    assert ("io_bidirectional_gbs", "600") in {(one.fact, str(one.value)) for one in removed}
    assert line_moves(right, right) == ([], [])


def test_the_direction_follows_the_order_of_outcomes() -> None:
    assert direction("no_license_required", "license_required") == "stricter"
    assert direction("license_required", "unknown") == "looser"
    assert direction("unknown", "unknown") == "same"


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"by": "trakcs"}, "perhaps 'tracks'"),
        ({"from": "2026-01-01", "on": "2025-01-01"}, "state the earlier day as from"),
        ({"by": "draft", "draft": "2025-07-04-malaysia"}, "perhaps '2025-07-04-malaysia-thailand'"),
        ({"item": "H1000"}, "no item 'H1000' in the catalog"),
        ({"on": "2021-01-01"}, "the encoded law begins on"),
        ({"to": "2025-01-01"}, "the address has 'to'"),
    ],
)
def test_what_cannot_be_read_is_told_in_the_public_words(client: TestClient, query: dict[str, str], says: str) -> None:
    found = client.get("/compare", params=query, headers=HTML)
    assert found.status_code == 422
    alert = re.search(r'role="alert">(.*?)</p>', found.text, re.S)
    assert alert is not None and says in unescape(alert.group(1))


NAMES = {
    "/world": ("item", "on", "known_on", "track", "end_use", "quantity", "headquarters", "place", "sort", "f_tpp"),
    "/chips": ("on", "released", "marketed", "io", "designer", "chip", "sort"),
    "/compare": ("by", "on", "from", "draft"),
    "/law": ("on", "known_on"),
    "/law/provisions": ("on", "known_on", "q", "kind"),
    "/law/provisions/AIA": ("on", "known_on", "from"),
    "/law/instruments/90-FR-4544": ("on", "known_on"),
    "/law/groups/D:5": ("on", "known_on"),
}  # fmt: skip
VALUES = st.one_of(
    st.text(max_size=20),
    st.dates(date(2019, 1, 1), date(2032, 1, 1)).map(str),
    st.sampled_from(["DE", "?", "H20", "0"]),
)


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
def test_no_address_breaks_a_page(client: TestClient, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(NAMES)))
    query = data.draw(st.dictionaries(st.sampled_from([*NAMES[path], "frob"]), VALUES, max_size=3))
    found = client.get(path, params=query, headers=HTML)
    assert found.status_code in (200, 422), (path, query)


@given(st.sampled_from(["/law/provisions/", "/law/instruments/", "/law/groups/"]), st.text(min_size=1, max_size=30))
@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
def test_no_name_breaks_a_page_of_the_law(client: TestClient, path: str, name: str) -> None:
    from urllib.parse import quote

    found = client.get(path + quote(name, safe=""), headers=HTML)
    assert found.status_code in (200, 404, 422), (path, name)
