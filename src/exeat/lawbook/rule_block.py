"""One rule block: the readers all kinds share, each error with the file and line of the key it is about."""

from __future__ import annotations

from datetime import date
from typing import Any

from exeat.lawbook.acceptances import acceptances
from exeat.lawbook.instrument import Conflict, LawError, Limb, LimbKind
from exeat.lawbook.markdown import Marked, Yaml
from exeat.logic.grammar import LogicError, parse
from exeat.logic.tree import TRUE, AnyParty, Tree
from exeat.logic.vocabulary import FactType, Vocabulary


class RuleBlock:
    """One YAML block and its readers of words, conditions and days. Errors name file and line."""

    def __init__(self, vocabulary: Vocabulary, file: str, provision: str, line: int, block: dict[Any, Yaml]) -> None:
        self.vocabulary = vocabulary
        self.file = file
        self.provision = provision
        self.line = line
        self.block = block
        self.kind = str(next(v for k, v in block.items() if k == "kind"))
        self.of_a_party = False

    def error(self, message: str, at: Yaml | None = None) -> LawError:
        """A LawError at the line of ``at`` (of the section when it has none)."""
        return LawError(message, self.file, at.line if isinstance(at, Marked) else self.line)

    def get(self, key: str) -> Yaml | None:
        return next((value for k, value in self.block.items() if k == key), None)

    def word(self, key: str, default: str | None = None) -> str:
        value = self.get(key)
        if value is None:
            if default is None:
                raise self.error(f"a {self.kind} needs {key!r}")
            return default
        if not isinstance(value, Marked):
            raise self.error(f"{key!r} is plain text")
        return str(value)

    def tree(self, value: Yaml, expect: FactType | None = "yes/no") -> Tree:
        if not isinstance(value, Marked):
            raise self.error("a condition is plain text; quote it if it holds ': ' or begins with a bracket")
        try:
            return parse(str(value), self.vocabulary, file=self.file, line=value.line, expect=expect)
        except LogicError as error:
            if self.of_a_party and "any_party" not in value:
                # A party definition is used only inside any_party, so its party facts are read as if they stood there.
                inner = RuleBlock.tree(self._plain(), Marked(f"any_party({value})", value.line))
                return inner.body if isinstance(inner, AnyParty) else inner
            raise LawError(error.message, self.file, error.line or value.line) from None

    def _plain(self) -> RuleBlock:
        return RuleBlock(self.vocabulary, self.file, self.provision, self.line, self.block)

    def limbs(self) -> tuple[Limb, ...]:
        found: list[Limb] = []
        when = self.get("when")
        if when is not None:
            found.append(Limb("when", "", self.tree(when), when.line if isinstance(when, Marked) else 0))
        kinds: tuple[LimbKind, ...] = ("all", "any", "unless")
        for kind in kinds:
            labelled = self.get(kind)
            if labelled is None:
                continue
            if not isinstance(labelled, dict):
                raise self.error(f"{kind!r} holds labelled conditions, as 'a.1: tpp >= 4800'")
            found.extend(Limb(kind, str(label), self.tree(value), label.line) for label, value in labelled.items())
        return tuple(found)

    def common(self, name: str) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": name,
            "limbs": self.limbs(),
            "note": self.word("note", ""),
            "conflicts": self.conflicts(),
            "accepts": acceptances(self.get("accepts"), self.file, self.line),
        }

    def conflicts(self) -> tuple[Conflict, ...]:
        listed = self.get("conflict")
        if listed is None:
            return ()
        found = []
        for entry in listed if isinstance(listed, list) else [listed]:
            if not isinstance(entry, dict) or not {"id", "says"} <= set(entry):
                raise self.error("a conflict has 'id', 'says' and perhaps 'when'")
            values = {str(key): value for key, value in entry.items()}
            when = self.tree(values["when"]) if "when" in values else TRUE
            line = next(iter(entry)).line
            found.append(Conflict(str(values["id"]), str(values["says"]), when, line))
        return tuple(found)

    def words(self, key: str) -> tuple[str, ...]:
        value = self.get(key)
        if isinstance(value, Marked):
            return (str(value),)
        if not isinstance(value, list) or not all(isinstance(v, Marked) for v in value):
            raise self.error(f"{key!r} is a list of plain texts")
        return tuple(str(v) for v in value)

    def day(self, key: str) -> date:
        word = self.word(key)
        try:
            return date.fromisoformat(word)
        except ValueError:
            raise self.error(f"{key} is {word!r}; expected a day as YYYY-MM-DD", self.get(key)) from None
