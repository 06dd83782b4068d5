"""Worked examples against the real law: the data stand in the YAML files beside this one."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import Example, differences, examples

from exeat.desk import Desk

FOLDER = Path(__file__).parent
FILES = ("advanced-computing.yaml", "ai-diffusion.yaml", "after-rescission.yaml", "ear-2026.yaml", "dates.yaml")
FILES += tuple(sorted(path.name for path in FOLDER.glob("*-3?.yaml")))
EXAMPLES = [example for name in FILES for example in examples(FOLDER / name)]


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{e.file.removesuffix('.yaml')}:{e.id}" for e in EXAMPLES])
def test_example(desk: Desk, example: Example) -> None:
    found = differences(desk.check(example.transaction).to_dict(), example)
    if found:
        kept = f"\n  we hold the example {example.judged}: {example.reason}" if example.judged else ""
        lines = "".join(f"\n  - {line}" for line in found)
        pytest.fail(f"{example.title} ({example.file}, {example.cite}){kept}{lines}", pytrace=False)
