"""The TPP of an assembly: its circuits at or over 3A090.a added up, others left out (15 CFR 740.29(h)(2))."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from exeat.desk import Desk, contained_tpp


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


def _facts(desk: Desk, item: Any, on: str = "2025-07-01", **facts: str) -> dict[str, Any]:
    answer = desk.check({"date": on, "item": item, "destination": "PL", "quantity": "2", "facts": facts}).to_dict()
    return dict(answer["facts"])


@pytest.mark.parametrize(
    ("item", "tpp"),
    [
        ("NVIDIA DGX H100", 8 * 15832),
        ("NVIDIA GB200 NVL72 rack", 72 * 40000),  # 36 superchips of two GPUs; the 36 Grace processors do not count
        ("NVIDIA GB200 Grace Blackwell superchip", 2 * 40000),
    ],
)
def test_an_assembly_adds_up_what_counts(desk: Desk, item: str, tpp: int) -> None:
    assert _facts(desk, item)["tpp_per_unit"] == tpp


def test_circuits_under_the_limit_are_left_out(desk: Desk) -> None:
    inside = [{"item": "NVIDIA H100 SXM", "count": 4}, {"item": "NVIDIA H20", "count": 2}]
    assert _facts(desk, {"name": "mixed server", "contains": inside})["tpp_per_unit"] == 4 * 15832


def test_a_circuit_of_unknown_level_leaves_the_sum_unknown(desk: Desk) -> None:
    unknown = {"form": "integrated_circuit", "tpp": "2000", "marketed_for_datacenters": "yes"}
    inside = [{"item": "NVIDIA H100 SXM", "count": 4}, {"item": unknown, "count": 1}]
    assert "tpp_per_unit" not in _facts(desk, {"name": "mixed server", "contains": inside})


def test_a_stated_figure_wins(desk: Desk) -> None:
    assert _facts(desk, {"name": "NVIDIA DGX H100", "tpp_per_unit": "90000"})["tpp_per_unit"] == 90000
    assert _facts(desk, "NVIDIA DGX H100", tpp_per_unit="100000")["tpp_per_unit"] == 100000


def test_a_mixed_assembly() -> None:
    over: dict[str, object] = {"ic_meets_3a090_a": True, "tpp": Decimal("15832")}
    under: dict[str, object] = {"ic_meets_3a090_a": False, "tpp": Decimal("2368")}
    level_unknown: dict[str, object] = {"ic_meets_3a090_a": None, "tpp": Decimal("2000")}
    figure_unknown: dict[str, object] = {"ic_meets_3a090_a": True}
    assert contained_tpp([(4, over), (2, under)]) == 63328
    assert contained_tpp([(2, under)]) == 0
    assert contained_tpp([(4, over), (1, level_unknown)]) is None
    assert contained_tpp([(4, over), (1, figure_unknown)]) is None
