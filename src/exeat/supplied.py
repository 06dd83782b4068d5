"""What the desk is supplied with from outside the law: parties screened, balances, a book to record in.

The desk knows these by their shape alone, so that neither screening nor the ledger is imported unless it is used. They
are bound to it in :mod:`exeat.bound`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from exeat.logic.tree import Value


@dataclass(frozen=True, slots=True)
class Screened:
    """One party as screened.

    ``facts`` are party facts by name; None says that screening leaves the fact open, so that nobody may presume it.
    ``report`` is what the answer shows (``screening`` of ``docs/determination.schema.json``).
    """

    facts: Mapping[str, Value]
    report: Mapping[str, Any]


class PartyScreening(Protocol):
    """Screens a party by its name and its owners, as far as they are stated."""

    def party(
        self, stated: Mapping[str, Value], owners: Sequence[object], on: date, *, by_name: bool
    ) -> Screened | None:
        """What is known of a party on a day; None where there is nothing to screen.

        Args:
            stated: the party's facts as read (``name``, ``location``, ``headquarters`` count).
            owners: who holds how much of it, as stated.
            on: the day of the transaction.
            by_name: False where the caller said which lists the party is on: then only owners are looked at.

        Raises:
            LogicError: owners that cannot be read.
        """


@dataclass(frozen=True, slots=True)
class Recording:
    """How a determination is to be recorded, and what is to be reserved with it.

    ``reserve`` names the accounts by kind (``LPP``); each takes the TPP of the transaction. ``key`` makes the request
    safe to repeat. ``who`` asked, and ``reference`` is the shipment.
    """

    reference: str = ""
    who: str = ""
    key: str | None = None
    reserve: tuple[str, ...] = ()
    expires_in_days: int | None = None


class Books(Protocol):
    """A ledger: balances as facts, and a place to record."""

    def balances(
        self, wanted: Sequence[str], *, on: date, destination: str | None, consignee: str | None
    ) -> Mapping[str, Mapping[str, Any]]:
        """For each wanted fact that an open account answers, ``value`` and ``account``. Others are left out."""

    def record(
        self,
        answer: Mapping[str, Any],
        stated: Mapping[str, Any],
        how: Recording,
        *,
        on: date,
        destination: str | None,
        consignee: str | None,
        tpp: Decimal | None,
    ) -> Mapping[str, Any]:
        """Reserve the transaction's TPP and record, in one transaction of the database.

        Returns:
            ``number`` of the receipt, ``key``, ``reference``, and ``reserved``: what, where, and what remains.


        Raises:
            InputError: refused, with what remains; nothing was then written.
        """


def with_supplied(stated: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """A recorded transaction with what lists and ledger supplied to its answer written in, as stated facts.

    It gives the same answer without lists and without a ledger, so that only the law can move it.
    """
    screened = {report["party"]: report for report in answer.get("screening", ())}
    parties = []
    for place, party in enumerate(stated.get("parties", ())):
        found = screened.get(place)
        own = {key: value for key, value in party.items() if key != "owners" or not (found and found["ownership"])}
        parties.append({**(found["facts"] if found else {}), **own})
    facts = {one["fact"]: one["value"] for one in answer.get("balances", ())}
    return {**stated, "parties": parties, "facts": {**facts, **stated.get("facts", {})}, "screen": False}


__all__ = ["Books", "PartyScreening", "Recording", "Screened", "with_supplied"]
