"""The pages: one module per page, which lays out what :mod:`codesearch.server.work` gives."""

from fastapi import APIRouter

from codesearch.server.pages import audits, compare, corpora, file, jobs, judge, login, schedules, search

router = APIRouter(include_in_schema=False)
for page in (search, compare, file, audits, corpora, schedules, jobs, judge, login):
    router.include_router(page.router)
