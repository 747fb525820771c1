"""``codesearch train judge``: fine-tune a local judge on precedents."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypedDict, Unpack

import click

from codesearch.cli.options import Invocation, json_option, pass_invocation
from codesearch.cli.train_options import (
    device_option,
    emit,
    precedents_option,
    read_precedents_file,
    seed_option,
)


class _JudgeFlags(TypedDict):
    lora: bool
    model: str
    precedents: tuple[Path, ...]
    own_only: bool
    out: Path
    prompt: str | None
    epochs: int
    rank: int
    learning_rate: float
    tokens: int
    precision: Literal["full", "8bit", "4bit"]
    device: str
    seed: int
    as_json: bool


@click.command("judge")
@click.option(
    "--lora", is_flag=True, required=True, help="Learn low-rank adapters; the model stays as it is."
)
@click.option("--model", required=True, metavar="MODEL", help="A folder or hf:ORG/NAME to begin with.")
@precedents_option
@click.option("--own-only", is_flag=True, help="Leave out the precedents that are shipped.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder of the adapter."
)
@click.option("--prompt", metavar="ID", help="As which pairs are shown; left out, that of `judge.prompt`.")
@click.option(
    "--epochs", type=click.IntRange(1, 1000), default=3, show_default=True, help="Times that each is seen."
)
@click.option(
    "--rank", type=click.IntRange(1, 1024), default=16, show_default=True, help="Of the adapters' matrices."
)
@click.option(
    "--learning-rate",
    type=click.FloatRange(0, min_open=True),
    default=2e-4,
    show_default=True,
    help="Highest one.",
)
@click.option(
    "--tokens",
    type=click.IntRange(64, 1_000_000),
    default=4096,
    show_default=True,
    help="Longest prompt with its answer; longer ones are left out.",
)
@click.option(
    "--precision",
    type=click.Choice(["full", "8bit", "4bit"]),
    default="full",
    show_default=True,
    help="Weights of the model; fewer bits need a GPU and bitsandbytes.",
)
@device_option
@seed_option
@json_option
@pass_invocation
def judge(invocation: Invocation, /, **flags: Unpack[_JudgeFlags]) -> None:
    """Fine-tune a local judge on verdicts of people.

    It learns from your own verdicts, those of the files and the shipped precedents; where they differ, in
    this order. A tenth of the pairs is held out and decides when to stop. Set `judge.adapter` to the result.
    """
    from codesearch.cli.engine import open_engine
    from codesearch.cli.progress import StageProgress
    from codesearch.training.judge.build import JudgePlan, make_judge
    from codesearch.training.judge.lesson import one_each
    from codesearch.training.judge.recipe import JudgeRecipe
    from reranker.judge.asking.prompting import load_prompt
    from reranker.judge.precedents.memories import shipped_precedents

    engine = open_engine(invocation)
    recipe = JudgeRecipe(
        epochs=flags["epochs"],
        rank=flags["rank"],
        rate=flags["learning_rate"],
        tokens=flags["tokens"],
        precision=flags["precision"],
        seed=flags["seed"],
        device=flags["device"],
    )
    shipped = () if flags["own_only"] else shipped_precedents()
    plan = JudgePlan(
        flags["model"],
        load_prompt(flags["prompt"] or engine.settings.judge.prompt),
        recipe,
        flags["precedents"],
        {pair.precedent.pair: pair.clone_type for pair in shipped if pair.clone_type},
        flags["own_only"],
    )
    read = map(read_precedents_file, flags["precedents"])
    precedents = one_each([engine.feedback.precedents(), *read, [pair.precedent for pair in shipped]])
    with StageProgress(invocation) as progress:
        document = make_judge(plan, precedents, flags["out"], progress)
    emit(document, flags["as_json"])
