"""Expressions in plain English, for someone who decides and does not program."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

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
    Not,
    Or,
    Tree,
    Value,
    fact_names,
)
from exeat.logic.vocabulary import Declared, Vocabulary

_LIMIT: Mapping[CompareOp, str] = {
    "=": "is {}",
    "<>": "is not {}",
    "<": "is under {}",
    "<=": "is {} or less",
    ">": "is over {}",
    ">=": "is {} or more",
}
_CONTRARY: Mapping[CompareOp, CompareOp] = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_MIRRORED: Mapping[CompareOp, CompareOp] = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_COUNTRY_GROUP = re.compile(r"[A-Z]:\d+")
# Declared words of a yes/no fact that already are a clause ("the transaction has a purchaser"), not an attribute.
_CLAUSE = re.compile(r"\b(is|are|has|have|was|were|does|do|may|must|will|meets|holds)\b")


def say(
    tree: Tree,
    vocabulary: Vocabulary,
    values: Mapping[str, Value] | None = None,
    groups: Mapping[str, str] | None = None,
) -> str:
    """The expression as a clause, without a capital or a full stop.

    With ``values`` each fact is followed by what is known of it: ``(here 15,832)`` or ``(not stated)``; a ratio that
    nobody stated by its parts, ``(here 15,832 / 814)``. Facts of a party have no one value and are followed by
    nothing. Undeclared names are said as they are. ``groups`` gives the words for a group, such as complete "the
    destination is …"; a group without words is said by its name.
    """
    return _Speaker(vocabulary, values, groups or {}).say(tree)


def question(declared: Declared) -> str:
    """The question that would settle the fact, ending in a question mark."""
    if declared.question:
        return declared.question
    words = declared.words or declared.name.replace("_", " ")
    if declared.type == "yes/no":
        return f"Is this so: {words}?"
    choice = f" (one of: {', '.join(_plain(value) for value in declared.values)})" if declared.values else ""
    unit = f" (in {declared.unit})" if declared.unit and declared.unit not in words else ""
    return f"What is {words}{unit}{choice}?"


def say_value(value: Value, declared: Declared | None = None) -> str:
    """A value in plain words: ``15,832``, ``yes``, ``CN``, ``cloud service``, ``not stated``."""
    if value is None:
        return "not stated"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return _plain(value) if declared is not None and value in declared.values else value or "''"
    return say_number(value)


def say_number(value: Decimal) -> str:
    """A number with thousands separators, without idle zeros; very long round ones as ``1 x 10^26``."""
    text = format(value, ",f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    digits = text.replace(",", "").rstrip("0")
    zeros = len(text.replace(",", "")) - len(digits)
    return f"{digits} x 10^{zeros}" if zeros >= 15 and "." not in text else text


def _article(word: str) -> str:
    return "an" if word[:1] in "aeiou" else "a"


def _plain(word: str) -> str:
    return word.replace("_", " ")


class _Speaker:
    def __init__(self, vocabulary: Vocabulary, values: Mapping[str, Value] | None, groups: Mapping[str, str]) -> None:
        self.vocabulary, self.values, self.groups = vocabulary, values, groups

    def say(self, tree: Tree) -> str:
        match tree:
            case Fact(name):
                return self._yes_no(name, True)
            case Constant(value):
                return {True: "always", False: "never"}[value] if isinstance(value, bool) else say_value(value)
            case Compare():
                return self._compare(tree)
            case In() | InGroup():
                return self._membership(tree, "is")
            case And(args):
                return " and ".join(self._part(arg, Or) for arg in args)
            case Or(args):
                either = "either " if len(args) > 1 else ""
                return either + ", or ".join(self._part(arg, Or) for arg in args)
            case Not(arg):
                return self._contrary(arg)
            case AnyParty(body):
                return self._some_party(body)
            case Case(branches, default):
                parts = [f"{self._figure(value)} if {self.say(condition)}" for condition, value in branches]
                return "; otherwise ".join([*parts, self._figure(default)] if default is not None else parts)
            case Coalesce(args):
                return self._coalesce(args)
            case Arith():
                return self._figure(tree)

    def _coalesce(self, args: tuple[Tree, ...]) -> str:
        # What expand_ratios makes: the stated ratio says all that the multiplied-out form says.
        first = args[0]
        if isinstance(first, Compare) and any(
            (found := self.vocabulary.get(name)) is not None and found.ratio for name in fact_names(first)
        ):
            return self.say(first)
        return ", or where that is not stated, ".join(self._figure(arg) for arg in args)

    def _part(self, tree: Tree, *loose: type) -> str:
        """A part of a longer clause, in parentheses where it would run into its neighbors."""
        text = self.say(tree)
        return f"({text})" if isinstance(tree, (Case, AnyParty, *loose)) else text

    def _contrary(self, tree: Tree) -> str:
        match tree:
            case Fact(name):
                return self._yes_no(name, False)
            case Compare(op, left, right):
                return self._compare(Compare(_CONTRARY[op], left, right))
            case In() | InGroup():
                return self._membership(tree, "is not")
            case AnyParty(body):
                return self._no_party(body)
            case Not(arg):
                return self.say(arg)
            case _:
                return f"it is not so that ({self.say(tree)})"

    def _some_party(self, body: Tree) -> str:
        roles, rest = self._of_role(body)
        if roles is None:
            return f"for some party, {self.say(body)}"
        if rest is None:
            return f"there is {_article(roles)} {roles}"
        return f"for some {roles}, {self.say(rest)}"

    def _no_party(self, body: Tree) -> str:
        """Of no party is it so: said of every party by the contrary, where the contrary is one plain clause."""
        roles, rest = self._of_role(body)
        whom = roles or "party"
        if rest is None:
            return f"there is no {whom}"
        if isinstance(rest, Not):
            return f"for every {whom}, {self.say(rest.arg)}"
        if roles is not None and isinstance(rest, (Fact, Compare, In, InGroup)):
            return f"for every {whom}, {self._contrary(rest)}"
        return f"for no {whom}, {self.say(rest)}"

    def _of_role(self, body: Tree) -> tuple[str | None, Tree | None]:
        """The roles a condition on a party begins with, in words, and what it then asks of the party."""
        first, rest = (body.args[0], body.args[1:]) if isinstance(body, And) else (body, ())
        match first:
            case In(Fact("role" as name), values):
                listed: tuple[Value, ...] = tuple(values)
            case Compare("=", Fact("role" as name), Constant(value)):
                listed = (value,)
            case _:
                return None, body
        declared = self.vocabulary.get(name)
        words = [say_value(value, declared) for value in listed]
        roles = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
        if not rest:
            return roles, None
        return roles, rest[0] if len(rest) == 1 else And(rest)

    def _compare(self, tree: Compare) -> str:
        op, left, right = tree.op, tree.left, tree.right
        if isinstance(left, Constant) and not isinstance(right, Constant):
            op, left, right = _MIRRORED[op], right, left
        if isinstance(right, Constant) and isinstance(right.value, bool):
            same = right.value == (op == "=")
            return self.say(left) if same else self._contrary(left)
        declared = self.vocabulary.get(left.name) if isinstance(left, Fact) else None
        if isinstance(right, Constant):
            limit = say_value(right.value, declared) + self._unit(declared)
        else:
            limit = self._figure(right)
        return f"{self._name(left)} {_LIMIT[op].format(limit)}{self._here(left)}"

    def _membership(self, tree: In | InGroup, verb: str) -> str:
        subject, here = self._name(tree.operand), self._here(tree.operand)
        if isinstance(tree, InGroup):
            return f"{subject} {verb} {self._group(tree.group)}{here}"
        declared = self.vocabulary.get(tree.operand.name) if isinstance(tree.operand, Fact) else None
        words = [say_value(value, declared) for value in tree.values]
        if not words:
            return f"{subject} {verb} on an empty list{here}"
        listed = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
        return f"{subject} {verb} {listed}{here}"

    def _group(self, name: str) -> str:
        if _COUNTRY_GROUP.fullmatch(name):
            return f"in Country Group {name}"
        # What follows a colon or stands in parentheses explains; it is not part of the clause.
        words = re.split(r": | \(", self.groups.get(name, ""))[0]
        if not words:
            return f"in {_plain(name)}"
        return f"in {words}" if words.startswith("Country Group") else words

    def _yes_no(self, name: str, holds: bool) -> str:
        declared = self.vocabulary.get(name)
        words = declared.words if declared is not None and declared.words else _plain(name)
        here = self._here(Fact(name))
        if _CLAUSE.search(words):
            return f"{words}{here}" if holds else f"it is not so that {words}{here}"
        return f"{words}{here}" if holds else f"not {words}{here}"

    def _name(self, tree: Tree) -> str:
        if not isinstance(tree, Fact):
            return self._figure(tree)
        declared = self.vocabulary.get(tree.name)
        return declared.words if declared is not None and declared.words else _plain(tree.name)

    def _figure(self, tree: Tree) -> str:
        """An expression where a value is wanted rather than a clause."""
        match tree:
            case Fact(name):
                declared = self.vocabulary.get(name)
                return self._name(tree) + (self._here(tree) if declared is None or declared.type != "yes/no" else "")
            case Arith(op, left, right):
                sides = [f"({self._figure(s)})" if isinstance(s, Arith) else self._figure(s) for s in (left, right)]
                return {"+": "{} plus {}", "-": "{} less {}", "*": "{} times {}"}[op].format(*sides)
            case Constant(value):
                return say_value(value)
            case Case() | Coalesce():
                return f"({self.say(tree)})"
            case _:
                return self.say(tree)

    def _unit(self, declared: Declared | None) -> str:
        """The unit after a limit, unless the fact's own words already name it: ``… (TPP) is 4,800 or more``."""
        if declared is None or not declared.unit or f"({declared.unit})" in declared.words:
            return ""
        return "" if re.search(rf"\b{re.escape(declared.unit)}\b", declared.words) else f" {declared.unit}"

    def _here(self, tree: Tree) -> str:
        if self.values is None or not isinstance(tree, Fact):
            return ""
        declared = self.vocabulary.get(tree.name)
        if declared is not None and declared.party and tree.name not in self.values:
            return ""
        value = self.values.get(tree.name)
        if value is None and declared is not None and declared.ratio is not None:
            parts = [self.values.get(name) for name in declared.ratio]
            if None not in parts:
                return f" (here {' / '.join(map(say_value, parts))})"
        if value is None:
            return " (not stated)"
        return f" (here {say_value(value, declared)})"
