"""The options that the commands of the ledger share, and how they open it and print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exeat.bound.ledger import refusals
from exeat.cli import DECIDED
from exeat.cli.lists import day_of, told
from exeat.cli.show import write, write_json
from exeat.terms import InputError

if TYPE_CHECKING:
    from exeat.ledger.accounts import AccountName


@dataclass(frozen=True)
class Where:
    """Which ledger.

    Parameters
    ----------
    ledger
        Its URL (default: EXEAT_LEDGER, else sqlite:///exeat-ledger.db).
    json
        Print data.
    """

    ledger: str | None = None
    json: bool = False


@dataclass(frozen=True)
class Account(Where):
    """Which account: what is counted, for whom, in which period.

    Parameters
    ----------
    kind
        What is counted: LPP, AIA, country allocation, license …
    for_
        For whom: an ultimate parent, a country, a license number.
    period
        One allowance's span, as 2025; empty where it never begins again.
    unit
        The unit (default: TPP).
    """

    kind: str | None = None
    for_: str | None = None
    period: str = ""
    unit: str = "TPP"

    @property
    def named(self) -> bool:
        """Whether an account was stated at all."""
        return self.kind is not None or self.for_ is not None

    def name(self) -> AccountName:
        """The account's name.

        Raises:
            InputError: no kind, or nobody it is for.
        """
        if not self.kind or not self.for_:
            raise InputError(
                "an account is named by --kind and --for (and --period), as --kind LPP --for 'Beispiel GmbH'"
            )
        from exeat.ledger.accounts import AccountName

        return AccountName(self.kind, self.for_, self.period, self.unit)


@dataclass(frozen=True)
class Posting(Account):
    """A posting.

    Parameters
    ----------
    key
        A name for this request, which makes it safe to repeat.
    amount
        How much (of a correction: signed, as --amount=-5).
    reservation
        The key of the reservation that is consumed or released.
    on
        The day whose limits count (default: today).
    reference
        The shipment.
    who
        Who posts it (an identifier, no name).
    why
        The reason; a correction must have one.
    """

    key: str | None = None
    amount: str | None = None
    reservation: str | None = None
    on: str | None = None
    reference: str = ""
    who: str = ""
    why: str = ""

    def need(self, *options: str) -> list[str]:
        """The values of options that must be given.

        Raises:
            InputError: one is missing.
        """
        for option in options:
            if not getattr(self, option):
                raise InputError(f"--{option} is missing")
        return [str(getattr(self, option)) for option in options]

    def more(self, *leave: str) -> dict[str, Any]:
        """What else a posting says."""
        said = {"on": day_of(self.on, "--on"), "reference": self.reference, "who": self.who, "why": self.why}
        return {key: value for key, value in said.items() if key not in leave}


@contextmanager
def opened(where: Where) -> Iterator[tuple[Any, Any]]:
    """The commands of the ledger and the ledger itself, closed afterwards.

    Raises:
        NotInstalled: the extra is missing. InputError: what the ledger refuses.
    """
    with refusals():
        from exeat.ledger import commands

        ledger = commands.open_ledger(where.ledger)
        try:
            yield commands, ledger
        except (OSError, ValueError) as error:
            raise InputError(told(error)) from None
        finally:
            ledger.close()


def shown(where: Where, data: Any, lines: Iterable[str]) -> int:
    """Print data, or lines of text."""
    if where.json:
        write_json(data)
    else:
        write(lines)
    return DECIDED
