"""Build hook: a wheel carries the law and the catalog inside the package.

Not `force-include` in pyproject.toml, because that also copies them into an *editable* install, where the copy
would go stale: a checkout reads `law/` and `catalog/` where they stand.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class LawAndCatalog(BuildHookInterface):  # type: ignore[type-arg]
    """Puts `law/` and `catalog/` into a wheel as `exeat/_law` and `exeat/_catalog`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the folders to include; ``version`` is ``standard`` or ``editable``."""
        if version == "standard":
            build_data["force_include"].update({"law": "exeat/_law", "catalog": "exeat/_catalog"})
