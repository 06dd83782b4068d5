"""The tables' own helpers can be imported, and one desk serves all tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from exeat.desk import Desk

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def desk() -> Desk:
    return Desk()
