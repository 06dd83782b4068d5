"""Screening and the ledger bound to the desk: the only place that knows both sides.

Each module needs an extra of the package; one that is missing is told in one line.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from exeat.terms import InputError


class NotInstalled(InputError):  # noqa: N818 - says what the thing is
    """An extra of the package is not installed."""


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Inside, a library that cannot be imported is told as a missing extra.

    Raises:
        NotInstalled: with the command that installs it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] == "exeat":
            raise  # a fault of ours, not a missing library
        raise NotInstalled(f"this needs {error.name}, of the extra {name!r}: pip install 'exeat[{name}]'") from None


__all__ = ["NotInstalled", "extra"]
