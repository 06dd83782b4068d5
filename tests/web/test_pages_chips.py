"""The Chips page: regions and lines are the law's own, and headroom is told."""

from __future__ import annotations

import hashlib
import json
import random
import re
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from exeat.determination.lines import lines, regions
from exeat.library import desk
from exeat.logic.tree import Value
from exeat.web.chips import chips, headroom, nearest_line
from exeat.web.chips_chart import FRAME
from exeat.web.security import POLICY
from exeat.web.stops import stops
from exeat.web.templating import STATIC

HTML = {"accept": "text/html"}
ACROSS, UP = ("tpp", *FRAME["tpp"]), ("performance_density", *FRAME["performance_density"])


def spec(client: TestClient, **query: str) -> Any:
    """The chart's specification."""
    found = client.get("/chips", params=query, headers=HTML)
    assert found.status_code == 200
    data = re.search(r'<script type="application/json">(.*?)</script>', found.text, re.S)
    assert data is not None
    return json.loads(data.group(1))


def entries(drawn: Any) -> set[str]:
    """The entries that fill a region of the chart."""
    layers = [layer for layer in drawn["layer"] if layer["mark"]["type"] == "rect"]
    return {area["entry"] for layer in layers for area in layer["data"]["values"]}


@pytest.mark.parametrize("marketed", [True, False, None])
def test_every_point_of_every_era_lies_in_the_region_of_its_entry(marketed: bool | None) -> None:
    picked = random.Random(7)
    stated: dict[str, Value] = {"form": "integrated_circuit", "io_bidirectional_gbs": Decimal(900)}
    if marketed is not None:
        stated["marketed_for_datacenters"] = marketed
    for stop in stops(desk().lawbook, last=date(2026, 12, 31))[::6]:
        engine = desk().law_of(stop.day)
        found = regions(engine, stated, ACROSS, UP)
        cuts = {(r.left, r.low) for r in found}
        points = [
            (
                Decimal(picked.uniform(1.5, 5.4)).scaleb(0).exp().quantize(Decimal("0.01")) * 30,
                Decimal(picked.uniform(-2, 5)).exp().quantize(Decimal("0.01")),
            )
            for _ in range(60)
        ]
        for tpp, density in [*points, *cuts]:
            if not (ACROSS[1] <= tpp < ACROSS[2] and UP[1] <= density < UP[2]):
                continue
            inside = [r for r in found if r.left <= tpp < r.right and r.low <= density < r.high]
            assert len(inside) == 1, (stop.day, tpp, density)
            eccn = engine.classify({**stated, "tpp": tpp, "performance_density": density}).get("eccn")
            assert inside[0].eccn == eccn, (stop.day, tpp, density)


def test_the_lines_are_those_of_the_rule_of_the_day() -> None:
    old = {(one.fact, one.value) for one in lines(desk().law_of(date(2022, 10, 21)))}
    new = {(one.fact, one.value) for one in lines(desk().law_of(date(2023, 11, 17)))}
    latest = lines(desk().law_of(date(2026, 1, 15)))
    assert ("io_bidirectional_gbs", Decimal(600)) in old and ("tpp", Decimal(4800)) in old
    assert not any(fact == "performance_density" for fact, _ in old)
    assert {v for f, v in new if f == "performance_density"} == {Decimal("1.6"), Decimal("3.2"), Decimal("5.92")}
    assert {Decimal(1600), Decimal(2400), Decimal(4800)} <= {v for f, v in new if f == "tpp"}
    assert ("io_bidirectional_gbs", Decimal(600)) not in new
    assert any(one.value == 21000 and one.section.citation == "91 FR 1684" for one in latest)


def test_the_regions_follow_the_day_and_the_stated_rate(client: TestClient) -> None:
    assert "3A090.b" not in entries(spec(client, on="2022-10-21"))
    assert "3A090.a" in entries(spec(client, on="2022-10-21", io="600"))
    assert "3A090.a" not in entries(spec(client, on="2022-10-21", io="599"))
    assert {"3A090.a", "3A090.b"} <= entries(spec(client, on="2023-11-17"))
    assert "3A090.b" not in entries(spec(client, on="2023-11-17", marketed="no"))
    assert "not known" in entries(spec(client, on="2023-11-17", marketed="unknown"))


def test_a_chip_has_its_headroom_to_each_line(client: TestClient) -> None:
    engine = desk().law_of(date(2023, 11, 17))
    by_id = {chip.item.id: chip for chip in chips(desk(), engine)}
    h20 = by_id["nvidia-h20"]
    found = {(one.line.fact, one.line.value): one for one in headroom(h20, lines(engine))}
    assert found["tpp", Decimal(2400)].says == "1.3% under"
    assert found["tpp", Decimal(2400)].side == "under"
    assert found["tpp", Decimal(1600)].says == "48.0% over"
    near = nearest_line(h20, lines(engine))
    assert near is not None and near.line.value == 2400
    page = client.get("/chips", params={"on": "2023-11-17", "chip": "NVIDIA H20"}, headers=HTML).text
    panel = page[page.index('id="chip"') : page.index('aria-label="The law')]
    assert "1.3% under" in panel and "ECCN 3A991.p" in panel and "b.1" in panel


def test_an_uncertain_density_is_a_bound_and_never_a_figure() -> None:
    engine = desk().law_of(date(2023, 11, 17))
    for chip in chips(desk(), engine):
        density = chip.figures["performance_density"]
        if "applicable_die_area_mm2" in chip.facts.intervals:
            assert density.certain is None
            assert all(one.ratio is None for one in headroom(chip, lines(engine, ("performance_density",))))


def test_the_table_holds_every_circuit_and_its_own_entry(client: TestClient) -> None:
    page = client.get("/chips", params={"on": "2023-11-17"}, headers=HTML).text
    circuits = {item.id for item in desk().catalog.items.values() if not item.is_assembly}
    rows = dict(re.findall(r'<tr data-chip="([^"]+)">.*?data-entry="([^"]+)"', page, re.S))
    assert set(rows) == circuits
    engine = desk().law_of(date(2023, 11, 17))
    for chip in ("nvidia-h20", "nvidia-l4", "nvidia-a100-sxm-80"):
        assert rows[chip] == engine.classify(desk().item_facts(chip, engine)[0])["eccn"]
    only = client.get("/chips", params={"on": "2022-10-21", "released": "by", "designer": "CN"}, headers=HTML).text
    shown = set(re.findall(r'<tr data-chip="([^"]+)">', only))
    assert shown and all(desk().catalog.items[one].vendor_hq == "CN" for one in shown)
    assert all(desk().catalog.items[one].release_date <= "2022-10-21" for one in shown)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"chip": "Voodoo2"}, "no item 'Voodoo2' in the catalog"),
        ({"chip": "DGX H100"}, "is an assembly"),
        ({"io": "fast"}, "expected GB/s as a number"),
        ({"io": "NaN"}, "expected GB/s as a number"),
        ({"io": "1e500"}, "expected GB/s as a number"),
        ({"marketed": "perhaps"}, "expected yes, no, unknown"),
        ({"on": "1999-01-01"}, "the encoded law begins on"),
        ({"chips": "H100"}, "perhaps 'chip'"),
    ],
)
def test_what_cannot_be_read_is_told_in_the_public_words(client: TestClient, query: dict[str, str], says: str) -> None:
    found = client.get("/chips", params=query, headers=HTML)
    assert found.status_code == 422
    alert = re.search(r'role="alert">(.*?)</p>', found.text, re.S)
    assert alert is not None and says in unescape(alert.group(1))


def test_the_vendored_files_are_those_their_list_names_unchanged_and_small() -> None:
    vendor = STATIC / "vendor"
    named = dict(re.findall(r"^\| (\S+) \|.*\| ([0-9a-f]{64}) \|$", (vendor / "README.md").read_text("utf-8"), re.M))
    assert set(named) == {path.name for path in vendor.iterdir() if path.is_file()} - {"README.md"}
    for name, digest in named.items():
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == digest, name
    assert sum(path.stat().st_size for path in vendor.rglob("*") if path.is_file()) < 2_000_000
    for package in ("vega", "vega-lite", "vega-embed", "vega-interpreter", "world-atlas", "bundled"):
        assert (vendor / "licenses" / f"{package}.txt").stat().st_size > 300


def test_the_chart_needs_no_compiled_expression() -> None:
    assert "unsafe" not in POLICY
    assert "ast: true" in (STATIC / "chart.js").read_text("utf-8")
