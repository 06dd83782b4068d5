"""Places by code or by name: ``DE``, ``Germany``, ``South Korea``, ``UAE`` all mean one destination."""

from __future__ import annotations

import unicodedata

from exeat.lawbook.groups import Destination, Groups
from exeat.logic.errors import LogicError
from exeat.logic.vocabulary import nearest


def folded(name: str) -> str:
    """A name without case, accents and punctuation, for comparing."""
    plain = unicodedata.normalize("NFKD", name)
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(letters.casefold().split())


class Places:
    """Finds a place by its two-letter code or any of its names."""

    def __init__(self, groups: Groups) -> None:
        self._by_code = groups.destinations
        self._by_name: dict[str, Destination] = {}
        for place in groups.destinations.values():
            for name in (*place.aliases, place.name):
                self._by_name[folded(name)] = place

    def find(self, word: str) -> Destination:
        """The place.

        Raises:
            LogicError: no place has this code or name; the nearest is named.
        """
        stripped = word.strip()
        code = stripped.upper()
        if code in self._by_code:
            return self._by_code[code]
        place = self._by_name.get(folded(stripped))
        if place is not None:
            return place
        shown = stripped[:60]
        if len(stripped) == 2:
            hint = {"UK": "GB", "EL": "GR"}.get(code) or nearest(code, self._by_code)
            extra = f"; perhaps {hint} ({self._by_code[hint].name})" if hint else ""
            raise LogicError(f"{shown!r} is no place code of ISO 3166-1{extra}")
        near = nearest(folded(stripped)[:60], self._by_name)
        extra = f"; perhaps {self._by_name[near].code} ({self._by_name[near].name})" if near else ""
        raise LogicError(f"{shown!r} is no known place{extra}")
