"""Whether what somebody asks for can be done with an index, and what it is in the terms of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from codesearch.audit.options import AuditOptions
from codesearch.core.errors import InputError, UsageError
from codesearch.core.jobs import JobKind, JobRequest
from codesearch.core.settings.sections import Fragments
from codesearch.core.store.snapshot import Filters
from indexer.parsing.languages import registry


def checked(request: JobRequest, indexed: Mapping[str, Path], minimum: Fragments) -> JobRequest:
    """The request with the ids of its languages, once it is certain that it can be tried.

    Args:
        request: As it came; languages may be named by their aliases.
        indexed: Root of every indexed corpus by name.
        minimum: The smallest fragments that the index holds.

    Raises:
        InputError: A corpus is not indexed, or the index holds none.
        UsageError: A language does not exist, no type or role is wanted, or smaller clones than the index
            holds.
    """
    corpus_paths(request, indexed)
    if request.kind is JobKind.INDEX:
        return JobRequest(JobKind.INDEX, request.corpora)
    languages = frozenset(registry().get(name).id for name in request.languages)
    request = replace(request, languages=languages)
    audit_options(request, minimum)
    return request


def corpus_paths(request: JobRequest, indexed: Mapping[str, Path]) -> dict[str, Path]:
    """The corpora that a request is about: name to root, in the order of the names.

    Raises:
        InputError: One is not indexed, or the index holds none.
    """
    unknown = sorted(request.corpora - indexed.keys())
    if unknown:
        raise InputError(f"no corpus {unknown[0]!r} is indexed", "see 'codesearch status' for their names")
    if not indexed:
        raise InputError("the index holds no corpus", "run 'codesearch index' with a folder first")
    return {name: root for name, root in sorted(indexed.items()) if name in (request.corpora or indexed)}


def audit_options(request: JobRequest, minimum: Fragments) -> AuditOptions:
    """The options of an audit job.

    Raises:
        UsageError: No type or role is wanted, or smaller clones than the index holds.
    """
    if not request.types or not request.roles:
        raise UsageError("an audit needs a clone type and a role", "name at least one of each")
    return AuditOptions(
        min_lines=_at_least("lines", request.min_lines, minimum.min_lines),
        min_tokens=_at_least("tokens", request.min_tokens, minimum.min_tokens),
        types=request.types,
        roles=request.roles,
        filters=Filters(languages=request.languages),
        min_probability=request.min_probability,
        cross_language=request.cross_language,
        refresh=request.refresh,
    )


def _at_least(unit: str, asked: int | None, indexed: int) -> int:
    if asked is not None and asked < indexed:
        raise UsageError(
            f"min_{unit} {asked}: the index leaves out what has fewer than {indexed} {unit}",
            f"ask for {indexed} or more",
        )
    return asked or indexed
