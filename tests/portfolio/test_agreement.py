"""A table's answers are the desk's answers, row by row, over the whole vocabulary."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("duckdb", reason="needs the extra 'tables'")

from random_tables import disagreements

from exeat.desk import Desk


@pytest.mark.parametrize("seed", range(1001, 1008))
def test_every_answer_is_the_desk_s(desk: Desk, seed: int, tmp_path: Path) -> None:
    # Outcomes, class, requirements, exceptions, review policies, red flags, trace; asks of one row in five.
    assert disagreements(desk, seed, 60, tmp_path, asks_every=5, days=2) == []
