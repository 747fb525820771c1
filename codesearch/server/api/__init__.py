"""The API: one module per resource; answers are the documents of the command line."""

from fastapi import APIRouter

from codesearch.server.api import (
    audits,
    compare,
    corpora,
    feedback,
    fragments,
    health,
    jobs,
    query,
    schedules,
)

PREFIX = "/api/v1"

router = APIRouter()
for resource in (query, compare, fragments, corpora, jobs, audits, feedback, schedules, health):
    router.include_router(resource.router, prefix=PREFIX)
router.include_router(health.metrics_router)
