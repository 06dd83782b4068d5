"""What the limits of the law say of a transaction: fits or not, what is left, and the largest quantity that fits."""

from __future__ import annotations

from typing import Any

import pytest

from exeat.desk import Desk

H100 = "NVIDIA H100 SXM"


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


def _limits(desk: Desk, to: str, quantity: str, status: str = "none", hq: str = "", **more: Any) -> dict[str, Any]:
    party = {"role": "ultimate_consignee", "country": to, "headquarters": hq or to, "veu_status": status}
    on, item = more.pop("on", "2025-08-01"), more.pop("item", H100)
    party["ultimate_parent_headquarters"] = hq or to
    stated = {"date": on, "activity": "export", "origin": "US", "destination": to, "item": item, "quantity": quantity}
    answer = desk.check({**stated, "parties": [party], "facts": more}).to_dict()
    return {limit["id"]: limit for limit in answer["limits"]}


def test_lpp_per_ultimate_parent_and_calendar_year(desk: Desk) -> None:
    limit = _limits(desk, "PL", "5000", consignee_lpp_tpp_this_year="0")["740.29(d)"]
    assert (limit["fits"], limit["largest_quantity"]) == ("no", 1699)
    limit = _limits(desk, "PL", "700", consignee_lpp_tpp_this_year="15832000")["740.29(d)"]
    assert (limit["fits"], limit["largest_quantity"]) == ("no", 699)


def test_an_unstated_balance_is_unknown(desk: Desk) -> None:
    limit = _limits(desk, "PL", "1")["740.29(d)"]
    assert (limit["fits"], limit["largest_quantity"], limit["remaining"]) == ("unknown", None, None)


def test_notices_are_thresholds_and_no_caps(desk: Desk) -> None:
    assert _limits(desk, "PL", "203")["740.29(g)(3), notice"]["largest_quantity"] == 202
    limit = _limits(desk, "DE", "15981", consignee_aia_tpp_cumulative="0")["740.27(c), notice"]
    assert (limit["fits"], limit["largest_quantity"]) == ("no", 15980)
    assert "not a cap" in limit["counts"]


def test_country_allocation(desk: Desk) -> None:
    name = "742.6(b)(10)(iii)(B)(1)"
    limit = _limits(desk, "IN", "64", country_allocation_used_tpp="789000000")[name]
    assert (limit["fits"], limit["largest_quantity"]) == ("no", 63)
    assert _limits(desk, "IN", "1", on="2028-01-01", country_allocation_used_tpp="0")[name]["fits"] == "unknown"
    assert name not in _limits(desk, "DE", "1")


def test_installed_base_of_a_national_validated_end_user(desk: Desk) -> None:
    name = "748.15(a)(2)(iii)(B)"
    limit = _limits(desk, "ID", "79965", "nveu", nveu_installed_tpp="0")[name]
    assert (limit["fits"], limit["amount"], limit["largest_quantity"]) == ("no", 1266000000, 79964)
    assert _limits(desk, "ID", "1", "nveu", on="2028-01-01", nveu_installed_tpp="0")[name]["fits"] == "unknown"
    assert name not in _limits(desk, "ID", "1")


def test_shares_of_a_universal_validated_end_user(desk: Desk) -> None:
    shares = {"group_tpp_total": "20000000000", "group_tpp_in_destination": "1399500000"}
    found = _limits(desk, "IN", "32", "uveu", "US", **shares, group_tpp_outside_us="9999000000")
    share = found["748 supp. 10 para. 6, 7%"]
    assert (share["fits"], share["largest_quantity"]) == ("no", 31)
    assert found["748 supp. 10 para. 6, 25%"]["fits"] == "unknown"
    assert found["748 supp. 10 para. 6, 50%"]["fits"] == "yes"


def test_volumes_shipped_to_china(desk: Desk) -> None:
    counted = {"china_macau_tpp_exported": "31664000", "us_tpp_shipped": "47496000"}
    limit = _limits(desk, "CN", "1000", on="2026-02-01", item="NVIDIA H200 SXM", **counted)["748 supp. 2 (dd)(1)(iii)"]
    assert (limit["fits"], limit["used"], limit["largest_quantity"]) == ("no", 15832000, 500)
