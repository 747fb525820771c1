"""Fine-tunes a local judge on precedents and writes the folder of its adapter."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from codesearch.core.errors import InputError, MissingExtra
from codesearch.core.feedback import ContentPair, Precedent
from codesearch.core.results import CloneType
from codesearch.evaluation.run import Progress
from codesearch.report.new_folder import require_writable
from codesearch.training.cards import CARD
from codesearch.training.embedder.runlog import LOG
from codesearch.training.judge.card import judge_card
from codesearch.training.judge.exercise import require_teachable, write_exercises
from codesearch.training.judge.lesson import Lesson, balanced, counts, make_lesson, verdicts_of
from codesearch.training.judge.recipe import JudgeRecipe
from codesearch.training.registry import checksums
from reranker.judge.asking.prompting import PromptTemplate
from reranker.judge.local.causal_files import CausalFiles

if TYPE_CHECKING:
    from codesearch.training.judge.adapter import JudgeAdapter, Lecture
    from codesearch.training.judge.run import Taught

Document = dict[str, object]


@dataclass(frozen=True, slots=True)
class JudgePlan:
    """What is fine-tuned, on what.

    Attributes:
        model: Folder of a causal model, or ``hf:ORG/NAME``.
        prompt: As which precedents are shown.
        recipe: Numbers of the run.
        files: Where precedents came from besides the user's own, for the card.
        types: Clone types that are known, by pair.
        own_only: Whether the shipped precedents were left out, for the card.
    """

    model: str
    prompt: PromptTemplate
    recipe: JudgeRecipe
    files: tuple[Path, ...] = ()
    types: Mapping[ContentPair, CloneType] = field(default_factory=dict)
    own_only: bool = False

    @property
    def model_name(self) -> str:
        """The model without the folders that it lies in."""
        return self.model if self.model.startswith("hf:") else Path(self.model).name


@dataclass(frozen=True, slots=True)
class BuiltJudge:
    """What :func:`make_judge` made.

    Attributes:
        base: Name of the model that the adapter belongs to.
        base_digest: Of its files.
        data_digest: Of the precedents.
        prompt: Name of the prompt, with its version.
        lesson: What was used; precedents with prompts that are too long are not among it.
        too_long: Number of these.
        spared: Precedents that were to be held out, too long or not.
        taught: How it went.
    """

    base: str
    base_digest: str
    data_digest: str
    prompt: str
    lesson: Lesson
    too_long: int
    spared: int
    taught: Taught


def make_judge(plan: JudgePlan, precedents: Sequence[Precedent], out: Path, progress: Progress) -> Document:
    """Write the folder of an adapter; ``codesearch.train-judge/1``.

    Args:
        plan: What is fine-tuned, on what.
        precedents: One per pair, see :func:`~codesearch.training.judge.lesson.one_each`.
        out: Folder of the result; it is not there yet, or empty but for the log of a run that was stopped.
        progress: Hears the stages.

    Raises:
        ConfigError: The model's name is malformed, or the prompt cannot be taught.
        InputError: There is nothing to learn, ``out`` holds something or cannot be written.
        MissingExtra: A library for training is not installed.
        EnvironmentFailure: There is no such device or model, or it cannot be loaded or run.
    """
    _require_room(out)
    require_teachable(plan.prompt)
    if not all(map(find_spec, ("torch", "transformers", "peft"))):
        raise MissingExtra("training a judge", "torch")
    lesson = make_lesson(precedents, plan.recipe.seed)
    files = CausalFiles.find(plan.model)
    from codesearch.training.judge.adapter import JudgeAdapter
    from codesearch.training.judge.run import steps_of, teach

    progress.stage("loading", "models", 1)
    adapter = JudgeAdapter(files, plan.recipe)
    progress.advance(1)
    shown, kept_back = (_readable(adapter, part, plan) for part in (lesson.taught, lesson.held_out))
    used = Lesson(tuple(shown), tuple(kept_back))
    too_long = len(precedents) - len(shown) - len(kept_back)
    if len(verdicts_of(used.taught)) < 2:
        raise InputError(
            f"the prompts of {too_long:,} of {len(precedents):,} precedents are too long, and the others do "
            "not say both clone and not_clone",
            "raise --tokens, or choose a model with a larger window",
        )
    taught = [lecture for place in balanced(used.taught) for lecture in shown[used.taught[place]]]
    held_out = [lecture for both in kept_back.values() for lecture in both]
    progress.stage("learning", "steps", steps_of(taught, plan.recipe))
    out.mkdir(parents=True, exist_ok=True)
    result = teach(adapter, taught, held_out, plan.recipe, out, progress.advance)
    names = adapter.save(out)
    built = BuiltJudge(
        base=files.name,
        base_digest=files.digest,
        data_digest=_digest(precedents),
        prompt=plan.prompt.name,
        lesson=used,
        too_long=too_long,
        spared=len(lesson.held_out),
        taught=result,
    )
    (out / CARD).write_text(judge_card(out.resolve().name, plan, built), encoding="utf-8")
    return _document(plan, built, out, names)


def _document(plan: JudgePlan, built: BuiltJudge, out: Path, names: tuple[str, ...]) -> Document:
    lesson, result = built.lesson, built.taught
    degraded = [f"too-long:{built.too_long}"] if built.too_long else []
    if result.before is None:
        degraded.append("validation:too-long" if built.spared else "validation:none")
    elif result.step == 0:
        degraded.append("validation:no-better")  # the adapter changes nothing
    return {
        "schema": "codesearch.train-judge/1",
        "degraded": degraded,
        "base": built.base,
        "folder": str(out),
        "files": checksums(out, names),
        "prompt": built.prompt,
        "precedents": len(lesson.taught),
        **counts(lesson.taught),
        "held_out": len(lesson.held_out),
        "step": result.step,
        "loss_before": result.before and round(result.before.loss, 4),
        "loss_after": result.after and round(result.after.loss, 4),
        "accuracy_before": result.before and round(result.before.accuracy, 4),
        "accuracy_after": result.after and round(result.after.accuracy, 4),
        "seconds": round(result.seconds, 1),
        "seed": plan.recipe.seed,
    }


def _readable(
    adapter: JudgeAdapter, precedents: Sequence[Precedent], plan: JudgePlan
) -> dict[Precedent, tuple[Lecture, Lecture]]:
    """Both orders of the precedents, in order, without those of which one is too long."""
    exercises = write_exercises(precedents, plan.prompt, plan.recipe.seed, plan.types)
    found = {}
    for precedent, both in zip(precedents, exercises, strict=True):
        first, second = adapter.lectures(both)
        if first is not None and second is not None:
            found[precedent] = first, second
    return found


def _require_room(out: Path) -> None:
    """Refuse to write over what somebody made, and where nothing can be written."""
    try:
        if out.exists() and (not out.is_dir() or any(path.name != LOG for path in out.iterdir())):
            raise InputError(f"{out} is there already", "name a folder that is not, or remove it")
        require_writable(out)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"cannot write to {out} ({reason})", "name another folder with --out") from error


def _digest(precedents: Sequence[Precedent]) -> str:
    """16 hexadecimal digits that change with the pairs and their verdicts."""
    rows = [[[side.content, side.language] for side in p.sides] + [str(p.verdict)] for p in precedents]
    return blake2b(json.dumps(rows).encode(), digest_size=8).hexdigest()
