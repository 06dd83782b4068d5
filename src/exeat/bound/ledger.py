"""The ledger bound to the desk: balances as facts, determinations recorded, recorded answers given anew."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from exeat.bound import extra
from exeat.logic.vocabulary import nearest
from exeat.supplied import Recording, with_supplied
from exeat.terms import InputError

if TYPE_CHECKING:
    from exeat.desk import Desk
    from exeat.ledger.accounts import AccountName
    from exeat.ledger.balances import Figure
    from exeat.ledger.book import Ledger, Unit

#: Named in ``exeat.ledger.commands`` too; read here so that the ledger is not imported to learn that there is none.
URL_VARIABLE = "EXEAT_LEDGER"


@dataclass(frozen=True, slots=True)
class Kind:
    """How an account that answers a fact is named: its kind, whom it counts for, its period, which figure counts."""

    kind: str
    fact: str
    subject: str
    period: str = ""
    figure: Figure = "used"

    def account(self, on: date, destination: str | None, consignee: str | None) -> AccountName | None:
        """The account's name for a transaction; None where what it is kept by was not stated."""
        from exeat.ledger.accounts import AccountName

        parts = {"consignee": consignee, "destination": destination}
        wanted = [parts[part] for part in self.subject.split(" in ")]
        if any(part is None for part in wanted):
            return None
        period = str(on.year) if self.period == "year" else self.period
        return AccountName(self.kind, " in ".join(str(part) for part in wanted), period)


#: Accounts by kind. *Consignee* is the ultimate parent of whoever receives where it is known, else its own name.
KINDS: Mapping[str, Kind] = {
    kind.kind: kind
    for kind in (
        Kind("LPP", "consignee_lpp_tpp_this_year", "consignee", "year"),
        Kind("AIA", "consignee_aia_tpp_cumulative", "consignee"),
        Kind("country allocation", "country_allocation_used_tpp", "destination", "2025-2027"),
        Kind("NVEU installed", "nveu_installed_tpp", "consignee in destination", figure="consumed"),
        Kind("UVEU in destination", "group_tpp_in_destination", "consignee in destination", figure="consumed"),
        Kind("UVEU outside AIA", "group_tpp_outside_aia", "consignee", figure="consumed"),
        Kind("UVEU outside US", "group_tpp_outside_us", "consignee", figure="consumed"),
    )
}


def configured() -> bool:
    """Whether a ledger is configured in the environment."""
    return bool(os.environ.get(URL_VARIABLE))


class Refused(InputError):  # noqa: N818 - says what the thing is
    """What a ledger refuses. ``kind`` is the name of its error (``LimitReached``, ``UnknownAccount`` ...)."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


@contextmanager
def refusals() -> Iterator[None]:
    """Inside, what the ledger refuses is told in one line.

    Raises:
        NotInstalled: the extra is missing. Refused: what the ledger says.
    """
    with extra("ledger"):
        from exeat.ledger.errors import LedgerError
    try:
        with extra("ledger"):
            yield
    except LedgerError as error:
        raise Refused(str(error), type(error).__name__) from None


class LedgerBooks:
    """A ledger behind a URL (None: the one configured), opened when first needed; see :class:`exeat.supplied.Books`."""

    def __init__(self, url: str | None = None) -> None:
        self.url = url

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger.

        Raises:
            NotInstalled: the extra ``ledger`` is missing. InputError: the database cannot be opened.
        """
        with refusals():
            from exeat.ledger.commands import open_ledger

            return open_ledger(self.url)

    def balances(
        self, wanted: Sequence[str], *, on: date, destination: str | None, consignee: str | None
    ) -> Mapping[str, Mapping[str, Any]]:
        """See :class:`exeat.supplied.Books`. An account never opened answers nothing: unknown, never zero."""
        asked: dict[str, tuple[AccountName, Figure]] = {}
        with refusals():
            for kind in KINDS.values():
                name = kind.account(on, destination, consignee) if kind.fact in wanted else None
                if name is not None:
                    asked[kind.fact] = (name, kind.figure)
            found = self.ledger.balances(dict(asked)) if asked else {}
        return {
            fact: {"account": str(asked[fact][0]), "value": Decimal(value)}
            for fact, value in found.items()
            if value is not None
        }

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
        """See :class:`exeat.supplied.Books`. Every amount is held, and the receipt written, or nothing is."""
        key = how.key or uuid4().hex
        more: dict[str, Any] = {"who": how.who, "reference": how.reference}
        with refusals():
            ledger = self.ledger
            names = [_account(kind, on, destination, consignee) for kind in how.reserve]
            if names and tpp is None:
                raise InputError("the TPP of the transaction is not known, so nothing can be reserved; state it")
            amount = tpp or Decimal(0)
            held: dict[str, Any] = {"on": on}
            if how.expires_in_days is not None:
                held["expires_at"] = ledger.clock() + timedelta(days=how.expires_in_days)
            lists = {f"{one['source']} {one['as_of']}": one["sha256"] or "shipped with the package"
                     for report in answer.get("screening", ()) for one in report["lists"]}  # fmt: skip
            balances = {one["fact"]: one["value"] for one in answer.get("balances", ())}

            told: dict[str, Any] = {"key": key, "lists": lists, "balances": balances, **more}
            if not names:
                number = ledger.record(answer, stated=stated, **told)
                return {"number": number, "key": key, "reference": how.reference, "reserved": []}

            def work(unit: Unit) -> tuple[int, list[dict[str, Any]]]:
                unit.lock(names)
                reserved = []
                for kind, name in zip(how.reserve, names, strict=True):
                    posted = unit.reserve({name: amount}, f"{key} {kind}", **held, **more)
                    (left,) = posted.remaining.values()
                    reserved.append({
                        "reservation": posted.key, "account": str(name), "amount": f"{amount:f}", "unit": name.unit,
                        "remaining": None if left is None else f"{left:f}",
                    })  # fmt: skip
                number = unit.record(answer, stated=stated, **told)
                return number, reserved

            number, reserved = ledger.run(work)
        return {"number": number, "key": key, "reference": how.reference, "reserved": reserved}


def _account(kind: str, on: date, destination: str | None, consignee: str | None) -> AccountName:
    known = KINDS.get(kind)
    if known is None:
        hint = nearest(kind, KINDS)
        raise InputError(f"no account of kind {kind[:40]!r}" + (f"; perhaps {hint!r}" if hint else ""))
    name = known.account(on, destination, consignee)
    if name is None:
        raise InputError(f"an account of {kind} is kept by {known.subject}, which the transaction does not name")
    return name


def listed(ledger: Ledger, reference: str | None, last: int) -> list[dict[str, Any]]:
    """The newest receipts (of a shipment) as plain data, the oldest first: number, moment, kind, outcomes."""
    from exeat.ledger import receipts
    from exeat.ledger.overview import receipt_data

    with ledger.store.reading() as connection:
        if reference is not None:
            found = receipts.of_reference(connection, reference)[-last:]
        else:
            newest, _, _ = receipts.head_of(connection)
            found = [receipts.get(connection, number) for number in range(max(1, newest - last + 1), newest + 1)]
    return [receipt_data(one) for one in found]


# Recorded answers, given anew


def replay(
    ledger: Ledger, desks: Callable[..., Desk], *, law_now: bool = False, first: int = 1, last: int | None = None
) -> dict[str, Any]:
    """Every recorded determination given anew by the desk.

    Args:
        ledger: the ledger.
        desks: gives the desk for the drafts an answer was given under (none, mostly). Neither lists nor ledger are
            asked: receipts hold what those supplied.
        law_now: by all law known now; otherwise by the law public on the day of the receipt.
        first: the number of the first receipt.
        last: that of the last; None for all.

    Returns:
        ``replayed`` (how many), ``law`` (now or then), ``different``: each with what changed and what moved it.
    """
    from dataclasses import asdict

    from exeat.ledger import receipts

    count, different = 0, []
    numbers = range(first, (last or ledger.checkpoint()["receipts"]) + 1)
    for number in numbers:
        with ledger.store.reading() as connection:
            receipt = receipts.get(connection, number)
        if receipt.kind != receipts.DETERMINATION:
            continue
        count += 1
        day = receipt.at.date()
        desk = desks(*receipt.document["answer"].get("drafts", ()))
        evaluate = _evaluate(desk, None if law_now else day, receipt.document["answer"])
        found = next(iter(ledger.replay(evaluate, first=number, last=number)), None)
        if found is None:
            continue
        moved = _moved_by(desk, receipt.document, day) if law_now and not found.error else ()
        told = asdict(found)
        different.append({**told, "moved_by": list(moved), "because": _because(told, moved, law_now)})
    return {"replayed": count, "law": "now" if law_now else "then", "different": different}


def _evaluate(
    desk: Desk, known_on: date | None, recorded: Mapping[str, Any]
) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """The desk as the ledger asks for it; ``known_on`` where the transaction itself states none."""

    def evaluate(stated: Mapping[str, Any]) -> Mapping[str, Any]:
        asked = with_supplied(stated, recorded)
        if asked.get("known_on") is None and known_on is not None:
            asked["known_on"] = known_on
        return desk.check(asked).to_dict()

    return evaluate


def _moved_by(desk: Desk, document: Mapping[str, Any], day: date) -> tuple[str, ...]:
    """The instruments that became public after a day and with which the answer first changes."""
    if document["stated"].get("known_on") is not None:
        return ()
    later: dict[date, list[str]] = {}
    for instrument in desk.lawbook.instruments:
        if instrument.known > day:
            later.setdefault(instrument.known, []).append(instrument.citation)
    before = _gist(_evaluate(desk, day, document["answer"])(document["stated"]))
    found: list[str] = []
    for known in sorted(later):
        after = _gist(_evaluate(desk, known, document["answer"])(document["stated"]))
        if after != before:
            found.extend(later[known])
        before = after
    return tuple(dict.fromkeys(found))


def _gist(answer: Mapping[str, Any]) -> tuple[object, ...]:
    tracks = (answer[track] for track in ("text", "enforced"))
    return (answer["eccn"], *((track["outcome"], track["review_policy"]) for track in tracks))


def _because(found: Mapping[str, Any], moved: Sequence[str], law_now: bool) -> str:
    if found["error"]:
        return f"it cannot be answered again: {found['error']}"
    if moved:
        return f"public since it was recorded: {', '.join(moved)}"
    if found["law_then"] == found["law_now"]:
        same = found["engine_then"] == found["engine_now"]
        return "the law files are the same; " + (
            "the catalog or the facts' meaning changed" if same else f"the engine was {found['engine_then']}"
        )
    cited = [f"+ {one}" for one in found["instruments_gained"]] + [f"- {one}" for one in found["instruments_lost"]]
    more = f": {'; '.join(cited)}" if cited else ""
    since = "" if law_now else " (what they say of law public by that day)"
    return f"the law files were changed{since}{more}"


__all__ = ["KINDS", "LedgerBooks", "Refused", "configured", "listed", "refusals", "replay"]
