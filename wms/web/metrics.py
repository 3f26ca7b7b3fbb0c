"""Figures for an operator: requests, their time, refusals. One set over all web processes.

With more than one process the supervisor sets PROMETHEUS_MULTIPROC_DIR to an empty folder before Python
starts; `wms.web.gunicorn_hooks` tells it when a process ended.
"""

import os
import time
from typing import Final

from flask import Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

REQUESTS: Final = Counter("wms_requests", "Requests answered", ("endpoint", "method", "status"))
SECONDS: Final = Histogram(
    "wms_request_seconds",
    "Time from request to answer, seconds",
    ("endpoint",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
REFUSALS: Final = Counter("wms_refusals", "Anticipated refusals by reason", ("code",))
#: Anybody may send any word as a method, and every new word would be counted for ever.
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
FAILURES: Final = Counter("wms_failures", "Unexpected errors, each a bug", ("endpoint",))


def install(app: Flask) -> None:
    """Count every request of the application."""

    @app.before_request
    def _begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def _count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        method = request.method if request.method in _METHODS else "other"
        REQUESTS.labels(endpoint, method, str(response.status_code)).inc()
        if "began" in g:
            SECONDS.labels(endpoint).observe(time.perf_counter() - g.began)
        return response


def figures() -> Response:
    """Everything counted, as Prometheus reads it."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry = REGISTRY
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
