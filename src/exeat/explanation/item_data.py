"""Items of the catalog as plain data, with their entry on a day."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from exeat.catalog import Item, ItemFacts
from exeat.desk import Desk
from exeat.determination.determine import Engine
from exeat.terms import plain


def item_data(item: Item, desk: Desk, engine: Engine) -> dict[str, Any]:
    """An item of the catalog with its figures, and its entry under the engine's law."""
    facts, found = desk.item_facts(item.id, engine)
    assert found is not None
    eccn = engine.classify(facts).get("eccn")
    return {
        "id": item.id,
        "name": item.full_name,
        "tpp": _figure(found, "tpp"),
        "performance_density": _density(found),
        "marketed_for_datacenters": item.marketed_for_datacenters,
        "contains": [{"item": part.name, "count": part.count} for part in found.contained],
        "eccn": str(eccn) if eccn is not None else "unknown",
        "confidence": item.confidence,
        "source": item.source,
    }


def _figure(found: ItemFacts, name: str) -> Any:
    if name in found.intervals:
        bounds = found.intervals[name]
        return {"low": plain(bounds.low), "high": plain(bounds.high)}
    return plain(found.facts.get(name))


def _density(found: ItemFacts) -> Any:
    tpp, area = found.facts.get("tpp"), found.facts.get("applicable_die_area_mm2")
    if isinstance(tpp, Decimal) and isinstance(area, Decimal) and area:
        return plain(round(tpp / area, 2))
    return None


__all__ = ["item_data"]
