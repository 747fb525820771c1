"""Fine-tunes a cross-encoder on labelled code and writes its folder."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from codesearch.core.errors import MissingExtra
from codesearch.core.protocols import Embedder
from codesearch.evaluation.metrics import average_precision
from codesearch.evaluation.run import Progress
from codesearch.training.cards import CARD
from codesearch.training.cross_encoder.card import reranker_card
from codesearch.training.cross_encoder.lesson import Lesson, Sources, make_lesson
from codesearch.training.cross_encoder.recipe import Recipe
from codesearch.training.embedder.runlog import RunLog
from codesearch.training.extras import require
from codesearch.training.registry import checksums
from indexer.embedding.pretrained import find_pretrained, pretrained_id

if TYPE_CHECKING:
    from codesearch.training.cross_encoder.run import Taught

Document = dict[str, object]


@dataclass(frozen=True, slots=True)
class RerankerPlan:
    """What is fine-tuned, on what.

    Attributes:
        sources: Labelled code.
        base: ``hf:ORG/NAME``, or a folder; an encoder or a cross-encoder.
        revision: Commit of a hub model, 40 hexadecimal digits; empty for a folder.
        recipe: Numbers of the run.
        onnx: Also write ``model.onnx`` with 8-bit weights.
        jobs: Parser processes and threads.
    """

    sources: Sources
    base: str
    revision: str
    recipe: Recipe
    onnx: bool = False
    jobs: int = 1


@dataclass(frozen=True, slots=True)
class BuiltReranker:
    """What :func:`make_reranker` made.

    Attributes:
        base: Id of the model that it began as.
        lesson: What was learnt.
        taught: How it went.
    """

    base: str
    lesson: Lesson
    taught: Taught

    @property
    def clones(self) -> int:
        """Clone pairs among those to learn from."""
        return int(self.lesson.taught.labels.sum())

    @property
    def by_cosine(self) -> float | None:
        """Average precision of the embedder's cosine on the held-out pairs, which a reranker has to beat."""
        held_out = self.lesson.held_out
        return None if held_out.one_class else average_precision(held_out.cosines, held_out.labels)

    @property
    def degraded(self) -> list[str]:
        """What did not go as a user may expect."""
        found = [f"empty-fragments:{self.lesson.empty}"] if self.lesson.empty else []
        return [*found, "validation:one-class"] if self.lesson.held_out.one_class else found


def make_reranker(plan: RerankerPlan, embedder: Embedder, out: Path, progress: Progress) -> Document:
    """Write the folder of a fine-tuned cross-encoder; ``codesearch.train-reranker/1``.

    Args:
        plan: What is fine-tuned, on what.
        embedder: Says which fragments a retriever would propose.
        out: Folder of the result; a run that was stopped goes on from what it left there.
        progress: Hears the stages.

    Raises:
        ConfigError: The base model's name or revision is malformed, or its folder is not there.
        InputError: The data cannot be learnt from.
        MissingExtra: A library for training is not installed.
        EnvironmentFailure: There is no such device, or the base model cannot be loaded or run.
    """
    _require(plan)
    base = find_pretrained(plan.base, plan.revision)
    import torch

    from codesearch.training.cross_encoder.checkpoint import CHECKPOINT
    from codesearch.training.cross_encoder.network import PairNetwork
    from codesearch.training.cross_encoder.run import teach
    from indexer.embedding.torch_runtime import choose_device

    recipe = plan.recipe
    device = choose_device(recipe.device)
    torch.set_num_threads(plan.jobs)

    lesson = make_lesson(plan.sources, embedder, recipe.seed, plan.jobs, progress)
    network = PairNetwork.open(base, device, recipe.tokens, lora=recipe.lora, seed=recipe.seed)
    out.mkdir(parents=True, exist_ok=True)
    progress.stage("learning", "steps", recipe.steps)
    taught = teach(network, lesson, recipe, out, progress.advance)
    names = network.save(out)
    if plan.onnx:
        from codesearch.training.cross_encoder.export import export_onnx

        progress.stage("exporting", "files")
        names = (*names, export_onnx(out).name)
    (out / CHECKPOINT).unlink(missing_ok=True)
    RunLog(out).write_page(f"Fine-tuning of {base.id}")
    built = BuiltReranker(base.id, lesson, taught)
    (out / CARD).write_text(reranker_card(out.resolve().name, plan, built), encoding="utf-8")
    return {
        "schema": "codesearch.train-reranker/1",
        "degraded": built.degraded,
        "model": pretrained_id(str(out), ""),
        "base": base.id,
        "folder": str(out),
        "files": checksums(out, names),
        "pairs": len(lesson.taught),
        "clones": built.clones,
        "held_out_pairs": len(lesson.held_out),
        "step": taught.step,
        "average_precision": taught.average_precision,
        "average_precision_of_cosine": built.by_cosine,
        "pairs_per_second": round(taught.pairs_per_second, 1),
        "seconds": round(taught.seconds, 1),
        "seed": recipe.seed,
    }


def _require(plan: RerankerPlan) -> None:
    """Refuse before work is done that would be lost."""
    require("matplotlib", *(("onnx", "onnxscript") if plan.onnx else ()))
    if plan.recipe.lora and find_spec("peft") is None:
        raise MissingExtra("training of adapters (peft)", "torch")
