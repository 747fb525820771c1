"""Pairs before a judge, and a model that says what a test wants."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from threading import Lock

from snippets import embedder, fragment

from codesearch.core.feedback import Precedent, Side
from codesearch.core.judge import Case, CaseContext, CaseSide
from codesearch.core.results import Decision, Verdict
from codesearch.core.types import Fragment
from codesearch.engine import CALIBRATION
from indexer.embedding.registry import model_entry
from indexer.embedding.stored import embed_stored, row_cosines
from reranker.calibration import load_calibration
from reranker.cascade import Candidate, Cascade
from reranker.judge.asking.budget import Budget
from reranker.judge.asking.hearing import Manner
from reranker.judge.asking.model_judge import ModelJudge, Retrieve
from reranker.judge.asking.prompting import load_prompt
from reranker.judge.asking.verdict_cache import NoCache, VerdictCache
from reranker.judge.completer import Completion, ModelFailure, Prompt
from reranker.weights import shipped_weights

Reply = Completion | ModelFailure | str

_BLOCK = r"<<<{label} (\w+)>>>\n(.*?)\n<<<end {label} \1>>>"


def says(
    verdict: str = "clone",
    confidence: float = 0.9,
    *,
    clone_type: str = "T4",
    lines: Sequence[tuple[tuple[int, int], tuple[int, int]]] = (((1, 1), (1, 1)),),
    reason: str = "Both do the same.",
) -> str:
    """An answer of the shape that prompts ask for, the lines of A first."""
    return json.dumps(
        {
            "verdict": verdict,
            "clone_type": clone_type if verdict == "clone" else None,
            "confidence": confidence,
            "evidence": [{"a_lines": ours, "b_lines": theirs} for ours, theirs in lines],
            "reason": reason,
        }
    )


def shown(prompt: Prompt, label: str) -> str:
    """What a prompt shows under a label, such as ``A``."""
    found = re.search(_BLOCK.format(label=re.escape(label)), prompt.user, re.DOTALL)
    assert found is not None, prompt.user
    return found[2]


def canary_of(prompt: Prompt) -> str:
    """The word that a prompt asks a model to keep to itself."""
    found = re.search(r"Never repeat the word (\w+)", prompt.system)
    assert found is not None
    return found[1]


@dataclass
class ScriptedModel:
    """A completer that answers by a function of the prompt, or the same thing always.

    Attributes:
        script: The answers.
        prompts: What was asked, in order.
    """

    script: Callable[[Prompt], Reply] | Reply
    fingerprint: str = "scripted"
    concurrency: int = 1
    read: int = 100
    written: int = 10
    name: str = "llm:scripted"
    prompts: list[Prompt] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def complete(self, prompt: Prompt) -> Completion:
        with self._lock:
            self.prompts.append(prompt)
        reply = self.script(prompt) if callable(self.script) else self.script
        if isinstance(reply, ModelFailure):
            raise reply
        return Completion(reply, self.read, self.written) if isinstance(reply, str) else reply

    def count_tokens(self, text: str) -> int:
        return len(text.split())


def in_turn(*replies: Reply) -> Callable[[Prompt], Reply]:
    """A script that gives one reply after the other, the last of them for ever."""
    left = list(replies)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def no_context(case: Case, count_tokens: Callable[[str], int]) -> CaseContext:
    """Retrieves nothing."""
    del case, count_tokens
    return CaseContext()


def model_judge(
    model: ScriptedModel,
    *,
    cache: VerdictCache | None = None,
    calls: int = 1000,
    tokens: int = 0,
    confident: float = 0.8,
    prompt: str = "few-shot",
    retrieve: Retrieve = no_context,
    settings: str = "",
) -> ModelJudge:
    """A judge over a model."""
    manner = Manner(load_prompt(prompt), confident)
    return ModelJudge(model, manner, Budget(calls, tokens), retrieve, cache or NoCache(), settings)


def decision(probability: float = 0.5, verdict: Verdict = Verdict.UNSURE, by: str = "reranker") -> Decision:
    """What a cascade said."""
    return Decision(verdict, None, probability, by, {"dense": 0.5}, 0.3, (), "Text has little in common")


def pair_of(first: Fragment, second: Fragment, probability: float = 0.5) -> Case:
    """A case about two contents."""
    return Case(CaseSide(first), CaseSide(second), 0.5, decision(probability))


def numbered_pair(number: int, probability: float = 0.5) -> Case:
    """A case whose sides are named ``left_<number>`` and ``right_<number>``."""
    left = "    total = 0\n    for row in rows:\n        total += row\n    return total\n"
    right = "    result = sum(rows)\n    return result\n"
    return pair_of(
        fragment(f"def left_{number}(rows):\n{left}"),
        fragment(f"def right_{number}(rows):\n{right}"),
        probability,
    )


def number_of(prompt: Prompt) -> int:
    """Which numbered pair a prompt is about."""
    found = re.search(r"(?:left|right)_(\d+)", prompt.user)
    assert found is not None
    return int(found[1])


@cache
def shipped_cascade() -> Cascade:
    """The cascade with the shipped calibration."""
    folder = model_entry(CALIBRATION, "calibration").folder
    return Cascade(load_calibration(folder / "calibration.json"), shipped_weights())


def settled_pair(first: Fragment, second: Fragment) -> Case:
    """A case about two contents as the shipped cascade leaves it."""
    dense = float(row_cosines(*(embed_stored([side], embedder()) for side in (first, second)))[0])
    [settled] = shipped_cascade().settle([Candidate(first, second, dense)])
    return Case(CaseSide(first), CaseSide(second), dense, settled.decision)


def said(
    first: str, second: str, verdict: Verdict, *, language: str = "python", reason: str = ""
) -> Precedent:
    """What a user said about two pieces of code."""
    sides = [Side(fragment(code, language).exact_key.hex(), language, code) for code in (first, second)]
    return Precedent.between(sides[0], sides[1], verdict, reason=reason, by="me", at=0)
