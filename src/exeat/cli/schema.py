"""``exeat schema``: the JSON Schema of a determination, as it is shipped with the package."""

from __future__ import annotations

from importlib import resources

from exeat.cli.show import write


def text() -> str:
    """The schema as a text."""
    return resources.files("exeat").joinpath("determination.schema.json").read_text(encoding="utf-8")


def run_schema() -> int:
    """Print the schema."""
    write([text().rstrip()])
    return 0
