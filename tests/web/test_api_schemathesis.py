"""Requests made from the OpenAPI document itself, valid and broken: never a server error, and answers as described."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from exeat.web.app import create_app
from exeat.web.settings import Settings

LEDGER = Path(mkdtemp(prefix="exeat-test-")) / "ledger.db"
BOUNDS = {"rate_per_second": 1e6, "rate_burst": 10**6, "batches_waiting_max": 2, "batches_kept_max": 3}
APP = create_app(Settings(ledger=f"sqlite:///{LEDGER}", hosts=("testserver",), **BOUNDS))  # type: ignore[arg-type]
schema = schemathesis.openapi.from_asgi("/v1/openapi.json", APP)
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
_SETTINGS = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@schema.parametrize()
@_SETTINGS
def test_the_document_is_kept(case: Any) -> None:
    found = case.call()
    if found.status_code == 503:
        return  # tables are waiting already, which is said so
    case.validate_response(found, checks=CHECKS)
    if found.status_code == 202:
        APP.state.site.batches.delete(found.json()["id"])
