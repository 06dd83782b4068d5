"""exeat: may this item go to this party in this place, for this use, and under which authority?

US export control of AI chips as dated, cited, executable law. Importing the package loads nothing heavy: what a
function needs is imported when it is first called.

>>> import exeat
>>> found = exeat.check(item="NVIDIA H100 SXM", to="SG", headquarters="SG", parent="CN", on="2025-07-01")
>>> found.outcome_on("text"), found.outcome_on("enforced")
('license_required', 'license_required')
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date
    from os import PathLike

    from exeat.desk import Desk
    from exeat.determination.answer import Determination
    from exeat.library import LawView
    from exeat.portfolio.frames import Decided
    from exeat.terms import InputError

__version__ = "0.1.0"

__all__ = [
    "Decided",
    "Desk",
    "Determination",
    "InputError",
    "LawView",
    "__version__",
    "batch",
    "check",
    "explain",
    "law",
]

_HOMES = {
    "Decided": "exeat.portfolio.frames",
    "Desk": "exeat.desk",
    "Determination": "exeat.determination.answer",
    "InputError": "exeat.terms",
    "LawView": "exeat.library",
}


def check(
    transaction: Mapping[str, Any] | None = None, /, *, drafts: Sequence[str] = (), **keywords: Any
) -> Determination:
    """Decide one transaction on both tracks.

    A party with a name and no stated ``lists`` is looked for in the lists held (``screen=False`` in the transaction
    leaves that out), and balances are read from the ledger that ``EXEAT_LEDGER`` names.

    Args:
        transaction: a mapping with the keys ``date``, ``known_on``, ``activity``, ``item``, ``quantity``,
            ``value_usd``, ``origin``, ``destination``, ``parties``, ``end_use``, ``certifications``, ``facts``.
            Nothing is assumed: a fact that is not stated is unknown.
        drafts: names of drafts and bills (files of ``law/drafts``) to be read as if they were law.
        keywords: the same keys (they win over those of ``transaction``), or the short form of the command line:
            ``on`` (date), ``to``, ``from_``, and of the one party at the end ``headquarters``, ``parent``, ``name``,
            ``role``, ``party_facts``; ``figures`` for an item of one's own. With ``to``, an export from the United
            States to an ultimate consignee in that place is meant, unless ``activity``, ``from_`` or ``role`` say
            otherwise (15 CFR 748.5(e): the ultimate consignee is the party abroad who receives the item).

    Returns:
        The determination; ``to_dict()`` has everything, in the form of ``docs/determination.schema.json``.

    Raises:
        InputError: something cannot be read; one line says what was found and the nearest valid word.
    """
    found: Determination = _library().check(transaction, keywords, drafts)
    return found


def explain(stated: Determination | Mapping[str, Any], *, full: bool = False, width: int = 80) -> str:
    """A determination (or the one of a transaction) in plain words, as the command line prints it.

    Args:
        stated: a :class:`Determination`, or a transaction as :func:`check` takes it.
        full: every condition of every exception, every reason and source; otherwise what bears on the answer.
        width: columns to fill, 40 at least.

    Raises:
        InputError: as :func:`check`.
    """
    told: str = _library().explain(stated, full=full, width=width)
    return told


def law(on: date | str | None = None, known_on: date | str | None = None, drafts: Sequence[str] = ()) -> LawView:
    """The law in force on a day, as it was public on another.

    Args:
        on: the day of the transaction, a date or ``YYYY-MM-DD``; None: today.
        known_on: the day from whose knowledge the law is read; None: all that is known.
        drafts: as for :func:`check`.

    Raises:
        InputError: a day that does not exist, or one before the encoded law begins.
    """
    view: LawView = _library().law(on, known_on, drafts)
    return view


def batch(
    table: Any,
    out: str | PathLike[str] | None = None,
    *,
    compare: tuple[str, str] | None = None,
    compare_law: str | PathLike[str] | None = None,
    **options: Any,
) -> Decided:
    """Decide every row of a table, or find the rows whose answer moves. Needs the extra ``exeat[tables]``.

    Args:
        table: a path (Parquet, CSV, Excel, JSON), or a table of Arrow, Polars or pandas; columns are facts by name.
        out: the file to write (``.parquet``, ``.csv``, ``.xlsx``); None: the rows come back as :attr:`Decided.table`,
            which holds them all in memory.
        compare: two days, or ``("text", "enforced")``: only the rows whose answer moves, with what moved them.
        compare_law: the same for another state of the law: a folder, a digest, or a draft.
        options: of :func:`exeat.portfolio.commands.batch` or ``compare``: ``traces``, ``errors``, ``on``, ``mapped``
            (column to fact), ``dates``, ``sheet``, ``memory``, ``threads``, ``progress``.

    Returns:
        :class:`Decided`: ``summary`` (as ``exeat batch --json``) and ``table``; ``to_pandas()``, ``to_polars()``.

    Raises:
        InputError: the table cannot be read as a whole; a row that cannot is told in its column ``error``.
    """
    from importlib import import_module

    frames: Any = import_module("exeat.portfolio.frames")
    options.setdefault("desk", _library().desk())
    found: Decided = frames.decide(table, out, compare, compare_law, options)
    return found


def _library() -> Any:
    """The module behind the functions. Not an import statement: the lower layers import this package's version."""
    from importlib import import_module

    return import_module("exeat.library")


def __getattr__(name: str) -> Any:
    """Classes of the public interface, imported when first named."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'exeat' has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(home), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
