"""What a pair is shown with, which is never its own label."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache

from codesearch.core.feedback import Side
from codesearch.core.judge import Case, CaseContext, ContextItem, ContextKind
from codesearch.core.types import ContentKey
from codesearch.evaluation.study.corpus import Surroundings
from indexer.fragments import whole_fragment
from indexer.parsing.languages import registry
from reranker.judge.context.precedents import CONSIDERED, precedent_items
from reranker.judge.precedents.judge import PrecedentJudge
from reranker.judge.precedents.memory import RememberedPair


class Retrieval:
    """Finds the context of cases, as the judge does.

    Args:
        surroundings: The corpus.
        precedents: The precedent memory; None where no precedents are shown.
        limit_tokens: What the context of a pair may cost.
        count_tokens: Tokens of a text.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        precedents: PrecedentJudge | None,
        limit_tokens: int,
        count_tokens: Callable[[str], int],
    ) -> None:
        self._surroundings = surroundings
        self._precedents = precedents
        self._limit = limit_tokens
        self._count_tokens = count_tokens

    def context(self, case: Case, kinds: frozenset[ContextKind]) -> CaseContext:
        """What is found of these kinds and fits; nothing of it holds the label of the pair."""
        if not kinds:
            return CaseContext()
        if ContextKind.CONTRAST in kinds:
            case = replace(case, contrast=self._surroundings.near(case.first.fragment))
        items = self._items(case) if ContextKind.PRECEDENT in kinds else []
        return self._surroundings.source.context(case, items, self._limit, self._count_tokens, kinds)

    def _items(self, case: Case) -> list[ContextItem]:
        if self._precedents is None:
            return []
        return precedent_items(other_pairs(self._precedents.examples(case, CONSIDERED), case), case)


def other_pairs(remembered: Iterable[RememberedPair], case: Case) -> list[RememberedPair]:
    """The precedents that are not about the very pair, in order.

    A precedent is about the pair when its sides are the same two codes, names and literals aside: the verdict
    on such a copy is the label that the model is asked for.
    """
    sides = (case.first.fragment, case.second.fragment)
    exact = frozenset((side.exact_key.hex(), side.language) for side in sides)
    renamed = frozenset((side.renamed_key, side.language) for side in sides)
    return [
        one
        for one in remembered
        if one.precedent.pair != exact and frozenset(map(_renamed, one.precedent.sides)) != renamed
    ]


@cache
def _renamed(side: Side) -> tuple[ContentKey, str]:
    """Key of the T2 form of the code that is kept, which may be the beginning of a longer one."""
    language = registry().get(side.language)
    return whole_fragment(side.code.encode("utf-8", "replace"), language).renamed_key, language.id
