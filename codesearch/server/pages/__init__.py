"""The pages: one module per page, which lays out what :mod:`codesearch.server.work` gives."""

from fastapi import APIRouter

from codesearch.server.heads import heads_of
from codesearch.server.pages import (
    audits,
    compare,
    corpora,
    file,
    jobs,
    judge,
    login,
    schedules,
    search,
    verdicts,
)

router = APIRouter(include_in_schema=False)
for page in (search, compare, verdicts, file, audits, corpora, schedules, jobs, judge, login):
    router.include_router(page.router)
    router.include_router(heads_of(page.router))
