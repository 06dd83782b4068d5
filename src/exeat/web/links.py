"""Addresses of one page that another links to."""

from __future__ import annotations

from urllib.parse import urlencode


def law_href(provision: str, on: str) -> str:
    """A provision as in force on a day, on the page of the law."""
    return "/law/provision?" + urlencode({"name": provision, "on": on})


__all__ = ["law_href"]
