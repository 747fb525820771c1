"""What a pair is called that somebody takes for a clone: the text has the last word."""

from __future__ import annotations

from codesearch.core.judge import Case
from codesearch.core.results import CloneType
from reranker.cascade import ALIGNED_SIMILARITY

_COPIES = frozenset({CloneType.T1, CloneType.T2})


def is_copy(case: Case) -> bool:
    """Whether the sides are the same code, names and literals aside."""
    return case.first.fragment.renamed_key == case.second.fragment.renamed_key


def clone_type_of(case: Case, said: CloneType | None = None) -> CloneType:
    """The type of a clone.

    Args:
        case: The pair.
        said: What a judge called it: Type-4 goes for every pair that is no copy, the other types only where
            the text bears them out.
    """
    decision = case.decision
    if decision.clone_type is not None and (said is None or decision.clone_type in _COPIES):
        return decision.clone_type
    same_language = case.first.fragment.language == case.second.fragment.language
    textual = same_language and decision.similarity >= ALIGNED_SIMILARITY
    return CloneType.T3 if textual and said is not CloneType.T4 else CloneType.T4
