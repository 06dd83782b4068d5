"""Timing, and the machine the times were taken on. Times are measured and printed, never asserted."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Timing:
    """Times of ``n`` calls, in seconds each."""

    n: int
    p50: float
    p95: float
    total: float

    @property
    def per_second(self) -> float:
        """Calls per second over the whole run."""
        return self.n / self.total


def measure(call: Callable[[], object], n: int, *, warm: int = 1) -> Timing:
    """Call ``n`` times after ``warm`` calls that do not count."""
    return measure_each([call] * n, warm=warm)


def measure_each(calls: Iterable[Callable[[], object]], *, warm: int = 1) -> Timing:
    """As :func:`measure`, with a call of its own for each sample (a row each, say)."""
    calls = list(calls)
    for call in calls[:warm]:
        call()
    times = []
    for call in calls:
        start = perf_counter()
        call()
        times.append(perf_counter() - start)
    ordered = sorted(times)
    last = len(ordered) - 1
    return Timing(len(times), ordered[round(last * 0.50)], ordered[round(last * 0.95)], sum(times))


def duration(seconds: float) -> str:
    """A time in the unit that reads best."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:,.2f} {unit}"
    return f"{seconds * 1e6:,.1f} µs"


def machine() -> str:
    """One line on processor, cores, memory, system and Python."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {_memory_gib():.0f} GiB; {platform.system()} {platform.machine()}; "
        f"{platform.python_implementation()} {sys.version.split()[0]}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown processor"


def _memory_gib() -> float:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, OSError, ValueError):
        return float("nan")
