"""``exeat check``: one transaction from flags, or those of a file, decided and shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from exeat.cli import DECIDED, UNKNOWN
from exeat.cli.given import is_file_name, pairs, read_file
from exeat.cli.show import write, write_json
from exeat.determination.answer import Determination
from exeat.library import desk, transaction_of
from exeat.terms import InputError

_FLAGS = {"from_": "from"}


@dataclass(frozen=True, slots=True)
class Given:
    """The flags as typed. ``short`` are keys of the short form of a transaction, ``figures`` the item's own."""

    item: str | None
    on: str | None
    known_on: str | None
    short: Mapping[str, str | None]
    figures: Mapping[str, str | None]
    more_figures: Iterable[str]
    facts: Iterable[str]
    party_facts: Iterable[str]

    def keywords(self) -> dict[str, Any]:
        """The keywords of :func:`exeat.check` that the flags mean.

        Raises:
            InputError: a flag that cannot be read, or no item at all.
        """
        keywords: dict[str, Any] = dict(self.short)
        keywords["on"] = self.on or date.today().isoformat()
        keywords["known_on"] = self.known_on
        keywords["item"] = self.item
        keywords["figures"] = self._figures() or None
        keywords["facts"] = pairs("--fact", self.facts) or None
        keywords["party_facts"] = pairs("--party-fact", self.party_facts) or None
        if keywords["item"] is None and keywords["figures"] is None and keywords["facts"] is None:
            raise InputError("no item is named: give an ITEM (exeat items lists them), a FILE.json, or figures (--tpp)")
        return keywords

    def transaction(self) -> dict[str, Any]:
        """The transaction the flags describe: an export from the United States unless they say otherwise.

        Raises:
            InputError: as :meth:`keywords`.
        """
        return {"activity": "export", "origin": "US", **transaction_of(self.keywords())}

    def _figures(self) -> dict[str, str]:
        figures = {key: value for key, value in self.figures.items() if value is not None}
        for name, value in pairs("--figure", self.more_figures).items():
            if name in figures:
                raise InputError(f"the figure {name} is stated twice")
            figures[name] = value
        return figures

    def beside_a_file(self) -> None:
        """Refuse what a transaction file states itself; the two dates may be given to ask it for another day.

        Raises:
            InputError: such a flag was given.
        """
        given = [key for key, value in (*self.short.items(), *self.figures.items()) if value is not None]
        given += [key for key in ("figure", "fact", "party_fact") if list(self._listed(key))]
        if given:
            flag = _FLAGS.get(given[0], given[0]).replace("_", "-")
            raise InputError(f"--{flag} cannot be given beside a transaction file; state it in the file")

    def _listed(self, key: str) -> Iterable[str]:
        return {"figure": self.more_figures, "fact": self.facts, "party_fact": self.party_facts}[key]


def run_check(given: Given, *, as_json: bool, full: bool) -> int:
    """Decide and print; the exit code says whether every track of every transaction is decided.

    Raises:
        InputError: something cannot be read; nothing has then been printed.
    """
    if given.item is not None and is_file_name(given.item):
        given.beside_a_file()
        found, many = _of_file(given)
    else:
        found, many = [_of_flags(given)], False
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


def _of_flags(given: Given) -> Determination:
    try:
        return desk().check(given.transaction())
    except InputError as error:
        if given.item is not None and len(given.item) < 200 and Path(given.item).is_dir():
            raise InputError(f"{error} ({given.item} is a folder, not a transaction file)") from None
        raise


def _of_file(given: Given) -> tuple[list[Determination], bool]:
    assert given.item is not None
    dates = {"date": given.on, "known_on": given.known_on}
    stated = read_file(given.item)
    found = []
    for shown, transaction in stated:
        try:
            found.append(desk().check({**transaction, **{k: v for k, v in dates.items() if v is not None}}))
        except InputError as error:
            raise InputError(f"{shown}: {error}") from None
    return found, len(stated) > 1 or shown_as_list(stated)


def shown_as_list(stated: list[tuple[str, Mapping[str, Any]]]) -> bool:
    """Whether a file held a list (of one), so that its answer is a list too."""
    return stated[0][0].endswith(": transaction 1")
