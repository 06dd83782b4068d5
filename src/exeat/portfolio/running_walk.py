"""Walking an account through its rows in date order: what was used before each row, and whether the row fits.

Most accounts never pass their limit: for them one sum over a window is the whole answer. For the others the window
holds up to the first row that does not fit; behind it only rows that could still fit are walked one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exeat.portfolio.duck import Duck
from exeat.portfolio.running_cells import BIG

#: What a row takes if it fits. One that is over by itself never draws; one of unknown TPP may draw anything.
_TAKEN = (
    f"CAST(CASE WHEN NOT takes THEN 0 WHEN tpp IS NULL THEN {BIG} WHEN tpp > room THEN 0 ELSE tpp END AS DECIMAL(18,4))"
)


def walk(duck: Duck, into: str) -> None:
    """From the table ``drawn`` make the table ``into``, with one row for each of its rows.

    Its columns: ``row``; ``used``, the TPP counted before the row (null: not known); ``room`` before it (null: not
    known); ``fits`` (yes, no, unknown); ``tpp`` and ``unit`` of the row.

    A row of unknown TPP, or of which it is not known whether it draws, leaves what was used open from then on. A later
    row then fits for sure if it fits even with that row counted in full, and does not if it would not without it.
    """
    duck.run(
        # Accounts that could pass their limit, whatever the order, or are left open: the others need one sum alone.
        f"CREATE OR REPLACE TEMP TABLE busy AS SELECT key FROM (SELECT *, {_TAKEN} AS taken FROM drawn) "
        "WHERE key IS NOT NULL GROUP BY key "
        "HAVING sum(taken) + coalesce(max(tpp) FILTER (NOT takes AND tpp <= room), 0) > min(room) "
        "OR bool_or(takes AND (tpp IS NULL OR NOT sure))"
    )
    before = "sum(taken) OVER (PARTITION BY key ORDER BY moment ROWS UNBOUNDED PRECEDING) - taken"
    duck.run(
        f"CREATE OR REPLACE TEMP TABLE walked AS SELECT *, {before} AS before FROM ("
        f"SELECT drawn.*, {_TAKEN} AS taken FROM drawn SEMI JOIN busy USING (key))"
    )
    duck.run(
        "CREATE OR REPLACE TEMP TABLE turns AS SELECT key, "
        f"min(moment) FILTER (before + taken >= {BIG} OR (tpp <= room AND before + tpp > room)) AS over_at, "
        "min(moment) FILTER (takes AND taken > 0 AND (tpp IS NULL OR NOT sure)) AS open_at FROM walked GROUP BY key "
        "HAVING over_at IS NOT NULL OR open_at IS NOT NULL"
    )
    duck.run(
        "CREATE OR REPLACE TEMP TABLE tail AS SELECT walked.*, over_at, open_at FROM walked JOIN turns USING (key) "
        "WHERE moment >= over_at"
    )
    duck.run(
        # What was used when an account reached its first row that did not fit, and when it was left open.
        "CREATE OR REPLACE TEMP TABLE starts AS SELECT key, any_value(turns.over_at) AS over_at, "
        "any_value(turns.open_at) AS open_at, any_value(before) FILTER (moment = turns.over_at) AS over_used, "
        "any_value(before) FILTER (moment = turns.open_at) AS open_used FROM walked JOIN turns USING (key) "
        "WHERE moment = turns.over_at OR moment = turns.open_at GROUP BY key"
    )
    _walk_tails(duck)
    fits = (
        "CASE WHEN tpp IS NULL OR room IS NULL THEN 'unknown' WHEN tpp > room THEN 'no' "
        "WHEN lower_bound IS NULL THEN (CASE WHEN taken_after THEN 'yes' ELSE 'no' END) "
        "WHEN lower_bound + tpp > room THEN 'no' ELSE 'unknown' END"
    )
    duck.run(
        f"CREATE OR REPLACE TEMP TABLE {into} AS "
        "SELECT row, CASE WHEN open_at IS NULL OR moment <= open_at THEN before END AS used, room, tpp, unit, opened, "
        "CASE WHEN tpp IS NULL OR room IS NULL THEN 'unknown' WHEN tpp > room THEN 'no' ELSE 'yes' END AS fits "
        "FROM walked LEFT JOIN turns USING (key) WHERE over_at IS NULL OR moment < over_at "
        f"UNION ALL SELECT row, used, room, tpp, unit, opened, {fits} FROM tail_used "
        f"UNION ALL SELECT row, {before}, room, tpp, unit, opened, CASE WHEN tpp IS NULL OR room IS NULL "
        f"THEN 'unknown' WHEN tpp > room THEN 'no' ELSE 'yes' END FROM (SELECT drawn.*, {_TAKEN} AS taken FROM drawn "
        "ANTI JOIN busy USING (key) WHERE key IS NOT NULL) "
        "UNION ALL SELECT row, NULL, room, tpp, unit, opened, CASE WHEN tpp > room THEN 'no' ELSE 'unknown' END "
        "FROM drawn WHERE key IS NULL"
    )
    for name in ("busy", "walked", "turns", "tail", "starts", "accepted", "tail_used"):
        duck.run(f"DROP TABLE {name}")


def _walk_tails(duck: Duck) -> None:
    """``tail_used``: rows from the first that did not fit. Exact up to where the account is left open.

    ``lower_bound`` is null for a row that is exact, and otherwise what was certainly used before it.
    """
    possible = (
        "SELECT key, row, moment, CAST(CAST(starts.over_used AS DECIMAL(18,4)) * 10000 AS BIGINT), "
        "CAST(tpp * 10000 AS BIGINT), CAST(room * 10000 AS BIGINT), takes FROM tail JOIN starts USING (key) "
        "WHERE (tail.open_at IS NULL OR moment < tail.open_at) AND tpp <= room - over_used ORDER BY key, moment"
    )
    fitting = greedy(_stream(duck, possible))
    kinds = {"key": "BIGINT", "row": "BIGINT", "moment": "BIGINT", "taken_then": "BIGINT"}
    duck.table("accepted", kinds, list(fitting))
    # Only accounts that took something more need a second window.
    duck.run(
        "CREATE OR REPLACE TEMP TABLE tail_used AS "
        "WITH more AS (SELECT key, CAST(sum(taken_then) AS DECIMAL(34,0)) * 0.0001 AS total FROM accepted "
        "  GROUP BY key), "
        "exact AS (SELECT tail.*, starts.over_used FROM tail JOIN starts USING (key) "
        "  WHERE tail.open_at IS NULL OR moment < tail.open_at), "
        "again AS (SELECT exact.*, accepted.row IS NOT NULL AS taken_after, coalesce(taken_then, 0) AS t "
        "  FROM exact LEFT JOIN accepted ON accepted.row = exact.row WHERE exact.key IN (SELECT key FROM more)) "
        "SELECT row, CAST(over_used AS DECIMAL(38,4)) AS used, room, tpp, unit, opened, false AS taken_after, "
        "  CAST(NULL AS DECIMAL(38,4)) AS lower_bound FROM exact WHERE key NOT IN (SELECT key FROM more) "
        "UNION ALL "
        "SELECT row, over_used + CAST(sum(t) OVER (PARTITION BY key ORDER BY moment ROWS UNBOUNDED PRECEDING) - t "
        "  AS DECIMAL(34,0)) * 0.0001, room, tpp, unit, opened, taken_after, NULL FROM again "
        "UNION ALL "
        "SELECT row, CASE WHEN moment = tail.open_at THEN bound END, room, tpp, unit, opened, false, bound FROM ("
        "  SELECT tail.*, CASE WHEN tail.over_at < tail.open_at THEN over_used + coalesce(total, 0) ELSE open_used END "
        "  AS bound FROM tail JOIN starts USING (key) LEFT JOIN more USING (key) "
        "  WHERE moment >= tail.open_at) AS tail"
    )


def _stream(duck: Duck, query: str) -> Iterator[tuple[int, int, int, int, int, int, bool]]:
    cursor = duck.connection.execute(query)
    while rows := cursor.fetchmany(100_000):
        yield from rows


def greedy(rows: Iterable[tuple[int, int, int, int, int, int, bool]]) -> Iterator[tuple[int, int, int, int]]:
    """The rows that fit, each with what it takes, in order.

    Args:
        rows: account, row, place in time, used at the first of the account's rows, what the row needs, the room, and
            whether it draws (or only must fit); by account and time. Amounts in ten-thousandths of a TPP.

    Yields: account, row, place in time, what was taken.
    """
    account, used = None, 0
    for key, row, at, start, tpp, room, takes in rows:
        if key != account:
            account, used = key, start
        if used + tpp <= room:
            taken = tpp if takes else 0
            used += taken
            yield key, row, at, taken


__all__ = ["greedy", "walk"]
