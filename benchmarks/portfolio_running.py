"""Running limits over order lines, beside a plain DuckDB window over the same rows, in one run.

    python -m benchmarks.portfolio_running [rows]

Every line is an order that draws on License Exception LPP: 20,000 parents over several years, most of which never pass
their limit, some of which do again and again. Three things are timed: the plain window (the sum of TPP by parent and
year, in date order, written to Parquet), the walk (the same, exact where a limit is passed, written to Parquet), and
the share of lines that had to be walked behind the first that did not fit.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from exeat.portfolio.duck import Duck, literal
from exeat.portfolio.running_walk import walk

PARENTS, ROWS = 20_000, 10_000_000
LIMIT = 26_900_000

#: Hashes of a line's number pick its cells: any number of threads makes the same lines. Few parents make most of them.
_LINES = """
SELECT range + 1 AS row,
    CAST(floor(pow((hash(range, 1) >> 11) / 9007199254740992.0, 2) * {parents}) AS BIGINT) AS parent,
    CAST(DATE '2025-05-15' + CAST((hash(range, 2) >> 11) / 9007199254740992.0 * 1200 AS INTEGER) AS DATE) AS day,
    CAST(([4992, 15832, 5200, 40000, 2496])[1 + CAST(hash(range, 3) % 5 AS INTEGER)] AS DECIMAL(18,4)) AS tpp,
    1 + CAST(floor(pow((hash(range, 4) >> 11) / 9007199254740992.0, 4) * {most}) AS BIGINT) AS quantity
FROM range({rows})
"""

_PLAIN = """
SELECT row, sum(tpp * quantity) OVER (PARTITION BY parent, year(day) ORDER BY day, row ROWS UNBOUNDED PRECEDING) AS used
FROM lines
"""

_DRAWN = """
SELECT row, parent * 10000 + year(day) AS key, datediff('day', DATE '0001-01-01', day) * {day} + row AS moment,
    tpp AS unit, CAST(tpp * quantity AS DECIMAL(18,4)) AS tpp, true AS takes, true AS sure,
    CAST(0 AS DECIMAL(18,4)) AS opened, CAST({limit} AS DECIMAL(18,4)) AS room
FROM lines
"""


def main(rows: int) -> None:
    """Print one line for each of a few shares of parents that pass their limit."""
    print(f"{rows:,} lines, {PARENTS:,} parents")
    for most in (4, 60, 1000):
        with TemporaryDirectory() as name:
            _measure(Path(name), rows, most)


def _measure(folder: Path, rows: int, most: int) -> None:
    duck = Duck(folder, "3GB", 2)
    duck.run(f"CREATE TEMP TABLE lines AS {_LINES.format(parents=PARENTS, most=most, rows=rows)}")
    plain, walked = folder / "plain.parquet", folder / "walked.parquet"
    started = perf_counter()
    duck.copy(_PLAIN, plain)
    by_window = perf_counter() - started
    started = perf_counter()
    duck.run(f"CREATE OR REPLACE TEMP TABLE drawn AS {_DRAWN.format(day=1 << 40, limit=LIMIT)}")
    walk(duck, "ran")
    duck.copy("SELECT row, used, fits FROM ran", walked)
    by_walk = perf_counter() - started
    _check(duck, plain)
    over = duck.one("SELECT count(*) FROM ran WHERE fits = 'no'")
    duck.close()
    print(
        f"up to {most:>4} units: plain window {rows / by_window:>10,.0f}/s, running limits {rows / by_walk:>10,.0f}/s "
        f"({by_window / by_walk:.2f}x), {over:,} lines do not fit"
    )


def _check(duck: Duck, plain: Path) -> None:
    """The walk and the window say the same where no limit is passed, and no account holds more than its limit."""
    wrong = duck.one(
        "SELECT count(*) FROM (SELECT key FROM ran JOIN drawn USING (row) GROUP BY key HAVING bool_and(fits = 'yes')) "
        f"JOIN drawn USING (key) JOIN ran USING (row) JOIN read_parquet({literal(str(plain))}) AS p USING (row) "
        "WHERE ran.used + drawn.tpp <> p.used"
    )
    most = duck.one(
        "SELECT max(total) FROM (SELECT sum(drawn.tpp) AS total FROM ran JOIN drawn USING (row) "
        "WHERE fits = 'yes' GROUP BY key)"
    )
    if wrong or most > LIMIT:
        raise SystemExit(f"{wrong} lines differ from the plain window; the fullest account holds {most}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
