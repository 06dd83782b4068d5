"""Expressions as nested Python closures: the meaning of :mod:`exeat.logic.evaluate`, made fast.

No source text is generated or executed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias, cast

from exeat.logic.evaluate import ARITH, COMPARE, members_of
from exeat.logic.tree import (
    And,
    AnyParty,
    Arith,
    Case,
    Coalesce,
    Compare,
    Constant,
    Fact,
    In,
    InGroup,
    Not,
    Or,
    Tree,
    Value,
)

Compiled: TypeAlias = Callable[[Mapping[str, Value], Mapping[str, Value]], Value]
_Facts: TypeAlias = Mapping[str, Value]


def compile_tree(tree: Tree, groups: Mapping[str, frozenset[str]], *, of_party: bool = True) -> Compiled:
    """A function ``f(facts, party)`` with the value of the expression.

    ``of_party`` False says that ``party`` will always be empty, so that facts are looked up once.

    ``party`` is empty except for a fact of one party; what it does not hold is looked up in ``facts``. The parties for
    ``any_party`` are ``facts["parties"]``: a tuple of mappings, or absent. Raises LogicError now, not when called,
    for a group that is not there.
    """

    def made(part: Tree) -> Compiled:
        return compile_tree(part, groups, of_party=of_party)

    if not of_party:
        quick = _of_facts(tree, groups)
        if quick is not None:
            return quick
    match tree:
        case Constant(constant):
            return lambda facts, party: constant
        case Fact(name):
            return _fact(name)
        case Compare():
            return _compare(tree, made)
        case In(operand, values):
            return _member(operand, frozenset(values), made)
        case InGroup(operand, group):
            return _member(operand, members_of(group, groups), made)
        case And(args):
            return _and([made(arg) for arg in args])
        case Or(args):
            return _or([made(arg) for arg in args])
        case Not(arg):
            return _not(made(arg))
        case AnyParty(body):
            return _any_party(compile_tree(body, groups))
        case Arith(op, left, right):
            return _arith(ARITH[op], made(left), made(right))
        case Case(branches, default):
            return _case([(made(c), made(v)) for c, v in branches], None if default is None else made(default))
        case Coalesce(args):
            return _coalesce([made(arg) for arg in args])


def _of_facts(tree: Tree, groups: Mapping[str, frozenset[str]]) -> Compiled | None:
    """Shapes that read facts directly, for expressions outside any party: most steps of a program are such."""
    match tree:
        case Fact(name):
            return lambda facts, party: facts.get(name)
        case Not(Fact(name)):
            return lambda facts, party: None if (a := facts.get(name)) is None else not a
        case In(Fact(name), values):
            return _fact_among(name, frozenset(values))
        case InGroup(Fact(name), group):
            return _fact_among(name, members_of(group, groups))
        case Compare("=", Fact(name), Constant(constant)):
            return lambda facts, party: None if (a := facts.get(name)) is None else a == constant
        case Case(((Not(Fact(name)), Constant(constant)), *branches), default) if branches:
            return _where_so(name, constant, compile_tree(Case(tuple(branches), default), groups, of_party=False))
        case Case(branches, Constant(constant)):
            return _first_found([(_asked(condition), value) for condition, value in branches], constant)
        case And(args) if all(_names_truth(arg) for arg in args):
            return _settled_by(args, settling=False)
        case Or(args) if all(_names_truth(arg) for arg in args):
            return _settled_by(args, settling=True)
        case Or() if (asked_once := _asked(tree)) is not None:
            return _any_is(*asked_once)
    return None


def _where_so(name: str, otherwise: Any, rest: Compiled) -> Compiled:
    """What a case comes to that gives a constant where a fact is denied."""

    def where_so(facts: _Facts, party: _Facts) -> Value:
        a = facts.get(name)
        return None if a is None else rest(facts, party) if a else otherwise

    return where_so


def _asked(tree: Tree) -> tuple[tuple[str, ...], str] | None:
    """The facts of which a condition asks whether one of them has a text, and the text."""
    names, texts = [], set()
    for arg in tree.args if isinstance(tree, Or) else (tree,):
        match arg:
            case Compare("=", Fact(name), Constant(str(text))):
                names.append(name)
                texts.add(text)
            case _:
                return None
    return (tuple(names), texts.pop()) if len(texts) == 1 else None


def _first_found(asked: list[tuple[tuple[tuple[str, ...], str] | None, Tree]], default: Any) -> Compiled | None:
    """A case that asks after one text after another among the same facts: they are looked up once for all."""
    told = [(one[1], value.value) for one, value in asked if one is not None and isinstance(value, Constant)]
    among = {one[0] for one, _ in asked if one is not None}
    if len(told) < len(asked) or len(among) != 1:
        return None
    (names,) = among

    def first_found(facts: _Facts, party: _Facts) -> Value:
        get = facts.get
        found = {get(name) for name in names}
        for text, value in told:
            if text in found:
                return value
            if None in found:
                return None
        return default  # type: ignore[no-any-return]

    return first_found


def _names_truth(tree: Tree) -> bool:
    return isinstance(tree, Fact) or (isinstance(tree, Not) and isinstance(tree.arg, Fact))


def _any_is(names: tuple[str, ...], constant: str) -> Compiled:
    """Whether one of several facts has a value: one loop instead of a closure each."""

    def any_is(facts: _Facts, party: _Facts) -> Value:
        result: bool | None = False
        get = facts.get
        for name in names:
            a = get(name)
            if a is None:
                result = None
            elif a == constant:
                return True
        return result

    return any_is


def _fact_among(name: str, members: frozenset[Any]) -> Compiled:
    return lambda facts, party: None if (a := facts.get(name)) is None else a in members


def _settled_by(args: tuple[Tree, ...], *, settling: bool) -> Compiled:
    """A conjunction (settled by a no) or disjunction (settled by a yes) of facts and denied facts, in one loop."""
    signed = tuple(
        (arg.name, settling) if isinstance(arg, Fact) else (cast(Fact, cast(Not, arg).arg).name, not settling)
        for arg in args
    )

    def settled(facts: _Facts, party: _Facts) -> Value:
        result: bool | None = not settling
        get = facts.get
        for name, value in signed:
            a = get(name)
            if a is value:
                return settling
            if a is None:
                result = None
        return result

    return settled


def _fact(name: str) -> Compiled:
    def fact(facts: _Facts, party: _Facts) -> Value:
        return party[name] if name in party else facts.get(name)

    return fact


_MIRRORED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _compare(tree: Compare, made: Callable[[Tree], Compiled]) -> Compiled:
    op, left, right = str(tree.op), tree.left, tree.right
    if isinstance(left, Constant) and isinstance(right, Fact):
        op, left, right = _MIRRORED[op], right, left
    if isinstance(left, Fact) and isinstance(right, Constant):
        return _fact_against_constant(op, left.name, right.value)
    test, first, second = COMPARE[op], made(left), made(right)

    def compare(facts: _Facts, party: _Facts) -> Value:
        a = first(facts, party)
        if a is None:
            return None
        b = second(facts, party)
        return None if b is None else test(a, b)

    return compare


def _fact_against_constant(op: str, name: str, constant: Any) -> Compiled:
    """One closure for each sign: an operator in the code is quicker than a function that stands for it."""

    def equal(facts: Any, party: Any) -> Value:
        a = party[name] if name in party else facts.get(name)
        return None if a is None else a == constant

    def unequal(facts: Any, party: Any) -> Value:
        a = party[name] if name in party else facts.get(name)
        return None if a is None else a != constant

    def less(facts: Any, party: Any) -> Value:
        a = party[name] if name in party else facts.get(name)
        return None if a is None else a < constant

    def at_most(facts: Any, party: Any) -> Value:
        a = party[name] if name in party else facts.get(name)
        return None if a is None else a <= constant

    def more(facts: Any, party: Any) -> Value:
        a = party[name] if name in party else facts.get(name)
        return None if a is None else a > constant

    def at_least(facts: Any, party: Any) -> Value:
        a = party[name] if name in party else facts.get(name)
        return None if a is None else a >= constant

    return {"=": equal, "<>": unequal, "<": less, "<=": at_most, ">": more, ">=": at_least}[op]


def _member(operand: Tree, members: frozenset[Any], made: Callable[[Tree], Compiled]) -> Compiled:
    if isinstance(operand, Fact):
        name = operand.name

        def fact_in(facts: _Facts, party: _Facts) -> Value:
            a = party[name] if name in party else facts.get(name)
            return None if a is None else a in members

        return fact_in
    inner = made(operand)

    def value_in(facts: _Facts, party: _Facts) -> Value:
        a = inner(facts, party)
        return None if a is None else a in members

    return value_in


def _and(parts: list[Compiled]) -> Compiled:
    """Each part is asked only while the answer is open: a no settles it."""
    if len(parts) == 2:
        first, second = parts

        def both(facts: _Facts, party: _Facts) -> Value:
            a = first(facts, party)
            if a is False:
                return False
            b = second(facts, party)
            return b if b is False or a is True else None

        return both
    if len(parts) == 3:
        one, two, three = parts

        def all_three(facts: _Facts, party: _Facts) -> Value:
            a = one(facts, party)
            if a is False:
                return False
            b = two(facts, party)
            if b is False:
                return False
            c = three(facts, party)
            return c if c is False or (a is True and b is True) else None

        return all_three
    every = tuple(parts)

    def all_parts(facts: _Facts, party: _Facts) -> Value:
        result: bool | None = True
        for part in every:
            a = part(facts, party)
            if a is False:
                return False
            if a is None:
                result = None
        return result

    return all_parts


def _or(parts: list[Compiled]) -> Compiled:
    """Each part is asked only while the answer is open: a yes settles it."""
    if len(parts) == 2:
        first, second = parts

        def either(facts: _Facts, party: _Facts) -> Value:
            a = first(facts, party)
            if a is True:
                return True
            b = second(facts, party)
            return b if b is True or a is False else None

        return either
    every = tuple(parts)

    def any_part(facts: _Facts, party: _Facts) -> Value:
        result: bool | None = False
        for part in every:
            a = part(facts, party)
            if a is True:
                return True
            if a is None:
                result = None
        return result

    return any_part


def _not(inner: Compiled) -> Compiled:
    def negated(facts: _Facts, party: _Facts) -> Value:
        a = inner(facts, party)
        return None if a is None else not a

    return negated


def _any_party(body: Compiled) -> Compiled:
    def any_party(facts: _Facts, party: _Facts) -> Value:
        parties = cast("tuple[_Facts, ...] | None", facts.get("parties"))
        if not parties:
            return None
        result: bool | None = False
        for each in parties:
            a = body(facts, each)
            if a is True:
                return True
            if a is None:
                result = None
        return result

    return any_party


def _arith(operate: Callable[[Decimal, Decimal], Decimal], left: Compiled, right: Compiled) -> Compiled:
    def arith(facts: _Facts, party: _Facts) -> Value:
        a, b = left(facts, party), right(facts, party)
        return None if a is None or b is None else operate(cast(Decimal, a), cast(Decimal, b))

    return arith


def _case(branches: list[tuple[Compiled, Compiled]], default: Compiled | None) -> Compiled:
    pairs = tuple(branches)

    def case(facts: _Facts, party: _Facts) -> Value:
        for condition, value in pairs:
            decided = condition(facts, party)
            if decided is None:
                return None
            if decided:
                return value(facts, party)
        return None if default is None else default(facts, party)

    return case


def _coalesce(parts: list[Compiled]) -> Compiled:
    every = tuple(parts)

    def coalesce(facts: _Facts, party: _Facts) -> Value:
        for part in every:
            a = part(facts, party)
            if a is not None:
                return a
        return None

    return coalesce
