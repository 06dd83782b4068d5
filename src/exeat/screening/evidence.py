"""What else is known of the two: country, address, identifier, birth date. Each raises or lowers, with its reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from exeat.screening.entry import Entry
from exeat.screening.words import clean, tokens

#: No difference of country or birth date takes a name this alike off the table: a reviewer decides.
NEVER_CLEARED = 0.90
SAME_COUNTRY = 0.02
OTHER_COUNTRY = -0.06
SAME_ADDRESS = 0.05
SAME_BIRTH = 0.05
OTHER_BIRTH = -0.12
#: Share of address words in common from which two addresses count as one.
ADDRESS_LIKENESS = 0.7
_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b")
_FILLER = frozenset("room rm no unit floor fl f building bldg street st road rd district and the of avenue ave".split())


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is asked about. ``key`` is the caller's own number for the customer; ``type`` person or organization."""

    name: str
    country: str = ""
    address: str = ""
    identifiers: tuple[str, ...] = ()
    birth_date: str = ""
    type: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A score with the evidence that moved it. ``identified``: an identifier is the same."""

    score: float
    reasons: tuple[str, ...] = ()
    identified: bool = False
    same_country: bool = False


def weigh(score: float, subject: Subject, entry: Entry, threshold: float) -> Weighed:
    """The name's score with what else is known, 0 to 1. Evidence alone never takes a like name below the threshold."""
    moved = score
    reasons: list[str] = []
    same_country = False
    if subject.country and entry.countries:
        if subject.country.upper() in entry.countries:
            same_country = True
            moved += SAME_COUNTRY
            reasons.append(f"same country ({subject.country.upper()})")
        else:
            moved += OTHER_COUNTRY
            reasons.append(f"other country: {subject.country.upper()}, listed {', '.join(entry.countries[:4])}")
    if subject.address and entry.addresses:
        found = max(address_likeness(subject.address, listed) for listed in entry.addresses)
        if found >= ADDRESS_LIKENESS:
            moved += SAME_ADDRESS
            reasons.append(f"same address ({found:.0%} of the words)")
    if subject.birth_date and entry.birth_dates:
        asked = set(_YEAR.findall(subject.birth_date))
        listed_years = {year for text in entry.birth_dates for year in _YEAR.findall(text)}
        if asked and listed_years:
            if any(abs(int(a) - int(b)) <= 1 for a in asked for b in listed_years):
                moved += SAME_BIRTH
                reasons.append("birth year agrees")
            else:
                moved += OTHER_BIRTH
                reasons.append(f"birth year differs: listed {', '.join(sorted(listed_years))}")
    if subject.identifiers and same_identifier(subject.identifiers, entry):
        return Weighed(1.0, (*reasons, "same identifier"), True, same_country)
    if score >= NEVER_CLEARED:
        moved = max(moved, threshold)
    return Weighed(min(moved, 1.0), tuple(reasons), False, same_country)


def same_identifier(asked: Sequence[str], entry: Entry) -> bool:
    """Whether a number of at least five characters is the same, signs and blanks aside."""
    own = telling_numbers(asked)
    return bool(own) and any(bare_number(identifier.number) in own for identifier in entry.identifiers)


def telling_numbers(asked: Sequence[str]) -> set[str]:
    """The numbers long enough to tell one party from another, bare."""
    return {bare for number in asked if len(bare := bare_number(number)) >= 5}


def bare_number(number: str) -> str:
    """A number without signs and blanks, in capitals."""
    return re.sub(r"[^0-9A-Za-z]", "", number).upper()


def address_likeness(a: str, b: str) -> float:
    """Words two addresses share, 0 to 1, against the shorter; numbers must not contradict."""
    first, second = _address_words(a), _address_words(b)
    if len(first) < 3 or len(second) < 3:
        return 0.0
    shared = first & second
    numbers_a, numbers_b = ({w for w in words if w.isdigit()} for words in (first, second))
    if numbers_a and numbers_b and not numbers_a & numbers_b:
        return 0.0
    return len(shared) / min(len(first), len(second))


def _address_words(address: str) -> set[str]:
    return {word for word in tokens(clean(address[:1000]).text) if word not in _FILLER}
