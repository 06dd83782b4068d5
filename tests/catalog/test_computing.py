"""Specifications to facts: anchors, lines of the law, intervals, assemblies."""

import csv
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from exeat.catalog import CatalogError, Interval, ItemFacts, contained, facts_of, load
from exeat.catalog.read import read_items

HERE = Path(__file__).parent
with (HERE / "anchors.csv").open(encoding="utf-8", newline="") as file:
    ANCHORS = [(row["id"], row["tpp"]) for row in csv.DictReader(file)]
BOUNDARY = yaml.safe_load((HERE / "boundary.yaml").read_text(encoding="utf-8"))


def known(item: str) -> ItemFacts:
    return facts_of(load().items[item])


def figure(facts: ItemFacts, name: str) -> Decimal:
    value = facts.facts[name]
    assert isinstance(value, Decimal)
    return value


@pytest.mark.parametrize(("item", "tpp"), ANCHORS)
def test_anchor(item: str, tpp: str) -> None:
    found = known(item).facts.get("tpp")
    assert found == (None if tpp == "unknown" else Decimal(tpp))


@pytest.mark.parametrize("case", BOUNDARY, ids=lambda case: f"{case['chip']} {case['quantity']}")
def test_boundary(case: dict[str, Any]) -> None:
    facts = known(case["chip"])
    line = Decimal(case["line"])
    if case["quantity"] == "performance_density":
        tpp, area = figure(facts, "tpp"), figure(facts, "applicable_die_area_mm2")
        rounded = (tpp / area).quantize(Decimal("0.001"), ROUND_HALF_UP)
        assert rounded == Decimal(case["value"])
        over = tpp >= line * area
    else:
        assert figure(facts, case["quantity"]) == Decimal(case["value"])
        over = figure(facts, case["quantity"]) >= line
    assert over == (case["side"] == "at or above")


def test_boundary_is_complete() -> None:
    assert len(BOUNDARY) == 38
    for case in BOUNDARY:
        assert case["rule"] in ("2022", "2023", "2025 letter", "2026 review")
        assert case["rule"] == "2025 letter" or case["class"] in ("3A090.a", "3A090.b", "none", "unknown")
        assert (case.get("class") == "unknown") == ("candidates" in case)


def test_facts_and_where_they_come_from() -> None:
    facts = known("nvidia-h100-sxm")
    assert facts.facts == {
        "form": "integrated_circuit",
        "catalog_id": "nvidia-h100-sxm",
        "designer": "NVIDIA",
        "designer_headquarters": "US",
        "marketed_for_datacenters": True,
        "tpp": Decimal(15832),
        "tpp_per_unit": Decimal(15832),
        "processing_performance_tops": Decimal(1979),
        "applicable_die_area_mm2": Decimal(814),
        "io_bidirectional_gbs": Decimal(1028),
        "total_dram_bandwidth_gbs": Decimal(3350),
    }
    assert set(facts.provenance) == set(facts.facts)
    assert facts.provenance["tpp"].how == "int8_dense_tops 1979 x 8 bits"
    assert facts.provenance["tpp"].confidence == "high"
    assert facts.provenance["tpp"].source.startswith("https://")


def test_unpublished_area_is_bounded_by_the_reticle() -> None:
    facts = known("aws-trainium2")
    assert "applicable_die_area_mm2" not in facts.facts
    assert facts.intervals["applicable_die_area_mm2"] == Interval(Decimal(0), Decimal(2 * 858), low_open=True)
    unknown = known("amd-mi455x")
    assert "applicable_die_area_mm2" not in {**unknown.facts, **unknown.intervals}


def test_area_published_as_an_upper_bound() -> None:
    facts = known("google-tpu-v3")
    assert facts.intervals["applicable_die_area_mm2"] == Interval(Decimal(0), Decimal(648), low_open=True)
    assert "applicable_die_area_mm2" not in facts.facts


@pytest.mark.parametrize("item", ["nvidia-tesla-k80", "google-tpu-v1"])
def test_planar_dies_leave_the_density_undefined(item: str) -> None:
    """An area of zero, multiplied out, would meet every density: it must not become a fact."""
    facts = known(item)
    assert "applicable_die_area_mm2" not in {**facts.facts, **facts.intervals}


def test_half_known_io_is_a_lower_bound() -> None:
    facts = known("nvidia-rubin-r200")
    assert facts.intervals["io_bidirectional_gbs"] == Interval(Decimal(3600), None)
    assert "io_bidirectional_gbs" not in facts.facts


def test_no_fact_is_both_certain_and_an_interval() -> None:
    for item in load().items.values():
        facts = facts_of(item)
        assert not set(facts.facts) & set(facts.intervals)
        assert set(facts.provenance) == set(facts.facts) | set(facts.intervals)


def test_tf32_at_32_bits_is_a_sensitivity() -> None:
    changed = {
        item: sensitivity.value
        for item in load().items
        for sensitivity in known(item).sensitivities
        if "TF32" in sensitivity.why
    }
    assert changed == {
        "aws-trainium1": Decimal(6080),
        "aws-inferentia2": Decimal(6080),
        "aws-trainium2": Decimal(21344),
        "aws-trainium3": Decimal(21472),
        "enflame-t20": Decimal(4096),
        "enflame-t21": Decimal(5120),
        # These turn on the rounding of the rates alone: TF32 at 32 bits is FP16 at 16 bits by construction.
        "nvidia-a16-gpu": Decimal(288),
        "nvidia-l2": Decimal("1545.6"),
        "nvidia-l20": Decimal("1913.6"),
        "intel-max-1100": Decimal(5696),
    }


def test_disputed_figures_are_sensitivities() -> None:
    (clock,) = known("intel-xeon-6980p").sensitivities
    assert clock.value == Interval(Decimal(4194), Decimal(8179))
    for item in load().items.values():
        disputed, tpp = item.disputed_tpp, facts_of(item).facts.get("tpp")
        if disputed is not None and isinstance(tpp, Decimal) and disputed.high is not None:
            assert disputed.low <= tpp <= disputed.high, item.id


def test_assembly_walks_what_it_contains() -> None:
    rack = load().find("GB300 NVL72")
    assert [(circuit.id, count) for circuit, count in contained(rack)] == [
        ("nvidia-gb300-gpu", 72),
        ("nvidia-grace", 36),
    ]
    facts = facts_of(rack)
    assert facts.facts["form"] == "assembly"
    assert facts.facts["tpp"] == Decimal(60000)
    assert facts.facts["tpp_per_unit"] == 72 * Decimal(60000) + 36 * Decimal("227.2")
    assert facts.facts["total_dram_bandwidth_gbs"] == Decimal(8000)
    assert facts.facts["marketed_for_datacenters"] is True
    assert [(part.facts.facts["tpp"], part.count) for part in facts.contained] == [
        (Decimal(60000), 72),
        (Decimal("227.2"), 36),
    ]
    assert "applicable_die_area_mm2" not in facts.facts
    assert "contains_ic_at_3a090_a" not in facts.facts


def test_assembly_not_for_datacenters() -> None:
    assert known("nvidia-dgx-spark").facts["marketed_for_datacenters"] is False


def test_boards_are_not_summed_for_classification() -> None:
    """Cloud AI 100 Ultra: 1740 for each circuit, 6960 for the board (4A090 asks of any circuit)."""
    facts = known("qualcomm-ai100-ultra").facts
    assert (facts["tpp"], facts["tpp_per_unit"]) == (Decimal(1740), Decimal(6960))


HEADER = (HERE.parents[1] / "catalog" / "chips.csv").read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"int8_dense_tops": "-3"}, r"line 2 \(a\), column int8_dense_tops: found '-3', expected a number"),
        ({"int8_dense_tops": "many"}, "column int8_dense_tops: found 'many'"),
        ({"kind": "toaster"}, "column kind: found 'toaster', expected gpu or"),
        ({"marketed_for_datacenters": "maybe"}, "column marketed_for_datacenters"),
        ({"confidence": ""}, "column confidence"),
        ({"source": ""}, "column source"),
        ({"kind": "assembly"}, "column contains"),
        ({"kind": "assembly", "contains": "8:b"}, "no item 'b'"),
        ({"kind": "assembly", "contains": "8:a"}, "a contains itself"),
        ({"kind": "assembly", "contains": "0:a"}, "column contains"),
        ({"processing_units": "NPU:int9=50"}, "column processing_units"),
        ({"processing_units": "NPU:int8_dense_tops=50", "int8_dense_tops": "50"}, "column processing_units"),
        ({"disputed_tpp": "5..4"}, "column disputed_tpp"),
        ({"dies_per_package": "0"}, "column dies_per_package"),
    ],
)
def test_wrong_row_is_told_where_it_is(tmp_path: Path, change: dict[str, str], message: str) -> None:
    good = {"id": "a", "vendor": "V", "name": "A", "kind": "gpu", "confidence": "low", "source": "s"}
    columns = HEADER.split(",")
    path = tmp_path / "chips.csv"
    path.write_text(HEADER + "\n" + ",".join({**good, **change}.get(c, "") for c in columns) + "\n", encoding="utf-8")
    with pytest.raises(CatalogError, match=message):
        read_items(path)


def test_wrong_header_and_rows(tmp_path: Path) -> None:
    path = tmp_path / "chips.csv"
    path.write_text(HEADER.replace("int8_dense_tops", "int8_dense_top"), encoding="utf-8")
    with pytest.raises(CatalogError, match="unknown column 'int8_dense_top'; nearest: int8_dense_tops"):
        read_items(path)
    path.write_text(HEADER + "\na,b\n", encoding="utf-8")
    with pytest.raises(CatalogError, match="line 2: the row has 2 cells, the header"):
        read_items(path)
