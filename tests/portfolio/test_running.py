"""Running limits of a table, from the rows to the answers."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exeat.bound.ledger import KINDS
from exeat.desk import Desk
from exeat.portfolio.commands import batch
from exeat.portfolio.running import LIMITS, draw_of, limits_named
from exeat.terms import InputError

H100, A100 = 15_832, 4_992
LIMIT = 26_900_000


def order(date: str, quantity: object, name: str | None = "Polski Chip", **more: object) -> dict[str, Any]:
    """An order that would go under License Exception LPP."""
    usual = {
        "item": "NVIDIA H100 SXM", "destination": "PL", "origin": "US", "activity": "export",
        "end_use": "cloud_service",
        "direct_to_ultimate_consignee": "yes", "ultimate_consignee_country": "PL", "ultimate_consignee_hq": "PL",
        "ultimate_consignee_parent": "PL", "ultimate_consignee_lists": "none",
        "ultimate_consignee_private_sector": "no",
    }  # fmt: skip
    cell = None if quantity is None else str(quantity)
    return {"date": date, "quantity": cell, "ultimate_consignee_name": name, **usual, **more}


def run(
    desk: Desk, folder: Path, rows: list[dict[str, Any]], *running: str, whom: str | None = None, asks: str = "none"
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    names = {name: None for row in rows for name in row}
    table = pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})
    # By signature, which is quicker; one test below sets it against the rows decided by class.
    summary = batch(table, folder / "decided.parquet", desk=desk, running=running or ("LPP",), whom=whom, asks=asks)
    found = pq.read_table(folder / "decided.parquet").to_pylist()
    assert [row["row"] for row in found] == list(range(1, len(rows) + 1))
    return found, summary


def told(found: list[dict[str, Any]], kind: str = "lpp") -> list[tuple[Any, ...]]:
    return [tuple(row[f"{kind}_{name}"] for name in ("fits", "used_tpp", "units_that_fit")) for row in found]


def test_the_accounts_are_those_of_the_ledger() -> None:
    for name, limit in LIMITS.items():
        if name in KINDS:
            kept = KINDS[name]
            assert limit.fact == kept.fact
            assert " in ".join(limit.per) == kept.subject
            assert limit.period == ("year" if kept.period == "year" else "")
    assert set(KINDS) - set(LIMITS) == {"UVEU outside US"}  # measured on two days of the year, not at a shipment


def test_at_the_limit_and_beside_it(desk: Desk, tmp_path: Path) -> None:
    found, _ = run(
        desk,
        tmp_path,
        [
            order("2025-07-01", 1699),
            order("2025-07-02", 1),  # 26,898,568 are used; one more H100 is over
            order("2025-07-01", 1700, "B"),  # over by itself: nothing is used
            order("2025-07-02", 1699, "B"),
            order("2025-07-01", 5000, "C", item="NVIDIA A100 SXM 80GB"),
            order("2025-07-01", 122, "C"),
            order("2025-07-03", 1, "C", item="NVIDIA A100 SXM 80GB"),
        ],
    )
    assert told(found) == [
        ("yes", 0, None),
        ("no", 26_898_568, 0),
        ("no", 0, 1699),
        ("yes", 0, None),
        ("yes", 0, None),
        ("yes", 24_960_000, None),
        ("yes", 26_891_504, None),
    ]
    assert [row["outcome_text"] for row in found] == [
        "license_exception",
        "license_required",
        "license_required",
        *(["license_exception"] * 4),
    ]
    assert [row["exceptions_text"] for row in found][:2] == ["LPP", None]
    assert found[1]["lpp_tpp_that_fits"] == LIMIT - 26_898_568
    assert all(row["outcome_enforced"] == "no_license_required" for row in found)


def test_filled_to_the_unit(desk: Desk, tmp_path: Path) -> None:
    full = order("2025-07-01", 1, transaction_tpp="26900000")
    found, _ = run(desk, tmp_path, [full, order("2025-07-02", 1, transaction_tpp="0.0001")])
    assert told(found)[0][:2] == ("yes", 0)
    assert told(found)[1][:2] == ("no", LIMIT)


def test_order_is_by_day_then_row_and_a_smaller_row_may_still_fit(desk: Desk, tmp_path: Path) -> None:
    found, _ = run(
        desk,
        tmp_path,
        [order("2025-07-02", 1000), order("2025-07-01", 1000), order("2025-07-02", 699), order("2025-07-02", 1)],
    )
    assert [row["lpp_fits"] for row in found] == ["no", "yes", "yes", "no"]
    assert found[0]["lpp_units_that_fit"] == 699


def test_the_year_and_the_parent(desk: Desk, tmp_path: Path) -> None:
    found, _ = run(
        desk,
        tmp_path,
        [
            order("2025-12-31", 1000),
            order("2026-01-01", 1000),
            order("2025-12-31", 1000, "B"),
            order("2025-12-31", 800),
            order("2025-12-31", 1, "  polski  CHIP "),
        ],
    )
    assert told(found) == [
        ("yes", 0, None),
        ("yes", 0, None),
        ("yes", 0, None),
        ("no", 15_832_000, 699),
        ("yes", 15_832_000, None),
    ]


def test_subsidiaries_share_the_limit_of_the_parent_that_a_column_names(desk: Desk, tmp_path: Path) -> None:
    rows = [order("2025-07-01", 1000, "Left", group="One"), order("2025-07-02", 1000, "Right", group="one")]
    found, _ = run(desk, tmp_path, rows, whom="group")
    assert [row["lpp_fits"] for row in found] == ["yes", "no"]
    found, _ = run(desk, tmp_path, rows)
    assert [row["lpp_fits"] for row in found] == ["yes", "yes"]
    with pytest.raises(InputError, match="no column 'grup'; perhaps 'group'"):
        run(desk, tmp_path, rows, whom="grup")


def test_what_is_not_known_is_not_zero(desk: Desk, tmp_path: Path) -> None:
    found, summary = run(
        desk,
        tmp_path,
        [
            order("2025-07-01", 10),
            order("2025-07-02", "?"),
            order("2025-07-03", 1),
            order("2025-07-04", 1700),
            order("2026-01-01", 1),
            order("2025-07-01", 1, None),
        ],
        asks="row",
    )
    assert [row["lpp_fits"] for row in found] == ["yes", "unknown", "unknown", "no", "yes", "unknown"]
    assert [row["outcome_text"] for row in found] == [
        "license_exception",
        "unknown",
        "unknown",
        "license_required",
        "license_exception",
        "unknown",
    ]
    assert found[2]["ask"] == "consignee_lpp_tpp_this_year"
    assert found[2]["lpp_used_tpp"] is None
    assert any("1 rows name no consignee" in note for note in summary["notes"])
    assert any("from zero" in note for note in summary["notes"])


def test_a_column_may_open_the_balance(desk: Desk, tmp_path: Path) -> None:
    def opened(date: str, quantity: int, before: str | None, name: str = "A") -> dict[str, Any]:
        return order(date, quantity, name, consignee_lpp_tpp_this_year=before)

    found, summary = run(
        desk,
        tmp_path,
        [
            opened("2025-07-01", 699, "15832000"),
            opened("2025-07-02", 1, "15832000"),
            opened("2025-07-03", 1, "?", "B"),
            opened("2025-07-04", 1, "0", "B"),
            opened("2025-07-04", 1, None, "B"),
        ],
    )
    assert [row["lpp_fits"] for row in found] == ["yes", "no", "unknown", "yes", "unknown"]
    assert [row["lpp_used_tpp"] for row in found][:2] == [15_832_000, 26_898_568]
    assert not any("from zero" in note for note in summary["notes"])


def test_what_lpp_no_longer_covers_draws_on_the_allocation(desk: Desk, tmp_path: Path) -> None:
    rows = [order("2025-07-01", 1600), order("2025-07-01", 101), order("2025-07-02", 49_797), order("2025-07-03", 1)]
    found, _ = run(desk, tmp_path, rows, "country allocation", "lpp")
    assert [row["lpp_fits"] for row in found] == ["yes", "no", "no", "yes"]
    # 101 + 49,797 = 49,898 H100 are 789,985,136 TPP of 790,000,000
    assert told(found, "country_allocation") == [
        (None, None, None),
        ("yes", 0, None),
        ("yes", 101 * H100, None),
        (None, None, None),
    ]
    assert [row["review_policy_text"] for row in found] == [None, *["presumption_of_approval"] * 2, None]
    more, _ = run(desk, tmp_path, [*rows, order("2026-02-01", 1700)], "country allocation", "LPP")
    assert told(more, "country_allocation")[4] == ("no", 49_898 * H100, 0)  # a new year adds nothing
    assert more[4]["review_policy_text"] == "policy_of_denial"


def test_a_national_end_user_is_bound_by_the_table_of_quarters(desk: Desk, tmp_path: Path) -> None:
    def installed(date: str, tpp: str) -> dict[str, Any]:
        return order(
            date, 1, destination="IN", ultimate_consignee_country="IN", ultimate_consignee_hq="IN",
            ultimate_consignee_parent="IN", ultimate_consignee_veu_status="nveu", necessary_for_data_center="yes",
            veu_site_authorized="yes", transaction_tpp=tpp,
        )  # fmt: skip

    found, _ = run(
        desk,
        tmp_path,
        [
            installed("2025-08-01", "1265000000"),
            installed("2025-09-01", "1000001"),
            installed("2025-09-02", "1000000"),
            installed("2025-10-01", "316500000"),
            installed("2025-10-02", "1"),
        ],
        "NVEU installed",
    )
    assert [row["nveu_installed_fits"] for row in found] == ["yes", "no", "yes", "yes", "no"]
    assert found[1]["nveu_installed_remaining_tpp"] == 1_000_000
    assert [row["exceptions_text"] for row in found] == ["LPP?; NVEU", "LPP?", "LPP?; NVEU", "LPP?; NVEU", "LPP?"]


def test_half_of_what_went_to_us_customers(desk: Desk, tmp_path: Path) -> None:
    certified = dict.fromkeys(
        [
            "china_cert_us_units",
            "china_cert_us_supply",
            "china_cert_foundry_capacity",
            "china_cert_end_use",
            "china_cert_know_your_customer",
            "china_cert_iaas",
            "china_cert_laboratory",
        ],
        "yes",
    )

    def to(place: str, date: str, quantity: int, item: str = "NVIDIA H200 SXM") -> dict[str, Any]:
        party = {f"ultimate_consignee_{name}": place for name in ("country", "hq", "parent")}
        return order(date, quantity, item=item, destination=place, **party, **certified)

    found, _ = run(
        desk,
        tmp_path,
        [
            to("CN", "2026-02-01", 1),
            to("US", "2026-02-02", 100),
            to("CN", "2026-02-03", 30),
            to("MO", "2026-02-04", 21),
            to("CN", "2026-02-05", 20),
            to("US", "2026-02-06", 2, "NVIDIA H100 SXM"),
            to("CN", "2026-02-07", 1),
        ],
        "China and Macau",
    )
    assert [row["china_and_macau_fits"] for row in found] == ["no", None, "yes", "no", "yes", None, "no"]
    assert found[3]["china_and_macau_units_that_fit"] == 20
    policies = [row["review_policy_text"] for row in found]
    assert [policies[n] for n in (0, 2, 3, 4, 6)] == [
        "presumption_of_denial", "case_by_case", "presumption_of_denial", "case_by_case", "presumption_of_denial",
    ]  # fmt: skip


def test_names_of_limits() -> None:
    assert [limit.name for limit in limits_named(["country_allocation", "lpp"])] == ["LPP", "country allocation"]
    assert [limit.name for limit in limits_named(["all"])] == list(LIMITS)
    with pytest.raises(InputError, match="no running limit is called 'LLP'; perhaps 'LPP'"):
        limits_named(["LLP"])


def test_of_several_exceptions_one_without_a_limit_is_used() -> None:
    def answer(outcome: str, listed: str | None) -> dict[str, str | None]:
        return {
            **{f"outcome_{track}": outcome for track in ("text", "enforced")},
            **{f"exceptions_{track}": listed for track in ("text", "enforced")},
            **{f"requirements_{track}": "742.6(a)(6)(iii)(A)" for track in ("text", "enforced")},
        }

    lpp = LIMITS["LPP"]
    assert draw_of(lpp, answer("license_exception", "LPP")) == "yes"
    assert draw_of(lpp, answer("license_exception", "ACM?; LPP")) == "yes"
    assert draw_of(lpp, answer("license_exception", "AIA; LPP")) == "rider"
    assert draw_of(lpp, answer("unknown", "LPP?")) == "maybe"
    assert draw_of(lpp, answer("prohibited", "LPP")) is None
    assert draw_of(lpp, answer("license_required", None)) is None


@pytest.mark.parametrize("seed", [1, 2])
def test_as_the_desk_says_row_by_row(desk: Desk, tmp_path: Path, seed: int) -> None:
    """Each row checked alone, with the balance that the rows before it left."""
    pick = random.Random(seed)
    days = ["2025-06-01", "2025-06-02", "2025-12-31", "2026-01-01", "2026-03-01"]
    rows = []
    for _ in range(150):
        rows.append(
            order(
                pick.choice(days), pick.choice([1, 10, 100, 500, 1000, 1699, 1700, 5000] + ["?"] * (seed == 2)),
                pick.choice(["A", "B", "C", "D"]), item=pick.choice(["NVIDIA H100 SXM", "NVIDIA A100 SXM 80GB"]),
                direct_to_ultimate_consignee=pick.choice(["yes", "yes", "yes", "no"]),
                destination=pick.choice(["PL", "PL", "IN", "CN"]),
            )
        )  # fmt: skip
    found, _ = run(desk, tmp_path, rows)
    used: dict[tuple[str, str], Decimal] = {}
    open_: set[tuple[str, str]] = set()
    for number in sorted(range(len(rows)), key=lambda n: (rows[n]["date"], n)):
        row = rows[number]
        key = (row["ultimate_consignee_name"], row["date"][:4])
        least = used.setdefault(key, Decimal(0))
        alone = check(desk, row, least)
        if key in open_ and "LPP" in alone.usable:  # with what was used for sure it fits; there may be more
            alone = check(desk, row, None)
        got = found[number]
        assert got["outcome_text"] == alone.outcome, (number, row)
        assert got["outcome_enforced"] == alone.enforced
        if alone.outcome != "unknown":
            assert got["exceptions_text"] == ("; ".join(alone.usable) or None)
        if "LPP" in alone.usable:
            used[key] = least + alone.tpp
        elif row["quantity"] == "?" and alone.outcome == "unknown":
            open_.add(key)
    assert open_ if seed == 2 else not open_


@dataclass
class Alone:
    outcome: str
    enforced: str
    usable: list[str]
    tpp: Any


def check(desk: Desk, row: dict[str, Any], balance: Decimal | None) -> Alone:
    facts = {name: row[name] for name in ("destination", "origin", "activity", "end_use", "quantity")}
    facts["direct_to_ultimate_consignee"] = row["direct_to_ultimate_consignee"]
    facts["consignee_lpp_tpp_this_year"] = "?" if balance is None else str(balance)
    place = {"country": "PL", "headquarters": "PL", "ultimate_parent_headquarters": "PL", "lists": []}
    party = {"role": "ultimate_consignee", "name": row["ultimate_consignee_name"], "private_sector": "no", **place}
    found = desk.check({"date": row["date"], "item": row["item"], "facts": facts, "parties": [party]})
    usable = [e["symbol"] for e in found.text["exceptions"] if e["usable"]]
    tpp = found.valuation.values["transaction_tpp"]
    return Alone(found.outcome_on("text"), found.outcome_on("enforced"), usable, tpp)


def test_by_class_the_limits_fill_up_alike(desk: Desk, tmp_path: Path) -> None:
    rows = [order(f"2025-0{month}-01", 200 * month, name) for month in range(5, 9) for name in ("A", "B", None)]
    names = {name: None for row in rows for name in row}
    table = pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})
    found = []
    for asks in ("row", "none"):
        batch(table, tmp_path / "decided.parquet", desk=desk, running=("LPP", "country allocation"), asks=asks)
        found.append(pq.read_table(tmp_path / "decided.parquet").to_pylist())
    assert [{k: v for k, v in row.items() if k != "ask"} for row in found[0]] == found[1]
    assert {row["lpp_fits"] for row in found[1]} >= {"yes", "no"}
