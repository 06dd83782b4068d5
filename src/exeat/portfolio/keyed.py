"""The keys of rows in DuckDB: from a row's codes, its kind, the classes of its parts, and its comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from exeat.logic.sql import to_sql
from exeat.logic.tree import Compare, Fact, walk
from exeat.logic.vocabulary import Declared
from exeat.portfolio.coded import Coded, at, together
from exeat.portfolio.columns import Meaning
from exeat.portfolio.duck import quoted
from exeat.portfolio.plan import BIG, Pair, Plan
from exeat.portfolio.residual import Status

#: Comparisons whose truths make one whole number.
_BITS = 60


class Keyed:
    """Writes the small tables of a plan and the query that gives each row the key of its class."""

    def __init__(self, coded: Coded) -> None:
        self.coded = coded
        self.duck, self.source, self.columns = coded.duck, coded.source, coded.columns
        self.vocabulary = coded.vocabulary
        self.numbers = self.columns.of("number")
        self.asked = list(coded.parts)

    def status_of(self, code: object) -> Status:
        """What the cells of a row's number columns say, from one number."""
        return tuple(int(str(code)) // 3**place % 3 for place in range(len(self.numbers)))

    def code_of(self, status: Status) -> int:
        """The one number for what the cells of a row's number columns say."""
        return sum(said * 3**place for place, said in enumerate(status))

    def pairs_needed(self) -> list[tuple[int, int, Status]]:
        """Program, item and status of numbers, as they occur together."""
        rows = self.duck.rows('SELECT DISTINCT "@program", "@item", "@status" FROM coded WHERE NOT "@wrong"')
        return sorted((int(program), int(item), self.status_of(code)) for program, item, code in rows)

    def write_plan(self, plan: Plan, pairs: Sequence[Pair]) -> None:
        """The kinds of rows, the classes of their parts, and the comparisons of their numbers."""
        self.plan = plan
        self._write_pairs(plan, pairs)
        self.write_classes()
        listed = plan.comparison_list
        tests = [self._digit(place, comparison) for place, comparison in enumerate(listed)]
        self.digits = [" + ".join(tests[word * _BITS : (word + 1) * _BITS]) for word in range(self.words)]

    def _digit(self, place: int, comparison: Compare) -> str:
        word, bit = divmod(place, _BITS)
        return (
            f"CASE WHEN ({at(f'asks_{word}')} >> {bit}) & 1 = 1 AND ({self.sql(comparison)}) THEN {1 << bit} ELSE 0 END"
        )

    def _write_pairs(self, plan: Plan, pairs: Sequence[Pair]) -> None:
        place_of = {id(c): place for place, c in enumerate(plan.comparison_list)}
        self.words = -(-len(plan.comparison_list) // _BITS)
        self.raw = list(plan.raw)
        self.any_large = False
        rows = []
        for pair in pairs:
            questions = pair.kind.questions
            sets = [
                plan.answers[origin].number_of(questions.of[origin]) if questions.of.get(origin) else None
                for origin in self.asked
            ]
            figures = [*pair.figures, *[None] * (plan.figure_count - len(pair.figures))]
            large = any(f is not None and (f >= BIG or _decimals(f) > 6) for f in figures)
            self.any_large = self.any_large or large
            asks = sum(1 << place_of[id(c)] for c in questions.comparisons)
            asked = [asks >> word * _BITS & (1 << _BITS) - 1 for word in range(self.words)]
            raw = sum(1 << place for place, name in enumerate(self.raw) if name in questions.raw)
            code = self.code_of(pair.status)
            stored = [None if f is None or f >= BIG or _decimals(f) > 6 else f for f in figures]
            which = pair.item if (raw and any(name.startswith("fig:") for name in questions.raw)) or large else None
            rows.append((pair.program, pair.item, code, pair.kind.number, *sets, *stored, *asked, raw, large, which))
        kinds = {"program": "INTEGER", "item": "INTEGER", "status": self.coded.status_type, "kind": "INTEGER"}
        kinds.update({f"set_{origin}": "INTEGER" for origin in self.asked})
        carried = {f"@fig_{n}": "DECIMAL(18,6)" for n in range(plan.figure_count)}
        carried.update({f"@asks_{word}": "BIGINT" for word in range(self.words)})
        carried.update({"@raw": "BIGINT", "@large": "BOOLEAN", "@which": "INTEGER"})
        self.carried = [quoted(name) for name in carried if name != "@large"]
        self.duck.table("pairs", {**kinds, **carried}, rows)

    def write_classes(self) -> None:
        """The class of every element of every part, for each set of questions there is by now."""
        for origin in self.asked:
            rows = [
                (number, element, class_)
                for number, classes in enumerate(self.plan.answers[origin].classes)
                for element, class_ in enumerate(classes)
            ]
            self.duck.table(class_of(origin), {"questions": "INTEGER", "element": "INTEGER", "class": "INTEGER"}, rows)

    def sql(self, comparison: Compare) -> str:
        """A comparison of a row's numbers and its item's figures."""
        declared = []
        for name in {node.name for node in walk(comparison) if isinstance(node, Fact)}:
            origin, _, fact = name.partition(":")
            decimals = self.vocabulary[fact].decimals if origin == "num" else 6
            declared.append(Declared(name, "number", decimals=decimals))
        return to_sql(comparison, self.vocabulary.with_facts(declared), "duckdb", _number_column)

    def query(self, rows: str) -> str:
        """The rows of a query of :class:`Coded` (or its table) with the keys of their classes.

        Adds to them ``@e_…`` (the element of each part), ``@v_…`` (numbers), ``@fine`` (whether all of the row could be
        read), and the columns of :attr:`key`.
        """
        exact = [
            f"CASE WHEN {self._is_raw(m)} THEN {at('v_' + m.fact)} END AS {at('r_' + m.fact)}" for m in self.numbers
        ]
        item = 'CASE WHEN "@big" THEN "@item" ELSE "@which" END AS "@r_item"'
        digits = [f'CASE WHEN "@big" THEN 0 ELSE {sql} END AS {at(f"d_{n}")}' for n, sql in enumerate(self.digits)]
        return f"SELECT *, {', '.join([*digits, *exact, item])} FROM ({self._classed(self.read_rows(rows))})"

    @property
    def key(self) -> list[str]:
        """The columns that together tell the class of a row; those of ``nullable`` may be null."""
        digits = [at(f"d_{n}") for n in range(self.words)]
        return ['"@kind"', *(at("k_" + o) for o in self.asked), *digits, *self.nullable]

    @property
    def nullable(self) -> list[str]:
        """The columns of a key that are null in most rows: numbers that are in the key themselves."""
        return [*(at("r_" + m.fact) for m in self.numbers), '"@r_item"']

    def same(self, columns: Sequence[str], one: str, other: str) -> str:
        """The condition that two rows agree in some columns of a key."""
        nullable = {*self.nullable, *(at("x_" + m.fact) for m in self.numbers), '"@x_item"'}
        sure = [f"{one}.{c} = {other}.{c}" for c in columns if c not in nullable]
        return " AND ".join([*sure, *(f"{one}.{c} IS NOT DISTINCT FROM {other}.{c}" for c in columns if c in nullable)])

    def read_rows(self, rows: str) -> str:
        """The rows of a query of :class:`Coded` (or its table) with the elements of their parts, and ``@fine``."""
        parts = list(self.coded.parts.values())
        faults = [f"{part.table}.error" for part in parts if part.meanings]
        fine = " AND ".join(['NOT "@wrong"', *(f"{fault} IS NULL" for fault in faults)])
        columns = [f"{part.table}.n AS {at('e_' + part.origin)}" for part in parts]
        columns += [f"{self._value(m)} AS {at('v_' + m.fact)}" for m in self.numbers]
        columns += [f'({fine}) AS "@fine"', f'{together(faults)} AS "@part_fault"']
        joins = [f"LEFT JOIN number_{m.fact} ON number_{m.fact}.n = c.{at('n_' + m.fact)}" for m in self.coded.by_cell]
        for part in parts:
            on = " AND ".join(f"{part.table}.c{n} = c.{at(name)}" for n, name in enumerate(part.codes))
            joins.append(f"LEFT JOIN {part.table} ON {on or 'true'}")
        return f"SELECT c.*, {', '.join(columns)} FROM {rows} AS c {' '.join(joins)}"

    def _classed(self, read: str) -> str:
        big = ['coalesce(p."@large", false)', *(f"coalesce({at('v_' + m.fact)} >= {BIG}, false)" for m in self.numbers)]
        columns = [f'({" OR ".join(big)}) AS "@big"', 'p.kind AS "@kind"', *map(self._narrow, self.numbers)]
        columns += [f"coalesce({quoted('k_' + o)}.class, 0) AS {at('k_' + o)}" for o in self.asked]
        columns += [f"p.{name}" for name in self.carried]
        joins = ['LEFT JOIN pairs AS p ON p.program = r."@program" AND p.item = r."@item" AND p.status = r."@status"']
        joins += [
            f"LEFT JOIN {class_of(o)} AS {quoted('k_' + o)} ON {quoted('k_' + o)}.questions = p.{quoted(f'set_{o}')} "
            f"AND {quoted('k_' + o)}.element = r.{at('e_' + o)}"
            for o in self.asked
        ]
        return f"SELECT r.*, {', '.join(columns)} FROM ({read}) AS r {' '.join(joins)}"

    def _value(self, meaning: Meaning) -> str:
        if meaning in self.coded.direct:
            return f"CAST(c.{at('n_' + meaning.fact)} AS DECIMAL(38,0))"
        return f"number_{meaning.fact}.value"

    def _is_raw(self, meaning: Meaning) -> str:
        name = f"num:{meaning.fact}"
        return f'"@big" OR ("@raw" >> {self.raw.index(name)}) & 1 = 1' if name in self.raw else '"@big"'

    def _narrow(self, meaning: Meaning) -> str:
        """The number as comparisons take it: their products end at 38 digits."""
        decimals = min(self.vocabulary[meaning.fact].decimals, 6)
        value = at("v_" + meaning.fact)
        narrow = f"CASE WHEN {value} < {BIG} THEN {value} END"
        return f"TRY_CAST({narrow} AS DECIMAL(18,{decimals})) AS {at('w_' + meaning.fact)}"


def class_of(origin: str) -> str:
    """The table of the classes of a part's elements."""
    return quoted(f"class_{origin}")


def _number_column(name: str) -> str:
    origin, _, fact = name.partition(":")
    return f"@w_{fact}" if origin == "num" else f"@fig_{fact}"


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
