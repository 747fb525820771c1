"""Every pair as a model is shown it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codesearch.core.errors import InputError
from codesearch.core.judge import Case, ContextKind
from codesearch.core.results import Decision
from codesearch.core.types import Fragment
from codesearch.engine import Engine
from codesearch.evaluation.datasets import LabelledFragment, pair_rows
from codesearch.evaluation.parsing import parse_labelled
from codesearch.evaluation.run import Progress
from codesearch.evaluation.study.asking import Exhibit
from codesearch.evaluation.study.cases import study_cases
from codesearch.evaluation.study.corpus import (
    Surroundings,
    corpus_surroundings,
    indexed_surroundings,
    labelled_surroundings,
    no_surroundings,
)
from codesearch.evaluation.study.data import StudyData
from codesearch.evaluation.study.plan import Cell, LeftOut, Plan, Variant
from codesearch.evaluation.study.retrieval import Retrieval
from codesearch.judges import JudgeBench
from reranker.judge.asking.prompting import Side
from reranker.judge.asking.verdict_cache import ordered
from reranker.judge.precedents.judge import PrecedentJudge
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
        cases = study_cases(fragments, sides, surroundings, engine.embedder, engine.cascade)
        precedents = _precedents(sources) if ContextKind.PRECEDENT in plan.kinds else None
        limit = engine.settings.judge.context_tokens
        retrieval = Retrieval(surroundings, precedents, limit, count_tokens)
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


def _exhibit(pair: int, case: Case, kinds: frozenset[ContextKind], retrieval: Retrieval) -> Exhibit:
    first, second = (side.fragment for side in ordered(case))
    return Exhibit(
        pair,
        (_name(first), _name(second)),
        (Side(view_of(first), first.language), Side(view_of(second), second.language)),
        retrieval.context(case, kinds),
    )


def _name(fragment: Fragment) -> str:
    return f"{fragment.exact_key.hex()} {fragment.language}"
