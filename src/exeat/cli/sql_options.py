"""The flags of ``exeat sql``."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class SqlOptions:
    """Which days are decided, in which warehouse, over which columns.

    Parameters
    ----------
    on
        One day, YYYY-MM-DD, whose law decides every row. Or --from and --to.
    from_
        First day of a span: each row is decided by the law of its own date.
    to
        Last day of the span.
    dialect
        duckdb, spark, snowflake, bigquery or postgres.
    table
        The table as the warehouse calls it; with --dbt, the model it refers to.
    columns
        The table's columns with commas between them, or a CSV whose first line has them. All of them come back; those
        named as facts are read (destination, quantity, ultimate_consignee_headquarters ...).
    map
        COLUMN=FACT for a column named otherwise; repeatable.
    items
        catalog: look the names in the column item up in the catalog, which is written into the query.
    dbt
        A dbt model instead of a bare query.
    schema
        The dbt schema.yml of the answers' columns, instead of the query.
    """

    on: str | None = None
    from_: str | None = None
    to: str | None = None
    dialect: str = "duckdb"
    table: str = "orders"
    columns: str | None = None
    map: list[str] = field(default_factory=list)
    items: str | None = None
    dbt: bool = False
    schema: bool = False


__all__ = ["SqlOptions"]
