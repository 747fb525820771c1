"""``/health``, ``/ready`` and ``/metrics``: for whoever runs the server."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from codesearch import __version__
from codesearch.core.errors import IndexFailure
from codesearch.server.api.etag import json_answer
from codesearch.server.metrics import CONTENT_TYPE, Metrics
from codesearch.server.models.corpora import HealthDocument, ReadyDocument
from codesearch.server.security.scopes import caller_of, reads
from codesearch.server.state import State

router = APIRouter(tags=["server"])
metrics_router = APIRouter(tags=["server"], dependencies=[reads])


@router.get(
    "/health",
    operation_id="getHealth",
    summary="Is the server alive?",
    responses={200: {"model": HealthDocument}},
)
async def get_health() -> Response:
    """Answers as long as the server does; needs no token."""
    return json_answer({"schema": "codesearch.health/1", "status": "ok", "version": __version__})


@router.get(
    "/ready",
    operation_id="getReady",
    summary="Can the index be searched?",
    responses={200: {"model": ReadyDocument}},
)
async def get_ready(request: Request, state: State) -> Response:
    """Opens the index where it is not open yet; needs no token, strangers are not told what is wrong."""

    def work() -> Response:
        with state.index.searcher() as searcher:
            snapshot = searcher.snapshot.manifest.snapshot
        return json_answer({"schema": "codesearch.ready/1", "status": "ready", "snapshot": snapshot})

    try:
        return await state.pool.run(work)
    except IndexFailure:
        if caller_of(request) is not None:
            raise
        raise IndexFailure("the index cannot be searched", "ask with a token to learn why") from None


@metrics_router.get(
    "/metrics",
    operation_id="getMetrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {CONTENT_TYPE: {"schema": {"type": "string"}}}}},
)
async def get_metrics(request: Request, state: State) -> Response:
    """Requests by route and status, their times, the pool, jobs, the index and the process."""
    metrics: Metrics = request.app.state.metrics
    jobs = int(state.jobs.running is not None), len(await state.jobs.waiting())
    # Not in the pool: figures matter most when that is full.
    page = await run_in_threadpool(metrics.page, state.index, state.pool, jobs)
    return Response(page, media_type=CONTENT_TYPE)
