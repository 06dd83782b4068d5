"""The OpenAPI document: what FastAPI writes, with the forms of a determination and of a transaction put in."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from exeat.terms import KEYS, RESOLUTION_KEYS
from exeat.web.api.common import ProblemBody
from exeat.web.release import STATUSES

DESCRIPTION = """US export control of AI chips as dated, cited, executable law.

Every answer has two tracks: `text` is what the regulations in force say, `enforced` what the agency says it enforces.
A missing fact is unknown, never no. Errors are problem details (RFC 9457) with the text the command line gives.
"""
_PLAIN: dict[str, dict[str, Any]] = {
    "date": {"type": "string", "format": "date", "description": "The day of the export, reexport or transfer."},
    "known_on": {"type": ["string", "null"], "format": "date", "description": "Read the law as public on this day."},
    "item": {"type": ["string", "object", "null"], "description": "A name of the catalog, or figures."},
    "quantity": {"type": ["integer", "string", "null"], "minimum": 0},
    "value_usd": {"type": ["number", "string", "null"]},
    "parties": {"type": ["array", "null"], "items": {"$ref": "#/components/schemas/Party"}},
    "certifications": {"type": ["array", "null"], "items": {"type": "string"}},
    "facts": {"type": ["object", "null"], "description": "Any declared fact by name; wins over what is derived."},
    "screen": {"type": "boolean", "default": True, "description": "Look for named parties in the lists held."},
}


def install(app: FastAPI) -> None:
    """Give the application its document."""
    made: dict[str, Any] = {}

    def document() -> dict[str, Any]:
        if not made:
            made.update(_document(app))
        return made

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(
        title="exeat", version=app.version, openapi_version="3.1.0", description=DESCRIPTION, routes=app.routes,
        servers=[{"url": "/"}],
    )  # fmt: skip
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    problem = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["ProblemBody"] = problem
    schemas.update(_determination())
    schemas.update(_transaction())
    found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    found["security"] = [{"token": []}, {}]
    return found


def _determination() -> dict[str, Any]:
    """The form of ``exeat check --json``, its parts named apart from ours."""
    text = resources.files("exeat").joinpath("determination.schema.json").read_text(encoding="utf-8")
    schema = json.loads(text.replace('"#/$defs/', '"#/components/schemas/determination_'))
    parts = {f"determination_{name}": part for name, part in schema.pop("$defs", {}).items()}
    schema.pop("$schema", None)
    schema.pop("$id", None)
    decided = {
        "type": "object",
        "required": ["status", "reasons", "determination"],
        "properties": {
            "status": {"type": "string", "enum": list(STATUSES), "description": "For a field of another system."},
            "reasons": {"type": "array", "items": {"type": "string"}},
            "determination": {"oneOf": [{"$ref": "#/components/schemas/Determination"}, {"type": "null"}]},
            "problem": {"$ref": "#/components/schemas/ProblemBody"},
        },
    }
    rows = {"type": "array", "items": {"$ref": "#/components/schemas/DecidedTransaction"}}
    many = {"type": "object", "required": ["determinations"], "properties": {"determinations": rows}}
    return {**parts, "Determination": schema, "DecidedTransaction": decided, "DecidedTransactions": many}


def _transaction() -> dict[str, Any]:
    resolution = {name: {"type": "string"} for name in RESOLUTION_KEYS}
    known = {
        **_PLAIN,
        "resolutions": {"type": ["array", "null"], "items": {"type": "object", "properties": resolution}},
    }
    properties = {name: known.get(name, {"type": ["string", "null"]}) for name in KEYS}
    transaction = {"type": "object", "required": ["date"], "properties": properties, "additionalProperties": False}
    party = {
        "type": "object",
        "required": ["role"],
        "properties": {
            "role": {"type": "string", "examples": ["ultimate_consignee"]}, "name": {"type": "string"},
            "country": {"type": "string"}, "headquarters": {"type": "string"},
            "ultimate_parent_headquarters": {"type": "string"}, "lists": {"type": "array"}, "owners": {"type": "array"},
        },
        "description": "And any declared fact of a party.",
    }  # fmt: skip
    return {"Transaction": transaction, "Party": party}


__all__ = ["install"]
