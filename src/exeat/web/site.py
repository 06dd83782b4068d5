"""What one process of the service holds: the desk, its settings, and what is kept between requests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from starlette.requests import Request

from exeat import __version__
from exeat.desk import Desk
from exeat.lawbook.consolidate import Lawbook
from exeat.library import LawView, desk_with, law_view
from exeat.web.settings import Settings

if TYPE_CHECKING:
    from exeat.bound.ledger import LedgerBooks
    from exeat.bound.screening import Lists
    from exeat.catalog import Catalog
    from exeat.web.batches import Batches
    from exeat.web.map_of_outcomes import OutcomeMap, Profile
    from exeat.web.uploads import Uploads


#: Maps remembered: an era, an item and an assumption each.
_MAPS = 256


class Site:
    """One for each process, at ``request.app.state.site`` (:func:`site_of`)."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.version = __version__
        self._maps: dict[tuple[object, ...], OutcomeMap] = {}

    @cached_property
    def books(self) -> LedgerBooks | None:
        """The ledger, or None where none is configured."""
        if self.settings.ledger is None:
            return None
        from exeat.bound.ledger import LedgerBooks

        return LedgerBooks(self.settings.ledger)

    @cached_property
    def lists(self) -> Lists:
        """The lists held, for screening."""
        from exeat.bound.screening import Lists

        return Lists(self.settings.data_dir)

    @cached_property
    def desk(self) -> Desk:
        """The desk: it screens named parties and asks the ledger where one is configured."""
        return desk_with(books=self.books, folder=self.settings.data_dir)

    @property
    def lawbook(self) -> Lawbook:
        """The law."""
        return self.desk.lawbook

    @property
    def catalog(self) -> Catalog:
        """The items."""
        return self.desk.catalog

    @cached_property
    def batches(self) -> Batches:
        """The tables sent to be decided."""
        from exeat.web.batches import Batches

        return Batches(self.settings)

    def view(self, on: date | None = None, known_on: date | None = None) -> LawView:
        """The law of a day (today), for looking it up.

        Raises:
            InputError: a day before the encoded law.
        """
        return law_view(self.lawbook, on or self.today(), known_on)

    def map(self, item: str, on: date, profile: Profile | None = None, known_on: date | None = None) -> OutcomeMap:
        """The outcomes of an item in every destination; the last maps asked for are remembered, by era.

        Raises:
            InputError: as :func:`exeat.web.map_of_outcomes.map_of_outcomes`.
        """
        from exeat.web.map_of_outcomes import Profile, map_of_outcomes

        profile = profile or Profile()
        if profile.facts or profile.party_facts or on < self.lawbook.begins:
            return map_of_outcomes(self.desk, item, on, profile, known_on)
        era = self.lawbook.era(on, known_on)
        key = (item, era, profile.headquarters, profile.parent, profile.activity, profile.origin, profile.end_use,
               profile.quantity)  # fmt: skip
        found = self._maps.get(key)
        if found is None:
            found = map_of_outcomes(self.desk, item, on, profile, known_on)
            if len(self._maps) >= _MAPS:
                self._maps.clear()
            self._maps[key] = found
        return replace(found, on=on, known_on=known_on)

    @cached_property
    def uploads(self) -> Uploads:
        """The tables sent whose columns are still to be named."""
        from exeat.web.uploads import Uploads

        return Uploads(self.settings)

    def close(self) -> None:
        """End what runs in the background and delete what was kept."""
        batches: Batches | None = self.__dict__.pop("batches", None)
        if batches is not None:
            batches.close()
        if "uploads" in self.__dict__:
            self.uploads.close()

    def today(self) -> date:
        """The day a request without a date means."""
        return date.today()


def site_of(request: Request) -> Site:
    """The site a request came to."""
    site: Site = request.app.state.site
    return site


__all__ = ["Site", "site_of"]
