"""The options that commands share, stated once: the parser and the light path of ``exeat check`` read the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from exeat.cli.given import pairs, resolutions
from exeat.library import transaction_of
from exeat.terms import InputError

#: Options that are figures of the item, and the fact each states.
FIGURES: Mapping[str, str] = {
    "tpp": "tpp",
    "performance_density": "performance_density",
    "die_area": "applicable_die_area_mm2",
    "marketed_for_datacenters": "marketed_for_datacenters",
    "io": "io_bidirectional_gbs",
    "dram_bandwidth": "total_dram_bandwidth_gbs",
}
#: Options that are keys of the short form of a transaction.
SHORT = ("to", "quantity", "from_", "headquarters", "parent", "name", "role", "end_use", "activity")


@dataclass(frozen=True)
class Seen:
    """Which law is read.

    Parameters
    ----------
    known_on
        Read the law as it was public on this day.
    draft
        Read a draft or bill of law/drafts as if it were law; repeatable.
    """

    known_on: str | None = None
    draft: list[str] | None = None

    @property
    def drafts(self) -> tuple[str, ...]:
        """The drafts named, each once, in order."""
        return tuple(sorted(set(self.draft or ())))


@dataclass(frozen=True)
class Figures(Seen):
    """An item on a day.

    Parameters
    ----------
    on
        The day of the export, YYYY-MM-DD (default: today).
    fact
        NAME=VALUE, any declared fact; wins over what is derived; repeatable.
    tpp
        Total processing performance, a number or a range such as 4000..5000.
    performance_density
        TPP per square millimeter of applicable die area.
    die_area
        Applicable die area, mm2.
    marketed_for_datacenters
        yes or no.
    io
        Two-way transfer rate without volatile memory, GB/s.
    dram_bandwidth
        Total DRAM bandwidth, GB/s.
    figure
        NAME=VALUE, any other figure of the item; repeatable.
    """

    on: str | None = None
    fact: list[str] | None = None
    tpp: str | None = None
    performance_density: str | None = None
    die_area: str | None = None
    marketed_for_datacenters: str | None = None
    io: str | None = None
    dram_bandwidth: str | None = None
    figure: list[str] | None = None

    def keywords(self, item: str | None) -> dict[str, Any]:
        """The keywords of :func:`exeat.check` that the options mean.

        Raises:
            InputError: an option that cannot be read.
        """
        return {
            "on": self.on or date.today().isoformat(),
            "known_on": self.known_on,
            "item": item,
            "figures": self._figures() or None,
            "facts": pairs("--fact", self.fact or ()) or None,
        }

    def _figures(self) -> dict[str, str]:
        figures = {fact: value for key, fact in FIGURES.items() if (value := getattr(self, key)) is not None}
        for name, value in pairs("--figure", self.figure or ()).items():
            if name in figures:
                raise InputError(f"the figure {name} is stated twice")
            figures[name] = value
        return figures


@dataclass(frozen=True)
class Order(Figures):
    """A transaction.

    Parameters
    ----------
    to
        The destination: a two-letter code or a name.
    quantity
        How many units.
    from_
        The place the item leaves from (default: US).
    headquarters
        Where the ultimate consignee is headquartered; left out it is unknown, and asked for.
    parent
        Where its ultimate parent is headquartered (its own headquarters if it has no parent).
    name
        The ultimate consignee's name.
    role
        The role of the party described (default: ultimate_consignee).
    party_fact
        NAME=VALUE, any other declared fact of that party; repeatable.
    end_use
        What the item will be used for.
    activity
        export, reexport, transfer … (default: export).
    resolve
        "FLAG: by; on; evidence": a red flag resolved by someone, on a day, on evidence; repeatable.
    screen
        Look for named parties in the lists held (so it is without this option).
    no_screen
        Do not look for named parties in lists.
    """

    to: str | None = None
    quantity: str | None = None
    from_: str | None = None
    headquarters: str | None = None
    parent: str | None = None
    name: str | None = None
    role: str | None = None
    party_fact: list[str] | None = None
    end_use: str | None = None
    activity: str | None = None
    resolve: list[str] | None = None
    screen: bool = False
    no_screen: bool = False

    def keywords(self, item: str | None) -> dict[str, Any]:
        """See :meth:`Figures.keywords`."""
        return {
            **super().keywords(item),
            **{key: getattr(self, key) for key in SHORT},
            "party_facts": pairs("--party-fact", self.party_fact or ()) or None,
            "resolutions": resolutions(self.resolve or ()) or None,
        }

    def transaction(self, item: str | None) -> dict[str, Any]:
        """The transaction the options describe: an export from the United States unless they say otherwise.

        Raises:
            InputError: as :meth:`keywords`.
        """
        return {"activity": "export", "origin": "US", **transaction_of(self.keywords(item)), **self._screened()}

    def _screened(self) -> dict[str, bool]:
        """Whether named parties are looked for, where an option says so."""
        if self.screen and self.no_screen:
            raise InputError("--screen and --no-screen contradict each other; give one of them")
        return {"screen": self.screen} if self.screen or self.no_screen else {}

    def beside_a_file(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        """A file's transaction with what may stand beside it: the two dates, and resolutions of red flags.

        Raises:
            InputError: an option that the file states itself.
        """
        for key in (*SHORT, *FIGURES, "figure", "fact", "party_fact"):
            if getattr(self, key) is not None:
                flag = key.strip("_").replace("_", "-")
                raise InputError(f"--{flag} cannot be given beside a transaction file; state it in the file")
        dates = {"date": self.on, "known_on": self.known_on}
        found = {**stated, **{key: day for key, day in dates.items() if day is not None}, **self._screened()}
        more = resolutions(self.resolve or ())
        if more:
            found["resolutions"] = [*_listed(found.get("resolutions")), *more]
        return found


@dataclass(frozen=True)
class Kept:
    """What is kept of an answer.

    Parameters
    ----------
    record
        Keep the answer as a receipt in the ledger.
    reserve
        Hold the transaction's TPP on an account of this kind (LPP, AIA …) in the same step; repeatable.
    reference
        The shipment the receipt belongs to.
    who
        Who asks.
    key
        A name for this request, which makes it safe to repeat.
    expires_in_days
        Days after which what was reserved is given back.
    ledger
        The ledger's URL (default: EXEAT_LEDGER, else sqlite:///exeat-ledger.db).
    """

    record: bool = False
    reserve: list[str] | None = None
    reference: str = ""
    who: str = ""
    key: str | None = None
    expires_in_days: int | None = None
    ledger: str | None = None


def _listed(stated: object) -> Iterable[object]:
    if stated is None:
        return ()
    if isinstance(stated, list):
        return stated
    raise InputError(f"resolutions: expected a list, found {type(stated).__name__}")
