"""The lists a party is stated to be on become the facts the law asks for. A table of codes; nothing is decided here.

Codes are those of the US Consolidated Screening List, and MIEU for the bodies named in 15 CFR 744.22(f)(2), which that
list does not hold. A listing counts from its first day (``since``) to its last (``until``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from exeat.logic.errors import LogicError
from exeat.logic.vocabulary import nearest

ENTITY_LIST = "EL"
SDN_LIST = "SDN"


@dataclass(frozen=True, slots=True)
class ListOfParties:
    """A list: its code, the fact of a party that stands on it, and the names it goes by."""

    code: str
    fact: str
    names: tuple[str, ...]


#: Lists the EAR gives a consequence to, then those it does not (``on_other_list``).
LISTS: tuple[ListOfParties, ...] = (
    ListOfParties("EL", "on_entity_list", ("Entity List",)),
    ListOfParties("DPL", "on_denied_persons_list", ("Denied Persons List",)),
    ListOfParties("UVL", "on_unverified_list", ("Unverified List",)),
    ListOfParties("MEU", "on_meu_list", ("Military End User List", "Military End Users")),
    ListOfParties("MIEU", "on_mieu_list", ("Military-Intelligence End Users", "Military Intelligence End User List")),
    ListOfParties("SDN", "on_sdn_list", ("Specially Designated Nationals", "Specially Designated Nationals List")),
    ListOfParties("SSI", "on_other_list", ("Sectoral Sanctions Identifications List",)),
    ListOfParties("CAP", "on_other_list", ("Capta List",)),
    ListOfParties("NS-MBS", "on_other_list", ("Non-SDN Menu-Based Sanctions List", "MBS")),
    ListOfParties("CMIC", "on_other_list", ("Non-SDN Chinese Military-Industrial Complex Companies List",)),
    ListOfParties("PLC", "on_other_list", ("Palestinian Legislative Council List",)),
    ListOfParties("FSE", "on_other_list", ("Foreign Sanctions Evaders List",)),
    ListOfParties("ISN", "on_other_list", ("Nonproliferation Sanctions",)),
    ListOfParties("DTC", "on_other_list", ("ITAR Debarred", "AECA Debarred List")),
)

#: Footnotes of the Entity List that change what an entry reaches (supplement no. 4 to part 744). Footnote 2 frees only.
FOOTNOTES: Mapping[int, str] = {n: f"on_entity_list_footnote_{n}" for n in (1, 3, 4, 5)}

#: OFAC program tags under which 15 CFR 744.8(a)(1) asks for an EAR license (read in the text of 2026-07-23).
SDN_PROGRAMS: tuple[str, ...] = (
    "BELARUS", "BELARUS-EO14038", "RUSSIA-EO14024", "UKRAINE-EO13660", "UKRAINE-EO13661", "UKRAINE-EO13662",
    "UKRAINE-EO13685", "FTO", "SDGT", "NPWMD", "ILLICIT-DRUGS-EO14059", "SDNT", "SDNTK", "TCO",
)  # fmt: skip

_KEYS = ("list", "since", "until", "footnotes", "programs", "allows_exceptions")


@dataclass(frozen=True, slots=True)
class Listing:
    """One stated listing. None for footnotes or programs: not stated, so unknown."""

    code: str
    since: date | None = None
    until: date | None = None
    footnotes: frozenset[int] | None = None
    programs: frozenset[str] | None = None
    allows_exceptions: bool | None = None

    def stands(self, on: date) -> bool:
        """Whether the party is on the list on that day."""
        return (self.since is None or self.since <= on) and (self.until is None or on <= self.until)


@dataclass(slots=True)
class _Found:
    """Truths gathered over several listings: one yes makes yes, else one unknown makes unknown."""

    truths: dict[str, bool | None] = field(default_factory=dict)

    def add(self, fact: str, truth: bool | None) -> None:
        before = self.truths.get(fact, False)
        self.truths[fact] = True if True in (before, truth) else None if None in (before, truth) else False


def party_list_facts(lists: Sequence[object], on: date) -> dict[str, bool]:
    """The listing facts of a party, by the lists stated for it, on the day of the transaction.

    An empty sequence says that the party was screened and found on no list: every fact is no. What a listing leaves
    open (the footnotes of a bare ``"EL"``, the programs of a bare ``"SDN"``) has no entry: it stays unknown.

    Args:
        lists: each ``"EL"``, ``"Entity List"``, the source line of the Consolidated Screening List, or a mapping
            ``{"list": "EL", "since": "2020-12-18", "until": "2025-06-30", "footnotes": [4]}``, with
            ``allows_exceptions`` yes or no (for SDN ``"programs": ["SDGT"]``); days as YYYY-MM-DD, ``until`` the last
            day on the list.
        on: the day; a listing that begins later or ended earlier does not count.

    Raises:
        LogicError: a list or key nobody knows (the nearest is named), a day, footnote or program that cannot be read.
    """
    found = _Found({known.fact: False for known in LISTS})
    for listing in (_read(stated) for stated in lists):
        if listing.stands(on):
            _add(found, listing)
    return {fact: truth for fact, truth in found.truths.items() if truth is not None}


def _add(found: _Found, listing: Listing) -> None:
    found.add(next(known.fact for known in LISTS if known.code == listing.code), True)
    if listing.code == ENTITY_LIST:
        for number, fact in FOOTNOTES.items():
            found.add(fact, None if listing.footnotes is None else number in listing.footnotes)
        # Every entry must allow the exception (744.11(a)); an entry that does not say so allows none.
        fact = "entity_list_entry_allows_exceptions"
        found.truths[fact] = bool(listing.allows_exceptions) and found.truths.get(fact) is not False
    if listing.code == SDN_LIST:
        known = None if listing.programs is None else bool(listing.programs & {_folded(p) for p in SDN_PROGRAMS})
        found.add("sdn_program_744_8", known)


def _read(stated: object) -> Listing:
    if isinstance(stated, str):
        return Listing(list_code(stated))
    if not isinstance(stated, Mapping):
        raise LogicError(f"a listing is a code or a mapping with 'list', not {type(stated).__name__}")
    for key in stated:
        if key not in _KEYS:
            raise LogicError(f"unknown key {str(key)[:60]!r} in a listing{_perhaps(nearest(str(key), _KEYS))}")
    if not isinstance(stated.get("list"), str):
        raise LogicError('a listing names its list, as {"list": "EL", "since": "2020-12-18"}')
    code = list_code(str(stated["list"]))
    if code != ENTITY_LIST and ("footnotes" in stated or "allows_exceptions" in stated):
        raise LogicError(f"'footnotes' and 'allows_exceptions' belong to an entry of the Entity List, not of {code}")
    if code != SDN_LIST and "programs" in stated:
        raise LogicError(f"'programs' belongs to the SDN list, not to {code}")
    listing = Listing(
        code,
        since=_day(stated.get("since"), "since"),
        until=_day(stated.get("until"), "until"),
        footnotes=None if stated.get("footnotes") is None else frozenset(_footnotes(stated["footnotes"])),
        programs=None if stated.get("programs") is None else frozenset(map(_folded, _texts(stated["programs"]))),
        allows_exceptions=_yes_no(stated.get("allows_exceptions")),
    )
    if listing.since and listing.until and listing.until < listing.since:
        raise LogicError(f"a listing that ends on {listing.until} before it begins on {listing.since}")
    return listing


def list_code(words: str) -> str:
    """The code of a list from its code, its name, or a source line of the Consolidated Screening List.

    Raises:
        LogicError: no list is called so; the nearest name is given.
    """
    codes = {_folded(name): known.code for known in LISTS for name in (known.code, *known.names)}
    inside = re.search(r"\(([^)]+)\)", words)
    for form in (words, words.split(" - ")[0], words.split("(")[0], inside[1] if inside else ""):
        code = codes.get(_folded(form)) or codes.get(_folded(form).removesuffix("list"))
        if code is not None:
            return code
    hint = nearest(words, [name for known in LISTS for name in (known.code, *known.names)])
    raise LogicError(f"no list is called {words[:60]!r}{_perhaps(hint)}; codes are {', '.join(k.code for k in LISTS)}")


def _folded(words: str) -> str:
    return re.sub(r"[^a-z0-9]", "", words.casefold())


def _day(stated: object, key: str) -> date | None:
    if stated is None:
        return None
    if isinstance(stated, date):
        return date(stated.year, stated.month, stated.day)
    words = str(stated).strip()
    try:
        if len(words) == 10:
            return date.fromisoformat(words)
    except ValueError:
        pass
    raise LogicError(f"{key!r} of a listing is {words[:40]!r}; expected a day that exists, as YYYY-MM-DD")


def _footnotes(stated: object) -> Iterable[int]:
    if not isinstance(stated, (list, tuple)):
        raise LogicError(f"'footnotes' is a list of numbers, as [4], not {type(stated).__name__}")
    for number in stated:
        if str(number).strip() not in ("1", "2", "3", "4", "5"):
            raise LogicError(f"the Entity List has footnotes 1 to 5, not {str(number)[:20]!r}")
        yield int(str(number))


def _texts(stated: object) -> Iterable[str]:
    if not isinstance(stated, (list, tuple)) or not all(isinstance(word, str) for word in stated):
        raise LogicError("'programs' is a list of program tags, as ['SDGT']")
    return stated


def _yes_no(stated: object) -> bool | None:
    known = {"yes": True, "true": True, "no": False, "false": False}
    if stated is None:
        return None
    if str(stated).strip().casefold() not in known:
        raise LogicError(f"'allows_exceptions' is yes or no, not {str(stated)[:40]!r}")
    return known[str(stated).strip().casefold()]


def _perhaps(hint: str | None) -> str:
    return f"; perhaps {hint!r}" if hint else ""
