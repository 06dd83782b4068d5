"""The meaning, spelled out; then every other reader of the tree against it."""

from __future__ import annotations

from decimal import Decimal, Inexact, localcontext
from itertools import product

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import (
    FIGURES,
    GROUPS,
    SLOTS,
    VOCABULARY,
    conditions,
    facts,
    numbers,
    parties,
    texts_for,
    values,
    vocabularies,
)

from exeat.logic.compile import compile_tree
from exeat.logic.errors import LogicError
from exeat.logic.evaluate import evaluate
from exeat.logic.expand import expand_parties, expand_ratios, resolve_groups, slot_facts
from exeat.logic.grammar import parse, print_tree
from exeat.logic.sql import to_sql
from exeat.logic.tree import (
    And,
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
    walk,
)
from exeat.logic.vocabulary import Vocabulary

MANY = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
A, B = Fact("a"), Fact("b")
YES, NO, UNKNOWN = True, False, None


def compiled(tree: Tree, known: dict[str, Value], some: list[dict[str, Value]] | None) -> Value:
    return compile_tree(tree, GROUPS)({**known, "parties": tuple(some or ())}, {})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("a", "b", "both", "either"),
    [
        (YES, YES, YES, YES),
        (YES, UNKNOWN, UNKNOWN, YES),
        (YES, NO, NO, YES),
        (UNKNOWN, YES, UNKNOWN, YES),
        (UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
        (UNKNOWN, NO, NO, UNKNOWN),
        (NO, YES, NO, YES),
        (NO, UNKNOWN, NO, UNKNOWN),
        (NO, NO, NO, NO),
    ],
)
def test_kleene(a: Value, b: Value, both: Value, either: Value) -> None:
    known = {"a": a, "b": b}
    for read in (lambda t: evaluate(t, known), lambda t: compiled(t, known, None)):
        assert read(And((A, B))) is both
        assert read(Or((A, B))) is either
        assert read(Not(A)) is (None if a is None else not a)
        # De Morgan holds in three values too.
        assert read(Not(Or((Not(A), Not(B))))) is both


def test_and_and_or_of_any_number() -> None:
    for n in range(5):
        names = [f"f{i}" for i in range(n)]
        args = tuple(map(Fact, names))
        for row in product((YES, UNKNOWN, NO), repeat=n):
            known: dict[str, Value] = dict(zip(names, row, strict=True))
            both = NO if NO in row else UNKNOWN if UNKNOWN in row else YES
            either = YES if YES in row else UNKNOWN if UNKNOWN in row else NO
            assert evaluate(And(args), known) is compiled(And(args), known, None) is both
            assert evaluate(Or(args), known) is compiled(Or(args), known, None) is either


def test_case_stops_at_an_unknown_condition() -> None:
    tree = Case(((A, Constant(Decimal(1))), (B, Constant(Decimal(2)))), Constant(Decimal(3)))
    assert evaluate(tree, {"a": False, "b": True}) == 2
    assert evaluate(tree, {"a": None, "b": True}) is None
    assert evaluate(tree, {"a": True}) == 1
    assert evaluate(tree, {"a": False, "b": False}) == 3
    assert evaluate(Case(((A, B),), None), {"a": False}) is None


def test_no_party_named_is_unknown_not_no() -> None:
    tree = parse("any_party(headquarters = 'CN')", VOCABULARY)
    for nobody in (None, []):
        assert evaluate(tree, {}, nobody) is None
        assert compiled(tree, {}, nobody) is None
    assert evaluate(tree, {}, [{"headquarters": "DE"}]) is False
    assert evaluate(tree, {}, [{"headquarters": "DE"}, {}]) is None
    assert evaluate(tree, {}, [{"headquarters": "CN"}, {}]) is True


def test_facts_of_the_transaction_are_seen_inside_any_party() -> None:
    tree = parse("any_party(headquarters = destination)", VOCABULARY)
    assert evaluate(tree, {"destination": "DE"}, [{"headquarters": "DE"}]) is True
    assert compiled(tree, {"destination": "DE"}, [{"headquarters": "DE"}]) is True


def test_an_empty_group_is_no_for_what_is_known() -> None:
    tree = InGroup(Fact("destination"), "empty")
    for reader in (tree, resolve_groups(tree, GROUPS)):
        assert evaluate(reader, {"destination": "DE"}, groups=GROUPS) is False
        assert evaluate(reader, {}, groups=GROUPS) is None


def test_an_unknown_group_is_an_error_everywhere() -> None:
    tree = InGroup(Fact("destination"), "D:6")
    for read in (
        lambda: evaluate(tree, {}, groups=GROUPS),
        lambda: resolve_groups(tree, GROUPS),
        lambda: compile_tree(tree, GROUPS),
    ):
        with pytest.raises(LogicError, match="unknown group 'D:6'; nearest: 'D:5'"):
            read()


def test_numbers_are_exact_whatever_the_thread_rounds_to() -> None:
    tree = Compare("=", Arith("*", Fact("a"), Constant(Decimal("0.1"))), Constant(Decimal("0.1234567")))
    with localcontext() as rough:
        rough.prec = 3
        assert evaluate(tree, {"a": Decimal("1.234567")}) is True
        assert compiled(tree, {"a": Decimal("1.234567")}, None) is True


def test_a_figure_too_long_to_be_exact_is_an_error() -> None:
    tree = Arith("+", Fact("a"), Constant(Decimal(1)))
    with pytest.raises(Inexact):
        evaluate(tree, {"a": Decimal("1e300")})


def test_a_stated_ratio_wins_and_a_derived_one_is_multiplied_out() -> None:
    for text in ("density >= 5.92", "5.92 <= density"):
        tree = expand_ratios(parse(text, VOCABULARY), VOCABULARY)
        assert evaluate(tree, {"density": Decimal("5.92"), "tpp": Decimal(1), "area": Decimal(1)}) is True
        assert evaluate(tree, {"tpp": Decimal("592"), "area": Decimal(100)}) is True
        assert evaluate(tree, {"tpp": Decimal("591.9999"), "area": Decimal(100)}) is False
        assert evaluate(tree, {"tpp": Decimal("592"), "area": Decimal(0)}) is None
        assert evaluate(tree, {"tpp": Decimal("592")}) is None
        assert evaluate(tree, {"area": Decimal("592")}) is None


@MANY
@given(conditions() | numbers(), facts(), parties())
def test_compiled_closures_mean_the_same(tree: Tree, known: dict[str, Value], some: list[dict[str, Value]]) -> None:
    for reader in (tree, expand_ratios(tree, VOCABULARY)):
        assert compiled(reader, known, some) == evaluate(reader, known, some, GROUPS)


@MANY
@given(conditions() | numbers())
def test_what_is_printed_reads_as_the_same_tree(tree: Tree) -> None:
    text = print_tree(tree)
    assert parse(text, VOCABULARY) == tree
    assert print_tree(parse(text, VOCABULARY)) == text


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), vocabularies())
def test_any_declared_name_may_stand_in_a_condition(data: st.DataObject, vocabulary: Vocabulary) -> None:
    tree = data.draw(conditions(vocabulary))
    assert parse(print_tree(tree), vocabulary) == tree


@MANY
@given(conditions(), facts(), parties())
def test_resolved_groups_mean_the_same(tree: Tree, known: dict[str, Value], some: list[dict[str, Value]]) -> None:
    resolved = resolve_groups(tree, GROUPS)
    assert not any(isinstance(node, InGroup) for node in walk(resolved))
    assert evaluate(resolved, known, some) == evaluate(tree, known, some, GROUPS)


@MANY
@given(conditions(), facts(), parties())
def test_ratios_expanded_agree_with_the_quotient(
    tree: Tree, known: dict[str, Value], some: list[dict[str, Value]]
) -> None:
    """Where the quotient is exact, stating it and deriving it are one and the same."""
    tpp, area = known.get("tpp"), known.get("area")
    quotient = known.get("density")
    if quotient is None and isinstance(tpp, Decimal) and isinstance(area, Decimal) and area > 0:
        if tpp % area and (tpp / area) * area != tpp:
            return
        quotient = tpp / area
    stated = evaluate(tree, {**known, "density": quotient}, some, GROUPS)
    assert evaluate(expand_ratios(tree, VOCABULARY), known, some, GROUPS) == stated


@MANY
@given(st.data(), conditions(ratios=False).filter(lambda t: not any(isinstance(n, Coalesce) for n in walk(t))))
def test_learning_a_fact_never_turns_a_known_answer(data: st.DataObject, tree: Tree) -> None:
    known, some = data.draw(facts()), data.draw(parties())
    before = evaluate(tree, known, some, GROUPS)

    def filled(part: dict[str, Value], party: bool) -> dict[str, Value]:
        missing = [n for n in VOCABULARY if VOCABULARY[n].party == party and part.get(n) is None]
        learned = data.draw(st.lists(st.sampled_from(missing), unique=True)) if missing else []
        return {**part, **{name: data.draw(values(VOCABULARY[name])) for name in learned}}

    after = evaluate(tree, filled(known, False), [filled(p, True) for p in some], GROUPS)
    assert before is None or after == before


# --- SQL -----------------------------------------------------------------------------------------------------------

WIDE = VOCABULARY.with_facts(slot_facts(SLOTS, VOCABULARY))
COLUMNS = [name for name in WIDE if not VOCABULARY.get(name) or not VOCABULARY[name].party]
SQL_TYPE = {"yes/no": "BOOLEAN", "text": "VARCHAR", "number": "DECIMAL(12, 4)"}


def _rows(count: int) -> list[tuple[dict[str, Value], list[dict[str, Value]], dict[str, Value]]]:
    """Facts, parties, and the same as one wide row. A slot that is not present carries figures all the same."""
    from random import Random

    random = Random(3090)

    def any_value(name: str) -> Value:
        declared = WIDE[name]
        pool: tuple[Value, ...] = FIGURES if declared.type == "number" else (True, False)
        return random.choice(texts_for(declared) if declared.type == "text" else pool)

    made = []
    for _ in range(count):
        row: dict[str, Value] = {name: any_value(name) if random.random() < 0.65 else None for name in COLUMNS}
        for slot in SLOTS:
            row[f"{slot}_present"] = random.random() < 0.6
        some: list[dict[str, Value]] = [
            {n: row[f"{slot}_{n}"] for n in VOCABULARY if VOCABULARY[n].party}
            for slot in SLOTS
            if row[f"{slot}_present"]
        ]
        made.append(({n: row[n] for n in COLUMNS if n in VOCABULARY}, some, row))
    return made


ROWS = _rows(150)


@pytest.fixture(scope="module")
def table() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    # Deep trees take DuckDB's optimizer far longer than 150 rows are worth.
    connection.execute("PRAGMA disable_optimizer")
    columns = ", ".join(f'"{name}" {SQL_TYPE[WIDE[name].type]}' for name in COLUMNS)
    connection.execute(f"CREATE TABLE t (id INTEGER, {columns})")
    marks = ", ".join("?" for _ in range(len(COLUMNS) + 1))
    rows = [[i, *(row[name] for name in COLUMNS)] for i, (_, _, row) in enumerate(ROWS)]
    connection.executemany(f"INSERT INTO t VALUES ({marks})", rows)
    return connection


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(tree=conditions() | numbers())
def test_duckdb_means_the_same(table: duckdb.DuckDBPyConnection, tree: Tree) -> None:
    tree = expand_ratios(tree, VOCABULARY)
    flat = resolve_groups(expand_parties(tree, SLOTS, VOCABULARY), GROUPS)
    found = [row[0] for row in table.execute(f"SELECT {to_sql(flat, WIDE)} FROM t ORDER BY id").fetchall()]
    assert found == [evaluate(tree, known, some, GROUPS) for known, some, _ in ROWS]
    assert found == [evaluate(flat, row) for _, _, row in ROWS]


def test_sql_says_what_has_to_be_expanded_first() -> None:
    with pytest.raises(LogicError, match="apply expand_parties first"):
        to_sql(parse("any_party(controlled)", VOCABULARY), VOCABULARY)
    with pytest.raises(LogicError, match="apply resolve_groups first"):
        to_sql(parse("in_group(origin, 'D:5')", VOCABULARY), VOCABULARY)
    with pytest.raises(LogicError, match="unknown fact 'tpq'; nearest: 'tpp'"):
        to_sql(Fact("tpq"), VOCABULARY)


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("tpp >= 4800", "tpp >= 4800"),
        ("tpp >= 5.92 * area", "tpp >= (CAST(5.92 AS DECIMAL(38, 2)) * area)"),
        ("tpp >= 1e26", "tpp >= CAST('100000000000000000000000000' AS DECIMAL(27, 0))"),
        ("select and note = 'it''s'", "\"select\" AND (note = 'it''s')"),
        ("tpp > -3", "tpp > (-3)"),
    ],
)
def test_sql_text(text: str, sql: str) -> None:
    assert to_sql(parse(text, VOCABULARY), VOCABULARY) == sql


def test_sql_columns_may_be_of_a_table_and_of_any_name() -> None:
    written = to_sql(Fact("tpp"), VOCABULARY, column=lambda name: f"Item List.{name} x")
    assert written == '"Item List"."tpp x"'


def test_sql_of_a_warehouse_keeps_the_case_cautious() -> None:
    tree = parse("case when sample then 1 when marketed then 2 else 3 end", VOCABULARY)
    for dialect in ("snowflake", "bigquery", "spark", "postgres"):
        words = " ".join(to_sql(tree, VOCABULARY, dialect).lower().replace('"', "").split())
        rest = "case marketed when true then 2 when false then 3 end"
        assert words == f"case sample when true then 1 when false then {rest} end"


def test_sql_numbers_stay_exact_where_a_double_would_round(table: duckdb.DuckDBPyConnection) -> None:
    # 2 ** 53 + 1 is the first whole number a double cannot hold.
    limit = Decimal(2**53 + 1) * 10**6
    vocabulary = VOCABULARY
    for value, expected in ((limit, True), (limit - 1, False)):
        sql = to_sql(Compare(">=", Fact("tpp"), Constant(limit)), vocabulary)
        found = table.execute(f"SELECT {sql} FROM (SELECT CAST('{value}' AS DECIMAL(38, 4)) AS tpp)").fetchone()
        assert found == (expected,)


def test_an_empty_list_in_sql(table: duckdb.DuckDBPyConnection) -> None:
    sql = to_sql(In(Fact("note"), ()), VOCABULARY)
    assert table.execute(f"SELECT {sql} FROM (SELECT 'x' AS note)").fetchone() == (False,)
    assert table.execute(f"SELECT {sql} FROM (SELECT NULL AS note)").fetchone() == (None,)


def test_cases_of_one_fact_and_of_one_text_after_another() -> None:
    """Shapes that review policies have, which are compiled in ways of their own."""
    names = ("a", "b", "c")

    def one_is(text: str) -> Tree:
        return Or(tuple(Compare("=", Fact(name), Constant(text)) for name in names))

    strictest = Case(((one_is("denial"), Constant("x")), (one_is("approval"), Constant("y"))), Constant("none"))
    single = Case(((Compare("=", A, Constant("denial")), Constant("x")),), Constant("none"))
    for told in product(("denial", "approval", "other", None), repeat=3):
        known: dict[str, Value] = dict(zip(names, told, strict=True))
        for tree in (strictest, single):
            assert compile_tree(tree, {}, of_party=False)(known, {}) == evaluate(tree, known)
    for a, c in product((True, False, None), repeat=2):
        known = {"a": a, "c": c, "b": "said"}
        for default in (Constant("z"), Fact("b"), None):
            denied = Case(((Not(A), Constant("none")), (Fact("c"), Constant("x"))), default)
            assert compile_tree(denied, {}, of_party=False)(known, {}) == evaluate(denied, known)
