"""What the ledger refuses, and what its store cannot do. Every text is public: what was found and what to do."""

from __future__ import annotations

from decimal import Decimal


class LedgerError(Exception):
    """Something was asked of the ledger that it does not do; nothing was written."""


class LimitReached(LedgerError):  # noqa: N818
    """A posting would pass a limit. ``remaining`` is what still fits (units of the account)."""

    def __init__(
        self, account: str, asked: Decimal, remaining: Decimal, limit: Decimal, unit: str, citation: str
    ) -> None:
        self.account, self.asked, self.remaining = account, asked, remaining
        self.limit, self.unit, self.citation = limit, unit, citation
        cited = f" ({citation})" if citation else ""
        super().__init__(
            f"{account}: {asked:,f} {unit} asked, {remaining:,f} {unit} remain of {limit:,f}{cited}; nothing was posted"
        )


class LimitUndefined(LedgerError):  # noqa: N818
    """No limit is stated for the day: undefined is neither unlimited nor nothing."""


class KeyReused(LedgerError):  # noqa: N818
    """An idempotency key that already stands for another request."""


class UnknownAccount(LedgerError):  # noqa: N818
    """No account, reservation, notice or receipt of that name."""


class ReservationClosed(LedgerError):  # noqa: N818
    """A reservation that has expired, or of which less is left than was asked."""


class NoticeError(LedgerError):
    """An event that does not follow from a notice's state."""


class StoreError(LedgerError):
    """The database cannot be used. ``outcome_unknown``: the connection broke while committing, so that the posting
    may or may not stand; repeat the request with the same key and it will be done exactly once.
    """

    def __init__(self, message: str, *, outcome_unknown: bool = False) -> None:
        super().__init__(message)
        self.outcome_unknown = outcome_unknown
