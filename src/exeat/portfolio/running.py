"""Running limits of a table: what each row draws on an account that fills up over time, in date order.

An account is that of the ledger (:mod:`exeat.bound.ledger`) but counted from the rows themselves: each row that uses
an exception, an authorization or an allocation adds its TPP, in the order of the days and, within a day, of the rows.
A row that does not fit adds nothing, and a later, smaller one may still fit. A row whose TPP is not known may have
taken any amount: from it on, what fits for its account and period is unknown, but for what could not fit in any case.

The table is decided once as if no account had an end. Rows that then do not fit, or of which that is not known, are
decided again with their balance as a fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from exeat.determination.program import TRACKS
from exeat.logic.tree import Value
from exeat.logic.vocabulary import nearest
from exeat.portfolio.columns import Columns
from exeat.terms import InputError

Part = Literal["consignee", "destination", "item"]
#: How a row draws on an account: yes, maybe (a missing fact decides), or it only must fit without drawing (``rider``).
Draw = Literal["yes", "maybe", "rider"]

#: No account holds as much: a balance so far below zero leaves room for every row.
_ENDLESS = Decimal(-(10**15))
_WORLDWIDE = "742.6(a)(6)(iii)(A)"
_CHINA = "742.6(a)(6)(iii)"


@dataclass(frozen=True)
class RunningLimit:
    """One kind of account: whom it counts for, its period, which balance it answers, and which rows draw on it.

    Rows draw through an exception or authorization (``symbol``), or through a license that would be granted
    (``policy``, under a requirement whose id begins with ``requirement``). ``refuses``: what passes the limit is not
    covered; otherwise the limit is a threshold of notice.
    """

    name: str
    fact: str
    per: tuple[Part, ...]
    period: Literal["year", ""] = ""
    symbol: str = ""
    policy: str = ""
    requirement: str = ""
    refuses: bool = True

    @property
    def prefix(self) -> str:
        """How the columns of this account begin: ``country allocation`` gives ``country_allocation``."""
        return self.name.casefold().replace(" ", "_")

    @property
    def assumed(self) -> dict[str, Value]:
        """Balances under which every row fits."""
        if self.name == CHINA:
            return {self.fact: Decimal(0), US_SHIPPED: Decimal(0)}
        return {self.fact: _ENDLESS if self.refuses else Decimal(0)}

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts the account answers."""
        return tuple(self.assumed)


CHINA, US_SHIPPED = "China and Macau", "us_tpp_shipped"

#: In the order in which a row draws: an authorization before an exception, both before a license.
LIMITS: Mapping[str, RunningLimit] = {
    limit.name: limit
    for limit in (
        RunningLimit("NVEU installed", "nveu_installed_tpp", ("consignee", "destination"), symbol="NVEU"),
        RunningLimit("UVEU outside AIA", "group_tpp_outside_aia", ("consignee",), symbol="UVEU"),
        RunningLimit("UVEU in destination", "group_tpp_in_destination", ("consignee", "destination"), symbol="UVEU"),
        RunningLimit("AIA", "consignee_aia_tpp_cumulative", ("consignee",), symbol="AIA", refuses=False),
        RunningLimit("LPP", "consignee_lpp_tpp_this_year", ("consignee",), "year", symbol="LPP"),
        RunningLimit(
            "country allocation",
            "country_allocation_used_tpp",
            ("destination",),
            policy="presumption_of_approval",
            requirement=_WORLDWIDE,
        ),
        RunningLimit(CHINA, "china_macau_tpp_exported", ("item",), policy="case_by_case", requirement=_CHINA),
    )
}


def limits_named(words: Iterable[str]) -> tuple[RunningLimit, ...]:
    """The kinds of accounts named, in the order in which rows draw on them; ``all`` names every one.

    Raises:
        InputError: no account of that kind, or its parts need each other.
    """
    folded = {name.casefold(): name for name in LIMITS}
    named = set()
    for word in words:
        found = folded.get(" ".join(word.replace("_", " ").split()).casefold())
        if found is not None:
            named.add(found)
        elif word.strip().casefold() == "all":
            named.update(LIMITS)
        else:
            hint = nearest(word.casefold(), folded)
            known = ", ".join((*LIMITS, "all"))
            raise InputError(
                f"no running limit is called {word[:60]!r}"
                + (f"; perhaps {folded[hint]!r}" if hint else f"; expected {known}")
            )
    return tuple(limit for name, limit in LIMITS.items() if name in named)


def without_balances(columns: Columns, limits: Sequence[RunningLimit]) -> tuple[Columns, dict[str, str]]:
    """The columns without the balances that are counted here, and the columns that open those balances, by fact."""
    facts = {fact for limit in limits for fact in limit.facts}
    opening = {m.fact: m.column for m in columns.read if m.fact in facts}
    kept = tuple(m for m in columns.read if m.fact not in facts)
    return replace(columns, read=kept), opening


def assumed_by(limits: Sequence[RunningLimit]) -> dict[str, Value]:
    """Balances under which every row fits in every account."""
    return {fact: value for limit in limits for fact, value in limit.assumed.items()}


def draw_of(limit: RunningLimit, answer: Mapping[str, str | None], later: Sequence[RunningLimit] = ()) -> Draw | None:
    """How a row with this answer draws on an account; None: not at all.

    A row draws if either track's outcome uses it: there is one balance for both. Of several exceptions that are usable,
    one without a limit is taken to be used; of those with one, the first in the order of :data:`LIMITS` (``later`` are
    the others asked for). Those not taken must still fit to be listed: they ride along.

    Args:
        limit: the account.
        answer: the columns ``outcome_…``, ``exceptions_…``, ``requirements_…`` and ``review_policy_…`` of each track.
        later: the accounts looked at after this one.
    """
    after = {other.symbol for other in later if other.symbol}
    found: set[Draw | None] = set()
    for track in TRACKS:
        outcome, needed = answer[f"outcome_{track}"], _listed(answer[f"requirements_{track}"])
        if limit.symbol:
            listed = _listed(answer[f"exceptions_{track}"])
            found.add(_by_relief(limit, outcome, needed, listed, after))
        else:
            found.add(_by_license(limit, outcome, needed, answer[f"review_policy_{track}"]))
    order: tuple[Draw, ...] = ("yes", "maybe", "rider")
    return next((draw for draw in order if draw in found), None)


def _listed(text: str | None) -> list[str]:
    return text.split("; ") if text else []


def _by_relief(
    limit: RunningLimit, outcome: str | None, needed: Sequence[str], listed: Sequence[str], after: set[str]
) -> Draw | None:
    sure, open_ = limit.symbol in listed, f"{limit.symbol}?" in listed
    if not (sure or open_) or outcome in ("prohibited", "no_license_required"):
        return None
    others = [one for one in listed if not one.endswith("?") and one != limit.symbol and one not in after]
    if others and limit.refuses:
        return "rider"
    # An outcome may be open only in which of two exceptions is used; that one is needed is then known.
    is_needed = outcome != "unknown" or (bool(needed) and not any(one.endswith("?") for one in needed))
    return "yes" if sure and is_needed else "maybe"


def _by_license(limit: RunningLimit, outcome: str | None, needed: Sequence[str], policy: str | None) -> Draw | None:
    if outcome not in ("license_required", "unknown"):
        return None
    under = [one for one in needed if one.startswith(limit.requirement)]
    if not under or policy not in (limit.policy, None):
        return None
    sure = outcome == "license_required" and policy is not None and any(not one.endswith("?") for one in under)
    return "yes" if sure else "maybe"


__all__ = [
    "CHINA",
    "LIMITS",
    "US_SHIPPED",
    "Draw",
    "RunningLimit",
    "assumed_by",
    "draw_of",
    "limits_named",
    "without_balances",
]
