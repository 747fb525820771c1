"""The judges that the settings ask for, wired to what they need."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from codesearch.core.errors import EnvironmentFailure, MissingExtra
from codesearch.core.filestamp import Stamp, file_stamp
from codesearch.core.judge import Case, CaseContext, Ruling
from codesearch.core.protocols import Embedder, Judge
from codesearch.core.settings.sections import Judge as JudgeSettings
from codesearch.core.store.feedback import FeedbackStore
from reranker.cascade import Cascade
from reranker.judge.stage import NOT_CONFIGURED, JudgeStage
from reranker.judge.user_verdicts import UserVerdicts

if TYPE_CHECKING:
    from reranker.judge.asking.prompting import PromptTemplate
    from reranker.judge.asking.verdict_cache import VerdictCache
    from reranker.judge.completer import Completer
    from reranker.judge.context.gather import ContextSource
    from reranker.judge.precedents.judge import PrecedentJudge
    from reranker.judge.precedents.memories import Memories

log = logging.getLogger(__name__)

MEASURED = "precedents.npz"
"""File beside the user's settings with what was measured of the precedents."""


class JudgeBench:
    """Builds the judges of a command or a server; what is heavy is loaded when a pair needs it. Threads may
    share one.

    Args:
        settings: Who judges, and how.
        cascade: Describes pairs; its thresholds make verdicts of probabilities.
        embedder: Embeds fragments.
        feedback: The user's verdicts.
        user_folder: Where this installation's own files are.
        device: Where a local model runs.
    """

    def __init__(
        self,
        settings: JudgeSettings,
        cascade: Cascade,
        embedder: Embedder,
        feedback: FeedbackStore,
        user_folder: Path,
        device: str = "auto",
    ) -> None:
        self._settings = settings
        self._lock = Lock()
        self._user: tuple[Stamp | None, UserVerdicts] | None = None
        self._precedents: tuple[Stamp | None, PrecedentJudge] | None = None
        self._cascade = cascade
        self._embedder = embedder
        self._feedback = feedback
        self._measured = user_folder / MEASURED
        self._device = device

    def stage(self, context: ContextSource, cache: VerdictCache) -> JudgeStage:
        """The judges in the order in which they are asked.

        Args:
            context: Finds what a model is shown beside a pair.
            cache: Keeps what a model said.

        Raises:
            ConfigError: There is no such prompt.
            EnvironmentFailure: The user's verdicts cannot be read.
        """
        from reranker.judge.asking.prompting import load_prompt

        settings = self._settings
        user = self._user_verdicts()
        if settings.kind == "off":
            return JudgeStage(user, ())
        precedents = _Deferred(lambda: self.precedents)
        if settings.kind == "precedents" or not self._names_a_model():
            degraded = frozenset({NOT_CONFIGURED})
            return JudgeStage(user, [precedents], always=settings.always, degraded=degraded)
        prompt = load_prompt(settings.prompt)
        model = _Deferred(lambda: self._model_judge(prompt, context, cache))
        return JudgeStage(user, [model, precedents], always=settings.always)

    def _user_verdicts(self) -> UserVerdicts:
        with self._lock:
            stamp = file_stamp(self._feedback.path)
            if self._user is None or self._user[0] != stamp:
                self._user = stamp, UserVerdicts(self._feedback.precedents())
            return self._user[1]

    @property
    def precedents(self) -> PrecedentJudge:
        """The judge that needs no model; another one once the user gave more verdicts."""
        from reranker.judge.precedents.judge import PrecedentJudge

        with self._lock:
            stamp = file_stamp(self._feedback.path)
            if self._precedents is None or self._precedents[0] != stamp:
                memories = self.memories()
                self._precedents = stamp, PrecedentJudge(memories.embedder, memories.of_origin, self._cascade)
            return self._precedents[1]

    def memories(self) -> Memories:
        """What is remembered of labelled pairs, the shipped ones and the user's verdicts as they are now."""
        from reranker.judge.precedents.memories import load_memories

        return load_memories(self._feedback.precedents(), self._embedder, self._cascade, self._measured)

    def _names_a_model(self) -> bool:
        """Whether the settings name a model and where it is; says so where they should and do not."""
        from reranker.judge.chat.endpoint import is_configured

        settings = self._settings
        named = is_configured(settings) if settings.kind == "llm" else bool(settings.model)
        if not named:
            log.warning(
                "judge.kind is '%s' and judge.model%s not set; precedents judge instead, see docs/judge.md",
                settings.kind,
                " is" if settings.kind == "local" else " or judge.base_url is",
            )
        return named

    def _model_judge(self, prompt: PromptTemplate, context: ContextSource, cache: VerdictCache) -> Judge:
        """The judge that asks the configured model; one that rules on nothing where it cannot be had."""
        from reranker.judge.asking.budget import Budget
        from reranker.judge.asking.hearing import Manner
        from reranker.judge.asking.model_judge import ModelJudge
        from reranker.judge.completer import ModelFailure
        from reranker.judge.context.precedents import CONSIDERED, precedent_items
        from reranker.judge.revision import judging_revision

        settings = self._settings

        def retrieve(case: Case, count_tokens: Callable[[str], int]) -> CaseContext:
            items = precedent_items(self.precedents.examples(case, CONSIDERED), case)
            return context.context(case, items, settings.context_tokens, count_tokens, prompt.uses)

        try:
            model = self._completer
        except MissingExtra:
            raise
        except (ModelFailure, EnvironmentFailure) as problem:
            log.warning("%s; precedents judge instead", problem)
            kind = problem.kind if isinstance(problem, ModelFailure) else "cannot-load"
            return _Absent(frozenset({f"judge:{kind}"}))
        return ModelJudge(
            model,
            Manner(prompt, settings.confident),
            Budget(settings.budget, settings.token_budget),
            retrieve,
            cache,
            f"context {settings.context_tokens} {judging_revision()}",
        )

    @cached_property
    def _completer(self) -> Completer:
        return connect(self._settings, self._device)


def connect(settings: JudgeSettings, device: str = "auto") -> Completer:
    """The model that the settings name; nothing is asked yet.

    Raises:
        MissingExtra: The libraries for it are not installed.
        ConfigError: A setting of the judge does not fit.
        EnvironmentFailure: It cannot be loaded, or a hosted one has no key.
    """
    if settings.kind == "local":
        from reranker.judge.local.load import local_completer

        return local_completer(settings, device)
    from reranker.judge.chat.model import chat_completer

    return chat_completer(settings)


class _Absent:
    """Stands for a model that cannot be had."""

    def __init__(self, degraded: frozenset[str]) -> None:
        self.degraded = degraded

    def judge(self, cases: Sequence[Case]) -> list[Ruling | None]:
        """Nothing."""
        return [None] * len(cases)


class _Deferred:
    """A judge that is made when the first case comes."""

    def __init__(self, make: Callable[[], Judge]) -> None:
        self._make = make
        self._made: Judge | None = None

    @property
    def degraded(self) -> frozenset[str]:
        """What did not go as configured so far."""
        return frozenset() if self._made is None else self._made.degraded

    def judge(self, cases: Sequence[Case]) -> list[Ruling | None]:
        """One ruling per case, in order."""
        if self._made is None:
            self._made = self._make()
        return self._made.judge(cases)
