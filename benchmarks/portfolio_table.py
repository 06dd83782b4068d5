"""A table of order lines, made with a seed: as many as asked, over 150 items, 20,000 parties, 200 places, 1,500 days.

    python -m benchmarks.portfolio_table 1000000 orders.parquet

Skew is that of an order book: few items and few customers make most of the lines, most go where the customer is, and
some cells are empty or say that the fact is not known.
"""

from __future__ import annotations

import csv
import random
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow

from exeat.lawbook.folder import law_folder

ITEMS, PARTIES, PLACES, DAYS = 150, 20_000, 200, 1_500
FIRST, LAST = date(2022, 10, 7), date(2026, 12, 31)
SEED = 4
#: Places that buy most of the chips; the others follow in the order of their codes.
_MARKETS = (
    "US CN TW SG MY JP KR DE IN AE SA GB FR NL VN TH MX CA IL IE HK BR TR QA ID PL CH ES IT AU SE FI NO RU KZ UZ AM GE"
).split()
_PARTY_COLUMNS = ("name", "country", "headquarters", "parent", "lists")

#: One line: hashes of its number pick the cells, so that any number of threads makes the same table.
_LINES = """
CREATE OR REPLACE TEMP VIEW lines AS
WITH numbered AS (
    SELECT range AS n, {picks} FROM range({rows})
), placed AS (
    SELECT numbered.n AS n, days.day AS date, items.id AS item,
        CASE WHEN u3 < 0.01 THEN NULL
             WHEN u3 < 0.70 THEN 1 + CAST(floor(u4 * u4 * 64) AS INTEGER)
             ELSE 8 * (1 + CAST(floor(u4 * u4 * u4 * 500) AS INTEGER)) END AS quantity,
        u4, u5, u6, u7, u8, u9, parties.*
    FROM numbered
    JOIN days ON days.n = CAST(floor(u0 * {days}) AS INTEGER)
    JOIN items ON items.n = CAST(floor(pow(u1, 2.5) * {items}) AS INTEGER)
    JOIN parties ON parties.n_party = CAST(floor(pow(u2, 2.5) * {parties}) AS INTEGER)
)
SELECT n + 1 AS order_id, date, item, quantity,
    CAST(coalesce(quantity, 1) * (200 + floor(u4 * 30000)) AS DECIMAL(18,2)) AS value_usd,
    CASE WHEN u5 < 0.85 THEN 'export' WHEN u5 < 0.97 THEN 'reexport' ELSE 'transfer' END AS activity,
    CASE WHEN u5 < 0.55 THEN 'US' WHEN u5 < 0.80 THEN 'TW' WHEN u5 < 0.90 THEN 'MY' ELSE 'SG' END AS origin,
    CASE WHEN u6 < 0.01 THEN '?' WHEN u6 < 0.88 AND consignee_country <> '?' THEN consignee_country
         ELSE place END AS destination,
    CASE WHEN u7 < 0.05 THEN NULL WHEN u7 < 0.35 THEN 'cloud_service' WHEN u7 < 0.60 THEN 'own_data_center'
         WHEN u7 < 0.75 THEN 'resale' WHEN u7 < 0.85 THEN 'research' WHEN u7 < 0.92 THEN 'consumer'
         WHEN u7 < 0.97 THEN 'training' ELSE 'other' END AS end_use,
    CASE WHEN u8 < 0.5 THEN 'yes' WHEN u8 < 0.6 THEN 'no' END AS direct_to_ultimate_consignee,
    CASE WHEN u8 > 0.97 THEN 'yes' WHEN u8 > 0.9 THEN 'no' WHEN u8 > 0.89 THEN '?' END AS nac_confirmed,
    {party}
FROM placed JOIN places ON places.n_place = CAST(floor(pow(u9, 3) * {places}) AS INTEGER)
"""


def write_table(rows: int, path: Path, seed: int = SEED) -> None:
    """Write ``rows`` order lines as Parquet; the same seed and number give the same lines."""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        _small_tables(connection, seed)
        # Hashed twice: one hash of two neighbors leaves the cells of a line hanging together, and few lines differ.
        picks = ", ".join(
            f"(hash(hash(range * 10 + {n} + {seed} * 1000000000000)) >> 11) / 9007199254740992.0 AS u{n}"
            for n in range(10)
        )
        party = ", ".join(f"consignee_{name}" for name in _PARTY_COLUMNS)
        connection.execute(
            _LINES.format(picks=picks, party=party, rows=rows, days=DAYS, items=ITEMS, parties=PARTIES, places=PLACES)
        )
        # In the order of their numbers, as an order book is kept: a table of lines is not sorted by anything else.
        connection.execute("SET preserve_insertion_order = true")
        connection.execute(f"COPY (SELECT * FROM lines ORDER BY order_id) TO '{path}' (FORMAT parquet)")


def _small_tables(connection: duckdb.DuckDBPyConnection, seed: int) -> None:
    pick = random.Random(seed)
    span = (LAST - FIRST).days + 1
    days = sorted(FIRST + timedelta(days=n) for n in pick.sample(range(span), DAYS))
    items, places = _items(pick), _places()
    _table(connection, "days", "n INTEGER, day DATE", list(enumerate(days)))
    _table(connection, "items", "n INTEGER, id VARCHAR", list(enumerate(items)))
    _table(connection, "places", "n_place INTEGER, place VARCHAR", list(enumerate(places)))
    columns = ", ".join(f"consignee_{name} VARCHAR" for name in _PARTY_COLUMNS)
    parties = [(n, *_party(pick, n, places)) for n in range(PARTIES)]
    _table(connection, "parties", f"n_party INTEGER, {columns}", parties)


def _items(pick: random.Random) -> list[str]:
    with (law_folder().parent / "catalog" / "chips.csv").open(encoding="utf-8", newline="") as file:
        found = [row["id"] for row in csv.DictReader(file)]
    return pick.sample(found, ITEMS)


def _places() -> list[str]:
    with (law_folder() / "groups" / "destinations.csv").open(encoding="utf-8", newline="") as file:
        found = [row["code"] for row in csv.DictReader(file)]
    return [*_MARKETS, *(code for code in found if code not in _MARKETS)][:PLACES]


def _party(pick: random.Random, number: int, places: Sequence[str]) -> tuple[str | None, ...]:
    """Name, country, headquarters, headquarters of the ultimate parent, lists."""

    def somewhere() -> str:
        return places[int(pick.random() ** 3 * len(places))]

    country = somewhere()
    headquarters = country if pick.random() < 0.85 else somewhere()
    parent: str | None = headquarters if pick.random() < 0.85 else somewhere()
    lists: str | None = None
    if (chance := pick.random()) < 0.7:
        lists = "none"
    elif chance < 0.72:
        lists = pick.choice(("EL", "EL", "UVL", "MEU", "SDN", "EL; MEU"))
    parent = None if (chance := pick.random()) < 0.06 else "?" if chance < 0.08 else parent
    headquarters = "?" if pick.random() < 0.03 else headquarters
    country = "?" if pick.random() < 0.005 else country
    return f"{pick.choice(_WORDS)} {pick.choice(_KINDS)} {number:05d}", country, headquarters, parent, lists


_WORDS = ("Aurora", "Baltic", "Cedar", "Delta", "Ember", "Fjord", "Granite", "Harbor", "Indigo", "Juniper", "Kestrel")
_KINDS = ("Cloud", "Data Centers", "Computing", "Systems", "Networks", "Research", "Trading", "Electronics", "Telecom")


def _table(connection: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Sequence[Sequence[object]]) -> None:
    names = [column.split()[0] for column in columns.split(", ")]
    connection.register("made", pyarrow.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({columns})")
    connection.execute(f"INSERT INTO {name} SELECT * FROM made")
    connection.unregister("made")


if __name__ == "__main__":
    write_table(int(sys.argv[1]), Path(sys.argv[2]))
