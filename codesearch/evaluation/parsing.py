"""Labelled code to fragments, in worker processes where there is enough of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from codesearch.core.types import Fragment
from codesearch.evaluation.datasets import LabelledFragment
from codesearch.evaluation.renaming import rename_declared
from indexer.fragments import fragments_of
from indexer.parsing.languages import registry

_CHUNK = 256  # fragments per task: half a second of parsing
_WORTH_WORKERS = 4 * _CHUNK  # a worker takes half a second to start

Advance = Callable[[int], None]
_Chunk = Sequence[tuple[str, str]]  # code and language id


def parse_labelled(
    labelled: Sequence[LabelledFragment],
    jobs: int = 1,
    advance: Advance = lambda done: None,
    *,
    renamed: bool = False,
) -> list[Fragment]:
    """Each labelled text as one whole fragment, in order; one without code has no tokens.

    Args:
        labelled: Of any languages.
        jobs: Worker processes, used when there is work for them.
        advance: Hears how many more are done.
        renamed: Replace the names that each text declares before it is parsed, where its language allows.

    Raises:
        UsageError: A language is not in the registry.
    """
    sources = [(fragment.code, registry().get(fragment.language).id) for fragment in labelled]
    chunks = [sources[first : first + _CHUNK] for first in range(0, len(sources), _CHUNK)]
    parsed: list[Fragment] = []
    parse = partial(_parse, renamed=renamed)
    for fragments in _mapped(parse, chunks, jobs if len(sources) >= _WORTH_WORKERS else 1):
        parsed.extend(fragments)
        advance(len(fragments))
    return parsed


def _mapped(
    parse: Callable[[_Chunk], list[Fragment]], chunks: Sequence[_Chunk], jobs: int
) -> Iterator[list[Fragment]]:
    if jobs <= 1:
        yield from map(parse, chunks)
        return
    # Spawned, not forked: the threads of numpy and FAISS do not survive a fork.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as workers:
        yield from workers.map(parse, chunks)


def _parse(chunk: _Chunk, *, renamed: bool) -> list[Fragment]:
    sources = [(code, registry().get(language)) for code, language in chunk]
    if renamed:
        sources = [(rename_declared(code, language), language) for code, language in sources]
    return fragments_of(sources)
