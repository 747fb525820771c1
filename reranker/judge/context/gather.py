"""Retrieves the context of a case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

from codesearch.core.judge import Case, CaseContext, ContextItem, ContextKind
from indexer.parsing.languages import registry
from reranker.judge.context.contrast import contrast_items
from reranker.judge.context.corpus import Corpus
from reranker.judge.context.definitions import definition_items
from reranker.judge.context.fitting import fit
from reranker.judge.context.sides import ReadSource, sides_of
from reranker.judge.context.surroundings import surroundings_items
from reranker.judge.manipulation.detector import reads_as_instruction

EVERY_KIND = frozenset(ContextKind)


class ContextSource:
    """Finds what helps a judge; safe to be called from several threads.

    Args:
        corpus: An :class:`~.corpus.IndexedCorpus`, or :data:`~.corpus.NO_INDEX`.
        read_source: Reads the files of sides that bring none along.
    """

    def __init__(self, corpus: Corpus, read_source: ReadSource) -> None:
        self._corpus = corpus
        self._read_source = read_source
        self._lock = Lock()  # the parsers of a process are shared, and nothing here waits for long

    def context(
        self,
        case: Case,
        precedents: Sequence[ContextItem],
        limit_tokens: int,
        count_tokens: Callable[[str], int],
        kinds: frozenset[ContextKind] = EVERY_KIND,
    ) -> CaseContext:
        """What was found for a case and fits.

        Args:
            case: The pair.
            precedents: What the precedent memory has for it, best first.
            limit_tokens: What titles and bodies may cost together.
            count_tokens: Tokens of a text.
            kinds: Kinds that are wanted; the others are neither sought nor counted as cut.
        """
        with self._lock:
            items = self._gathered(case, kinds)
        if ContextKind.PRECEDENT in kinds:
            items = [*precedents, *items]
        return fit(items, limit_tokens, count_tokens)

    def _gathered(self, case: Case, kinds: frozenset[ContextKind]) -> list[ContextItem]:
        items: list[ContextItem] = []
        if not _is_readable(case):
            return items
        if not kinds.isdisjoint((ContextKind.DEFINITION, ContextKind.SURROUNDINGS)):
            sides = sides_of(case, self._read_source)
            if ContextKind.DEFINITION in kinds:
                items += definition_items(sides, self._corpus, self._read_source)
            if ContextKind.SURROUNDINGS in kinds:
                items += surroundings_items(sides, self._corpus)
        if ContextKind.CONTRAST in kinds:
            items += contrast_items(case, self._corpus, self._read_source)
        # Names that are plain each by itself may form a sentence with our words around them.
        return [item for item in items if not reads_as_instruction(item.title)]


def _is_readable(case: Case) -> bool:
    """Whether this installation has the languages of a case: another one may have built the index."""
    known = {language.id for language in registry()}
    shown = (case.first.fragment, case.second.fragment, *case.contrast)
    return all(fragment.language in known for fragment in shown)
