"""``exeat check``: one transaction from flags, or those of a file, decided and shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exeat.cli import DECIDED, UNKNOWN
from exeat.cli.given import is_file_name, read_file
from exeat.cli.options import Order
from exeat.cli.show import write, write_json
from exeat.determination.answer import Determination
from exeat.library import desk
from exeat.terms import InputError

_NO_ITEM = "no item is named: give an ITEM (exeat items lists them), a FILE.json, or figures (--tpp)"


def run_check(item: str | None, order: Order, *, as_json: bool, full: bool) -> int:
    """Decide and print; the exit code says whether every track of every transaction is decided.

    Raises:
        InputError: something cannot be read; nothing has then been printed.
    """
    found, many = answered(item, order)
    if as_json:
        answers = [determination.to_dict() for determination in found]
        write_json(answers if many else answers[0])
    else:
        from exeat.explanation import lines

        for number, determination in enumerate(found):
            if number:
                write(["", "=" * 80, ""])
            write(lines(determination, full=full))
    return UNKNOWN if any(list(determination.unknown_tracks()) for determination in found) else DECIDED


def answered(item: str | None, order: Order) -> tuple[list[Determination], bool]:
    """The transactions of flags or of a file, decided; and whether the file held a list.

    Raises:
        InputError: something cannot be read.
    """
    if item is not None and is_file_name(item):
        return _of_file(item, order)
    if item is None and not any(order.keywords(None).get(key) for key in ("figures", "facts")):
        raise InputError(_NO_ITEM)
    try:
        return [desk(*order.drafts).check(order.transaction(item))], False
    except InputError as error:
        if item is not None and len(item) < 200 and Path(item).is_dir():
            raise InputError(f"{error} ({item} is a folder, not a transaction file)") from None
        raise


def _of_file(name: str, order: Order) -> tuple[list[Determination], bool]:
    order.beside_a_file({})
    stated = read_file(name)
    found = []
    for shown, transaction in stated:
        try:
            found.append(desk(*order.drafts).check(order.beside_a_file(transaction)))
        except InputError as error:
            raise InputError(f"{shown}: {error}") from None
    return found, len(stated) > 1 or shown_as_list(stated)


def of_one_file(name: str, order: Order) -> Determination:
    """The one transaction of a file, decided.

    Raises:
        InputError: it cannot be read, or the file holds several.
    """
    found, _ = _of_file(name, order)
    if len(found) > 1:
        raise InputError(f"{name} holds {len(found)} transactions; expected one")
    return found[0]


def shown_as_list(stated: list[tuple[str, Mapping[str, Any]]]) -> bool:
    """Whether a file held a list (of one), so that its answer is a list too."""
    return stated[0][0].endswith(": transaction 1")
