"""The real law, measured: one determination with its reasons, a whole process, reading and checking every file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def transactions() -> list[dict[str, Any]]:
    """Eight transactions over the years and the outcomes, each on real figures from the catalog."""

    def one(item: str, to: str, on: str, hq: str, parent: str, **more: Any) -> dict[str, Any]:
        party = {
            "role": "ultimate_consignee",
            "country": to,
            "headquarters": hq,
            "ultimate_parent_headquarters": parent,
        }
        return {
            "date": on, "item": item, "destination": to, "quantity": 512, "activity": "export", "origin": "US",
            "end_use": "cloud_service", "parties": [party], **more,
        }  # fmt: skip

    lpp = {"consignee_lpp_tpp_this_year": 0, "direct_to_ultimate_consignee": "yes"}
    return [
        one("nvidia-h100-sxm", "DE", "2025-07-01", "DE", "DE"),
        one("nvidia-h100-sxm", "DE", "2025-07-01", "DE", "AE", facts=lpp),
        one("nvidia-h100-sxm", "SG", "2025-07-01", "SG", "CN"),
        one("nvidia-h200-sxm", "CN", "2026-02-01", "CN", "CN"),
        one("nvidia-rtx-4090", "MY", "2025-07-01", "MY", "MY"),
        one("nvidia-l4", "VN", "2024-05-20", "VN", "VN"),
        one("nvidia-a100-sxm-80", "CN", "2022-12-01", "CN", "CN"),
        one("nvidia-dgx-h100", "AE", "2026-08-01", "AE", "AE"),
    ]


def determinations() -> tuple[list[dict[str, Any]], Callable[[Any], Any], Callable[[Any], Any]]:
    """The transactions, a function that decides one, and one that also writes out every reason as data."""
    from exeat.desk import Desk

    desk = Desk()
    rows = transactions()
    for row in rows:
        desk.check(row).to_dict()  # loading: the law, the catalog, the programs of these days
    return rows, desk.check, lambda row: desk.check(row).to_dict()


def read_and_check() -> None:
    """Read every law file without any cache, lint it, and run every case."""
    from exeat.determination.cases import check_cases
    from exeat.lawbook.check import check_files
    from exeat.lawbook.folder import law_folder

    book, findings = check_files(law_folder())
    assert book is not None and not findings, findings[:3]
    assert not list(check_cases(book))
