"""How much one client may ask: a bucket of tokens each, in memory, of a bounded number of clients."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

#: Clients remembered; whoever has not asked longest is forgotten first (its bucket would be full again by then).
_CLIENTS = 10_000


class Rates:
    """Token buckets: ``burst`` requests at once, ``per_second`` in the long run."""

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second, self.burst, self.clock = per_second, burst, clock
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str) -> float:
        """Take one token: 0 where there was one, else the seconds until there is."""
        now = self.clock()
        left, since = self._held.pop(client, (float(self.burst), now))
        left = min(self.burst, left + (now - since) * self.per_second)
        allowed = left >= 1
        self._held[client] = (left - 1 if allowed else left, now)
        if len(self._held) > _CLIENTS:
            self._held.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self.per_second


__all__ = ["Rates"]
