"""Every determination has the published form: docs/determination.schema.json."""

from __future__ import annotations

import json
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import exeat
from exeat.cli.schema import text

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs" / "determination.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
ITEMS: tuple[Any, ...] = (
    "NVIDIA H100 SXM",
    "NVIDIA H20",
    "NVIDIA RTX 4090",
    {"tpp": 2000, "form": "integrated_circuit"},
    {"tpp": "1000..5000", "applicable_die_area_mm2": "600..900"},
    {"form": "memory", "memory_bandwidth_density": "3.4"},
    None,
)
DAYS = ("2022-12-01", "2023-12-01", "2025-07-01", "2026-07-15", "2030-01-01")
PLACES = (("DE", "DE", "DE"), ("SG", "SG", "CN"), ("CN", None, None), ("AE", "AE", "AE"), (None, None, None))


def transaction(item: Any, on: str, place: tuple[str | None, str | None, str | None]) -> dict[str, Any]:
    to, headquarters, parent = place
    return {"item": item, "on": on, "to": to, "headquarters": headquarters, "parent": parent, "quantity": 8}


def test_the_schema_is_itself_valid_and_the_same_in_docs_and_package() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert text() == (ROOT / "docs" / "determination.schema.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("on", DAYS)
def test_determinations_of_every_era_have_the_published_form(on: str) -> None:
    outcomes = set()
    for item, place in product(ITEMS, PLACES):
        data = exeat.check(**transaction(item, on, place)).to_dict()
        written = json.loads(json.dumps(data))
        errors = [f"{list(e.absolute_path)}: {e.message}" for e in VALIDATOR.iter_errors(written)]
        assert not errors, (item, place, errors[:3])
        outcomes.update({data["text"]["outcome"], data["enforced"]["outcome"]})
    assert {"unknown", "license_required"} <= outcomes


def test_the_schema_refuses_what_is_not_a_determination() -> None:
    data = dict(exeat.check(item="NVIDIA H100 SXM", to="CN", on=date(2023, 12, 1)).to_dict())
    assert VALIDATOR.is_valid(json.loads(json.dumps(data)))
    for change in ({"outcome": "approved"}, {"extra": 1}, {"date": "tomorrow"}, {"law": {}}):
        assert not VALIDATOR.is_valid({**data, **change}), change
