"""Where contents occur: from content keys to places, and the contents that a snapshot has at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy import BindParameter, Row, Select, bindparam, select

from codesearch.core.results import Place
from codesearch.core.store.bulk import batches
from codesearch.core.store.models import Corpus, File, Fragment
from codesearch.core.store.snapshot import Filters, Snapshot, seen_by, visible_corpora
from codesearch.core.types import U8, ContentKey, FragmentKind, Role

NO_FILTERS = Filters()

_STATEMENTS = 32  # sets of filters that a server is asked about again and again


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A fragment at its place in a file."""

    key: ContentKey
    fragment_id: int
    place: Place
    name: str
    container: str
    kind: FragmentKind
    language: str
    role: Role


def occurrences_of(
    snapshot: Snapshot, keys: Iterable[ContentKey], filters: Filters = NO_FILTERS
) -> dict[ContentKey, tuple[Occurrence, ...]]:
    """Occurrences by content key, each by corpus, path and line; keys without one are left out."""
    found: dict[ContentKey, list[Occurrence]] = {}
    statement = _statement_by_key(snapshot.number, visible_corpora(snapshot.connection), filters)
    for batch in batches(sorted(set(keys))):
        # All rows at once: one by one, each step would give the interpreter to another thread.
        for row in snapshot.connection.execute(statement, {"keys": batch}).all():
            occurrence = _occurrence(row)
            found.setdefault(occurrence.key, []).append(occurrence)
    # Sorted here, because databases collate text each in their own way.
    return {key: tuple(sorted(places, key=_by_place)) for key, places in sorted(found.items())}


def occurrences_in(snapshot: Snapshot, corpus: str, path: str) -> tuple[Occurrence, ...]:
    """The fragments of one file by line, outer before inner; empty also where there is no such file."""
    statement = _OCCURRENCES.where(snapshot.sees, Corpus.name == corpus, File.path == path)
    found = [_occurrence(row) for row in snapshot.connection.execute(statement)]
    return tuple(sorted(found, key=lambda one: (one.place.start_line, -one.place.end_line, one.fragment_id)))


_OCCURRENCES = (
    select(
        Fragment.key,
        Fragment.id,
        Corpus.name.label("corpus"),
        File.path,
        Fragment.start_line,
        Fragment.end_line,
        Fragment.name,
        Fragment.container,
        Fragment.kind,
        Fragment.language,
        File.role,
    )
    .join(File, File.blob_id == Fragment.blob_id)
    .join(Corpus, Corpus.id == File.corpus_id)
)


@lru_cache(_STATEMENTS)
def _statement_by_key(
    number: int, corpora: frozenset[str] | None, filters: Filters
) -> Select[*tuple[Any, ...]]:
    """Occurrences of the contents ``keys`` in a snapshot; building it anew took longer than running it."""
    conditions = [*filters.on_files(), *filters.on_fragments()]
    keys: BindParameter[bytes] = bindparam("keys", expanding=True)
    return _OCCURRENCES.where(seen_by(number, corpora), Fragment.key.in_(keys), *conditions)


def _occurrence(row: Row[*tuple[Any, ...]]) -> Occurrence:
    # Unpacked, because to look up a column by its name takes longer than all the rest.
    key, number, corpus, path, start_line, end_line, name, container, kind, language, role = row
    return Occurrence(
        key=ContentKey(bytes(key)),
        fragment_id=number,
        place=Place(corpus, path, start_line, end_line),
        name=name,
        container=container,
        kind=FragmentKind(kind),
        language=language,
        role=Role(role or Role.SOURCE),
    )


def live_keys(snapshot: Snapshot, filters: Filters = NO_FILTERS) -> U8:
    """uint8 [n, 16], the distinct content keys that occur in the snapshot, ascending."""
    live_blobs = select(File.blob_id).where(snapshot.sees, *filters.on_files())
    query = (
        select(Fragment.key)
        .where(Fragment.blob_id.in_(live_blobs), *filters.on_fragments())
        .distinct()
        .order_by(Fragment.key)
    )
    parts = snapshot.connection.execute(query).scalars().partitions(50_000)
    packed = b"".join(chain.from_iterable(parts))
    return np.frombuffer(packed, dtype=np.uint8).reshape(-1, 16)


def _by_place(occurrence: Occurrence) -> tuple[str, str, int, int]:
    place = occurrence.place
    return place.corpus, place.path, place.start_line, place.end_line
