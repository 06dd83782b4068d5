"""How the steps of a program are put in order, and what several of them share made a step of its own."""

from __future__ import annotations

from collections import Counter

from exeat.determination.reads import Reads
from exeat.determination.step import Step
from exeat.logic.tree import AnyParty, Fact, Tree, rebuild


def shared_party_conditions(steps: list[Step], reads: Reads) -> list[Step]:
    """The steps with each condition on the parties that stands in several of them made a step of its own.

    Only conditions on stated facts are taken out, since their step comes before all others.
    """
    names = {step.name for step in steps}
    parties = [reads.parties(step.tree) for step in steps]
    conditions = {id(node): node for nodes in parties for node in nodes}
    counts = Counter(id(node) for nodes in parties for node in nodes)
    of_stated = [place for place, node in conditions.items() if names.isdisjoint(reads.names(node))]
    shared = {place: f"parties/{number}" for number, place in enumerate(of_stated, 1) if counts[place] > 1}

    def written(tree: Tree) -> Tree:
        if isinstance(tree, AnyParty) and (name := shared.get(id(reads.parties(tree)[0]))) is not None:
            return Fact(name)
        return rebuild(tree, written)

    def without(step: Step, nodes: tuple[AnyParty, ...]) -> Step:
        put = [shared.get(id(node)) for node in nodes]
        if not any(put):
            return step
        return reads.once(("without", id(step), *put), lambda: step.mapped(written), step)

    first = [reads.step(Step(name, conditions[place], "common")) for place, name in shared.items()]
    return [*first, *(without(step, nodes) if nodes else step for step, nodes in zip(steps, parties, strict=True))]


def sort_by_need(steps: list[Step], reads: Reads) -> list[Step]:
    """The steps so ordered that each follows those it reads; otherwise in the order given.

    Raises:
        ValueError: steps that need each other.
    """
    by_name = {step.name: step for step in steps}
    done: dict[str, Step] = {}
    open_: list[str] = []

    def visit(step: Step) -> None:
        if step.name in done:
            return
        if step.name in open_:
            raise ValueError(f"these definitions need each other: {' -> '.join([*open_, step.name])}")
        open_.append(step.name)
        for name in sorted(reads.names(step.tree) & by_name.keys()):
            if name != step.name:
                visit(by_name[name])
        open_.pop()
        done[step.name] = step

    for step in steps:
        visit(step)
    return list(done.values())
