"""Precedents as a judge meets them: a prompt, and the answer that it should give."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType

from codesearch.core.errors import ConfigError
from codesearch.core.feedback import ContentPair, Precedent
from codesearch.core.judge import CaseContext
from codesearch.core.results import CloneType, Verdict
from codesearch.core.types import Fragment
from indexer.fragments import fragments_of
from indexer.parsing.languages import registry
from reranker.cascade import ALIGNED_SIMILARITY
from reranker.judge.asking.prompting import PromptTemplate, Side, write_prompt
from reranker.judge.completer import Prompt
from reranker.judge.view.code import view_of
from retriever.alignment import align

CONFIDENCE = 0.95  # people err too; a model that is taught to be certain never asks twice
_REASONS = {Verdict.CLONE: "Both do the same job.", Verdict.NOT_CLONE: "They do different jobs."}


@dataclass(frozen=True, slots=True)
class Exercise:
    """One precedent in one order of its sides.

    Attributes:
        prompt: What the model is asked.
        answer: What it should write.
        verdict: What the answer says.
    """

    prompt: Prompt
    answer: str
    verdict: Verdict


def require_teachable(template: PromptTemplate) -> None:
    """Check that a precedent holds all that an answer to the prompt consists of.

    Raises:
        ConfigError: The prompt asks for thoughts as well.
    """
    if not template.has_schema and template.cue:
        raise ConfigError(
            f"the prompt '{template.id}' asks for thoughts, which precedents do not hold",
            "teach with few-shot, zero-shot or direct",
        )


def write_exercises(
    precedents: Sequence[Precedent],
    template: PromptTemplate,
    seed: int,
    types: Mapping[ContentPair, CloneType] = MappingProxyType({}),
) -> list[tuple[Exercise, Exercise]]:
    """Both orders of each precedent, in order; without context, as what is retrieved depends on the corpus.

    Args:
        precedents: What was judged.
        template: The prompt; one that :func:`require_teachable` lets pass.
        seed: Of the boundaries that part code from instructions.
        types: Clone types that somebody named; others are told by the text.

    Raises:
        UsageError: A language is not in the registry.
    """
    sides = [(side.code, registry().get(side.language)) for side in chain(*(p.sides for p in precedents))]
    fragments = iter(fragments_of(sides))
    draw = random.Random(seed)  # noqa: S311  a reproducible draw, no secret
    exercises = []
    for precedent, pair in zip(precedents, zip(fragments, fragments, strict=True), strict=True):
        named = types.get(precedent.pair) or _clone_type(*pair)
        first, second = (_exercise(precedent, order, named, template, draw) for order in (pair, pair[::-1]))
        exercises.append((first, second))
    return exercises


def _exercise(
    precedent: Precedent,
    pair: Sequence[Fragment],
    named: CloneType,
    template: PromptTemplate,
    draw: random.Random,
) -> Exercise:
    first, second = (Side(view_of(fragment), fragment.language) for fragment in pair)
    prompt = write_prompt(
        template,
        (first, second),
        CaseContext(),
        boundary=f"{draw.getrandbits(64):016x}",
        canary=f"{draw.getrandbits(64):016x}",
    )
    if not template.has_schema:
        return Exercise(prompt, str(precedent.verdict), precedent.verdict)
    is_clone = precedent.verdict is Verdict.CLONE
    answer = {
        "verdict": str(precedent.verdict),
        "clone_type": str(named) if is_clone else None,
        "confidence": CONFIDENCE,
        # A precedent is about whole fragments.
        "evidence": [{"a_lines": [1, first.view.height], "b_lines": [1, second.view.height]}]
        if is_clone
        else [],
        "reason": " ".join(precedent.reason.split()) or _REASONS[precedent.verdict],
    }
    return Exercise(prompt, json.dumps(answer, ensure_ascii=False), precedent.verdict)


def _clone_type(first: Fragment, second: Fragment) -> CloneType:
    """By what the text shows, as the cascade tells them apart."""
    if first.language != second.language:
        return CloneType.T4
    if first.exact_key == second.exact_key:
        return CloneType.T1
    if first.renamed_key == second.renamed_key:
        return CloneType.T2
    return CloneType.T3 if align(first, second).similarity >= ALIGNED_SIMILARITY else CloneType.T4
