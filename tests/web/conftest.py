"""A running application for the tests of the web, one for each test session's worker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from exeat.web.app import create_app
from exeat.web.settings import Settings

#: The address the tests ask at: loopback, as the Host header is checked.
AT = "http://127.0.0.1:8000"


@pytest.fixture(scope="session")
def app() -> Any:
    """The application on loopback without a ledger."""
    return create_app(Settings(rate_per_second=1e6, rate_burst=10**6))


@pytest.fixture
def client(app: Any) -> Iterator[TestClient]:
    """A client of the application, without cookies of others."""
    with TestClient(app, base_url=AT, raise_server_exceptions=False) as found:
        yield found
