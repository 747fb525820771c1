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
from codesearch.server.heads import heads_of

PREFIX = "/api/v1"

router = APIRouter()
for resource in (query, compare, fragments, corpora, jobs, audits, feedback, schedules, health):
    router.include_router(resource.router, prefix=PREFIX)
    router.include_router(heads_of(resource.router), prefix=PREFIX)
router.include_router(health.metrics_router)
router.include_router(heads_of(health.metrics_router))
