"""Code of the corpus that is near to a case and no clone."""

from __future__ import annotations

from codesearch.core.judge import Case, ContextItem, ContextKind
from reranker.judge.context.corpus import Corpus
from reranker.judge.context.excerpt import excerpt
from reranker.judge.context.reread import reread
from reranker.judge.context.sides import ReadSource

_MOST = 4  # more would show the model the corpus instead of the pair
_MOST_LINES = 12
_TITLE = "A near neighbour in the corpus that is not a clone"


def contrast_items(case: Case, corpus: Corpus, read_source: ReadSource) -> list[ContextItem]:
    """The first lines of the neighbours that the case names and the corpus has, nearest first."""
    own = {case.first.fragment.exact_key, case.second.fragment.exact_key}
    distinct = {one.exact_key: one for one in case.contrast if one.exact_key not in own}
    nearest = list(distinct.values())[:_MOST]
    places = corpus.places(nearest)
    return [
        ContextItem(
            ContextKind.CONTRAST,
            _TITLE,
            excerpt(reread(one, place, read_source), _MOST_LINES),
            f"{place.path}:{place.start_line}",
        )
        for one in nearest
        if (place := places.get(one.exact_key)) is not None
    ]
