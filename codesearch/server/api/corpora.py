"""``/status`` and ``/corpora``: what is indexed, and what was left out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from codesearch.report.index_document import removal_document
from codesearch.report.json_documents import Document
from codesearch.report.status import corpus_fields, status_document
from codesearch.server.api.etag import document_answer, json_answer
from codesearch.server.api.paging import Paged, list_answer
from codesearch.server.models.corpora import (
    CorporaDocument,
    CorpusDocument,
    RemovalDocument,
    SkippedDocument,
    StatusDocument,
)
from codesearch.server.security.scopes import administers, reads, reads_visible
from codesearch.server.state import State
from codesearch.server.work import corpora
from codesearch.status import SkippedEntry

router = APIRouter(tags=["index"], dependencies=[reads_visible])


@router.get(
    "/status",
    operation_id="getStatus",
    summary="State of the index",
    dependencies=[reads],
    responses={200: {"model": StatusDocument}},
)
async def get_status(request: Request, state: State) -> Response:
    """What the index holds, by corpus and segment."""
    return await state.pool.run(
        lambda: document_answer(request, status_document(state.index.engine.status()))
    )


@router.get(
    "/corpora",
    operation_id="listCorpora",
    summary="Indexed corpora",
    responses={200: {"model": CorporaDocument}},
)
async def list_corpora(request: Request, state: State, window: Paged) -> Response:
    """By name, each with its ledger."""

    def work() -> Response:
        known = state.index.engine.status().corpora
        return list_answer(request, window, "codesearch.corpora/1", known, corpus_fields)

    return await state.pool.run(work)


@router.get(
    "/corpora/{name}",
    operation_id="getCorpus",
    summary="One corpus",
    responses={200: {"model": CorpusDocument}, 404: {}},
)
async def get_corpus(request: Request, state: State, name: str) -> Response:
    """Its ledger and sizes."""

    def work() -> Response:
        document = {
            "schema": "codesearch.corpus/1",
            "degraded": [],
            **corpus_fields(corpora.corpus(state.index, name)),
        }
        return document_answer(request, document)

    return await state.pool.run(work)


@router.delete(
    "/corpora/{name}",
    dependencies=[administers],
    operation_id="removeCorpus",
    summary="Remove a corpus from the index",
    responses={200: {"model": RemovalDocument}, 404: {}},
)
async def remove_corpus(state: State, name: str) -> Response:
    """Searches and audits see it no longer; its files stay, and so do verdicts and earlier audits."""

    def work() -> Response:
        found = corpora.corpus(state.index, name)
        report = state.index.engine.remove([found.name])
        return json_answer(removal_document(report, state.index.engine.folder.path))

    return await state.pool.run(work)


@router.get(
    "/corpora/{name}/skipped",
    operation_id="listSkippedFiles",
    summary="Files that were left out",
    responses={200: {"model": SkippedDocument}, 404: {}},
)
async def list_skipped(
    request: Request,
    state: State,
    name: str,
    window: Paged,
    reason: Annotated[str, Query(max_length=100, description="Only files left out for this reason.")] = "",
) -> Response:
    """Every file of the corpus that was seen and not analysed, by path, with the reason."""

    def work() -> Response:
        corpus = corpora.corpus(state.index, name).name
        found = corpora.skipped(state.index, corpus, reason)
        return list_answer(request, window, "codesearch.skipped/1", found, _skipped_fields, corpus=corpus)

    return await state.pool.run(work)


def _skipped_fields(entry: SkippedEntry) -> Document:
    return {"path": entry.path, "reason": entry.reason}
