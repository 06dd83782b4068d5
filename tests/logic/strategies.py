"""Random conditions and facts, for every test that sets one reader of the tree against another.

Figures and constants come from one small pool, so that comparisons meet their limits often.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from hypothesis import strategies as st

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
from exeat.logic.vocabulary import Declared, Vocabulary

SLOTS = ("buyer", "user")
FIGURES = tuple(map(Decimal, ("-3.5", "0", "0.0001", "1", "2", "5.92", "5.9199", "4799.9999", "4800", "9999999.9999")))
PLACES = ("CN", "DE", "MO", "NO")
WORDS = ("", "it's", "Ünter", "ünter", "null", "a%b_c")
GROUPS: Mapping[str, frozenset[str]] = {
    "D:5": frozenset({"CN", "MO"}),
    "A:1": frozenset({"DE", "NO", "PT"}),
    "empty": frozenset(),
}
VOCABULARY = Vocabulary(
    {
        declared.name: declared
        for declared in (
            Declared("tpp", "number", words="total processing performance (TPP)", unit="TPP", decimals=4),
            Declared("area", "number", words="the applicable die area", unit="mm2", decimals=4),
            Declared("density", "number", words="performance density", decimals=6, ratio=("tpp", "area")),
            Declared("select", "yes/no", words="selected"),
            Declared("marketed", "yes/no", words="marketed for data centers"),
            Declared("sample", "yes/no", words="a sample"),
            Declared("destination", "text", words="the destination", country=True),
            Declared("origin", "text", words="the origin", country=True),
            Declared("end_use", "text", words="the end use", values=("cloud", "resale", "research")),
            Declared("note", "text", words="a note"),
            Declared("headquarters", "text", words="the headquarters", country=True, party=True),
            Declared("controlled", "yes/no", words="controlled by a government", party=True),
            Declared("stake", "number", words="the stake", decimals=4, party=True),
        )
    }
)


def texts_for(declared: Declared) -> tuple[str, ...]:
    """The texts a fact takes in these tests."""
    return declared.values or (PLACES if declared.country else WORDS)


def values(declared: Declared) -> st.SearchStrategy[Value]:
    """A known value for one fact."""
    if declared.type == "yes/no":
        return st.booleans()
    return st.sampled_from(FIGURES if declared.type == "number" else texts_for(declared))


@st.composite
def facts(draw: st.DrawFn, *, party: bool = False, vocabulary: Vocabulary = VOCABULARY) -> dict[str, Value]:
    """Facts of a transaction (or of one party), about half of them known; an unknown one is None or left out."""
    found: dict[str, Value] = {}
    for name in vocabulary:
        if vocabulary[name].party != party:
            continue
        how = draw(st.integers(0, 4))
        if how >= 2:
            found[name] = draw(values(vocabulary[name]))
        elif how == 1:
            found[name] = None
    return found


def parties() -> st.SearchStrategy[list[dict[str, Value]]]:
    """No party to two."""
    return st.lists(facts(party=True), max_size=len(SLOTS))


def _names(kind: str, vocabulary: Vocabulary, party: bool) -> list[str]:
    """The facts of one type that may stand here; a ratio is no plain number."""
    return [n for n in vocabulary if (d := vocabulary[n]).type == kind and not d.ratio and (party or not d.party)]


def numbers(vocabulary: Vocabulary = VOCABULARY, *, party: bool = False) -> st.SearchStrategy[Tree]:
    """A number: a fact, a constant, or a small sum, product, case or coalesce of those."""
    fact: st.SearchStrategy[Tree] = st.sampled_from(list(map(Fact, _names("number", vocabulary, party))))
    constant: st.SearchStrategy[Tree] = st.sampled_from(list(map(Constant, FIGURES)))
    leaf = fact | constant
    sign = st.sampled_from(["+", "-", "*"])
    small = st.builds(Arith, sign, leaf, leaf)
    condition = st.sampled_from(list(map(Fact, _names("yes/no", vocabulary, party))))
    case = st.builds(Case, st.lists(st.tuples(condition, leaf), min_size=1, max_size=2).map(tuple), st.none() | leaf)
    return st.one_of(
        leaf,
        small,
        st.builds(Arith, sign, small, leaf),
        st.builds(Arith, sign, leaf, small),
        case,
        st.builds(Coalesce, st.tuples(leaf, leaf)),
    )


def _about_text(name: str, vocabulary: Vocabulary) -> st.SearchStrategy[Tree]:
    word = st.sampled_from(texts_for(vocabulary[name]))
    return st.one_of(
        st.builds(InGroup, st.just(Fact(name)), st.sampled_from(sorted(GROUPS))),
        st.builds(In, st.just(Fact(name)), st.lists(word, min_size=1, max_size=3).map(tuple)),
        st.builds(Compare, st.sampled_from(["=", "<>"]), st.just(Fact(name)), st.builds(Constant, word)),
    )


def _atoms(vocabulary: Vocabulary, party: bool, ratios: bool) -> st.SearchStrategy[Tree]:
    sign = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
    number = numbers(vocabulary, party=party)
    figures = [n for n in vocabulary if vocabulary[n].ratio] * 2 if ratios else []
    figure = st.sampled_from(list(map(Fact, figures + _names("number", vocabulary, party))))
    constant = st.sampled_from(list(map(Constant, FIGURES)))
    return st.one_of(
        st.sampled_from(list(map(Fact, _names("yes/no", vocabulary, party)))),
        st.builds(Compare, sign, figure, constant),
        st.builds(Compare, sign, constant, figure),
        st.one_of([_about_text(name, vocabulary) for name in _names("text", vocabulary, party)]),
        st.builds(Compare, sign, number, number),
        st.builds(In, number, st.lists(st.sampled_from(FIGURES), min_size=1, max_size=3).map(tuple)),
        st.booleans().map(Constant),
    )


def _flat(kind: type[And] | type[Or], args: list[Tree]) -> Tree:
    parts: list[Tree] = []
    for arg in args:
        parts += arg.args if isinstance(arg, kind) else (arg,)
    return kind(tuple(parts))


def _any_party(vocabulary: Vocabulary, ratios: bool) -> st.SearchStrategy[Tree]:
    own = [Fact(n) for n in vocabulary if vocabulary[n].party and vocabulary[n].type == "yes/no"]
    body = conditions(vocabulary, party=True, ratios=ratios, coalesce=False)
    kind = st.sampled_from([And, Or])
    return st.builds(lambda k, mine, more: AnyParty(_flat(k, [mine, more])), kind, st.sampled_from(own), body)


def conditions(
    vocabulary: Vocabulary = VOCABULARY, *, party: bool = False, ratios: bool = True, coalesce: bool = True
) -> st.SearchStrategy[Tree]:
    """A condition such as the grammar can give: flat ``and`` and ``or``, ``any_party`` not nested."""
    atoms = _atoms(vocabulary, party, ratios)
    if not party:
        atoms = st.one_of(atoms, _any_party(vocabulary, ratios))

    def larger(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        several = st.lists(inner, min_size=2, max_size=4)
        forms = [
            several.map(lambda args: _flat(And, args)),
            several.map(lambda args: _flat(Or, args)),
            inner.map(Not),
            st.builds(Case, st.lists(st.tuples(inner, inner), min_size=1, max_size=2).map(tuple), st.none() | inner),
            st.builds(Compare, st.sampled_from(["=", "<>"]), inner, inner),
        ]
        if coalesce:
            forms.append(st.builds(Coalesce, st.tuples(inner, inner)))
        return st.one_of(forms)

    return st.recursive(atoms, larger, max_leaves=4 if party else 6)


@st.composite
def vocabularies(draw: st.DrawFn) -> Vocabulary:
    """Other facts, of every kind, some of them named as SQL names its own things."""
    awkward = ["name", "role", "date", "table", "select", "null", "interval", "at", "like", "is", "group", "x1", "_y"]
    names = draw(st.permutations(awkward))
    made = [
        Declared(names[0], "yes/no"),
        Declared(names[1], "yes/no"),
        Declared(names[2], "number"),
        Declared(names[3], "number"),
        Declared(names[4], "number", ratio=(names[2], names[3])),
        Declared(names[5], "text", country=draw(st.booleans())),
        Declared(names[6], "text", values=draw(st.sampled_from([(), ("a", "b c", "it's")]))),
        Declared(names[7], "yes/no", party=True),
        Declared(names[8], "text", country=True, party=True),
    ]
    return Vocabulary({declared.name: declared for declared in made})
