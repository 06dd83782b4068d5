"""What the grammar reads, and what it refuses: each refusal on one line, with file and line and the words at fault."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import VOCABULARY

from exeat.logic.grammar import LogicError, parse, print_tree, typeof
from exeat.logic.tree import And, AnyParty, Arith, Case, Coalesce, Compare, Constant, Fact, In, InGroup, Not, Or, Tree

TPP, SAMPLE, MARKETED = Fact("tpp"), Fact("sample"), Fact("marketed")


def number(text: str) -> Constant:
    return Constant(Decimal(text))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("tpp >= 4800", Compare(">=", TPP, number("4800"))),
        ("tpp >= -0.5", Compare(">=", TPP, number("-0.5"))),
        ("tpp >= 1e26", Compare(">=", TPP, Constant(Decimal(10**26)))),
        ("4800<=tpp", Compare("<=", number("4800"), TPP)),
        ("density >= 5.92", Compare(">=", Fact("density"), number("5.92"))),
        ("sample", SAMPLE),
        ("TRUE", Constant(True)),
        ("not sample and marketed", And((Not(SAMPLE), MARKETED))),
        ("not tpp = 1", Not(Compare("=", TPP, number("1")))),
        ("sample and (marketed and (tpp = 1))", And((SAMPLE, MARKETED, Compare("=", TPP, number("1"))))),
        ("sample and marketed or select", Or((And((SAMPLE, MARKETED)), Fact("select")))),
        ("sample = marketed", Compare("=", SAMPLE, MARKETED)),
        ("destination in ('CN', 'MO')", In(Fact("destination"), ("CN", "MO"))),
        ("destination not in ('NO')", Not(In(Fact("destination"), ("NO",)))),
        ("destination <> origin", Compare("<>", Fact("destination"), Fact("origin"))),
        ("tpp in (1, -2.5)", In(TPP, (Decimal(1), Decimal("-2.5")))),
        ("note = 'it''s'", Compare("=", Fact("note"), Constant("it's"))),
        ("note = '4E091'", Compare("=", Fact("note"), Constant("4E091"))),
        ("in_group(destination, 'D:5')", InGroup(Fact("destination"), "D:5")),
        ("any_party(headquarters = 'CN')", AnyParty(Compare("=", Fact("headquarters"), Constant("CN")))),
        ("coalesce(sample, marketed, false)", Coalesce((SAMPLE, MARKETED, Constant(False)))),
        ("tpp - area - 1", Arith("-", Arith("-", TPP, Fact("area")), number("1"))),
        ("tpp + 2 * area", Arith("+", TPP, Arith("*", number("2"), Fact("area")))),
        ("case when sample then 1 end", Case(((SAMPLE, number("1")),), None)),
        (
            "case when sample then 'a' when marketed then note else 'b' end",
            Case(((SAMPLE, Constant("a")), (MARKETED, Fact("note"))), Constant("b")),
        ),
        ("select\n  and sample", And((Fact("select"), SAMPLE))),
    ],
)
def test_reads(text: str, tree: Tree) -> None:
    assert parse(text, VOCABULARY) == tree
    assert parse(print_tree(tree), VOCABULARY) == tree


REFUSED = [
    # words the language does not have
    ("tpp >= 26_900_000", "26_900_000 is no number: digits stand without underscores, as in 26900000"),
    ("tpp >= 4E091", "4E091 is no number; if an ECCN is meant, quote it: '4E091'"),
    ("note = 3A090.a", "3A090.a is no number; if an ECCN is meant, quote it: '3A090.a'"),
    ("tpp > 1E26", "1E26 is no number: expected digits"),
    ("tpp > 1e400", "1e400 is no number"),
    ("tpp > 5.", "5. is no number"),
    ("tpp > .5", ". is not in the grammar"),
    ("tpp > 4,800", "does not read as an expression near"),
    ("tpp x", "unknown fact 'x'"),
    ("tpp as area", "unknown fact 'as'"),
    ("(selecct tpp)", "unknown fact 'selecct'; nearest: 'select'"),
    ("tpp in (select tpp from area)", "unknown fact 'from'"),
    ("sum(tpp) > 1", "unknown function 'sum'; there are any_party, in_group, coalesce"),
    ("cast(tpp as int) > 1", "unknown function 'cast'"),
    ("tpp::int > 1", ":: is not in the grammar"),
    ("tpp / 2 > 1", "there is no division: multiply out"),
    ("tpp % 2 = 1", "% is not in the grammar"),
    ("tpp between 1 and 2", "'between' is not in the grammar: write a >= x and a <= y"),
    ("note like 'x'", "'like' is not in the grammar"),
    ("note is null", "a condition never asks whether a fact is known"),
    ("note = null", "'null' is not in the grammar"),
    ("tpp != 1", "'!=' is not in the grammar: write <>"),
    ("tpp == 1", "'==' is not in the grammar: write ="),
    ('"tpp" > 1', '"tpp" is not in the grammar; a text stands in single quotes'),
    ('note = "x"', '"x" is not in the grammar; a text stands in single quotes'),
    ("E'x' = note", "E'x' is not in the grammar"),
    ("$$x$$ = note", "$$x$$ is not in the grammar"),
    ("sample -- and so on", "a comment may not stand in an expression"),
    ("sample /* and */ and marketed", "a comment may not stand in an expression"),
    ("-- nothing", "found only a comment"),
    ("sample; marketed", "; is not in the grammar"),
    ("sample;", "; is not in the grammar"),
    ("date '2025-05-15' > 1", "there are no dates"),
    ("interval '1' day", "unknown fact 'interval'"),
    ("item.tpp > 1", "unknown fact 'item'"),
    ("TPP > 1", "unknown fact 'TPP'; nearest: 'tpp'"),
    ("tppp > 1", "unknown fact 'tppp'; nearest: 'tpp'"),
    ("tpp(1)", "'tpp' is a fact and is not called with parentheses"),
    ("any_party", "'any_party' is called with parentheses: any_party(…)"),
    # forms the language does not have
    ("", "an expression expected, found nothing"),
    ("  \n ", "an expression expected, found nothing"),
    ("'x", "a quotation mark not closed?"),
    ("sample and", "does not read as an expression near 'sample and'"),
    ("(sample", "does not read as an expression"),
    ("sample)", "does not read as an expression"),
    ("sample marketed", "two words follow each other without a sign between them"),
    ("destination 'CN'", "does not read as an expression near"),
    ("1 < tpp < 3", "comparisons may not be chained: 1 < tpp < 3"),
    ("tpp = area = 1", "comparisons may not be chained"),
    ("sample = not marketed", "comparisons may not be chained"),
    ("(tpp, area)", "a list may stand only after 'in'"),
    ("tpp = (1, 2)", "a list may stand only after 'in'"),
    ("destination in ()", "'in' needs a list in parentheses"),
    ("destination in origin", "'in' needs a list in parentheses"),
    ("destination in (origin)", "a list after 'in' holds numbers or quoted texts only, found origin"),
    ("-tpp < 1", "a minus sign may stand only before a number: -tpp"),
    ("case sample when true then 1 end", "'case' is written: case when"),
    ("coalesce(sample)", "coalesce needs two arguments or more"),
    ("any_party(controlled, sample)", "any_party takes one condition, found 2"),
    ("in_group(destination)", "in_group takes a fact and a quoted group"),
    ("in_group(destination, origin)", "in_group takes a fact and a quoted group"),
    ("not " * 5000 + "sample", "the expression is nested too deeply"),
    ("(" * 5000 + "sample" + ")" * 5000, "the expression is nested too deeply"),
    # types
    ("tpp = 'x'", "number compared with text: tpp = 'x'"),
    ("sample > true", "'>' compares numbers only, found yes/no: sample > true"),
    ("note < 'x'", "'<' compares numbers only, found text"),
    ("tpp and sample", "'and' needs yes/no, found number: tpp"),
    ("not tpp", "'not' needs yes/no, found number: tpp"),
    ("sample + 1 > 1", "'+' needs number, found yes/no: sample"),
    ("tpp in ('x')", "number looked up among text"),
    ("tpp in (1, 'x')", "number looked up among text"),
    ("case when tpp then 1 end", "'when' needs yes/no, found number: tpp"),
    ("case when sample then 1 else 'x' end", "'case' needs values of one type, found number and text: 'x'"),
    ("coalesce(sample, tpp)", "'coalesce' needs values of one type"),
    ("density + 1 > 2", "'density' is a ratio and may only be compared with a number"),
    ("density in (5.92)", "'density' is a ratio"),
    ("density > area", "the ratio 'density' may only be compared with a number: density > area"),
    ("in_group(tpp, 'D:5')", "in_group needs a fact of type text first, found tpp"),
    ("in_group('CN', 'D:5')", "in_group needs a fact of type text first, found 'CN'"),
    ("in_group(destination, '')", "in_group needs the name of a group"),
    # values
    ("end_use = 'clud'", "'clud' is no value of 'end_use'; nearest: 'cloud'"),
    ("'clud' <> end_use", "'clud' is no value of 'end_use'; nearest: 'cloud'"),
    ("end_use in ('cloud', 'zzz')", "'zzz' is no value of 'end_use'; expected one of: cloud, resale, research"),
    ("destination = 'China'", "'China' is no place code for 'destination': two capital letters expected"),
    ("destination in ('CN', 'mo')", "'mo' is no place code for 'destination'"),
    # parties
    ("headquarters = 'CN'", "'headquarters' is a fact of one party and may stand only inside any_party(…)"),
    ("any_party(sample)", "any_party must use a fact of a party (such as headquarters)"),
    ("any_party(controlled and any_party(controlled))", "any_party may not stand inside any_party"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[text[:40] for text, _ in REFUSED])
def test_refuses(text: str, message: str) -> None:
    with pytest.raises(LogicError) as caught:
        parse(text, VOCABULARY, file="law/x.md", line=12)
    words = str(caught.value)
    assert words.startswith("law/x.md:12: ")
    assert message in words
    assert "\n" not in words and len(words) < 300


WORDS = [
    "tpp",
    "sample",
    "note",
    "destination",
    "controlled",
    "density",
    "and",
    "or",
    "not",
    "in",
    "case",
    "when",
    "then",
]
WORDS += ["else", "end", "true", "(", ")", ",", "=", "<>", "<", ">=", "+", "-", "*", "1", "5.92", "'x'", "'CN'"]
WORDS += [
    "any_party(",
    "in_group(",
    "coalesce(",
    "null",
    "is",
    "select",
    "between",
    ";",
    "--",
    "/*",
    "::",
    "[",
    "{",
    "\\",
]


@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=20))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    refusal, tree = "", None
    try:
        tree = parse(text, VOCABULARY, file="f", line=1)
    except LogicError as error:
        refusal = str(error)
    if tree is None:
        assert len(refusal.splitlines()) == 1
    else:
        assert parse(print_tree(tree), VOCABULARY) == tree


def test_the_line_of_the_word_at_fault() -> None:
    with pytest.raises(LogicError, match=r"^law/x\.md:14: unknown fact 'foo'"):
        parse("sample\nand marketed\nand foo", VOCABULARY, file="law/x.md", line=12)


@pytest.mark.parametrize(
    ("file", "line", "start"), [("", 0, "unknown"), ("a.md", 0, "a.md: unknown"), ("", 3, "3: unknown")]
)
def test_a_place_is_left_out_where_there_is_none(file: str, line: int, start: str) -> None:
    with pytest.raises(LogicError) as caught:
        parse("foo", VOCABULARY, file=file, line=line)
    assert str(caught.value).startswith(start)
    assert (caught.value.file, caught.value.line) == (file, line)
    assert caught.value.message.startswith("unknown fact 'foo'")


def test_the_type_expected() -> None:
    parse("tpp + 1", VOCABULARY, expect="number")
    with pytest.raises(LogicError, match="yes/no expected, found number: tpp"):
        parse("tpp", VOCABULARY, expect="yes/no")


def test_the_definition_of_a_party_fact_reads_party_facts() -> None:
    tree = parse("in_group(headquarters, 'D:5') or controlled", VOCABULARY, party=True)
    assert typeof(tree, VOCABULARY) == "yes/no"
    with pytest.raises(LogicError, match="any_party may not stand inside"):
        parse("any_party(controlled)", VOCABULARY, party=True)


def test_importing_the_grammar_is_cheap() -> None:
    code = "import sys, exeat.logic.grammar, exeat.logic.sql; print('sqlglot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
