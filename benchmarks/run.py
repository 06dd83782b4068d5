"""`make bench`: every number this project speaks of, measured here and now and printed with the machine.

    python -m benchmarks.run            all
    python -m benchmarks.run toy        the named parts

Each part checks its answers before it times them.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from time import perf_counter
from typing import Any, NamedTuple

from benchmarks.measure import Timing, duration, machine, measure, measure_each

ROWS = 2_000
BATCH = 100_000


class Line(NamedTuple):
    """One line of a table: what was measured, the times of one call, how many rows one call decides, a remark."""

    what: str
    timing: Timing
    rows: int = 1
    remark: str = ""


def show(title: str, lines: Sequence[Line]) -> None:
    """Print one table as Markdown."""
    head = ("what", "p50", "p95", "a second", "calls", "remark")
    cells = [
        (
            line.what,
            duration(line.timing.p50),
            duration(line.timing.p95),
            f"{line.rows * line.timing.per_second:,.0f}",
            f"{line.timing.n:,}",
            line.remark,
        )
        for line in lines
    ]
    widths = [max(len(row[i]) for row in (head, *cells)) for i in range(len(head))]
    print(f"\n## {title}\n")
    for row in (head, tuple("-" * width for width in widths), *cells):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")


def one_by_one(what: str, decide: Callable[[Any], Any], contexts: Sequence[Any], remark: str = "") -> Line:
    """Time one transaction for each context."""
    return Line(what, measure_each([partial(decide, one) for one in contexts], warm=100), 1, remark)


def toy() -> None:
    """The toy rule on three engines, side by side."""
    from benchmarks import toy as rule
    from benchmarks import toy_exeat, toy_openfisca, toy_zen

    rows = rule.random_rows(ROWS)
    table = [rows[i % ROWS] for i in range(BATCH)]
    lines = []

    exeat, contexts = toy_exeat.exeat_toy(), [toy_exeat.facts(row) for row in rows]
    rule.agree("exeat", rows, [exeat(one) for one in contexts])
    lines.append(
        one_by_one(f"exeat {version('exeat')}, one", exeat, contexts, "compiled closures; facts already typed")
    )

    zen, zens = toy_zen.zen_toy(), [toy_zen.context(row) for row in rows]
    rule.agree("zen-engine", rows, [zen(one) for one in zens])
    lines.append(
        one_by_one(f"zen-engine {version('zen-engine')}, one", zen, zens, "plain Python numbers in, trace off")
    )

    fisca, one_row = toy_openfisca.openfisca_toy(), [toy_openfisca.columns([row]) for row in rows]
    rule.agree("openfisca-core", rows, [fisca(one) for one in one_row])
    name = f"openfisca-core {version('openfisca-core')}"
    lines.append(one_by_one(f"{name}, one", fisca, one_row, "a table of one row, trace off"))

    exeat_batch, arrow = toy_exeat.exeat_batch(), toy_exeat.columns(table)
    rule.agree("exeat batch", table, toy_exeat.answers(exeat_batch(arrow)))
    what, remark = f"exeat, batch of {BATCH:,}", "its SQL on DuckDB, Arrow to Arrow"
    lines.append(Line(what, measure(partial(exeat_batch, arrow), 10), BATCH, remark))

    zen_batch = toy_zen.zen_batch()
    rule.agree("zen-engine batch", rows, zen_batch(zens))
    lines.append(
        Line(f"zen-engine, batch of {ROWS:,}", measure(partial(zen_batch, zens), 10), ROWS, "plain Python dicts")
    )

    fisca_batch, columns = toy_openfisca.openfisca_batch(), toy_openfisca.columns(table)
    rule.agree("openfisca-core batch", table, toy_openfisca.answers(*fisca_batch(columns)))
    lines.append(
        Line(
            f"openfisca-core, batch of {BATCH:,}",
            measure(partial(fisca_batch, columns), 10),
            BATCH,
            "NumPy arrays to arrays",
        )
    )

    lines.sort(key=lambda line: line.rows)
    show(f"The toy rule: 3A090.a/.b by TPP, density, data-center flag, place ({ROWS:,} rows checked)", lines)


def process() -> None:
    """Whole processes, from the shell's call to their end; `python -c pass` is the floor."""
    python = sys.executable
    started = {
        "python -c pass": [python, "-c", "pass"],
        "python -c 'import exeat'": [python, "-c", "import exeat"],
        "exeat check (law in the cache)": [
            python, "-m", "exeat", "check", "NVIDIA H100 SXM", "--to", "DE", "--headquarters", "DE", "--parent", "DE",
            "--quantity", "512", "--on", "2025-07-01", "--json",
        ],
    }  # fmt: skip
    show("Whole processes", [Line(what, measure(partial(finish, argv), 20)) for what, argv in started.items()])


def law() -> None:
    """The whole encoded law: one determination, and reading and checking every file."""
    from benchmarks import law as whole

    rows, decide, explain = whole.determinations()
    show(
        "The whole law",
        [
            one_by_one("desk.check: every paragraph's truth, asks", decide, rows * 125, "transaction as a mapping in"),
            one_by_one("... and to_dict(): every reason as data", explain, rows * 125, "conditions, duties, sources"),
            Line("read, parse, lint and run every case", measure(whole.read_and_check, 3), 1, "no cache"),
        ],
    )


def ledger() -> None:
    """Reservations beside a bare UPDATE, the cost of a receipt, the speed of verification."""
    from benchmarks import ledger as book

    for part in book.PARTS.values():
        part(1.0, book.RECEIPTS)


def screening() -> None:
    """Names found and missed by class, false alarms and speed, on a Consolidated Screening List if one is there."""
    from benchmarks.screening import evaluate

    evaluate.part()


def portfolio() -> None:
    """Tables of order lines beside DuckDB copying them; how many: EXEAT_BENCH_LINES=1000000,10000000,30000000."""
    from benchmarks import portfolio as tables

    print(f"\n## Order lines: {tables.shown()}\n", flush=True)
    for line in tables.report([tables.measured(lines) for lines in tables.sizes()]):
        print(line)


def finish(argv: Sequence[str], *, shown: bool = False) -> None:
    """Run a process to its end, its output thrown away unless ``shown``; CalledProcessError if it fails."""
    sys.stdout.flush()
    subprocess.run(argv, check=True, stdout=None if shown else subprocess.DEVNULL)


def web() -> None:
    """Determinations over HTTP beside bare routes that return the same, and the map; then many clients for a while."""
    finish([sys.executable, "-m", "benchmarks.web"], shown=True)
    finish([sys.executable, "-m", "benchmarks.web_load", "--seconds", "20"], shown=True)


def running() -> None:
    """Running limits beside a plain DuckDB window over the same rows."""
    from benchmarks import portfolio_running

    portfolio_running.main(1_000_000)


PARTS: dict[str, Callable[[], None]] = {
    "toy": toy, "law": law, "process": process, "ledger": ledger, "screening": screening, "portfolio": portfolio,
    "running": running, "web": web,
}  # fmt: skip


def main(names: Sequence[str]) -> int:
    """Run the named parts, or all; 2 for a name that is not there."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    start = perf_counter()
    print(f"Machine: {machine()}")
    for name in names or PARTS:
        PARTS[name]()
    print(f"\nMeasured in {duration(perf_counter() - start)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
