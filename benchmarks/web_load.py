"""Two hundred clients at once for a minute: is every request answered, and is memory given back?

    python -m benchmarks.web_load                    200 clients, 60 s
    python -m benchmarks.web_load --clients 50 --seconds 10

Orders, maps, law and items in turn. Memory is that of the server process, after a warm-up in which every kind of
request was made, and again at the end. Exit code 1: a request was not answered 200, or a connection broke.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sys
from collections.abc import Iterator
from urllib.parse import quote

from benchmarks.measure import duration, machine
from benchmarks.web_client import ITEMS, Load, closed_loop, get, post, resident, served, transactions

DAYS = ("2023-11-17", "2024-06-01", "2025-07-01", "2026-07-10")
_MIB = 1024 * 1024


def requests() -> Iterator[bytes]:
    """Without end: seven orders, then one of the things that are looked up."""
    orders = (post("/v1/determinations", json.dumps(one).encode()) for one in transactions())
    looked_up = itertools.cycle(
        [get(f"/v1/map?item={quote(item)}&on={day}") for item in ITEMS for day in DAYS]
        + [get(f"/v1/law/provisions/740.27?on={day}") for day in DAYS[2:]]
        + [get("/v1/items?query=h100&on=2025-07-01"), get("/v1/law/status"), get("/health"), get("/metrics")]
        + [get("/v1/screenings?name=Huawei%20Technologies")]
    )
    while True:
        yield from itertools.islice(orders, 7)
        yield next(looked_up)


async def _run(port: int, pid: int, clients: int, seconds: float) -> tuple[Load, list[int]]:
    source = requests()
    await closed_loop(port, 8, max(5.0, seconds / 6), lambda: next(source))
    await closed_loop(port, clients, max(2.0, seconds / 12), lambda: next(source))  # its buffers and threads, too
    held = [resident(pid)]
    whole = Load()
    for _ in range(4):
        load = await closed_loop(port, clients, seconds / 4, lambda: next(source))
        whole.add(load)
        held.append(resident(pid))
    return whole, held


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    print(machine())
    # Few answers are remembered, so that filling that memory does not look like a leak.
    free = {"rate_per_second": "1000000", "rate_burst": "1000000", "ledger": "", "answers_kept_max": "64"}
    with served(["-m", "exeat", "serve", "--port", "0"], **free) as (port, pid):
        load, held = asyncio.run(_run(port, pid, given.clients, given.seconds))
    print(
        f"{given.clients} clients, {load.seconds:.0f} s: {len(load.times):,} answered ({load.per_second:,.0f}/s), "
        f"{load.bytes / _MIB:,.0f} MiB; p50 {duration(load.quantile(0.5))}, p99 {duration(load.quantile(0.99))}"
    )
    print(f"statuses {load.statuses}; connections broken {load.broken}")
    print("memory before, and after each quarter: " + ", ".join(f"{bytes_ / _MIB:.1f} MiB" for bytes_ in held))
    return 1 if load.broken or set(load.statuses) != {200} else 0


if __name__ == "__main__":
    sys.exit(main())
