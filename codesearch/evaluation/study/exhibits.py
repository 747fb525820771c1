"""Every pair as a model is shown it, which is never with its own label."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from codesearch.core.errors import InputError
from codesearch.core.feedback import Side as KeptSide
from codesearch.core.judge import Case, CaseContext, ContextItem, ContextKind
from codesearch.core.results import Decision
from codesearch.core.types import ContentKey, Fragment
from codesearch.engine import Engine
from codesearch.evaluation.datasets import LabelledFragment, pair_rows
from codesearch.evaluation.pairs import labelled_cases
from codesearch.evaluation.parsing import parse_labelled
from codesearch.evaluation.run import Progress
from codesearch.evaluation.study.asking import Exhibit
from codesearch.evaluation.study.corpus import (
    Surroundings,
    corpus_surroundings,
    indexed_surroundings,
    labelled_surroundings,
    no_surroundings,
)
from codesearch.evaluation.study.data import StudyData
from codesearch.evaluation.study.plan import Cell, LeftOut, Plan, Variant
from codesearch.judges import JudgeBench
from indexer.fragments import whole_fragment
from indexer.parsing.languages import registry
from reranker.judge.asking.prompting import Side
from reranker.judge.asking.verdict_cache import ordered
from reranker.judge.context.precedents import CONSIDERED, precedent_items
from reranker.judge.precedents.judge import PrecedentJudge
from reranker.judge.precedents.memory import RememberedPair
from reranker.judge.view.code import view_of


@dataclass(frozen=True, slots=True)
class Exhibits:
    """The pairs of a study as they are shown.

    Attributes:
        by_kinds: The pairs in order, by the kinds of context that they are shown with.
        decisions: What the cascade says of each pair.
    """

    by_kinds: Mapping[frozenset[ContextKind], Sequence[Exhibit]]
    decisions: Sequence[Decision]

    def of(self, cell: Cell) -> Sequence[Exhibit]:
        """The pairs in order, with the context of a cell."""
        return self.by_kinds[cell.kinds]

    def with_context(self, cell: Cell) -> int:
        """Number of pairs for which something was found that the cell shows."""
        return sum(bool(exhibit.context.items) for exhibit in self.of(cell))

    def asked(self, plan: Plan) -> tuple[tuple[Cell, ...], tuple[LeftOut, ...]]:
        """The cells of a plan that show what they are named after, and what is left out.

        Raises:
            InputError: No cell is left.
        """
        empty = {
            cell for cell in plan.cells if cell.variant is not Variant.NONE and not self.with_context(cell)
        }
        ways = dict.fromkeys((cell.prompt, cell.variant) for cell in plan.cells if cell in empty)
        left_out = tuple(LeftOut(*way, "nothing was found for any pair") for way in ways)
        cells = tuple(cell for cell in plan.cells if cell not in empty)
        if not cells:
            raise InputError(
                "no pair has any of these contexts",
                "name the code around the pairs with --corpus or --index, or add 'none' to --contexts",
            )
        return cells, plan.left_out + left_out


@dataclass(frozen=True, slots=True)
class Sources:
    """Where context comes from.

    Attributes:
        engine: Has the models and the user's verdicts.
        user_folder: Where this installation's own files are.
        corpus: Folder whose code is shown beside pairs; None for the labelled fragments themselves.
        indexed: Show the code of the engine's own index instead.
        jobs: Parser processes.
    """

    engine: Engine
    user_folder: Path
    corpus: Path | None
    indexed: bool
    jobs: int


def show_pairs(
    data: StudyData, plan: Plan, sources: Sources, count_tokens: Callable[[str], int], progress: Progress
) -> Exhibits:
    """Retrieve what the cells of a plan show, its size counted by the model's own tokens.

    Raises:
        CodesearchError: The data or the code cannot be used.
    """
    engine = sources.engine
    used = {side for pair in data.pairs for side in (pair.a, pair.b)}
    labelled = sorted(data.fragments, key=lambda fragment: fragment.id not in used)  # stable: used ones first
    chosen = labelled[: len(used)]
    sides = pair_rows(data.pairs, chosen)
    progress.stage("parsing", "fragments", len(chosen))
    fragments = parse_labelled(chosen, sources.jobs, progress.advance)
    with _surroundings(labelled, fragments, plan, sources, progress) as surroundings:
        cases = labelled_cases(fragments, sides, engine.embedder, engine.cascade, surroundings.side)
        precedents = _precedents(sources) if ContextKind.PRECEDENT in plan.kinds else None
        limit = engine.settings.judge.context_tokens
        retrieval = _Retrieval(surroundings, precedents, limit, count_tokens)
        wanted = list(dict.fromkeys(cell.kinds for cell in plan.cells))
        progress.stage("retrieving", "contexts", len(wanted) * len(cases))
        by_kinds: dict[frozenset[ContextKind], list[Exhibit]] = {kinds: [] for kinds in wanted}
        for number, case in enumerate(cases):
            for kinds, found in by_kinds.items():
                found.append(_exhibit(number, case, kinds, retrieval))
            progress.advance(len(wanted))
    return Exhibits(by_kinds, [case.decision for case in cases])


@contextmanager
def _surroundings(
    labelled: Sequence[LabelledFragment],
    fragments: Sequence[Fragment],
    plan: Plan,
    sources: Sources,
    progress: Progress,
) -> Iterator[Surroundings]:
    engine, user = sources.engine, sources.user_folder
    if plan.kinds <= {ContextKind.PRECEDENT}:
        yield no_surroundings(fragments)
        return
    if sources.indexed:
        opened = indexed_surroundings(engine, fragments)
    elif sources.corpus is not None:
        opened = corpus_surroundings(engine, user, sources.corpus, fragments, progress)
    else:
        opened = labelled_surroundings(engine, user, labelled, fragments, progress)
    with opened as found:
        yield found


def _precedents(sources: Sources) -> PrecedentJudge:
    engine = sources.engine
    judge = engine.settings.judge
    bench = JudgeBench(judge, engine.cascade, engine.embedder, engine.feedback, sources.user_folder)
    return bench.precedents


def _exhibit(pair: int, case: Case, kinds: frozenset[ContextKind], retrieval: _Retrieval) -> Exhibit:
    first, second = (side.fragment for side in ordered(case))
    return Exhibit(
        pair,
        (_name(first), _name(second)),
        (Side(view_of(first), first.language), Side(view_of(second), second.language)),
        retrieval.context(case, kinds),
    )


def _name(fragment: Fragment) -> str:
    return f"{fragment.exact_key.hex()} {fragment.language}"


class _Retrieval:
    """Finds the context of cases as the judge does, but never the label of the pair itself.

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
def _renamed(side: KeptSide) -> tuple[ContentKey, str]:
    """Key of the T2 form of the code that is kept, which may be the beginning of a longer one."""
    language = registry().get(side.language)
    return whole_fragment(side.code.encode("utf-8", "replace"), language).renamed_key, language.id
