"""The toy rule as a decision graph (JDM) for GoRules ZEN: one first-hit decision table, then one expression node."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import zen

from benchmarks.toy import ENTRIES, NONE, PLACES, Answer, Row

# paragraph, TPP, performance density, data-center flag; an empty cell always holds.
_TABLE = (
    ("a.1", ">= 4800", "", ""),
    (NONE, "", "", "false"),
    ("a.2", ">= 1600", ">= 5.92", ""),
    ("b.1", ">= 2400", "[1.6..5.92)", ""),
    ("b.2", ">= 1600", "[3.2..5.92)", ""),
    (NONE, "", "", ""),
)


def graph() -> dict[str, Any]:
    """The decision graph: request, classification, requirement, response."""
    rules = [
        {"_id": f"r{i}", "tpp": tpp, "density": density, "dc": dc, "entry": f"'{ENTRIES[at]}'", "at": f"'{at}'"}
        for i, (at, tpp, density, dc) in enumerate(_TABLE)
    ]
    table = {
        "hitPolicy": "first",
        "passThrough": True,
        "inputs": [
            {"id": "tpp", "name": "TPP", "field": "tpp"},
            {"id": "density", "name": "Performance density", "field": "density"},
            {"id": "dc", "name": "Data center", "field": "datacenter"},
        ],
        "outputs": [
            {"id": "entry", "name": "Entry", "field": "entry"},
            {"id": "at", "name": "Paragraph", "field": "paragraph"},
        ],
        "rules": rules,
    }
    places = ", ".join(f"'{code}'" for code in PLACES)
    required = f"entry != '{NONE}' and country in [{places}]"
    requirement = {
        "passThrough": True,
        "expressions": [{"id": "required", "key": "license_required", "value": required}],
    }
    nodes = [
        {"id": "request", "name": "Request", "type": "inputNode", "content": {}},
        {"id": "classification", "name": "Classification", "type": "decisionTableNode", "content": table},
        {"id": "requirement", "name": "License requirement", "type": "expressionNode", "content": requirement},
        {"id": "response", "name": "Response", "type": "outputNode", "content": {}},
    ]
    edges = [
        {"id": f"{a['id']}-{b['id']}", "sourceId": a["id"], "targetId": b["id"], "type": "edge"}
        for a, b in pairwise(nodes)
    ]
    return {"nodes": nodes, "edges": edges}


def context(row: Row) -> dict[str, Any]:
    """A row as ZEN takes it. (ZEN computes in decimals; its binding takes Python numbers.)"""
    return {"tpp": int(row.tpp), "density": float(row.density), "datacenter": row.datacenter, "country": row.country}


def engine() -> zen.ZenEngine:
    """An engine that holds the graph under the key ``toy``.

    With the static loader and a key, as here, the graph is compiled once; ``create_decision(graph).evaluate(...)`` was
    measured to take ten times as long for each call, so that is not what we set ourselves against.
    """
    return zen.ZenEngine({"loader": {"type": "static", "content": {"toy": graph()}}})


def zen_toy() -> Callable[[dict[str, Any]], Answer]:
    """The decision, loaded once; one call decides one context."""
    loaded = engine()

    def decide(facts: dict[str, Any]) -> Answer:
        return _answer(loaded.evaluate("toy", facts)["result"])

    return decide


def zen_batch() -> Callable[[list[dict[str, Any]]], list[Answer]]:
    """ZEN's own batch call over a list of contexts."""
    loaded = engine()

    def decide(rows: list[dict[str, Any]]) -> list[Answer]:
        done = loaded.evaluate_batch([{"key": "toy", "context": facts} for facts in rows])
        return [_answer(one["data"]["result"]) for one in done]

    return decide


def _answer(result: dict[str, Any]) -> Answer:
    return Answer(result["entry"], result["license_required"], result["paragraph"])
