"""``exeat interview``: the facts that still matter, one at a time, until the answer is known or nobody knows more.

"Don't know" is always an answer, is not asked again, and changes nothing: the fact stays unknown, never no.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from exeat.cli import DECIDED, UNKNOWN
from exeat.cli.check import of_one_file
from exeat.cli.given import is_file_name
from exeat.cli.options import Order
from exeat.cli.show import write, write_json
from exeat.desk import Desk
from exeat.determination.answer import Determination
from exeat.determination.ask import Ask, Missing
from exeat.json_text import no_key_twice
from exeat.library import desk
from exeat.logic.errors import LogicError
from exeat.logic.tree import Value
from exeat.logic.values import value_of
from exeat.logic.vocabulary import Declared, nearest
from exeat.terms import InputError

_DONT_KNOW = ("", "?", "unknown", "don't know", "dont know", "do not know", "null")


@dataclass
class Answers:
    """Answers of a file by fact, or by ``2.fact`` for the second party; each is used once and told from where."""

    by_key: dict[str, tuple[str, str]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def of(self, missing: Missing) -> tuple[str, str] | None:
        """The words for a missing fact and where they stand, or None."""
        keys = [missing.fact] if missing.party is None else [f"{missing.party + 1}.{missing.fact}", missing.fact]
        for key in keys:
            if key in self.by_key:
                self.used.add(key)
                return self.by_key[key]
        return None


class Interview:
    """One conversation: what is stated so far, what nobody knows, and the determination on it."""

    def __init__(self, place: Desk, found: Determination, answers: Answers) -> None:
        self.desk, self.found, self.answers = place, found, answers
        self.unknown: set[Missing] = set()
        self.told: list[dict[str, Any]] = []

    def next(self) -> Ask | None:
        """The fact that settles soonest among those not said to be unknown; None when nothing more would help."""
        if not list(self.found.unknown_tracks()) or self.found.settled:
            return None
        asks = self.found.inquiry().asks(self.unknown)
        return next((ask for ask in asks if ask.purpose == "outcome"), None)

    def read(self, missing: Missing, words: str) -> Value:
        """An answer as a value; None for *don't know*.

        Raises:
            LogicError: it does not fit the fact.
        """
        declared = self.found.engine.program.vocabulary[missing.fact]
        if words.strip().casefold().replace("’", "'") in _DONT_KNOW:
            return None
        if declared.country:
            place = self.desk.places.find(words)
            return None if place.standing == "indeterminate" else place.code
        return value_of(declared, words)

    def state(self, missing: Missing, value: Value) -> None:
        """Take one answer and decide again."""
        asked = self.found.asked
        if value is None:
            self.unknown.add(missing)
            if self.found.engine.program.vocabulary[missing.fact].presumed is None:
                return  # left out it is unknown already; what would be presumed must stand as unknown
        if missing.party is None:
            asked = replace(asked, facts={**asked.facts, missing.fact: value})
        else:
            parties = list(asked.parties)
            parties[missing.party] = {**parties[missing.party], missing.fact: value}
            asked = replace(asked, parties=tuple(parties))
        self.found = self.desk.decide(asked)

    def run(self, interactive: bool) -> None:
        """Ask until nothing more helps; from the file first, then from the terminal.

        Raises:
            InputError: an answer of the file that cannot be read.
        """
        while (ask := self.next()) is not None:
            stated = self.answers.of(ask.missing)
            if stated is not None:
                words, where = stated
                try:
                    value = self.read(ask.missing, words)
                except LogicError as error:
                    raise InputError(f"{where}: {error}") from None
            elif interactive:
                value, words = self._heard(ask.missing)
            else:
                return
            self.told.append({**self.question(ask.missing), "answer": words if value is not None else "don't know"})
            self.state(ask.missing, value)

    def state_the_rest(self) -> None:
        """What the file says and nobody asked is stated all the same: it may contradict what was presumed.

        Raises:
            InputError: an answer that cannot be read, or a party's fact without the party's number.
        """
        vocabulary = self.found.engine.program.vocabulary
        for key in [key for key in self.answers.by_key if key not in self.answers.used]:
            self.answers.used.add(key)
            words, where = self.answers.by_key[key]
            number, _, fact = key.rpartition(".")
            party = int(number) - 1 if number else None
            if vocabulary[fact].party and party is None:
                if len(self.found.asked.parties) != 1:
                    raise InputError(f"{where}: {fact} is a fact of a party; write 1.{fact} for the first")
                party = 0
            if party is not None and party >= len(self.found.asked.parties):
                raise InputError(f"{where}: there is no party {party + 1}; {len(self.found.asked.parties)} are stated")
            missing = Missing(fact, party)
            try:
                value = self.read(missing, words)
            except LogicError as error:
                raise InputError(f"{where}: {error}") from None
            before = self._stated_before(missing)
            if before is not None and before != value:
                raise InputError(
                    f"{where}: {fact} is answered {words!r}, but stated otherwise before ({_shown(before)})"
                )
            self.state(missing, value)

    def _stated_before(self, missing: Missing) -> Value:
        """What the transaction says itself; what follows from the item may be stated anew."""
        asked = self.found.asked
        if missing.party is not None:
            return asked.parties[missing.party].get(missing.fact)
        follows = asked.item is not None and missing.fact in asked.item.provenance
        return None if follows else asked.facts.get(missing.fact)

    def question(self, missing: Missing) -> dict[str, Any]:
        """A missing fact as a question."""
        declared = self.found.engine.program.vocabulary[missing.fact]
        entry: dict[str, Any] = {"fact": missing.fact, "question": declared.question, "source": declared.source}
        if missing.party is not None:
            party = self.found.asked.parties[missing.party]
            entry["party"] = missing.party
            entry["of"] = str(party.get("name") or str(party.get("role", "a party")).replace("_", " "))
        return entry

    def open_questions(self) -> list[dict[str, Any]]:
        """What is still open, the don't-knows last."""
        if not list(self.found.unknown_tracks()) or self.found.settled:
            return []
        inquiry = self.found.inquiry()
        fresh = [ask.missing for ask in inquiry.asks(self.unknown) if ask.purpose == "outcome"]
        known_open = [ask.missing for ask in inquiry.asks() if ask.missing in self.unknown]
        return [self.question(missing) for missing in (*fresh, *known_open)]

    def _heard(self, missing: Missing) -> tuple[Value, str]:
        """An answer from the terminal; one that does not fit is told and asked again."""
        entry = self.question(missing)
        declared = self.found.engine.program.vocabulary[missing.fact]
        whose = f" (of the {entry['of']})" if "of" in entry else ""
        write(["", f"{entry['question']}{whose}", f"  [{missing.fact}; {entry['source']}] {_choice(declared)}"])
        while True:
            try:
                words = input("> ")
            except EOFError:
                return None, ""
            try:
                return self.read(missing, words), words
            except LogicError as error:
                write([f"  {error}"])


def _shown(value: Value) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _choice(declared: Declared) -> str:
    if declared.type == "yes/no":
        words = "yes, no"
    elif declared.values:
        words = ", ".join(declared.values)
    else:
        kind = "a number" if declared.type == "number" else "a place" if declared.country else "a text"
        words = f"{kind} ({declared.unit})" if declared.unit else kind
    return f"{words}, or don't know"


def run_interview(item: str | None, order: Order, answers: str | None, *, as_json: bool, full: bool) -> int:
    """Ask what still matters, then answer as ``exeat check`` does.

    Raises:
        InputError: something given cannot be read.
    """
    place = desk(*order.drafts)
    if item is not None and is_file_name(item):
        begun = of_one_file(item, order)
    else:
        begun = place.check(order.transaction(item))
    vocabulary = begun.engine.program.vocabulary
    stated = read_answers(answers, vocabulary.facts) if answers is not None else Answers()
    talk = Interview(place, begun, stated)
    interactive = sys.stdin.isatty() and not as_json
    talk.run(interactive)
    talk.state_the_rest()
    talk.run(interactive)
    _show(talk, as_json, full)
    return UNKNOWN if list(talk.found.unknown_tracks()) else DECIDED


def _show(talk: Interview, as_json: bool, full: bool) -> None:
    still_open = talk.open_questions()
    if as_json:
        write_json({"asked": talk.told, "open": still_open, "determination": talk.found.to_dict()})
        return
    from exeat.explanation import lines
    from exeat.explanation.layout import Page

    page = Page()
    page.extend(lines(talk.found, full=full))
    if talk.told:
        page.heading("ASKED")
    for entry in talk.told:
        page.text(f"{entry['question']} {entry['answer']} [{entry['fact']}]", 2, 4)
    if still_open:
        page.heading("STILL OPEN")
    for entry in still_open:
        whose = f" (of the {entry['of']})" if "of" in entry else ""
        page.text(f"{entry['question']}{whose} [{entry['fact']}]", 2, 4)
    write(page.lines)


def read_answers(name: str, facts: Mapping[str, Declared]) -> Answers:
    """The answers of a file: a JSON mapping, or a line ``fact: value`` for each; ``#`` begins a comment.

    Raises:
        InputError: no such file, a line that is no answer, a fact that is not declared (the nearest is named).
    """
    try:
        text = Path(name).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise InputError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    found: dict[str, tuple[str, str]] = {}
    for key, words, where in _stated(text, name):
        fact = key.rpartition(".")[2]
        number = key.rpartition(".")[0]
        if fact not in facts or (number and not (number.isdigit() and int(number) and facts[fact].party)):
            hint = nearest(fact, facts)
            raise InputError(f"{where}: unknown fact {key[:60]!r}" + (f"; perhaps {hint!r}" if hint else ""))
        if key in found:
            raise InputError(f"{where}: {key} is answered twice")
        found[key] = (words, where)
    return Answers(found)


def _stated(text: str, name: str) -> list[tuple[str, str, str]]:
    if text.lstrip().startswith("{"):
        try:
            data = json.loads(text, parse_float=str, parse_int=str, object_pairs_hook=no_key_twice)
        except json.JSONDecodeError as error:
            raise InputError(f"{name}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from None
        except RecursionError:
            raise InputError(f"{name}: nested too deeply") from None
        except ValueError as error:
            raise InputError(f"{name}: {error}") from None
        plain = {None: "", True: "yes", False: "no"}
        return [
            (str(key).strip(), plain[value] if value is None or isinstance(value, bool) else str(value), name)
            for key, value in data.items()
        ]
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.partition(" #")[0].strip() if not line.lstrip().startswith("#") else ""
        if not bare or bare == "---":
            continue
        key, colon, words = bare.partition(":")
        if not colon or not key.strip():
            raise InputError(f"{name}:{number}: {bare[:60]!r}: expected 'fact: value'")
        found.append((key.strip(), words.strip().strip("\"'"), f"{name}:{number}"))
    return found
