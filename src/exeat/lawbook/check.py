"""The lints of the law: what `exeat law check` says of the files, each finding with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from exeat.lawbook.consolidate import Lawbook
from exeat.lawbook.dictionary import read_dictionary
from exeat.lawbook.folder import digest, instrument_files
from exeat.lawbook.groups import read_groups
from exeat.lawbook.instrument import (
    Definition,
    Instrument,
    LawError,
    Posture,
    Relief,
    Restriction,
    ReviewPolicy,
    Section,
    Stay,
)
from exeat.lawbook.read import build, file_name_day, read_raw, rule_names
from exeat.logic.tree import Compare, Constant, Fact, Tree, fact_names, walk
from exeat.logic.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong, where it stands, and which lint found it."""

    file: str
    line: int
    lint: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message} [{self.lint}]"


def check_files(folder: Path) -> tuple[Lawbook | None, list[Finding]]:
    """Read every file, going on after an error in one; the book is None when something could not be read."""
    findings: list[Finding] = []
    try:
        vocabulary = read_dictionary(folder / "facts.md")
        groups = read_groups(folder / "groups")
    except LawError as error:
        return None, [Finding(error.file, error.line, "form", error.message)]
    raws = []
    for path in instrument_files(folder):
        try:
            raws.append(read_raw(path, path.relative_to(folder).as_posix()))
        except LawError as error:
            findings.append(Finding(error.file, error.line, "form", error.message))
    named = vocabulary
    for raw in raws:
        try:
            named = named.with_facts(rule_names(raw))
        except LawError as error:
            findings.append(Finding(error.file, error.line, "form", error.message))
    instruments = []
    for raw in raws:
        try:
            instruments.append(build(raw, named))
        except LawError as error:
            findings.append(Finding(error.file, error.line, "form", error.message))
    if findings:
        return None, sorted(findings)
    instruments.sort(key=lambda i: (i.effective, i.published, i.file))
    book = Lawbook(tuple(instruments), vocabulary, groups, digest(folder))
    return book, sorted(lint(book))


def lint(book: Lawbook) -> Iterator[Finding]:
    """Every lint over a book that could be read."""
    for instrument in book.instruments:
        yield from _instrument(instrument)
        for section in instrument.sections:
            if section.rule is not None:
                yield from _numbers_in_paraphrase(section)
                yield from _cases(section, book.vocabulary)
                yield from _groups_known(section, book)
    yield from _chains(book)
    yield from _postures(book)
    yield from _names(book)


def trees_of(section: Section) -> list[tuple[int, Tree]]:
    """Every condition of a section's rule with its line."""
    rule = section.rule
    if rule is None:
        return []
    found = [(limb.line, limb.tree) for limb in rule.limbs]
    found += [(c.line, c.when) for c in rule.conflicts]
    if isinstance(rule, Relief):
        found += [(section.line, duty.when) for duty in rule.duties if duty.when is not None]
    if isinstance(rule, Restriction):
        found += [(section.line, when) for _, when in rule.leaves]
    if isinstance(rule, ReviewPolicy):
        found += [(case.line, case.when) for case in rule.cases]
    if isinstance(rule, Posture):
        found += [(case.line, case.when) for case in rule.instead]
        found += [(section.line, rule.unless)] if rule.unless is not None else []
    return found


def _instrument(instrument: Instrument) -> Iterator[Finding]:
    named = file_name_day(instrument.file)
    days = {instrument.effective} | {s.effective for s in instrument.sections}
    if named is None or (named not in days and instrument.kind != "baseline"):
        yield Finding(instrument.file, 1, "name", f"the file name begins with the first day of effect ({min(days)})")
    if instrument.compliance < instrument.effective:
        yield Finding(instrument.file, 1, "dates", "the compliance date lies before the effective date")
    headings = [s.provision for s in instrument.sections]
    gaps = [g.what for g in instrument.gaps]
    for target in instrument.amends:
        if not any(h.startswith(target) for h in headings) and not any(target in g for g in gaps):
            message = f"the instruction on {target} is neither encoded nor listed under 'Not encoded'"
            yield Finding(instrument.file, 1, "instructions", message)


def numbers_in(trees: Iterable[Tree]) -> set[Decimal]:
    """The numbers that stand in conditions, but for 0 and 1 and 2, which are arithmetic."""
    small = {Decimal(0), Decimal(1), Decimal(2)}
    found = {n.value for tree in trees for n in walk(tree) if isinstance(n, Constant) and isinstance(n.value, Decimal)}
    return found - small


def numbers_of_text(text: str) -> set[Decimal]:
    """Every number in a text, with or without thousands separators."""
    return {Decimal(word.replace(",", "")) for word in re.findall(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?", text)}


def _numbers_in_paraphrase(section: Section) -> Iterator[Finding]:
    stated = numbers_of_text(section.text)
    for line, tree in trees_of(section):
        for number in sorted(numbers_in([tree]) - stated):
            if number == number.to_integral() and number >= 10**9 and number / 10**9 in stated:
                continue  # "30 billion"
            yield Finding(section.file, line or section.line, "numbers", f"{number} does not stand in the paraphrase")


def thresholds(tree: Tree) -> Iterator[tuple[str, Decimal]]:
    """(fact, number) of every comparison of one fact with one number."""
    for node in walk(tree):
        if isinstance(node, Compare):
            for left, right in ((node.left, node.right), (node.right, node.left)):
                if isinstance(left, Fact) and isinstance(right, Constant) and isinstance(right.value, Decimal):
                    yield left.name, right.value


def _cases(section: Section, vocabulary: Vocabulary) -> Iterator[Finding]:
    rule = section.rule
    assert rule is not None
    if isinstance(rule, (Posture, Stay)):
        return
    if not section.cases:
        yield Finding(section.file, section.line, "cases", f"no case stands beside the rule of {section.provision}")
        return
    known = set(vocabulary) | {"origin"}
    for case in section.cases:
        for name in case.facts:
            if name not in known and not name.startswith(("eccn_", "req_")):
                hint = vocabulary.nearest(name)
                yield Finding(section.file, case.line, "cases", f"column {name!r} is no declared fact; perhaps {hint}")
    columns = {name for case in section.cases for name in case.facts}
    needed = {name for _, tree in trees_of(section) for name in fact_names(tree)}
    trivial = isinstance(rule, Definition) and not needed
    if not trivial and all(columns <= set(case.facts) for case in section.cases):
        yield Finding(section.file, section.line, "cases", "no case leaves a fact unstated (?)")
    main_trees = [limb.tree for limb in rule.limbs] + (
        [case.when for case in rule.cases] if isinstance(rule, ReviewPolicy) else []
    )
    for fact, number in sorted({t for tree in main_trees for t in thresholds(tree)}):
        yield from _edges(section, fact, number)


def _edges(section: Section, fact: str, number: Decimal) -> Iterator[Finding]:
    values = []
    for case in section.cases:
        try:
            values.append(Decimal(case.facts[fact].replace(",", "")))
        except (KeyError, ArithmeticError):
            continue
    if number == 0:
        return
    near = abs(number) * Decimal("0.01")
    if number not in values:
        yield Finding(section.file, section.line, "edges", f"no case stands at {fact} = {number}")
    if not any(v != number and abs(v - number) <= near for v in values):
        yield Finding(section.file, section.line, "edges", f"no case stands just beside {fact} = {number}")


def _groups_known(section: Section, book: Lawbook) -> Iterator[Finding]:
    from exeat.logic.tree import InGroup
    from exeat.logic.vocabulary import nearest

    for line, tree in trees_of(section):
        for node in walk(tree):
            if isinstance(node, InGroup) and node.group not in book.groups.groups:
                hint = nearest(node.group, book.groups.groups)
                yield Finding(section.file, line, "groups", f"group {node.group!r} is not declared; perhaps {hint}")


def _chains(book: Lawbook) -> Iterator[Finding]:
    for name, chain in book.chains.items():
        first = chain[0]
        if first.verb not in ("Add",):
            yield Finding(first.file, first.line, "chain", f"{name} is first {first.verb}d, but nothing added it")
        standing = False
        for earlier, section in zip((None, *chain), chain, strict=False):
            if section.verb == "Add" and standing:
                yield Finding(section.file, section.line, "chain", f"{name} is added, but a version already stands")
            if section.verb in ("Revise", "Correct", "Remove") and not standing:
                yield Finding(section.file, section.line, "chain", f"{name}: nothing stands to {section.verb.lower()}")
            standing = section.verb != "Remove"
            if earlier is not None and earlier.order[:2] == section.order[:2]:
                yield Finding(section.file, section.line, "chain", f"{name} has two versions on {section.effective}")
            if earlier is not None and section.compliance < earlier.compliance:
                message = f"{name}: this version must be complied with before the one it amends ({earlier.compliance})"
                yield Finding(section.file, section.line, "chain", message)


def _postures(book: Lawbook) -> Iterator[Finding]:
    for section in book.sections():
        if section.verb in ("Posture", "Stay") and section.provision not in book.chains:
            from exeat.logic.vocabulary import nearest

            hint = nearest(section.provision, book.chains)
            yield Finding(section.file, section.line, "target", f"{section.provision} is no provision; perhaps {hint}")


def _names(book: Lawbook) -> Iterator[Finding]:
    """Two provisions must not give the same name on the same day; a name read must be given by some rule or fact."""
    for on in book.changes():
        seen: dict[str, Section] = {}
        for section in book.in_force(on).governing:
            rule = section.rule
            if rule is None:
                continue
            if rule.name in seen:
                other = seen[rule.name]
                message = f"on {on} both {section.provision} and {other.provision} ({other.file}) give {rule.name}"
                yield Finding(section.file, section.line, "names", message)
            seen[rule.name] = section


def main() -> int:
    """Print the findings on the packaged law; the exit code is 1 when there are any."""
    from exeat.lawbook.folder import law_folder

    _, findings = check_files(law_folder())
    for finding in dict.fromkeys(findings):
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
