"""Figures of a running server for Prometheus; labels take few values, whatever clients send."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from codesearch.core.errors import IndexFailure
from codesearch.server.security.access_log import Exchange
from codesearch.serving.live_index import LiveIndex
from codesearch.serving.pool import WorkPool

CONTENT_TYPE = CONTENT_TYPE_LATEST

_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Edges of the histogram: the goals of a search, 0.15 and about 0.6 s, lie on or between close ones."""


class Metrics:
    """Counts exchanges as they end; what there is at the moment is looked up when somebody asks."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "codesearch_http_requests",
            "Requests by route, method and status; without a route where none fits.",
            ("route", "method", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "codesearch_http_request_seconds",
            "Time from the header of a request to the end of its answer.",
            ("route", "method"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._running = _gauge(registry, "pool_running", "Requests at work.")
        self._waiting = _gauge(registry, "pool_waiting", "Requests in line before the pool.")
        self._jobs_running = _gauge(registry, "jobs_running", "Index and audit jobs at work.")
        self._jobs_waiting = _gauge(registry, "jobs_waiting", "Index and audit jobs in line.")
        self._up = _gauge(registry, "index_up", "1 while the index can be read.")
        self._snapshot = _gauge(registry, "index_snapshot", "Number of the current snapshot.")
        self._contents = _gauge(registry, "index_contents", "Distinct fragments that are searched.")
        ProcessCollector(registry=registry)

    def observe(self, exchange: Exchange) -> None:
        """Count one exchange; an event stream counts when it ends."""
        method = exchange.method if exchange.method in _METHODS else "other"
        self._requests.labels(exchange.route, method, str(exchange.status)).inc()
        self._seconds.labels(exchange.route, method).observe(exchange.seconds)

    def page(self, index: LiveIndex, pool: WorkPool, jobs: tuple[int, int]) -> bytes:
        """All figures in the text format of Prometheus.

        Args:
            index: Its manifest is read.
            pool: As it is now.
            jobs: How many run, and how many wait.
        """
        self._running.set(pool.running)
        self._waiting.set(pool.waiting)
        self._jobs_running.set(jobs[0])
        self._jobs_waiting.set(jobs[1])
        self._look_at(index)
        return generate_latest(self._registry)

    def _look_at(self, index: LiveIndex) -> None:
        try:
            manifest = index.engine.folder.manifest()
        except IndexFailure:  # told as a figure: who watches the server wants all others now
            self._up.set(0)
            return
        self._up.set(1)
        self._snapshot.set(manifest.snapshot)
        self._contents.set(sum(entry.rows for entry in manifest.segments) - len(manifest.dead))


def _gauge(registry: CollectorRegistry, name: str, meaning: str) -> Gauge:
    return Gauge(f"codesearch_{name}", meaning, registry=registry)
