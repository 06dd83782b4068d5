"""``exeat check``: one transaction from flags, or those of a file, decided and shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from exeat.cli import DECIDED, UNKNOWN
from exeat.cli.given import is_file_name, read_file
from exeat.cli.options import Kept, Order
from exeat.cli.show import write, write_json
from exeat.determination.answer import Determination
from exeat.library import desk
from exeat.terms import InputError

#: Decides one transaction.
Decide: TypeAlias = Callable[[Mapping[str, Any]], Determination]

_NO_ITEM = "no item is named: give an ITEM (exeat items lists them), a FILE.json, or figures (--tpp)"


def run_check(item: str | None, order: Order, *, as_json: bool, full: bool, kept: Kept | None = None) -> int:
    """Decide and print, and record where that is asked; the exit code says whether every track is decided.

    Raises:
        InputError: something cannot be read; nothing has then been printed.
    """
    decide = _decider(order, kept)
    found, many = answered(item, order, decide)
    if as_json:
        answers = [determination.to_dict() for determination in found]
        write_json(answers if many else answers[0])
    else:
        from exeat.explanation import lines

        for number, determination in enumerate(found):
            if number:
                write(["", "=" * 80, ""])
            write(lines(determination, full=full))
            if determination.receipt is not None:
                write(_receipt(determination.receipt))
    return UNKNOWN if any(list(determination.unknown_tracks()) for determination in found) else DECIDED


def _decider(order: Order, kept: Kept | None) -> Decide | None:
    """What decides a transaction where its answer is to be kept; None: the desk alone."""
    if kept is None or not (kept.record or kept.reserve):
        if kept is not None and kept != Kept():
            raise InputError("--reference, --who, --key, --expires-in-days and --ledger go with --record or --reserve")
        return None
    from exeat.cli.records import recorder

    return recorder(order.drafts, kept)


def _receipt(receipt: Mapping[str, Any]) -> list[str]:
    """Where the answer was kept."""
    lines = ["", f"RECORDED as receipt {receipt['number']} (key {receipt['key']})"]
    for one in receipt["reserved"]:
        left = "" if one["remaining"] is None else f"; {one['remaining']} {one['unit']} remain"
        lines.append(f"  reserved {one['amount']} {one['unit']} on {one['account']} ({one['reservation']!r}){left}")
    return lines


def answered(item: str | None, order: Order, decide: Decide | None = None) -> tuple[list[Determination], bool]:
    """The transactions of flags or of a file, decided; and whether the file held a list.

    Raises:
        InputError: something cannot be read.
    """
    if item is not None and is_file_name(item):
        return _of_file(item, order, decide or desk(*order.drafts).check)
    if item is None and not any(order.keywords(None).get(key) for key in ("figures", "facts")):
        raise InputError(_NO_ITEM)
    try:
        return [(decide or desk(*order.drafts).check)(order.transaction(item))], False
    except InputError as error:
        if item is not None and len(item) < 200 and Path(item).is_dir():
            raise InputError(f"{error} ({item} is a folder, not a transaction file)") from None
        raise


def _of_file(name: str, order: Order, decide: Decide) -> tuple[list[Determination], bool]:
    order.beside_a_file({})
    stated = read_file(name)
    found = []
    for shown, transaction in stated:
        try:
            found.append(decide(order.beside_a_file(transaction)))
        except InputError as error:
            raise InputError(f"{shown}: {error}") from None
    return found, len(stated) > 1 or shown_as_list(stated)


def of_one_file(name: str, order: Order) -> Determination:
    """The one transaction of a file, decided.

    Raises:
        InputError: it cannot be read, or the file holds several.
    """
    found, _ = _of_file(name, order, desk(*order.drafts).check)
    if len(found) > 1:
        raise InputError(f"{name} holds {len(found)} transactions; expected one")
    return found[0]


def shown_as_list(stated: list[tuple[str, Mapping[str, Any]]]) -> bool:
    """Whether a file held a list (of one), so that its answer is a list too."""
    return stated[0][0].endswith(": transaction 1")
