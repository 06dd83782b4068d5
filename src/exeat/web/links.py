"""Addresses of one page that another links to."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlencode

from exeat.terms import InputError
from exeat.web.site import Site

#: Words remembered; a text of somebody's may hold any number of them.
_MOST = 5000


def law_href(provision: str, on: str) -> str:
    """A provision as in force on a day, on the page of the law."""
    return "/law/provision?" + urlencode({"name": provision, "on": on})


class LawLinks:
    """Which of the provisions that texts name are encoded, so that no link leads nowhere."""

    def __init__(self, site: Site) -> None:
        self._view = site.view()
        self._known: dict[str, bool] = {}

    def on(self, day: str) -> Callable[[str], str | None]:
        """What gives the address of a provision as in force on a day; None for one that no law file holds."""
        return lambda word: law_href(word, day) if self._has(word) else None

    def _has(self, word: str) -> bool:
        known = self._known.get(word)
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            try:
                known = bool(self._view.names_of(word))
            except InputError:
                known = False
            self._known[word] = known
        return known


@lru_cache(maxsize=2)
def law_links(site: Site) -> LawLinks:
    """The links of a site, kept."""
    return LawLinks(site)


__all__ = ["LawLinks", "law_href", "law_links"]
