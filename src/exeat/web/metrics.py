"""Figures about the service for Prometheus: how many requests of which route, how long, what was decided."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """The figures of one application. Labels are routes as they are declared, never what was asked."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        labels = ("method", "route", "status")
        self.requests = Counter("exeat_requests", "Requests answered.", labels, registry=self.registry)
        self.seconds = Histogram(
            "exeat_request_seconds", "Time to answer.", ("route",), buckets=_SECONDS, registry=self.registry
        )
        self.running = Gauge("exeat_requests_running", "Requests being answered.", registry=self.registry)
        self.determinations = Counter(
            "exeat_determinations",
            "Transactions decided, by what the status says.",
            ("status",),
            registry=self.registry,
        )
        self.remembered = Counter(
            "exeat_answers_remembered", "Determinations answered from memory.", registry=self.registry
        )
        self.batches = Gauge("exeat_batches", "Tables kept and waiting.", ("state",), registry=self.registry)

    def asked(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self.requests.labels(method if method in _METHODS else "other", route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def text(self, batches: Callable[[], dict[str, int]]) -> bytes:
        """All of it in the form Prometheus reads."""
        for state, count in batches().items():
            self.batches.labels(state).set(count)
        return generate_latest(self.registry)


__all__ = ["MEDIA_TYPE", "Metrics"]
