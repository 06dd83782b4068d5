"""Measure screening: recall by class, false alarms, labelled pairs, synthetic negatives, speed, memory; peers beside.

    python -m benchmarks.screening.evaluate CSL.csv [--seed N] [--matching DIR] [--peers PYTHON] [--sample N]

``--matching`` is a folder with nomenklatura's name_bench and yente's negatives. ``--peers`` is a Python interpreter in
which nomenklatura is installed (it needs ICU, so it is not in this project's locks); the same queries go there, with
the candidates both sides would give it. Everything is measured in this run and printed with the machine.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from os import getloadavg, times
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any

from rapidfuzz import fuzz, process, utils

from benchmarks.measure import machine
from benchmarks.screening.queries import Query, from_file, generate
from exeat.screening import kept
from exeat.screening.entry import Entry
from exeat.screening.index import Index
from exeat.screening.score import THRESHOLD
from exeat.screening.screen import Screener
from exeat.screening.sources import read_list

RIVALS = {
    "rapidfuzz token_set_ratio": (fuzz.token_set_ratio, 85.0),
    "rapidfuzz token_sort_ratio": (fuzz.token_sort_ratio, 85.0),
    "rapidfuzz WRatio": (fuzz.WRatio, 88.0),
}
STATED = ("Almaz Antey Telecom", "CSCC", "Semiconductor Mfg Intl Corp", "Dawning Information Industry",
          "Dawning Information Industry Company Limited", "华为技术有限公司", "SMIC", "YMTC", "Zhipu")  # fmt: skip


def measured(screener: Screener, queries: Sequence[Query]) -> dict[str, list[float]]:
    """Best score of the right entry by class (0: not among the hits); for invented firms the best score of any hit."""
    found: dict[str, list[float]] = defaultdict(list)
    for query, answer in zip(queries, screener.screen_many([q.query for q in queries], 2), strict=True):
        right = [hit.score for hit in answer.hits if not query.name or hit.entry.name == query.name]
        found[query.kind].append(max(right, default=0.0))
    return found


def table(title: str, found: dict[str, list[float]]) -> None:
    """Print found and missed by class."""
    print(f"\n## {title}\n\n| class | queries | found | rate |\n|---|---|---|---|")
    for kind, scores in found.items():
        hits = sum(score > 0 for score in scores)
        print(f"| {kind} | {len(scores)} | {hits} | {hits / len(scores):.1%} |")


def speed(index: Index, queries: Sequence[Query]) -> dict[str, float]:
    """One name (50th and 95th percentile, nothing remembered) and a batch on two processes, in wall and CPU time.

    The machine may be shared: the CPU time of a name is what a quiet machine would need.
    """
    names = [query.query for query in queries]
    Random(1).shuffle(names)
    singles = []
    screener = Screener(index)
    cpu = process_time()
    for name in names[:1500]:
        start = perf_counter()
        screener.screen(name)
        singles.append(perf_counter() - start)
    cpu = (process_time() - cpu) / len(singles)
    singles.sort()
    screener, before, start = Screener(Index(index.entries, built=index.built)), times(), perf_counter()
    screener.screen_many(names, 2)
    batch, after = perf_counter() - start, times()
    used = sum(getattr(after, part) - getattr(before, part) for part in
               ("user", "system", "children_user", "children_system"))  # fmt: skip
    return {
        "one name, p50 ms": singles[len(singles) // 2] * 1000,
        "one name, p95 ms": singles[len(singles) * 95 // 100] * 1000,
        "one name, worst ms": singles[-1] * 1000,
        "one name, CPU ms": cpu * 1000,
        "batch on 2 processes, names/s": len(names) / batch,
        "batch, CPU ms a name (all processes)": used / len(names) * 1000,
        "load of the machine": getloadavg()[0],
    }


def kept_index(entries: Sequence[Entry]) -> dict[str, float]:
    """Building, keeping and loading the index, in CPU seconds, and the size of its file."""
    start = process_time()
    index = Index(entries)
    built = process_time()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.index"
        kept.keep(index, path)
        stored = process_time()
        size = path.stat().st_size
        assert kept.load(path) is not None
    return {
        "index built, CPU s": built - start, "index kept, CPU s": stored - built,
        "index loaded, CPU s": process_time() - stored, "index file, MB": size / 1e6,
    }  # fmt: skip


def rapidfuzz_beside(names: list[str], keys: Sequence[str], queries: Sequence[Query]) -> None:
    """The same queries through rapidfuzz over every listed name."""
    choices = [utils.default_process(name) for name in names]
    for title, (scorer, cutoff) in RIVALS.items():
        found: dict[str, list[float]] = defaultdict(list)
        start = perf_counter()
        for query in queries:
            hits = process.extract(
                utils.default_process(query.query), choices, scorer=scorer, score_cutoff=cutoff, limit=25
            )
            right = [score for _, score, at in hits if not query.name or keys[at] == query.name]
            found[query.kind].append(max(right, default=0.0))
        seconds = perf_counter() - start
        table(f"{title} at {cutoff:.0f} ({len(queries) / seconds:,.0f} names/s on one process)", found)


def nomenklatura_beside(
    python: str, screener: Screener, names: list[str], keys: Sequence[str], queries: Sequence[Query]
) -> None:
    """The same queries through logic-v1 and logic-v2, each with the candidates retrieval here and rapidfuzz give it."""
    choices = [utils.default_process(name) for name in names]
    tasks = []
    for query in queries:
        pool: dict[str, str] = {}
        for asked_name in screener.readings_of(query.query):
            for number in screener.index.candidates(asked_name):
                held = screener.index.names[number]
                for entry in held.entries[:1]:
                    pool[held.printed] = screener.index.entries[entry].name
        asked = utils.default_process(query.query)
        for _, _, at in process.extract(asked, choices, scorer=fuzz.token_sort_ratio, limit=10):
            pool[names[at]] = keys[at]
        tasks.append({"class": query.kind, "query": query.query, "name": query.name, "pool": pool})
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False, encoding="utf-8") as file:
        json.dump(tasks, file, ensure_ascii=False)
    command = [python, str(Path(__file__).with_name("peers.py")), file.name]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    print(ran.stdout if ran.returncode == 0 else f"\nnomenklatura did not run: {ran.stderr[-400:]}")


def best_f1(scored: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    """Best F1 and its threshold."""
    best = (0.0, 0.0)
    for threshold in sorted({round(score, 3) for score, _ in scored}):
        hits = [(score >= threshold, label) for score, label in scored]
        true = sum(a and b for a, b in hits)
        wrong = sum(a and not b for a, b in hits)
        missed = sum(b and not a for a, b in hits)
        if true:
            best = max(best, (2 * true / (2 * true + wrong + missed), threshold))
    return best


def f1_at(scored: Sequence[tuple[float, bool]], threshold: float) -> float:
    """F1 at a threshold."""
    true = sum(s >= threshold and label for s, label in scored)
    odd = sum((s >= threshold) != label for s, label in scored)
    return 2 * true / (2 * true + odd) if true else 0.0


def pairs(screener: Screener, folder: Path) -> None:
    """F1 on nomenklatura's labelled pairs, beside the published scores of logic-v2 on the same pairs."""
    from exeat.screening.pair import pair_score

    with (folder / "nomenklatura_name_bench_cases.csv").open(encoding="utf-8", newline="") as file:
        cases = list(csv.DictReader(file))
    frozen: dict[tuple[str, str], float] = {}
    with (folder / "nomenklatura_logicv2_frozen_scores.csv").open(encoding="utf-8", newline="") as file:
        frozen.update({(row["name1"], row["name2"]): float(row["score"]) for row in csv.DictReader(file)})
    print("\n## Labelled pairs (nomenklatura name_bench)\n")
    print("| pairs | ours best F1 | at | ours at threshold | logic-v2 best F1 | at | at 0.70 |")
    print("|---|---|---|---|---|---|---|")
    for title, kinds in (
        ("all", None),
        ("companies", ("Company", "Organization", "LegalEntity")),
        ("people", ("Person",)),
    ):
        held = [c for c in cases if kinds is None or c["schema"] in kinds]
        both = [c for c in held if (c["name1"], c["name2"]) in frozen]
        ours = [(pair_score(screener.index, c["name1"], c["name2"]), c["is_match"] == "true") for c in both]
        theirs = [(frozen[c["name1"], c["name2"]], c["is_match"] == "true") for c in both]
        a, b = best_f1(ours), best_f1(theirs)
        own = f1_at(ours, screener.threshold)
        print(f"| {title} ({len(both)} of {len(held)}) | {a[0]:.3f} | {a[1]:.2f} | {own:.3f} | "
              f"{b[0]:.3f} | {b[1]:.2f} | {f1_at(theirs, 0.7):.3f} |")  # fmt: skip


def negatives(screener: Screener, folder: Path, limit: int) -> None:
    """False alarms on yente's synthetic people, who are none of the listed."""
    for which in ("global", "us"):
        with (folder / f"yente_negatives_{which}.csv").open(encoding="utf-8", newline="") as file:
            names = [row["full_name"] for row in csv.DictReader(file)][:limit]
        start = perf_counter()
        answers = screener.screen_many(names, 2)
        alarms = sum(bool(answer.hits) for answer in answers)
        exact = sum(any(hit.name_score >= 0.995 for hit in answer.hits) for answer in answers)
        seconds = perf_counter() - start
        print(f"synthetic people ({which}): {alarms:,} of {len(names):,} alarm ({alarms / len(names):.2%}); {exact:,} "
              f"bear a listed name word for word; {len(names) / seconds:,.0f} names/s")  # fmt: skip


def measure_list(path: Path, seed: int, per_class: int) -> tuple[Screener, Sequence[Entry], list[Query]]:
    """Read and index a list, then print speed and what is found of each class."""
    start = perf_counter()
    held = read_list(path)
    read = perf_counter() - start
    start = perf_counter()
    screener = Screener(Index(held.entries))
    build = perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{path.name}, seed {seed}, threshold {THRESHOLD}: {len(held.entries):,} entries, "
          f"{len(screener.index.names):,} names: read in {read:.1f} s, indexed in {build:.1f} s, "
          f"{memory} MB at most")  # fmt: skip
    queries = generate(from_file(path), seed, per_class)
    for what, value in {**speed(screener.index, queries), **kept_index(held.entries)}.items():
        print(f"{what}: {value:,.2f}")
    table(f"exeat at {THRESHOLD}", measured(screener, queries))
    return screener, held.entries, queries


def part() -> None:
    """As a part of ``make bench``: on the list that ``EXEAT_BENCH_CSL`` names, or the one beside the repository."""
    named = os.environ.get("EXEAT_BENCH_CSL")
    beside = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "screening"
    found = [Path(named)] if named else sorted(beside.glob("csl_flat_*.csv"))
    print("\n## Screening\n")
    if not found or not found[-1].is_file():
        where = named or "EXEAT_BENCH_CSL is not set, and none lies beside the repository"
        print(f"skipped: it needs a Consolidated Screening List file, which is not part of the project ({where})")
        return
    measure_list(found[-1], 744, 200)


def main() -> None:
    """Run all parts that have their data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csl", type=Path)
    parser.add_argument("--seed", type=int, default=744)
    parser.add_argument("--per-class", type=int, default=500)
    parser.add_argument("--matching", type=Path)
    parser.add_argument("--negatives", type=int, default=50_000)
    parser.add_argument("--peers", default="")
    parser.add_argument("--sample", type=int, default=0, help="queries of each class for the slow rivals")
    asked: Any = parser.parse_args()
    print(f"machine: {machine()}")
    screener, entries, queries = measure_list(asked.csl, asked.seed, asked.per_class)
    print()
    for name in STATED:
        answer = screener.screen(name)
        best = f"{answer.hits[0].listed_name} ({answer.hits[0].score:.2f})" if answer.hits else "nothing"
        print(f"- {name}: {answer.status}; {best}")
    if asked.matching:
        pairs(screener, asked.matching)
        negatives(screener, asked.matching, asked.negatives)
    if asked.sample:
        dice = Random(asked.seed)
        by_kind: dict[str, list[Query]] = defaultdict(list)
        for query in queries:
            by_kind[query.kind].append(query)
        few = [q for held_kind in by_kind.values() for q in dice.sample(held_kind, min(asked.sample, len(held_kind)))]
        names, keys = [], []
        for entry in entries:
            for name in (entry.name, *(alias.name for alias in entry.aliases)):
                names.append(name)
                keys.append(entry.name)
        table(f"exeat at {THRESHOLD}, the same {len(few)} queries", measured(screener, few))
        rapidfuzz_beside(names, keys, few)
        if asked.peers:
            nomenklatura_beside(asked.peers, screener, names, keys, few)


if __name__ == "__main__":
    sys.exit(main())
