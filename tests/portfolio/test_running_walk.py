"""The walk through accounts against a plain loop that says the same in twenty lines."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exeat.portfolio import running_arrays, running_walk
from exeat.portfolio.duck import Duck
from exeat.portfolio.running_arrays import walk_known
from exeat.portfolio.running_cells import BIG
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


#: What a row needs as it brings its account near its room, just to it, or a ten-thousandth over it.
_near = st.sampled_from(["0.0001", "0.9999", 1, "9.9999", 10, "10.0001", 40, "49.9999", 50, "50.0001", 99, "99.9999"])
_known = st.one_of(_near, _near, st.integers(0, 30), st.sampled_from([100, "100.0001", BIG]))
_huge = st.sampled_from([BIG, BIG - 1, BIG / 2, Decimal("0.0001"), 1, BIG - Decimal("0.0001")])
#: The most that is walked over arrays.
_MOST = Decimal("9999999999.9999")
_large = st.sampled_from([_MOST, _MOST - 1, 1, Decimal("0.0001"), 5 * 10**9])


@st.composite
def mostly_known(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Accounts 1 and 2 hold nothing unknown, 3 may, 4 is immense, 5 nearly so; each row of 2 has its own room."""
    count = draw(st.integers(1, 60))
    days = draw(st.lists(st.integers(0, 5), min_size=count, max_size=count))
    rows = []
    for row, day in enumerate(days, 1):
        key = draw(st.sampled_from([1, 1, 1, 2, 2, 3, 4, 5]))
        tpp = draw({3: _amounts, 4: _huge, 5: _large}.get(key, _known))
        room = draw({2: st.sampled_from([100, 50, 150, -5]), 4: st.just(BIG), 5: st.just(_MOST)}.get(key, st.just(100)))
        sure = key != 3 or draw(st.integers(0, 9)) > 0
        takes = draw(st.integers(0, 9)) > 0
        rows.append(line(row, tpp, key=key, room=room, moment=(day << 40) + row, takes=takes, sure=sure))
    return draw(st.permutations(rows))


@pytest.mark.parametrize(("rounds", "bucket"), [(0, 10**7), (1, 7), (2, 10**7), (100, 20)])
def test_arrays_as_a_plain_loop_says(duck: Duck, monkeypatch: pytest.MonkeyPatch, rounds: int, bucket: int) -> None:
    monkeypatch.setattr(running_arrays, "ROUNDS", rounds)
    monkeypatch.setattr(running_walk, "BUCKET", bucket)

    @settings(max_examples=30, deadline=None)
    @given(rows=mostly_known())
    def check(rows: list[dict[str, Any]]) -> None:
        assert walked(duck, rows) == by_hand(rows)

    check()


def test_more_refusals_than_rounds_and_times_of_both_signs() -> None:
    seed = np.random.default_rng(7)
    count = 20_000
    key = seed.integers(-3, 3, count)
    moment = seed.permutation(count) * (1 << 40) - (1 << 50)
    need = np.where(moment > 0, 700 - moment // (1 << 45), seed.integers(0, 40, count))
    room, takes = seed.integers(9_900, 10_000, count), seed.random(count) < 0.9
    used, fits = walk_known(key, moment, need, room, takes)
    sums: dict[int, int] = {}
    for at in np.lexsort((moment, key)).tolist():
        before = sums.setdefault(key[at], 0)
        assert (used[at], fits[at]) == (before, before + need[at] <= room[at])
        sums[key[at]] += int(need[at]) if fits[at] and takes[at] else 0


def test_sums_over_all_accounts_may_wrap() -> None:
    """Of 30 accounts none comes to more than 63 bits hold; all of them together do."""
    key, moment = np.repeat(np.arange(30), 2), np.arange(60)
    need = np.tile(np.array([10**18, 1]), 30)
    room = np.repeat(np.where(np.arange(30) % 2, 10**18, 10**18 + 1), 2)
    used, fits = walk_known(key, moment, need, room, np.ones(60, np.bool_))
    assert used.tolist() == [0, 10**18] * 30
    assert fits.tolist() == [True, True, True, False] * 15


def test_the_columns_keep_their_types(duck: Duck) -> None:
    usual = {"row": "BIGINT", "used": "DECIMAL(38,4)", "fits": "VARCHAR"}
    same = {name: KINDS[name] for name in ("room", "tpp", "unit", "opened")}
    for rows in ([], [line(1, 60)], [line(1, None), line(2, 60, key=None)]):
        walked(duck, rows)
        assert duck.types("ran_test") == usual | same


def test_rows_of_many_accounts_come_out_once(duck: Duck, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over several buckets, on two threads, with rows that come in no order of time."""
    monkeypatch.setattr(running_walk, "BUCKET", 40_000)
    two = Duck(duck.folder, threads=2)
    two.run(
        "CREATE TEMP TABLE drawn AS SELECT range AS row, hash(range, 1) % 500 AS key, CAST(hash(range, 2) % 90 AS "
        "BIGINT) * 1099511627776 + range AS moment, CAST(NULL AS DECIMAL(18,4)) AS unit, "
        "CAST(hash(range, 3) % 100 * 0.5 AS DECIMAL(18,4)) AS tpp, true AS takes, true AS sure, "
        "CAST(0 AS DECIMAL(18,4)) AS opened, CAST(2000 AS DECIMAL(18,4)) AS room FROM range(200000)"
    )
    two.run("ALTER TABLE drawn ALTER key TYPE BIGINT")
    walk(two, "ran")
    assert two.one("SELECT count(DISTINCT row) FROM ran") == two.one("SELECT count(*) FROM ran") == 200_000
    before = "coalesce(sum(taken) OVER (PARTITION BY key ORDER BY moment ROWS UNBOUNDED PRECEDING), 0) - taken"
    assert not two.one(
        f"SELECT count(*) FROM (SELECT *, {before} AS summed FROM (SELECT ran.*, key, moment, "
        "CASE fits WHEN 'yes' THEN ran.tpp ELSE 0 END AS taken FROM ran JOIN drawn USING (row))) "
        "WHERE summed <> used OR (fits = 'yes') <> (used + tpp <= room)"
    )
    assert two.one("SELECT count(*) FROM ran WHERE fits = 'no'") > 10_000
    two.close()
