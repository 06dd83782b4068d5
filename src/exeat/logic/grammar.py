"""Text to tree: the only reader of sqlglot's parser, in one fixed dialect and with everything else refused.

Two gates stand before the tree. Every *word* must be a number, a quoted text, a declared fact, a known function or one
of a dozen keywords and signs; then every *node* the parser made must be one of those written out below. At last the
leaves are counted: what the parser took in must come out, so that nothing is ever dropped in silence.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

from exeat.logic.errors import LogicError
from exeat.logic.printer import print_tree
from exeat.logic.tree import (
    And,
    AnyParty,
    Arith,
    ArithOp,
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
    walk,
)
from exeat.logic.typecheck import check_parties, typeof
from exeat.logic.vocabulary import FactType, Vocabulary, nearest

if TYPE_CHECKING:
    from sqlglot.tokenizer_core import Token

__all__ = ["LogicError", "parse", "print_tree", "typeof"]

DIALECT = "duckdb"
FUNCTIONS = ("any_party", "in_group", "coalesce")
KEYWORDS = ("and", "or", "not", "in", "case", "when", "then", "else", "end", "true", "false")
SIGNS = ("(", ")", ",", "=", "<>", "<", "<=", ">", ">=", "+", "-", "*")

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# 4E091 is an ECCN, not 4e+91: an exponent is a small e and begins with no zero.
_NUMBER = re.compile(r"\d+(\.\d+)?(e[1-9]\d?)?")
_COMPARE: dict[str, CompareOp] = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_ARITH: dict[str, ArithOp] = {"Add": "+", "Sub": "-", "Mul": "*"}
_INSTEAD = {
    "between": "write a >= x and a <= y",
    "like": "texts are compared whole, with = or in (…)",
    "is": "a condition never asks whether a fact is known",
    "null": "a condition never asks whether a fact is known",
    "!=": "write <>",
    "==": "write =",
    "/": "there is no division: multiply out",
    "date": "there are no dates: being in force is not the condition's business",
}


def parse(
    text: str,
    vocabulary: Vocabulary,
    *,
    file: str = "",
    line: int = 0,
    expect: FactType | None = None,
    party: bool = False,
) -> Tree:
    """Read one expression over the declared facts.

    ``file`` and ``line`` say where the text begins; ``expect`` the type it must have; ``party`` that it defines a fact
    of one party and so may use such facts outside ``any_party``. Raises LogicError with file and line for
    anything the grammar does not have, for an undeclared fact (naming the nearest), and for operands that do not fit.
    """
    try:
        tokens = _tokens(text, vocabulary, line)
        tree = _tree(_parsed(tokens, text))
        _check_nothing_lost(tokens, tree, text)
        found = typeof(tree, vocabulary)
        check_parties(tree, vocabulary, party=party)
    except LogicError as error:
        raise error.at(file, line) from None
    except RecursionError:
        raise LogicError("the expression is nested too deeply", file=file, line=line) from None
    if expect is not None and found != expect:
        raise LogicError(f"{expect} expected, found {found}: {_short(text)}", file=file, line=line)
    return tree


def _tokens(text: str, vocabulary: Vocabulary, line: int) -> list[Token]:
    """The words of the text, each one checked; a declared fact is a plain name whatever SQL means by it."""
    from sqlglot.dialects.dialect import Dialect
    from sqlglot.errors import TokenError
    from sqlglot.tokens import Token, TokenType  # type: ignore[attr-defined]  # handed on without __all__

    if not text.strip():
        raise LogicError("an expression expected, found nothing")
    try:
        found = Dialect.get_or_raise(DIALECT).tokenize(text)
    except TokenError:
        raise LogicError(f"cannot be read (a quotation mark not closed?): {_short(text)}") from None
    tokens: list[Token] = []
    for at, token in enumerate(found):
        here = line + token.line - 1 if line else 0
        word = text[token.start : token.end + 1]
        if token.comments:
            raise LogicError(f"a comment may not stand in an expression: {_short(text)}", line=here)
        if at + 1 < len(found) and token.token_type == TokenType.NUMBER and found[at + 1].start == token.end + 1:
            word += re.match(r"[\w.]*", text[token.end + 1 :]).group()  # type: ignore[union-attr]
        if token.token_type == TokenType.STRING:
            if not (word.startswith("'") and word.endswith("'")):
                raise LogicError(f"a text stands in single quotes, found {word}", line=here)
            tokens.append(token)
            continue
        following = text[found[at + 1].start] if at + 1 < len(found) else ""
        name = _check_word(word, following, vocabulary, here)
        if name:
            token = Token(TokenType.VAR, word, token.line, token.col, token.start, token.end)
        tokens.append(token)
    if not tokens:
        raise LogicError(f"an expression expected, found only a comment: {_short(text)}")
    return tokens


def _check_word(word: str, following: str, vocabulary: Vocabulary, line: int) -> bool:
    """True for a fact or a function, False for a keyword, sign or number; LogicError for anything else."""
    folded = word.casefold()
    if word in SIGNS or folded in KEYWORDS or _NUMBER.fullmatch(word):
        return False
    if word in FUNCTIONS and following == "(":
        return True
    if word in vocabulary:
        if following == "(":
            raise LogicError(f"'{word}' is a fact and is not called with parentheses", line=line)
        return True
    if word[0].isdigit():
        _refuse_number(word, line)
    if folded in _INSTEAD:
        raise LogicError(f"'{word}' is not in the grammar: {_INSTEAD[folded]}", line=line)
    if not _WORD.fullmatch(word):
        quoted = "; a text stands in single quotes" if word.startswith(('"', "`")) else ""
        raise LogicError(f"{word} is not in the grammar{quoted}", line=line)
    if following == "(":
        raise LogicError(f"unknown function '{word}'; there are {', '.join(FUNCTIONS)}", line=line)
    if word in FUNCTIONS:
        raise LogicError(f"'{word}' is called with parentheses: {word}(…)", line=line)
    near = nearest(word, [*vocabulary, *FUNCTIONS])
    raise LogicError(f"unknown fact '{word}'" + (f"; nearest: '{near}'" if near else ""), line=line)


def _refuse_number(word: str, line: int) -> NoReturn:
    if "_" in word:
        plain = word.replace("_", "")
        raise LogicError(f"{word} is no number: digits stand without underscores, as in {plain}", line=line)
    if re.fullmatch(r"\d[A-Z]\d{3}.*", word):
        raise LogicError(f"{word} is no number; if an ECCN is meant, quote it: '{word}'", line=line)
    raise LogicError(f"{word} is no number: expected digits, as in 4800, 5.92 or 1e26", line=line)


def _parsed(tokens: list[Token], text: str) -> Any:
    from sqlglot.dialects.dialect import Dialect
    from sqlglot.errors import ParseError

    try:
        found = Dialect.get_or_raise(DIALECT).parser().parse(tokens, text)
    except ParseError as error:
        words = error.errors[0] if error.errors else {}
        before, at = (words.get("start_context") or "").strip(), words.get("highlight") or ""
        near = " ".join(f"{before[-30:]} {at}".split())
        raise LogicError(f"does not read as an expression near '{near}': {_short(text)}") from None
    if len(found) != 1 or found[0] is None:
        raise LogicError(f"exactly one expression expected: {_short(text)}")
    return found[0]


def _tree(node: Any) -> Tree:
    """The whitelist: one case for each node the grammar has."""
    kind = type(node).__name__
    if kind == "Paren":
        return _tree(node.this)
    if kind == "Column" and type(node.this).__name__ == "Identifier" and len(node.parts) == 1 and not node.this.quoted:
        return Fact(str(node.name))
    if kind in ("Literal", "Neg", "Boolean"):
        return Constant(_constant(node))
    if kind in _COMPARE:
        return Compare(_COMPARE[kind], _side(node.this), _side(node.expression))
    if kind in _ARITH:
        return Arith(_ARITH[kind], _tree(node.this), _tree(node.expression))
    if kind in ("And", "Or"):
        return _joined(kind, node)
    if kind == "Not":
        return Not(_tree(node.this))
    if kind == "In" and node.expressions and not any(node.args.get(key) for key in ("query", "unnest", "field")):
        return In(_side(node.this), tuple(_listed(value) for value in node.expressions))
    if kind == "Case" and node.this is None:
        default = node.args.get("default")
        branches = tuple((_tree(branch.this), _tree(branch.args["true"])) for branch in node.args["ifs"])
        return Case(branches, None if default is None else _tree(default))
    if kind == "Anonymous":
        return _function(node)
    if kind == "Coalesce" and node.expressions:
        return Coalesce((_tree(node.this), *(_tree(part) for part in node.expressions)))
    raise _refusal(node)


def _refusal(node: Any) -> LogicError:
    kind = type(node).__name__
    why = {
        "Alias": "two words follow each other without a sign between them",
        "Tuple": "a list may stand only after 'in'",
        "In": "'in' needs a list in parentheses, as in ('CN', 'HK')",
        "Case": "'case' is written: case when … then … else … end",
        "Coalesce": "coalesce needs two arguments or more",
    }.get(kind, "this form is not in the grammar")
    return LogicError(f"{why}: {_short(node.sql(DIALECT))}")


def _joined(kind: str, node: Any) -> Tree:
    """``and`` / ``or`` of all its parts, however they were nested; walked without recursion along the chain."""
    make: type[And] | type[Or] = And if kind == "And" else Or
    pending, args = [node], list[Tree]()
    while pending:
        part = pending.pop()
        if type(part).__name__ in (kind, "Paren"):
            inner = part
            while type(inner).__name__ == "Paren":
                inner = inner.this
            if type(inner).__name__ == kind:
                pending += [inner.expression, inner.this]
                continue
        args.append(_tree(part))
    return make(tuple(args))


def _side(node: Any) -> Tree:
    """One side of a comparison: another comparison may stand there only in its own parentheses."""
    if type(node).__name__ in (*_COMPARE, "In", "Not"):
        raise LogicError(f"comparisons may not be chained: {_short(node.parent.sql(DIALECT))}")
    return _tree(node)


def _constant(node: Any) -> bool | Decimal | str:
    kind = type(node).__name__
    if kind == "Boolean":
        return bool(node.this)
    if kind == "Neg" and type(node.this).__name__ == "Literal" and not node.this.is_string:
        return -Decimal(node.this.this)
    if kind != "Literal":
        raise LogicError(f"a minus sign may stand only before a number: {_short(node.sql(DIALECT))}")
    return str(node.this) if node.is_string else Decimal(node.this)


def _listed(node: Any) -> Decimal | str:
    value = _constant(node) if type(node).__name__ in ("Literal", "Neg") else None
    if value is None or isinstance(value, bool):
        raise LogicError(f"a list after 'in' holds numbers or quoted texts only, found {_short(node.sql(DIALECT))}")
    return value


def _function(node: Any) -> Tree:
    name, args = str(node.this), node.expressions
    if name == "any_party":
        if len(args) != 1:
            raise LogicError(f"any_party takes one condition, found {len(args)}")
        return AnyParty(_tree(args[0]))
    if name == "in_group":
        if len(args) != 2 or type(args[1]).__name__ != "Literal" or not args[1].is_string:
            raise LogicError(f"in_group takes a fact and a quoted group, as in in_group(x, 'D:5'): {node.sql(DIALECT)}")
        return InGroup(_tree(args[0]), str(args[1].this))
    raise LogicError(f"unknown function '{name}'; there are {', '.join(FUNCTIONS)}")


def _check_nothing_lost(tokens: list[Token], tree: Tree, text: str) -> None:
    words = sum(1 for t in tokens if t.text not in SIGNS and t.token_type.name in ("VAR", "NUMBER", "STRING"))
    words += sum(1 for t in tokens if t.token_type.name in ("TRUE", "FALSE"))
    kept = 0
    for node in walk(tree):
        if isinstance(node, (Fact, Constant, AnyParty, Coalesce)):
            kept += 1
        elif isinstance(node, InGroup):
            kept += 2
        elif isinstance(node, In):
            kept += len(node.values)
    if words != kept:
        raise LogicError(f"{words} words were read and {kept} understood: {_short(text)}")


def _short(text: str) -> str:
    """The text on one line, cut where it grows long."""
    line = " ".join(text.split())
    return line if len(line) <= 100 else line[:99] + "…"
