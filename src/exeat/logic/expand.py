"""Trees made plainer, with the same meaning: ratios multiplied out, parties as columns, groups as lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from exeat.logic.errors import LogicError
from exeat.logic.evaluate import members_of
from exeat.logic.printer import print_tree
from exeat.logic.tree import (
    And,
    AnyParty,
    Arith,
    Case,
    Coalesce,
    Compare,
    CompareOp,
    Constant,
    Fact,
    In,
    InGroup,
    Tree,
    any_of,
    rebuild,
    substitute,
)
from exeat.logic.vocabulary import Declared, Vocabulary

_MIRRORED: Mapping[CompareOp, CompareOp] = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ZERO = Constant(Decimal(0))


def expand_ratios(tree: Tree, vocabulary: Vocabulary) -> Tree:
    """Each comparison of a ratio with a constant, so that it also follows from its numerator and denominator.

    A stated ratio decides. Where none is stated, ``n / d >= c`` is read as ``n >= c * d``, which is exact; a
    denominator of zero or unknown leaves it unknown. Apply once. Raises LogicError where a ratio is compared
    with anything but a constant.
    """
    if not isinstance(tree, Compare):
        return rebuild(tree, lambda part: expand_ratios(part, vocabulary))
    for op, side, other in ((tree.op, tree.left, tree.right), (_MIRRORED[tree.op], tree.right, tree.left)):
        declared = vocabulary.get(side.name) if isinstance(side, Fact) else None
        if declared is None or declared.ratio is None:
            continue
        if not isinstance(other, Constant):
            raise LogicError(f"the ratio '{declared.name}' may only be compared with a number: {print_tree(tree)}")
        numerator, denominator = (Fact(name) for name in declared.ratio)
        multiplied = Compare(op, numerator, Arith("*", other, denominator))
        derived = Case(((Compare(">", denominator, _ZERO), multiplied),), None)
        return Coalesce((Compare(op, side, other), derived))
    return rebuild(tree, lambda part: expand_ratios(part, vocabulary))


def expand_parties(tree: Tree, slots: Sequence[str], vocabulary: Vocabulary) -> Tree:
    """``any_party`` over the columns of a table that has a few named places (slots) for parties.

    The party fact ``f`` of slot ``s`` is the column ``s_f``; the yes/no column ``s_present`` says that there is such a
    party. No party present at all: unknown, as in :func:`exeat.logic.evaluate.evaluate`. Expand ratios first.
    """
    if not isinstance(tree, AnyParty):
        return rebuild(tree, lambda part: expand_parties(part, slots, vocabulary))

    def renamed(slot: str) -> Tree:
        return substitute(tree.body, lambda name: Fact(f"{slot}_{name}") if _is_party(name, vocabulary) else None)

    present = [Fact(f"{slot}_present") for slot in slots]
    some = any_of(tuple(And((here, renamed(slot))) for slot, here in zip(slots, present, strict=True)))
    return Case(((any_of(tuple(present)), some),), None)


def slot_facts(slots: Sequence[str], vocabulary: Vocabulary) -> tuple[Declared, ...]:
    """The declarations of the columns that :func:`expand_parties` reads, to go with ``Vocabulary.with_facts``."""
    made: list[Declared] = []
    for slot in slots:
        made.append(Declared(f"{slot}_present", "yes/no", words=f"the transaction has a {slot.replace('_', ' ')}"))
        for name in vocabulary:
            declared = vocabulary[name]
            if not declared.party:
                continue
            ratio = declared.ratio and tuple(f"{slot}_{n}" if _is_party(n, vocabulary) else n for n in declared.ratio)
            numerator_denominator = (ratio[0], ratio[1]) if ratio else None
            made.append(replace(declared, name=f"{slot}_{name}", party=False, ratio=numerator_denominator))
    return tuple(made)


def resolve_groups(tree: Tree, groups: Mapping[str, frozenset[str]]) -> Tree:
    """``in_group`` as ``in`` with the members in order. Raises LogicError for a group that is not there.

    An empty group gives an empty list: no for whatever is known, unknown for what is not.
    """
    if isinstance(tree, InGroup):
        return In(tree.operand, tuple(sorted(members_of(tree.group, groups))))
    return rebuild(tree, lambda part: resolve_groups(part, groups))


def _is_party(name: str, vocabulary: Vocabulary) -> bool:
    declared = vocabulary.get(name)
    return declared is not None and declared.party
