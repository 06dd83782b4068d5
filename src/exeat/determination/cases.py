"""Running the cases that stand beside the rules: each row of a law file's table is a test of the rule above it."""

from __future__ import annotations

from collections.abc import Iterator

from exeat.determination.determine import Engine
from exeat.determination.engines import Engines
from exeat.determination.license_exception import open_name
from exeat.determination.program import SCOPE
from exeat.lawbook.check import Finding
from exeat.lawbook.consolidate import Lawbook
from exeat.lawbook.instrument import CaseRow, Definition, Posture, Relief, ReviewPolicy, Section, Stay
from exeat.logic.compile import compile_tree
from exeat.logic.errors import LogicError
from exeat.logic.tree import Case, Constant, Tree, Value
from exeat.logic.values import value_of
from exeat.logic.vocabulary import Declared

_TRUTH = Declared("truth", "yes/no")


def check_cases(book: Lawbook) -> Iterator[Finding]:
    """A finding for every case whose rule gives another answer than the one written."""
    engines = Engines(book)
    for section in book.sections():
        if section.rule is None or isinstance(section.rule, (Posture, Stay)):
            continue
        for row in section.cases:
            try:
                found = run_case(engines, section, row)
            except LogicError as error:
                yield Finding(section.file, row.line, "cases", error.message)
                continue
            if found != row.expected:
                message = f"{section.provision}: case {row.title!r} expects {row.expected}, the rule gives {found}"
                yield Finding(section.file, row.line, "cases", message)


def run_case(engines: Engines, section: Section, row: CaseRow) -> str:
    """What the section's rule says of a row, in the words of the table.

    Raises:
        LogicError: a cell that does not fit its fact.
    """
    engine = engines.on(row.on or section.compliance)
    facts, party = case_facts(engine, row)
    values = engine.classify(facts, (party,), overriding=True, unpresumed=row.unstated)
    rule = section.rule
    assert rule is not None
    if isinstance(rule, Definition) and engine.program.vocabulary[rule.name].party:
        return _word(_run(engine, rule.condition(), values, party))
    if isinstance(rule, ReviewPolicy):
        table = Case(tuple((case.when, Constant(case.policy)) for case in rule.cases), Constant("not stated"))
        return _word(_run(engine, table, values, {}))
    result = _run(engine, rule.condition(), values, {})
    if isinstance(rule, Relief) and open_name(section) in engine.program:
        values.update(engine.relief_values(values))
        opened = engine.limb(open_name(section), values)
        result = False if False in (result, opened) else None if None in (result, opened) else True
    return _word(result)


def case_facts(engine: Engine, row: CaseRow) -> tuple[dict[str, Value], dict[str, Value]]:
    """A row's facts of the transaction and of its one party."""
    facts: dict[str, Value] = {SCOPE: True}
    party: dict[str, Value] = {"role": "ultimate_consignee"}
    for name, cell in row.facts.items():
        declared = engine.program.vocabulary.get(name) or _TRUTH
        value = value_of(declared, cell)
        (party if declared.party else facts)[name] = value
    return facts, party


def _run(engine: Engine, tree: Tree, values: dict[str, object], party: dict[str, Value]) -> object:
    prepared = engine.program.prepare(tree)
    return compile_tree(prepared, engine.program.law.groups)(values, party)  # type: ignore[arg-type]


def _word(value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def main() -> int:
    """Run every case of the packaged law; the exit code is 1 when one fails."""
    from exeat.lawbook.book import open_lawbook

    findings = list(check_cases(open_lawbook()))
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
