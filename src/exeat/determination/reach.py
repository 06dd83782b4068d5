"""Which rules no written case drives to each of their values: a rule untested on one side is a rule half tested."""

from __future__ import annotations

from collections.abc import Iterator

from exeat.determination.cases import case_facts
from exeat.determination.determine import Engine
from exeat.determination.engines import Engines
from exeat.lawbook.check import Finding
from exeat.lawbook.consolidate import Lawbook
from exeat.lawbook.instrument import CaseRow, Definition, Posture, ReviewPolicy, Section, Stay
from exeat.logic.compile import compile_tree
from exeat.logic.errors import LogicError
from exeat.logic.tree import fact_names


def unreached(book: Lawbook) -> Iterator[Finding]:
    """For each rule ever in force, the values no case beside it expects; for a review policy, the rows none decides.

    A yes/no rule needs yes, no and unknown; a definition of another type, a value and unknown; a review policy, every
    row as the first that fits, and unknown.
    """
    governing = {section.key: section for day in book.changes() for section in book.in_force(day).governing}
    engines = Engines(book)
    for section in governing.values():
        rule = section.rule
        if rule is None or isinstance(rule, (Posture, Stay)):
            continue
        missing = list(_missing(book, section, engines))
        if missing:
            message = f"{section.provision}: no case gives {', '.join(missing)}"
            yield Finding(section.file, section.line, "reach", message)


def _missing(book: Lawbook, section: Section, engines: Engines) -> Iterator[str]:
    rule = section.rule
    assert rule is not None
    expected = {row.expected for row in section.cases}
    if isinstance(rule, ReviewPolicy):
        decided = {_first_row(engines, section, rule, row) for row in section.cases}
        yield from (f"row {case.at!r}" for number, case in enumerate(rule.cases) if number not in decided)
    elif isinstance(rule, Definition) and not any(fact_names(limb.tree) for limb in rule.limbs):
        return  # a definition that is one value, whatever the facts
    elif not isinstance(rule, Definition) or book.vocabulary[rule.name].type == "yes/no":
        yield from (word for word in ("yes", "no") if word not in expected)
    elif not expected - {"unknown"}:
        yield "a value"
    trees = [limb.tree for limb in rule.limbs]
    trees += [case.when for case in rule.cases] if isinstance(rule, ReviewPolicy) else []
    if "unknown" not in expected and any(fact_names(tree) for tree in trees):
        yield "unknown"


def _first_row(engines: Engines, section: Section, rule: ReviewPolicy, row: CaseRow) -> int | None:
    """The number of the row that decides a case; None where a missing fact leaves it open."""
    engine: Engine = engines.on(row.on or section.compliance)
    try:
        facts, party = case_facts(engine, row)
    except LogicError:
        return None  # The check of the cases says so.
    values = engine.classify(facts, (party,), overriding=True, unpresumed=row.unstated)
    for number, case in enumerate(rule.cases):
        run = compile_tree(engine.program.prepare(case.when), engine.program.law.groups)
        found = run(values, {})  # type: ignore[arg-type]
        if found is not False:
            return number if found is True else None
    return None


def main() -> int:
    """Print what no case of the packaged law reaches; the exit code is 1 when there is anything."""
    from exeat.lawbook.book import open_lawbook

    findings = list(unreached(open_lawbook()))
    for finding in findings:
        print(finding)
    if not findings:
        print("every provision has a case that makes it true, one false and one unknown")
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
