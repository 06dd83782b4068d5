"""One toy rule, written for every engine, so that their speeds can be set side by side.

The rule is the license requirement of 88 FR 73458 in short: an integrated circuit of 3A090.a or .b (15 CFR 774
supp. 1: TPP, performance density, Note 2 on data centers) needs a license to Macau, D:1, D:4 or D:5 unless the place
is also in A:5 or A:6. Every engine answers three things: the entry, whether a license is required, the paragraph that
decided. :func:`oracle` says the same in plain Python; an engine that disagrees with it on any row is not timed.
"""

from __future__ import annotations

import random
from decimal import Decimal
from typing import NamedTuple

# Macau and D:1, D:4, D:5, less A:5 and A:6, on 2023-11-17 (15 CFR 740 supp. 1), near enough for a toy.
PLACES = tuple(
    "AF AM AZ BH BY MM KH CF CN CD CU EG ER GE HT IR IQ JO KP KZ KG KW LA LB LY MO MD MN NI OM PK QA RU SA SO SS SD SY "
    "TJ TM AE UZ VE VN YE ZW".split()
)
ELSEWHERE = tuple(
    "AR AU BE BR CA CH CL CO DE DK ES FI FR GB GR IE IN IT JP KE KR MX MY NL NO PL PT SE SG TW ZA".split()
)

NONE = "none"
ENTRIES = {"a.1": "3A090.a", "a.2": "3A090.a", "b.1": "3A090.b", "b.2": "3A090.b", NONE: NONE}


class Row(NamedTuple):
    """One transaction: TPP, performance density (two places), data-center flag, destination."""

    tpp: Decimal
    density: Decimal
    datacenter: bool
    country: str


class Answer(NamedTuple):
    """The entry, whether a license is required, and the paragraph that decided."""

    entry: str
    license_required: bool
    paragraph: str


def oracle(row: Row) -> Answer:
    """The rule in plain Python: what every engine must say."""
    paragraph = _paragraph(row)
    return Answer(ENTRIES[paragraph], paragraph != NONE and row.country in PLACES, paragraph)


def _paragraph(row: Row) -> str:
    if row.tpp >= 4800:
        return "a.1"
    if not row.datacenter:  # Note 2: not designed or marketed for data centers, and TPP under 4800
        return NONE
    low, mid, high = Decimal("1.6"), Decimal("3.2"), Decimal("5.92")
    if row.tpp >= 1600 and row.density >= high:
        return "a.2"
    if row.tpp >= 2400 and low <= row.density < high:
        return "b.1"
    if row.tpp >= 1600 and mid <= row.density < high:
        return "b.2"
    return NONE


def random_rows(n: int, seed: int = 3090) -> list[Row]:
    """Rows that fall on the thresholds and just beside them as often as between them."""
    rng = random.Random(seed)
    cent = Decimal("0.01")
    tpps = [Decimal(t + d) for t in (1600, 2400, 4800) for d in (-1, 0, 1)]
    densities = [Decimal(p) + d for p in ("1.60", "3.20", "5.92") for d in (-cent, Decimal(0), cent)]
    return [
        Row(
            rng.choice(tpps) if rng.random() < 0.5 else Decimal(rng.randint(1, 9000)),
            rng.choice(densities) if rng.random() < 0.5 else rng.randint(1, 1000) * cent,
            rng.random() < 0.7,
            rng.choice(PLACES + ELSEWHERE),
        )
        for _ in range(n)
    ]


class DisagreementError(AssertionError):
    """An engine and the plain Python oracle differ on a row."""


def agree(engine: str, rows: list[Row], answers: list[Answer]) -> None:
    """Raise :class:`DisagreementError` at the first row on which the engine and the oracle differ."""
    for number, (row, answer) in enumerate(zip(rows, answers, strict=True)):
        if answer != oracle(row):
            raise DisagreementError(f"{engine}, row {number}: {row} gives {answer}, the oracle says {oracle(row)}")
