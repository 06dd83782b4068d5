"""The options of ``exeat batch``."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class TableOptions:
    """How the table is read, what is written, and what is compared.

    Parameters
    ----------
    out
        The file of answers: .parquet, .csv, or .xlsx for people. Without it only the summary is shown.
    traces
        A Parquet file for the causes: one row for each trace_id, with its paragraphs and the reason in words.
    errors
        A file (.parquet, .csv, .xlsx) for the rows that cannot be read, by number, with the reason.
    on
        The column that holds the day, if it is not date.
    map
        COLUMN=FACT for a column named otherwise; repeatable.
    dates
        How 03/04/2025 is meant, dmy or mdy; otherwise such a row is an error.
    sheet
        The sheet of a workbook, where more than one could be meant.
    compare
        Two days (each put in the place of every row's own), or the tracks text enforced: only rows whose answer moves.
    compare_law
        Another state of the law to compare with this: a folder, a digest this machine has read, or a draft.
    running
        A limit that fills up row by row, in date order (LPP, ...); repeatable.
    whom
        The column that names whom a running limit counts for, if it is not the consignee's name.
    asks
        Find what would settle an open answer for each row (row), for the first row of each trace (trace, quicker), or
        not at all (none); auto is row for up to 20,000 rows, then trace.
    answers
        What stands beside the rows: all, or outcomes (with the trace_id alone; --traces has the rest).
    no_screen
        Do not screen the parties that rows name against the lists held.
    engine
        What decides: duckdb (here), or spark (Parquet, on a cluster; with --no-screen).
    master
        The master of the Spark cluster, as Spark takes it: local[4], spark://host:7077, yarn (default: local[*]).
    memory
        What the database (of each Spark task) may take before it spills to disk.
    threads
        How many threads it may use (default: all).
    """

    out: str | None = None
    traces: str | None = None
    errors: str | None = None
    on: str | None = None
    map: list[str] = field(default_factory=list)
    dates: str | None = None
    sheet: str | None = None
    compare: tuple[str, str] | None = None
    compare_law: str | None = None
    running: list[str] = field(default_factory=list)
    whom: str | None = None
    asks: str = "auto"
    answers: str = "all"
    no_screen: bool = False
    engine: str = "duckdb"
    master: str | None = None
    memory: str = "2GB"
    threads: int | None = None


__all__ = ["TableOptions"]
