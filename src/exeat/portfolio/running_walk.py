"""Walking an account through its rows in date order: what was used before each row, and whether the row fits.

Most accounts hold nothing unknown: they are walked over arrays (:mod:`exeat.portfolio.running_arrays`). The others are
walked by the database: up to the first row that does not fit one sum over a window is the whole answer; behind it only
rows that could still fit are walked one by one, up to where what was used is no longer known.
"""

from __future__ import annotations

from collections.abc import Iterator

from exeat.portfolio.duck import Duck
from exeat.portfolio.running_arrays import greedy, walk_known
from exeat.portfolio.running_cells import BIG

#: Rows held in arrays at once, about: some 250 bytes each. The rows of one account are never parted.
BUCKET = 2_500_000
#: Accounts with a larger room or row are left to the database: a DECIMAL(18,4) cannot hold ten thousand times as much.
_FAR = 10**10
#: So are those that could come to more TPP, whose sum in ten-thousandths would pass 63 bits.
_ENDLESS = 2 * 10**14

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
        # Accounts with anything unknown, or with more than arrays of 63 bits hold.
        "CREATE OR REPLACE TEMP TABLE busy AS SELECT key FROM drawn WHERE key IS NOT NULL GROUP BY key "
        "HAVING bool_or(tpp IS NULL OR room IS NULL OR tpp < 0 OR (takes AND NOT sure)) "
        f"OR max(tpp) >= {_FAR} OR max(abs(room)) >= {_FAR} OR sum(tpp) >= {_ENDLESS}"
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
        "UNION ALL SELECT row, NULL, room, tpp, unit, opened, CASE WHEN tpp > room THEN 'no' ELSE 'unknown' END "
        "FROM drawn WHERE key IS NULL"
    )
    _walk_known(duck, into)
    for name in ("busy", "walked", "turns", "tail", "starts", "accepted", "tail_used"):
        duck.run(f"DROP TABLE {name}")


def _walk_known(duck: Duck, into: str) -> None:
    """Add to the table ``into`` the rows of the accounts that are not ``busy``, a bucket of accounts at a time.

    Each bucket is one more pass over the table. The rows of a bucket stay as they came, in whatever order; what is
    found for them is laid beside them.
    """
    buckets = -(-int(duck.one("SELECT count(*) FROM drawn")) // BUCKET)
    for bucket in range(buckets):
        rows = duck.connection.sql(
            "SELECT row, room, tpp, unit, opened, key, moment, takes, "
            f"CAST(CASE WHEN tpp < {_FAR} THEN tpp * 10000 ELSE 0 END AS BIGINT) AS need, "
            f"CAST(CASE WHEN abs(room) < {_FAR} THEN room * 10000 ELSE 0 END AS BIGINT) AS holds "
            "FROM drawn ANTI JOIN busy USING (key) "
            f"WHERE key IS NOT NULL AND hash(key) % {buckets} = {bucket}"
        ).to_arrow_table()
        used, fits = walk_known(*(rows[name].to_numpy() for name in ("key", "moment", "need", "holds", "takes")))
        kept = rows.select(["row", "room", "tpp", "unit", "opened"])
        duck.connection.register("known", kept.append_column("used", [used]).append_column("fits", [fits]))
        duck.run(
            f"INSERT INTO {into} SELECT row, CAST(used AS DECIMAL(34,0)) * 0.0001, room, tpp, unit, opened, "
            "CASE WHEN fits THEN 'yes' ELSE 'no' END FROM known"
        )
        duck.connection.unregister("known")


def _walk_tails(duck: Duck) -> None:
    """``tail_used``: rows from the first that did not fit. Exact up to where the account is left open.

    ``lower_bound`` is null for a row that is exact, and otherwise what was certainly used before it.
    """
    possible = (
        "SELECT key, row, CAST(CAST(starts.over_used AS DECIMAL(34,4)) * 10000 AS BIGINT), "
        "CAST(CAST(tpp AS DECIMAL(34,4)) * 10000 AS BIGINT), CAST(CAST(room AS DECIMAL(34,4)) * 10000 AS BIGINT), "
        "takes FROM tail JOIN starts USING (key) "
        "WHERE (tail.open_at IS NULL OR moment < tail.open_at) AND tpp <= room - over_used ORDER BY key, moment"
    )
    fitting = greedy(_stream(duck, possible))
    kinds = {"key": "BIGINT", "row": "BIGINT", "taken_then": "BIGINT"}
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


def _stream(duck: Duck, query: str) -> Iterator[tuple[int, int, int, int, int, bool]]:
    cursor = duck.connection.execute(query)
    while rows := cursor.fetchmany(100_000):
        yield from rows


__all__ = ["BUCKET", "walk"]
