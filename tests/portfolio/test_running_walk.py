"""The walk through accounts against a plain loop that says the same in twenty lines."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exeat.portfolio.duck import Duck
from exeat.portfolio.running_walk import walk

KINDS = {
    "row": "BIGINT", "key": "BIGINT", "moment": "BIGINT", "unit": "DECIMAL(18,4)", "tpp": "DECIMAL(18,4)",
    "takes": "BOOLEAN", "sure": "BOOLEAN", "opened": "DECIMAL(18,4)", "room": "DECIMAL(18,4)",
}  # fmt: skip


@pytest.fixture(scope="module")
def duck(tmp_path_factory: pytest.TempPathFactory) -> Duck:
    return Duck(Path(tmp_path_factory.mktemp("walk")), threads=1)


def by_hand(rows: list[dict[str, Any]]) -> dict[int, tuple[Decimal | None, str]]:
    """Used before each row, and whether it fits: each account on its own, row after row."""
    found: dict[int, tuple[Decimal | None, str]] = {}
    keys = {row["key"] for row in rows if row["key"] is not None}
    for key in keys:
        used = most = Decimal(0)  # counted for sure, and with every row in full that may have been
        open_ = passed = endless = False
        opened_at = None
        for row in sorted((r for r in rows if r["key"] == key), key=lambda r: r["moment"]):
            tpp, room = row["tpp"], row["room"]
            over_alone = tpp is not None and room is not None and tpp > room
            if row["takes"] and not over_alone and tpp != 0 and (tpp is None or not row["sure"]) and not open_:
                open_, opened_at = True, row["moment"]
            if tpp is not None and room is not None and not over_alone and (endless or most + tpp > room):
                passed = True
            if row["takes"] and tpp is None:
                endless = passed = True
            shown = used if not open_ or row["moment"] == opened_at else None
            if over_alone:
                fits = "no"
            elif tpp is None or room is None:
                fits = "unknown"
            elif not open_:
                fits = "yes" if used + tpp <= room else "no"
            elif used + tpp > room:
                fits = "no"
            else:
                fits = "unknown" if passed else "yes"
            if open_ and not passed and row["moment"] != opened_at:
                shown = None
            found[row["row"]] = (shown, fits)
            if row["takes"] and tpp is not None and not over_alone:
                if not open_ and fits == "yes":
                    used += tpp
                if open_ or fits == "yes":
                    most += tpp
    for row in rows:
        if row["key"] is None:
            over = row["tpp"] is not None and row["room"] is not None and row["tpp"] > row["room"]
            found[row["row"]] = (None, "no" if over else "unknown")
    return found


def walked(duck: Duck, rows: list[dict[str, Any]]) -> dict[int, tuple[Decimal | None, str]]:
    duck.table("drawn", KINDS, [tuple(row[name] for name in KINDS) for row in rows])
    walk(duck, "ran_test")
    found = duck.rows("SELECT row, used, fits FROM ran_test")
    assert len(found) == len(rows)
    return {row: (used, fits) for row, used, fits in found}


def line(row: int, tpp: object, key: int | None = 1, room: object = 100, **more: Any) -> dict[str, Any]:
    amounts = {"tpp": tpp, "room": room}
    typed = {name: None if value is None else Decimal(str(value)) for name, value in amounts.items()}
    usual = {"takes": True, "sure": room is not None, "opened": Decimal(0), "unit": None, "moment": row}
    return {"row": row, "key": key, **typed, **usual, **more}


@pytest.mark.parametrize(
    ("rows", "fits"),
    [
        ([line(1, 60), line(2, 40)], ["yes", "yes"]),  # filled exactly
        ([line(1, 60), line(2, "40.0001")], ["yes", "no"]),
        ([line(1, 60), line(2, 41), line(3, 40), line(4, 1)], ["yes", "no", "yes", "no"]),  # a later, smaller one fits
        ([line(1, 60), line(2, 41, key=2)], ["yes", "yes"]),
        ([line(1, 101), line(2, 100)], ["no", "yes"]),  # over by itself: nothing is used
        ([line(1, 60), line(2, None), line(3, 1), line(4, 41)], ["yes", "unknown", "unknown", "no"]),
        ([line(1, 60), line(2, 20, sure=False), line(3, 20), line(4, 20)], ["yes", "yes", "yes", "unknown"]),
        ([line(1, 60), line(2, 50, takes=False), line(3, 40, takes=False), line(4, 40)], ["yes", "no", "yes", "yes"]),
        ([line(1, 60, room=None), line(2, 41)], ["unknown", "unknown"]),
        ([line(1, 60), line(2, 60, room=200), line(3, 80, room=200)], ["yes", "yes", "yes"]),  # a ceiling that rises
        ([line(1, 60, key=None), line(2, 60)], ["unknown", "yes"]),
        ([line(1, 0), line(2, 100), line(3, 0)], ["yes", "yes", "yes"]),
    ],
)
def test_fits(duck: Duck, rows: list[dict[str, Any]], fits: list[str]) -> None:
    found = walked(duck, rows)
    assert [found[row["row"]][1] for row in rows] == fits


_amounts = st.one_of(
    st.integers(0, 60), st.sampled_from(["33.3333", "0.0001", 100, 101, 99]), st.sampled_from([None, 7])
)


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    count = draw(st.integers(1, 30))
    moments = draw(st.permutations(range(count)))
    rare = st.sampled_from([True] * 9 + [False])
    rooms = draw(st.sampled_from([[100], [100, 150, 90], [100] * 9 + [None]]))
    unknowns = draw(st.booleans())
    rows = []
    for row, moment in enumerate(moments, 1):
        tpp = draw(_amounts)
        tpp = 5 if tpp is None and not unknowns else tpp
        room = draw(st.sampled_from(rooms))
        sure = (draw(rare) or not unknowns) and room is not None
        key = draw(st.sampled_from([1, 1, 2, 3, 3, None]))
        rows.append(line(row, tpp, key=key, room=room, moment=moment, takes=draw(rare), sure=sure))
    return rows


@settings(max_examples=80, deadline=None)
@given(rows=tables())
def test_as_a_plain_loop_says(duck: Duck, rows: list[dict[str, Any]]) -> None:
    assert walked(duck, rows) == by_hand(rows)
