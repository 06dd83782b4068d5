"""Screening and the ledger bound to the desk: the only place that knows both sides.

Each module needs an extra of the package; one that is missing is told in one line.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from exeat.terms import InputError


class NotInstalled(InputError):  # noqa: N818 - says what the thing is
    """An extra of the package is not installed."""


#: Libraries that screening imports only once it meets a name that needs them: lists hold such names.
_NEEDED = {"screening": ("anyascii", "pypinyin")}


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Inside, a library that cannot be imported is told as a missing extra.

    Raises:
        NotInstalled: with the command that installs it.
    """
    for module in _NEEDED.get(name, ()):
        if not _installed(module):
            raise NotInstalled(_missing(module, name))
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "exeat":
            raise  # a fault of ours, not a missing library
        raise NotInstalled(_missing(error.name, name)) from None


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ValueError:  # a module that was taken away
        return False


def _missing(module: str, name: str) -> str:
    return f"this needs {module}, of the extra {name!r}: pip install 'exeat[{name}]'"


__all__ = ["NotInstalled", "extra"]
