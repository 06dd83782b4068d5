"""The service: determinations a second on one worker, beside a bare FastAPI route that returns the same JSON.

    python -m benchmarks.web                 about a minute
    python -m benchmarks.web --seconds 10

All in one run on loopback, in turns, so that what else the machine does falls on each alike. Orders are all different;
the second figure is for orders asked before, which are answered from memory. Clients are in this process.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from benchmarks.measure import duration, machine
from benchmarks.web_client import Load, closed_loop, get, open_loop, post, served, transactions
from exeat.desk import Desk

CLIENTS = 8
TURNS = 3


def _requests(path: str, count: int | None = None) -> Callable[[], bytes]:
    """The next order each time; with ``count``, the first so many in turn."""
    made: Iterator[bytes] = (post(path, json.dumps(one).encode()) for one in transactions())
    source = made if count is None else itertools.cycle(list(itertools.islice(made, count)))
    return lambda: next(source)


def _joined(loads: list[Load]) -> Load:
    whole = Load()
    for load in loads:
        whole.add(load)
    return whole


def _told(name: str, load: Load) -> None:
    wrong = {status: count for status, count in load.statuses.items() if status != 200}
    size = load.bytes / max(1, len(load.times)) / 1024
    print(
        f"  {name:<44} {load.per_second:8,.0f}/s   p50 {duration(load.quantile(0.5)):>10}   "
        f"p99 {duration(load.quantile(0.99)):>10}   {size:5.1f} KiB each" + (f"   WRONG {wrong}" if wrong else "")
        + (f"   broken {load.broken}" if load.broken else "")
    )  # fmt: skip


async def _rates(seconds: float, ours: int, kept: int, bare: int) -> None:
    asked = {
        "determinations, all different": (ours, _requests("/v1/determinations")),
        "determinations, answered from memory": (kept, _requests("/v1/determinations", 64)),
        "bare route, returns a dict": (bare, _requests("/dict")),
        "bare route, returns a dict of stated type": (bare, _requests("/typed")),
        "bare route, orjson into a response": (bare, _requests("/bytes")),
    }
    for port, next_request in asked.values():
        await closed_loop(port, CLIENTS, 1.5, next_request)
    found: dict[str, list[Load]] = {name: [] for name in asked}
    for _ in range(TURNS):
        for name, (port, next_request) in asked.items():
            found[name].append(await closed_loop(port, CLIENTS, seconds / TURNS, next_request))
    whole = {name: _joined(loads) for name, loads in found.items()}
    print(f"{CLIENTS} clients, each asks as soon as it was answered")
    for name, load in whole.items():
        _told(name, load)
    rates = [load.per_second for load in whole.values()]
    for name, rate in zip(list(whole)[2:], rates[2:], strict=True):
        print(f"  of the {name}: {rates[0] / rate:.2f} (all different), {rates[1] / rate:.2f} (from memory)")
    print("at half load, from the moment each request was due")
    for (name, (port, next_request)), rate in list(zip(asked.items(), rates, strict=True))[:2]:
        _told(name, await open_loop(port, rate / 2, seconds, next_request))


async def _map(port: int) -> None:
    print("the world map, both tracks, one client")
    days = ("2023-11-17", "2025-05-15", "2026-07-10")
    names = [(item, day) for day in days for item in ("NVIDIA H100 SXM", "NVIDIA H20", "NVIDIA A100 SXM 80 GB")]
    for turn in ("first time (law of the day compiled, decided)", "another assumption (decided)", "again (remembered)"):
        more = "&headquarters=CN" if "assumption" in turn else ""
        paths = [f"/v1/map?item={quote(item)}&on={day}{more}" for item, day in names]
        pending = iter([get(path) for path in paths])
        load = await _each(port, pending)
        _told(turn, load)


async def _each(port: int, requests: Iterator[bytes]) -> Load:
    from time import perf_counter

    from benchmarks.web_client import Connection

    load, connection, began = Load(), Connection(port), perf_counter()
    for request in requests:
        start = perf_counter()
        status, body = await connection.ask(request)
        load.times.append(perf_counter() - start)
        load.statuses[status] = load.statuses.get(status, 0) + 1
        load.bytes += len(body)
    connection.close()
    load.seconds = perf_counter() - began
    return load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each measurement")
    seconds = parser.parse_args().seconds
    print(machine())
    free = {"rate_per_second": "1000000", "rate_burst": "1000000", "ledger": ""}
    serve = ["-m", "exeat", "serve", "--port", "0"]
    with tempfile.TemporaryDirectory() as folder:
        # The bare routes return the answer of median size.
        desk = Desk()
        answers = sorted(
            (json.dumps({"determination": desk.check(one).to_dict()}) for one in itertools.islice(transactions(), 32)),
            key=len,
        )
        same = Path(folder) / "same.json"
        same.write_text(answers[len(answers) // 2], encoding="utf-8")
        with (
            served(serve, **free, answers_kept_max="0") as (ours, _),
            served(serve, **free) as (kept, _),
            served(["-m", "benchmarks.web_bare", str(same)]) as (bare, _),
        ):
            asyncio.run(_rates(seconds, ours, kept, bare))
            asyncio.run(_map(kept))


if __name__ == "__main__":
    main()
