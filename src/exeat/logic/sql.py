"""Expressions as SQL, with exactly the meaning of :mod:`exeat.logic.evaluate`; here sqlglot writes.

SQL's own three-valued logic is that of the tree, with three exceptions put right here: ``case`` goes on past an unknown
condition in SQL and must not; an empty list is not SQL; and numbers must never turn into binary floats.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from exeat.logic.errors import LogicError
from exeat.logic.printer import print_tree
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
    children,
)
from exeat.logic.vocabulary import Vocabulary

if TYPE_CHECKING:
    from sqlglot.expressions import Expression

Column: TypeAlias = Callable[[str], str]

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_COMPARE = {"=": "EQ", "<>": "NEQ", "<": "LT", "<=": "LTE", ">": "GT", ">=": "GTE"}
_ARITH = {"+": "Add", "-": "Sub", "*": "Mul"}


def to_sql(
    tree: Tree,
    vocabulary: Vocabulary,
    dialect: str = "duckdb",
    column: Column = lambda name: name,
    *,
    pretty: bool = False,
) -> str:
    """The expression as SQL text in any dialect of sqlglot.

    ``column`` names the column of a fact, with a table before a dot if need be (``"item.tpp"``). Numbers are expected
    in DECIMAL or integer columns, unknowns as NULL. Raises LogicError for an undeclared fact and for ``any_party`` and
    ``in_group``: those are expanded first (:mod:`exeat.logic.expand`).
    """
    return to_sqlglot(tree, vocabulary, dialect, column).sql(dialect, pretty=pretty)


def to_sqlglot(
    tree: Tree, vocabulary: Vocabulary, dialect: str = "duckdb", column: Column = lambda name: name
) -> Expression:
    """The same as a sqlglot expression, to be put into a larger query."""
    written: Expression = _Writer(vocabulary, column, _reserved(dialect), widen=dialect == "duckdb").write(tree)
    return written


def _reserved(dialect: str) -> frozenset[str]:
    from sqlglot.dialects.dialect import Dialect

    return frozenset(word.casefold() for word in Dialect.get_or_raise(dialect).tokenizer_class.KEYWORDS)


class _Writer:
    def __init__(self, vocabulary: Vocabulary, column: Column, reserved: frozenset[str], *, widen: bool) -> None:
        from sqlglot import expressions

        self.exp: Any = expressions
        self.vocabulary, self.column, self.reserved, self.widen = vocabulary, column, reserved, widen
        self.party_facts = tuple(f"_{name}" for name in vocabulary if vocabulary[name].party)

    def write(self, tree: Tree) -> Any:
        exp = self.exp
        match tree:
            case Fact(name):
                return self._column(name)
            case Constant(value):
                return self._constant(value)
            case Compare(op, left, right):
                return getattr(exp, _COMPARE[op])(this=self._inner(left), expression=self._inner(right))
            case In(operand, values):
                return self._in(operand, values)
            case And(args):
                return self._chain(exp.And, args)
            case Or(args):
                return self._chain(exp.Or, args)
            case Not(arg):
                return exp.Not(this=self._inner(arg))
            case Arith(op, left, right):
                first, second = self._inner(left), self._inner(right)
                if op == "*" and self.widen:
                    first, second = self._widened(left, first, right, second)
                return getattr(exp, _ARITH[op])(this=first, expression=second)
            case Case(branches, default):
                return self._case(branches, default)
            case Coalesce(args):
                return exp.Coalesce(this=self.write(args[0]), expressions=[self.write(arg) for arg in args[1:]])
            case AnyParty() | InGroup():
                first = "expand_parties" if isinstance(tree, AnyParty) else "resolve_groups"
                raise LogicError(f"not a form of SQL: {print_tree(tree)}; apply {first} first")

    def _inner(self, tree: Tree) -> Any:
        """An operand: in parentheses unless it is a single figure or a call."""
        written = self.write(tree)
        negative = isinstance(tree, Constant) and isinstance(tree.value, Decimal) and tree.value.is_signed()
        if isinstance(tree, (Fact, Constant, Coalesce)) and not negative:
            return written
        return self.exp.Paren(this=written)

    def _chain(self, kind: Any, args: tuple[Tree, ...]) -> Any:
        joined = self._inner(args[0])
        for arg in args[1:]:
            joined = kind(this=joined, expression=self._inner(arg))
        return joined

    def _case(self, branches: tuple[tuple[Tree, Tree], ...], default: Tree | None) -> Any:
        """``case c when true then v when false then (the rest) end``: an unknown c meets no branch and gives NULL."""
        exp = self.exp
        rest = None if default is None else self.write(default)
        for condition, value in reversed(branches):
            ifs = [exp.If(this=exp.true(), true=self.write(value))]
            if rest is not None:
                ifs.append(exp.If(this=exp.false(), true=rest))
            rest = exp.Case(this=self._inner(condition), ifs=ifs)
        return rest

    def _in(self, operand: Tree, values: tuple[Decimal | str, ...]) -> Any:
        exp = self.exp
        if values:
            return exp.In(this=self._inner(operand), expressions=[self._constant(value) for value in values])
        known = exp.Not(this=exp.Paren(this=exp.Is(this=self._inner(operand), expression=exp.Null())))
        return exp.Case(ifs=[exp.If(this=known, true=exp.false())])

    def _constant(self, value: Value) -> Any:
        exp = self.exp
        if isinstance(value, bool):
            return exp.true() if value else exp.false()
        if isinstance(value, str):
            return exp.Literal.string(value)
        assert isinstance(value, Decimal)
        text = format(value, "f")
        literal = exp.Literal.number(text.lstrip("-"))
        signed = exp.Neg(this=literal) if text.startswith("-") else literal
        digits = len(text.strip("-").replace(".", ""))
        if digits <= 18:
            return signed
        # A long literal would be read as a double or as a 128-bit integer, which DuckDB compares inexactly.
        scale = len(text.partition(".")[2])
        return self._decimal(exp.Literal.string(text), digits, scale)

    def _widened(self, left: Tree, first: Any, right: Tree, second: Any) -> tuple[Any, Any]:
        """One factor as DECIMAL(38): DuckDB multiplies narrower ones in 64 bits and stops where that overflows."""
        if isinstance(right, Constant) and not isinstance(left, Constant):
            return first, self._decimal(second, 38, self._places(right))
        return self._decimal(first, 38, self._places(left)), second

    def _places(self, tree: Tree) -> int:
        """How many decimal places the value can have, as declared."""
        match tree:
            case Fact(name):
                own = [name, *(fact[1:] for fact in self.party_facts if name.endswith(fact))]
                return max((found.decimals for n in own if (found := self.vocabulary.get(n))), default=0)
            case Constant(value):
                return len(format(value, "f").partition(".")[2]) if isinstance(value, Decimal) else 0
            case Arith("*", left, right):
                return self._places(left) + self._places(right)
            case Case(branches, default):
                results = [value for _, value in branches] + ([] if default is None else [default])
                return max(map(self._places, results))
            case _:
                return max(map(self._places, children(tree)), default=0)

    def _decimal(self, written: Any, digits: int, places: int) -> Any:
        exp = self.exp
        precision = [exp.DataTypeParam(this=exp.Literal.number(n)) for n in (digits, places)]
        return exp.Cast(this=written, to=exp.DataType(this=exp.DataType.Type.DECIMAL, expressions=precision))

    def _column(self, name: str) -> Any:
        if name not in self.vocabulary and not name.endswith(("_present", *self.party_facts)):
            near = self.vocabulary.nearest(name)
            raise LogicError(f"unknown fact '{name}'" + (f"; nearest: '{near}'" if near else ""))
        *table, column = self.column(name).split(".", 1)
        return self.exp.column(self._identifier(column), table=self._identifier(table[0]) if table else None)

    def _identifier(self, name: str) -> Any:
        quoted = not _PLAIN.fullmatch(name) or name in self.reserved
        return self.exp.to_identifier(name, quoted=quoted)
