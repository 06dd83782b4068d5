"""The last layers of the query: every paragraph as a column under its citation, then the answers of a row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from exeat.determination.program import TRACKS
from exeat.lawbook.instrument import Section
from exeat.logic.sql import to_sql
from exeat.logic.tree import Fact, In, Tree
from exeat.logic.vocabulary import Declared, Vocabulary
from exeat.portfolio.warehouse_facts import Facts
from exeat.portfolio.warehouse_law import PRESUMED, STATED, Column, Law, Version
from exeat.portfolio.warehouse_text import Names, Spelling, comment, indented

#: The columns the query adds to those of the table, in order.
ANSWERS = (
    "outcome_text", "outcome_enforced", "eccn", "requirements_text", "requirements_enforced", "exceptions_text",
    "exceptions_enforced", "review_policy_text", "review_policy_enforced", "red_flags", "ask", "error", "law", "engine",
)  # fmt: skip

_LONG = 100
_QUOTED = re.compile(r"('(?:[^'\\]|\\.|'')*')")
_FRACTION = re.compile(r"(?<![\w.])(\d+\.\d+)(?![\w.])")


class Paragraphs:
    """Writes the layers of the law."""

    def __init__(self, law: Law, facts: Facts, spelling: Spelling, names: Names) -> None:
        self.law, self.spelling, self.names = law, spelling, names
        declared = [facts.declared(leaf) for leaf in law.leaves]
        for column in law.columns():
            own = facts.vocabulary.get(column.name)
            country = own is not None and own.country
            declared.append(Declared(column.name, column.kind, decimals=own.decimals if own else 0, country=country))
        self.vocabulary = Vocabulary({d.name: d for d in declared})
        self.facts = frozenset(facts.vocabulary)
        self.kinds = {d.name: d.type for d in declared}

    def layer(self, number: int) -> str:
        """One layer: its paragraphs over those of the layer before."""
        columns = self.law.layers[number]
        before = f"law_{number}" if number else "facts"
        lines = ["    *"]
        lines += [f"{self._above(c)}    {indented(self._column(c), 4)} AS {self.of(c.name)}" for c in columns]
        listed = ",\n".join(lines)
        return f"  SELECT\n{listed}\n  FROM {before}{self.spelling.fence}"

    def of(self, name: str) -> str:
        """The column of an expression or fact."""
        return self.spelling.name(self.names(name))

    def _above(self, column: Column) -> str:
        """What stands above a column: the provision and its instruments, or what the column is for."""
        sections = [v for v in column.versions if v.section is not None]
        if not sections:
            return _plain_words(column.name)
        if len(column.versions) > 1 and self._parts(column) > 1:
            return comment(_where(sections[0]))
        return comment(f"{_where(sections[0])}: {'; then '.join(dict.fromkeys(_cited(v.section) for v in sections))}")

    def _parts(self, column: Column) -> int:
        return len({v.tree for v in column.versions})

    def _column(self, column: Column) -> str:
        """The condition, or its versions by the day."""
        runs = [list(group) for _, group in groupby(column.versions, key=lambda v: v.tree)]
        if len(runs) == 1:
            return self._sql(runs[0][0].tree)
        day, lines = self.spelling.name("day"), []
        for place, run in enumerate(runs):
            told = comment("; then ".join(dict.fromkeys(_cited(v.section) for v in run)), 2)
            written = indented(self._sql(run[0].tree), 4)
            if place + 1 < len(runs):
                until = self.law.eras[runs[place + 1][0].era].first
                lines.append(f"{told}  WHEN {day} < '{until}' THEN {written}")
            else:
                lines.append(f"{told}  ELSE {written}")
        return "CASE\n" + "\n".join(lines) + "\nEND"

    def _sql(self, tree: Tree) -> str:
        dialect = self.spelling.dialect
        if isinstance(tree, In) and isinstance(tree.operand, Fact) and self._are_codes(tree.operand, tree.values):
            return self.spelling.among_codes(self.of(tree.operand.name), [str(v) for v in tree.values])
        found = to_sql(tree, self.vocabulary, dialect, self.names)
        if len(found) > _LONG:
            found = to_sql(tree, self.vocabulary, dialect, self.names, pretty=True)
        if dialect != "bigquery":
            return found
        parts = _QUOTED.split(found)  # a fraction would be read as a binary float
        return "".join(p if n % 2 else _FRACTION.sub(r"BIGNUMERIC '\1'", p) for n, p in enumerate(parts))

    def _are_codes(self, fact: Fact, values: Sequence[object]) -> bool:
        """Whether a fact is a place, compared with places."""
        return self.vocabulary[fact.name].country and all(_is_code(value) for value in values)

    # The answers.

    def answers(self, facts: Facts) -> str:
        """Lists of paragraphs, and what to ask, as texts."""
        lines = []
        for name, shown in self.law.lists.items():
            listed = self._list(shown, raised_only=name == "red_flags")
            if name.startswith("exceptions_"):
                needed = self.of(f"{name.removeprefix('exceptions_')}.any_requirement")
                listed = f"CASE WHEN NOT {needed} THEN '' ELSE {listed} END"
            lines.append(f"{listed} AS {self.of(f'listed:{name}')}")
        asked = self._asked(facts)
        lines.append(f"CASE WHEN {self._undecided()} THEN\n    {asked}\n    ELSE '' END AS {self.of('listed:ask')}")
        last = f"law_{len(self.law.layers)}"
        listed = ",\n    ".join(lines)
        return f"  SELECT\n    *,\n    {listed}\n  FROM {last}{self.spelling.fence}"

    def _list(self, shown: Sequence[tuple[str, str]], *, raised_only: bool) -> str:
        parts = []
        for words, name in shown:
            column, literal = self.of(name), self.spelling.literal
            open_ = "" if raised_only else f" WHEN {column} IS NULL THEN {literal(words + '?; ')}"
            parts.append(f"CASE WHEN {column} THEN {literal(words + '; ')}{open_} ELSE '' END")
        return self.spelling.concat(parts) if parts else "''"

    def _undecided(self) -> str:
        found = []
        for track in TRACKS:
            outcome, policy = self.of(f"{track}.outcome"), self.of(f"{track}.review_policy")
            found += [f"COALESCE({outcome}, 'unknown') = 'unknown'"]
            found += [f"({outcome} = 'license_required' AND {policy} IS NULL)"]
        return " OR ".join(found)

    def _asked(self, facts: Facts) -> str:
        """Every missing fact that an open condition reads; the desk goes on to leave out what settles nothing."""
        parts = []
        literal = self.spelling.literal
        for fact, readers in sorted(self._readers().items()):
            open_ = " OR ".join(f"{self.of(r)} IS NULL" for r in readers)
            for condition, words in self._missing(fact, facts):
                parts.append(f"CASE WHEN {condition} AND ({open_}) THEN {literal(words + '; ')} ELSE '' END")
        scope = self.of("within_encoded_scope")
        # What is not within the encoded law is not settled by any fact: that, too, is told.
        parts.append(f"CASE WHEN NOT {scope} THEN {literal('form (outside the encoded law); ')} ELSE '' END")
        return self.spelling.concat(parts)

    def _missing(self, leaf: str, facts: Facts) -> Iterator[tuple[str, str]]:
        """When a fact is missing, and what it is called."""
        if leaf.startswith("slot:"):
            _, slot, fact = leaf.split(":")
            yield f"{self.of(f'{slot}_present')} AND {self.of(leaf)} IS NULL", f"{slot} {fact}"
            return
        declared = facts.vocabulary.get(leaf)
        if declared is None or not declared.party:
            yield f"{self.of(leaf)} IS NULL", leaf
            return
        for slot in facts.slots:
            if not facts.of_slot(slot, leaf):
                yield f"{self.of(f'{slot}_present')} AND {self.of(leaf)} IS NULL", f"{slot} {leaf}"

    def _readers(self) -> dict[str, list[str]]:
        """Facts, and the expressions behind an outcome that read them directly."""
        columns = {c.name: c for c in self.law.columns()}
        wanted = [f"{t}.{n}" for t in TRACKS for n in ("outcome", "review_policy")]
        seen: set[str] = set()
        while wanted:
            name = wanted.pop()
            if name in columns and name not in seen:
                seen.add(name)
                wanted += columns[name].reads()
        found: dict[str, list[str]] = {}
        for column in self.law.columns():
            if column.name not in seen or column.name.startswith("in:"):
                continue
            for name in sorted(self._through_groups(column, columns)):
                if name in columns and name not in self.facts:
                    continue
                if not name.endswith((STATED, PRESUMED, "_present")) and self.kinds.get(name) is not None:
                    found.setdefault(name, []).append(column.name)
        return found

    def _through_groups(self, column: Column, columns: dict[str, Column]) -> set[str]:
        found: set[str] = set()
        for name in column.reads():
            found |= columns[name].reads() if name.startswith("in:") else {name}
        return found

    def final(self, facts: Facts, taken: Sequence[str], law: str, engine: str) -> str:
        """The columns of the table as they were, and the answers."""
        s, literal = self.spelling, self.spelling.literal
        good, error = f"{s.name('row_error')} IS NULL", s.name("row_error")
        answers = {f"outcome_{t}": f"COALESCE({self.of(f'{t}.outcome')}, 'unknown')" for t in TRACKS}
        answers["eccn"] = f"COALESCE({self.of('eccn')}, 'unknown')"
        for name in (*self.law.lists, "ask"):
            answers[name] = _without_end(self.of(f"listed:{name}"))
        for track in TRACKS:
            outcome, policy = self.of(f"{track}.outcome"), self.of(f"{track}.review_policy")
            asked = f"COALESCE({outcome}, 'unknown') IN ('license_required', 'unknown')"
            answers[f"review_policy_{track}"] = (
                f"CASE WHEN {asked} AND {policy} <> 'none' THEN REPLACE({policy}, ' ', '_') END"
            )
        lines = [f"{facts.kept(name)} AS {s.name(name)}" for name in facts.given]
        for name in ANSWERS:
            label = s.name(name if name not in taken else f"exeat_{name}")
            if name in answers:
                lines.append(f"CASE WHEN {good} THEN {answers[name]} END AS {label}")
        cut = _without_end(error)
        ends = {"error": cut, "law": literal(law), "engine": literal(engine)}
        lines += [f"{words} AS {s.name(n if n not in taken else f'exeat_{n}')}" for n, words in ends.items()]
        return "SELECT\n  " + ",\n  ".join(lines) + "\nFROM answers"


def _without_end(column: str) -> str:
    """A list without its last semicolon; null where it is empty."""
    return f"CASE WHEN LENGTH({column}) > 2 THEN SUBSTR({column}, 1, LENGTH({column}) - 2) END"


def _is_code(value: object) -> bool:
    return isinstance(value, str) and len(value) == 2 and value.isalpha() and value.isupper()


def _where(version: Version) -> str:
    section = version.section
    assert section is not None
    label = f" ({version.label})" if version.label else ""
    return f"{section.provision}{label}"


def _cited(section: Section | None) -> str:
    if section is None:
        return "not in force"
    days = f"effective {section.effective}"
    if section.compliance != section.effective:
        days += f", due {section.compliance}"
    sure = "" if section.confidence == "primary" else f" [{section.confidence}]"
    return f"{section.citation}, {days}{sure}"


def _plain_words(name: str) -> str:
    """The comment above a column that no section of the law is behind."""
    if name.startswith("in:"):
        return comment(f"{name.split(':')[-2]} in the group {name.rpartition(':')[2]}") if ":slot:" not in name else ""
    if name.endswith(".outcome"):
        return comment(f"The answer by the {name.removesuffix('.outcome')} track; null is unknown.")
    return ""


__all__ = ["ANSWERS", "Paragraphs"]
