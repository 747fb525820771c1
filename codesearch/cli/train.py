"""``codesearch train``: make the shipped models anew."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict, Unpack

import click

from codesearch.cli.options import Invocation, check_device, json_option, pass_invocation
from codesearch.cli.train_calibration import calibration
from codesearch.cli.train_judge import judge
from codesearch.cli.train_options import (
    DATA_VARIABLE,
    device_option,
    emit,
    jobs_of,
    jobs_option,
    out_option,
    seed_option,
)

_data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar=DATA_VARIABLE,
    required=True,
    metavar="DIR",
    help="Folder of the labelled training sets.",
)


@click.group("train", short_help="Make or fine-tune the models.")
def command() -> None:
    """Make the shipped models anew from the training splits of labelled data.

    The same data, seed and number of jobs give the same files on one machine.
    """


command.add_command(calibration)
command.add_command(judge)


class _EmbedderFlags(TypedDict):
    data: Path
    out: Path | None
    steps: int
    dim: int
    device: str
    licensed_only: bool
    seed: int
    jobs: int
    as_json: bool


@command.command("embedder")
@_data_option
@out_option
@click.option(
    "--steps", type=click.IntRange(1), default=3000, show_default=True, help="Batches to learn from."
)
@click.option(
    "--dim", type=click.IntRange(8, 4096), default=256, show_default=True, help="Length of a vector."
)
@click.option(
    "--device",
    default="cpu",
    show_default=True,
    callback=check_device,
    metavar="NAME",
    help="cpu, cuda or cuda:N.",
)
@click.option("--licensed-only", is_flag=True, help="Leave out the sets whose code has no licence.")
@seed_option
@jobs_option
@json_option
@pass_invocation
def embedder(invocation: Invocation, /, **flags: Unpack[_EmbedderFlags]) -> None:
    """Learn the rows of the static embedder from labelled fragments.

    DIR holds the open training sets, or is what `train pack` made of them, or a file of rows {"id", "lang",
    "group", "code", "split"} of your own. A run that was stopped goes on where it was.
    """
    from codesearch.cli.progress import StageProgress
    from codesearch.training.extras import require

    require("torch", "matplotlib")
    from codesearch.training.build_embedder import EmbedderPlan
    from codesearch.training.embedder.run import Recipe
    from codesearch.training.make import make_embedder

    recipe = Recipe(steps=flags["steps"], dim=flags["dim"], seed=flags["seed"], device=flags["device"])
    plan = EmbedderPlan(recipe, flags["licensed_only"], jobs_of(flags["jobs"]))
    with StageProgress(invocation) as progress:
        document = make_embedder(flags["data"], flags["out"], plan, progress)
    emit(document, flags["as_json"])


@command.command("pack")
@_data_option
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="F.zip", help="Result.")
@json_option
@pass_invocation
def pack(_invocation: Invocation, data: Path, out: Path, as_json: bool) -> None:
    """Put what the embedder learns from into one file, for a machine with a GPU.

    `codesearch train embedder --data F.zip --device cuda` reads it there.
    """
    from codesearch.training.pack import pack as write_pack
    from codesearch.training.sets import embedder_sets

    counts = write_pack(data, embedder_sets(data), out)
    size = out.stat().st_size
    emit(
        {
            "schema": "codesearch.train-pack/1",
            "degraded": [],
            "file": str(out),
            "bytes": size,
            "fragments": counts,
        },
        as_json,
    )


@command.command("real-code")
@click.option(
    "--source",
    "sources",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    metavar="PATH",
    help="Archive of a release, or a folder of them; can be repeated.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="F.jsonl.gz", help="Result.")
@jobs_option
@json_option
@pass_invocation
def real_code(invocation: Invocation, sources: tuple[Path, ...], out: Path, jobs: int, as_json: bool) -> None:
    """Mine releases of open-source packages for functions that are probably alike.

    Reads sdists, wheels, npm packs and Debian archives whose licence is permissive: functions of one rare
    name in unrelated packages, and versions of one function. The result is a training set of the embedder.
    """
    from dataclasses import asdict

    from codesearch.cli.progress import StageProgress
    from codesearch.training.real_code import MiningOptions, mine_real_code

    with StageProgress(invocation) as progress:
        progress.stage("mining", "archives")
        summary = mine_real_code(
            sources, out, MiningOptions(jobs=jobs_of(jobs)), lambda archive: progress.advance(1)
        )
    emit({"schema": "codesearch.train-real-code/1", "degraded": [], **asdict(summary)}, as_json)


@command.command("baseline")
@_data_option
@out_option
@click.option(
    "--sample", type=click.IntRange(1), default=4000, show_default=True, help="Fragments per unlicensed set."
)
@click.option("--licensed-only", is_flag=True, help="Leave out the sets whose code has no licence.")
@seed_option
@jobs_option
@json_option
@pass_invocation
def baseline(
    invocation: Invocation,
    data: Path,
    out: Path | None,
    sample: int,
    licensed_only: bool,
    seed: int,
    jobs: int,
    as_json: bool,
) -> None:
    """Count how rare each n-gram is: the embedder that needs no learning, and the reranker's word weights."""
    from codesearch.cli.progress import StageProgress
    from codesearch.training.build_baseline import BaselinePlan
    from codesearch.training.make import make_baseline

    plan = BaselinePlan(fragments=sample, licensed_only=licensed_only, seed=seed, jobs=jobs_of(jobs))
    with StageProgress(invocation) as progress:
        document = make_baseline(data, out, plan, progress)
    emit(document, as_json)


class _RerankerFlags(TypedDict):
    fragments: Path
    pairs: Path | None
    base: str
    revision: str
    out: Path
    lora: bool
    onnx: bool
    steps: int
    tokens: int
    rate: float | None
    device: str
    seed: int
    jobs: int
    as_json: bool


@command.command("reranker")
@click.option(
    "--fragments",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help='Rows {"id", "lang", "group", "code", "split"}, JSON lines, also gzipped.',
)
@click.option(
    "--pairs",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help='Rows {"a", "b", "label", "split"}; left out, fragments of one group are clones.',
)
@click.option("--base", required=True, metavar="MODEL", help="hf:ORG/NAME or a folder to begin with.")
@click.option("--revision", default="", metavar="COMMIT", help="Commit of a hub model, 40 digits.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder of the result."
)
@click.option("--lora", is_flag=True, help="Learn low-rank adapters instead of all weights.")
@click.option("--onnx", is_flag=True, help="Also write model.onnx with 8-bit weights, to run without torch.")
@click.option("--steps", type=click.IntRange(1), default=1500, show_default=True, help="Batches of 64 pairs.")
@click.option(
    "--tokens", type=click.IntRange(16, 8192), default=256, show_default=True, help="Read of a pair at most."
)
@click.option(
    "--rate",
    type=click.FloatRange(0, min_open=True),
    help="Highest learning rate; left out, 1e-4, with adapters 1e-3.",
)
@device_option
@seed_option
@jobs_option
@json_option
@pass_invocation
def reranker(invocation: Invocation, /, **flags: Unpack[_RerankerFlags]) -> None:
    """Fine-tune a cross-encoder on labelled pairs of your own or of the open sets.

    Without pairs, negatives are the configured embedder's nearest neighbours in other groups. Rows of the
    split "valid" decide which step is kept, else a tenth of the groups; those of "test" are not read. A run
    that was stopped goes on where it was.
    """
    from codesearch.cli.engine import open_engine
    from codesearch.cli.progress import StageProgress
    from codesearch.training.cross_encoder.build import RerankerPlan, make_reranker
    from codesearch.training.cross_encoder.lesson import Sources
    from codesearch.training.cross_encoder.recipe import Recipe

    recipe = Recipe(
        steps=flags["steps"],
        tokens=flags["tokens"],
        lora=flags["lora"],
        rate=flags["rate"],
        seed=flags["seed"],
        device=flags["device"],
    )
    plan = RerankerPlan(
        Sources(flags["fragments"], flags["pairs"]),
        flags["base"],
        flags["revision"],
        recipe,
        flags["onnx"],
        jobs_of(flags["jobs"]),
    )
    with StageProgress(invocation) as progress:
        document = make_reranker(plan, open_engine(invocation).embedder, flags["out"], progress)
    emit(document, flags["as_json"])
