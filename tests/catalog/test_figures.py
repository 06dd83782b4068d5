"""A user's own figures: read exactly, ranges kept, everything wrong refused in one line."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exeat.catalog import CatalogError, Interval, ItemFacts, facts_from_figures, facts_of, load
from exeat.catalog.figures import KEYS, NUMBERS, ONE_OF, YES_NO


def test_rates_are_computed_as_in_the_catalog() -> None:
    facts = facts_from_figures({"int8_dense_tops": 624, "tf32_dense_tflops": 156, "die_area_mm2": 826})
    assert facts.facts == {
        "form": "integrated_circuit",
        "tpp": Decimal(4992),
        "tpp_per_unit": Decimal(4992),
        "processing_performance_tops": Decimal(624),
        "applicable_die_area_mm2": Decimal(826),
    }
    assert facts.provenance["tpp"].how == "int8_dense_tops 624 x 8 bits"
    assert facts.provenance["tpp"].source == "stated"


def test_stated_figures_win() -> None:
    facts = facts_from_figures({"tpp": 5000, "int8_dense_tops": 600}).facts
    assert facts["tpp"] == Decimal(5000)


@pytest.mark.parametrize("value", [660.6, "660.6", Decimal("660.6"), " 660.60 "])
def test_numbers_are_exact(value: object) -> None:
    assert facts_from_figures({"int8_dense_tops": value}).facts["tpp"] == Decimal("5284.8")


@pytest.mark.parametrize("value", ["600..700", {"low": 600, "high": 700.0}])
def test_range(value: object) -> None:
    facts = facts_from_figures({"tpp": 4000, "applicable_die_area_mm2": value})
    assert facts.intervals["applicable_die_area_mm2"] == Interval(Decimal(600), Decimal(700))
    assert "applicable_die_area_mm2" not in facts.facts


def test_range_of_a_rate_is_a_range_of_tpp() -> None:
    facts = facts_from_figures({"fp8_dense_tflops": "590..610"})
    assert facts.intervals["tpp"] == Interval(Decimal(4720), Decimal(4880))
    assert facts.intervals["tpp_per_unit"] == facts.intervals["tpp"]


def test_dies_bound_the_area() -> None:
    facts = facts_from_figures({"tpp": 2000, "dies_per_package": 2})
    assert facts.intervals["applicable_die_area_mm2"] == Interval(Decimal(0), Decimal(1716), low_open=True)


@pytest.mark.parametrize("value", [None, "", "?", "unknown", "Unknown"])
def test_unknown_stays_unknown(value: object) -> None:
    facts = facts_from_figures(dict.fromkeys(KEYS - {"contains", "name"}, value))
    assert (dict(facts.facts), dict(facts.intervals)) == ({}, {})


@pytest.mark.parametrize(
    ("value", "meant"), [(True, True), ("yes", True), ("TRUE", True), (False, False), ("no", False)]
)
def test_yes_no(value: object, meant: bool) -> None:
    assert facts_from_figures({"marketed_for_datacenters": value}).facts["marketed_for_datacenters"] is meant


def test_io_is_the_sum_of_its_parts_only_when_both_are_stated() -> None:
    both = {"interconnect_bidirectional_gbs": 400, "host_io_bidirectional_gbs": 128}
    assert facts_from_figures(both).facts["io_bidirectional_gbs"] == Decimal(528)
    assert "io_bidirectional_gbs" not in facts_from_figures({"interconnect_bidirectional_gbs": 400}).facts


def test_own_assembly() -> None:
    facts = facts_from_figures(
        {
            "contains": [
                {"item": "H100 SXM", "count": 8},
                {"item": {"name": "our switch", "tpp": 10}, "count": 4},
                {"item": {"contains": [{"item": "nvidia-grace", "count": 2}]}, "count": 3},
            ]
        }
    )
    assert facts.facts["form"] == "assembly"
    assert facts.facts["tpp"] == Decimal(15832)
    assert facts.facts["tpp_per_unit"] == 8 * Decimal(15832) + 40 + 6 * Decimal("227.2")
    assert [(part.name, part.count) for part in facts.contained] == [
        ("NVIDIA H100 SXM5 80 GB", 8),
        ("our switch", 4),
        ("NVIDIA Grace CPU (72 cores)", 6),
    ]


def test_contained_circuit_of_unknown_tpp_leaves_the_highest_open() -> None:
    facts = facts_from_figures({"contains": [{"item": "H20"}, {"item": {"name": "a secret chip"}}]})
    assert facts.intervals["tpp"] == Interval(Decimal(2368), None)
    assert "tpp" not in facts.facts
    assert "total_dram_bandwidth_gbs" not in facts.facts


def deep(levels: int) -> dict[str, Any]:
    figures: dict[str, Any] = {"tpp": 1}
    for _ in range(levels):
        figures = {"contains": [{"item": figures}]}
    return figures


@pytest.mark.parametrize(
    ("figures", "message"),
    [
        ({"tp": 5}, "unknown figure 'tp'; nearest: tpp"),
        ({"int8_dense_top": 5}, "nearest: int8_dense_tops"),
        ({"memory_bandwith_gbs": 5}, "nearest: memory_bandwidth_gbs"),
        ({"x" * 2_000_000: 5}, "unknown figure"),
        ({"tpp": -3}, "tpp: found '-3', must be zero or more"),
        ({"tpp": "-3"}, "tpp: found '-3', must be zero or more"),
        ({"tpp": "4,800"}, "tpp: found '4,800', expected a number"),
        ({"tpp": "1e3"}, "expected a number"),
        ({"tpp": "9" * 2_000_000}, "expected a number"),
        ({"tpp": 10**5000}, "expected a number"),
        ({"tpp": 1e300}, "too large"),
        ({"tpp": float("nan")}, "expected a number"),
        ({"tpp": float("inf")}, "expected a number"),
        ({"tpp": True}, "expected a number"),
        ({"designer": 10**5000}, "found a very large number"),
        ({"form": 10**5000}, "found a very large number"),
        ({"marketed_for_datacenters": 10**5000}, "found a very large number"),
        ({"tpp": Decimal("-Infinity")}, "expected a number"),
        ({"tpp": [1]}, "expected a number"),
        ({"tpp": 0.00001}, "at most 4 decimals"),
        ({"tpp": 0.1 + 0.2}, "at most 4 decimals"),
        ({"performance_density": "5.9200001"}, "at most 6 decimals"),
        ({"applicable_die_area_mm2": 0}, "must be more than zero"),
        ({"performance_density": 0}, "must be more than zero"),
        ({"dies_per_package": 1.5}, "at most 0 decimals"),
        ({"tpp": "700..600"}, "begins above its end"),
        ({"tpp": "600.."}, "expected a number"),
        ({"tpp": {"low": 1}}, "a range is"),
        ({"marketed_for_datacenters": "maybe"}, "expected yes, no or unknown"),
        ({"marketed_for_datacenters": 1}, "expected yes, no or unknown"),
        ({"form": "integrated_circuits"}, "nearest: integrated_circuit"),
        ({"specified_in_eccn": "5A92"}, "nearest: 5A992"),
        ({"ns_column": 7}, "one of: none, NS1, NS2"),
        ({"designer": "a\nb"}, "one line of text"),
        ({"tpp": 5000, "applicable_die_area_mm2": 1000, "performance_density": 1}, "contradicts"),
        ({"tpp": 1000, "int8_dense_tops": 600}, "less than the stated rates give: 4800"),
        ({"contains": []}, "contains: expected a list"),
        ({"contains": "H100"}, "contains: expected a list"),
        ({"contains": [{"item": "H20", "number": 8}]}, "entry 1 is not one"),
        ({"contains": [{"item": "H20", "count": 0}]}, "entry 1: count must be a whole number from 1"),
        ({"contains": [{"item": "H20", "count": "1..2"}]}, "entry 1: count must be a whole number from 1"),
        ({"contains": [{"item": 7}]}, "item of entry 1 is not one"),
        ({"contains": [{"item": "H100"}]}, "'H100' names 3 items"),
        ({"contains": [{"item": "H101"}]}, "no item 'H101'"),
        (deep(50), "8 deep"),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else "",
)
def test_wrong_figures_are_one_clear_line(figures: dict[str, Any], message: str) -> None:
    with pytest.raises(CatalogError) as error:
        facts_from_figures(figures)
    assert message in str(error.value)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 500


def over(name: str, **figures: object) -> ItemFacts:
    return load().overlaid(facts_of(load().find(name)), figures)


def test_own_figures_win_over_the_catalog() -> None:
    facts = over("H100 SXM", marketed_for_datacenters="no", total_dram_bandwidth_gbs=3000).facts
    assert facts["marketed_for_datacenters"] is False
    assert facts["total_dram_bandwidth_gbs"] == Decimal(3000)
    assert facts["tpp"] == Decimal(15832)
    assert over("H100 SXM", marketed_for_datacenters="unknown").facts["marketed_for_datacenters"] is True


def test_own_rate_joins_the_other_rates() -> None:
    """One low rate must not hide the catalog's higher ones."""
    assert over("H100 SXM", int8_dense_tops=100).facts["tpp"] == Decimal(15832)
    facts = over("H100 SXM", fp8_dense_tflops=2500).facts
    assert (facts["tpp"], facts["tpp_per_unit"]) == (Decimal(20000), Decimal(20000))


def test_own_tpp_stands_in_for_all_rates() -> None:
    facts = over("aws-trainium2", tpp=10672)
    assert (facts.facts["tpp"], facts.facts["tpp_per_unit"]) == (Decimal(10672), Decimal(10672))
    assert facts.sensitivities == ()
    assert facts.facts["form"] == "integrated_circuit"


def test_own_range_replaces_the_certain_figure() -> None:
    facts = over("Xeon 6980P", tpp="4194..8179")
    assert facts.intervals["tpp"] == Interval(Decimal(4194), Decimal(8179))
    assert "tpp" not in facts.facts
    assert set(facts.provenance) == set(facts.facts) | set(facts.intervals)


def test_own_area_density_and_io() -> None:
    area = over("aws-trainium2", applicable_die_area_mm2=1500)
    assert (area.facts["applicable_die_area_mm2"], dict(area.intervals)) == (Decimal(1500), {})
    density = over("aws-trainium2", performance_density=7)
    assert "applicable_die_area_mm2" not in {**density.facts, **density.intervals}
    assert over("H100 SXM", dies_per_package=4).facts["applicable_die_area_mm2"] == Decimal(814)
    assert over("H100 SXM", interconnect_bidirectional_gbs=400).facts["io_bidirectional_gbs"] == Decimal(528)


@pytest.mark.parametrize(
    ("name", "figures", "message"),
    [
        ("DGX H100", {"tpp": 100}, "tpp cannot be stated of it"),
        ("DGX H100", {"int8_dense_tops": 100}, "int8_dense_tops cannot be stated of it"),
        ("DGX H100", {"contains": [{"item": "H20"}]}, "contains cannot be stated of it"),
        ("H100 SXM", {"contains": [{"item": "H20"}]}, "contains cannot be stated of it"),
        ("M2 Ultra", {"int8_dense_tops": 40}, "several processing units"),
        ("H100 SXM", {"tp": 40}, "nearest: tpp"),
        ("H100 SXM", {"tpp": -40}, "must be zero or more"),
    ],
)
def test_what_cannot_be_overlaid(name: str, figures: dict[str, object], message: str) -> None:
    with pytest.raises(CatalogError, match=message):
        over(name, **figures)


def test_the_figures_are_those_of_the_dictionary() -> None:
    """Every fact that can be stated as a figure is declared in law/facts.md, with the same type, decimals and words."""
    text = (Path(__file__).parents[2] / "law" / "facts.md").read_text(encoding="utf-8")
    section = text.partition("## Item")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in section.splitlines() if "|" in line][2:]
    kinds = {name: kind for name, _, kind, *_ in rows}
    for name, decimals in NUMBERS.items():
        assert kinds[name].partition(":")[0] in (f"number({decimals})", f"ratio({decimals})"), name
    for name in YES_NO:
        assert kinds[name] == "yes/no", name
    for name, values in ONE_OF.items():
        assert kinds[name] == f"one of: {', '.join(values)}", name
    assert kinds["designer"] == "text"
