"""``codesearch train``: make the shipped models anew."""

from __future__ import annotations

from pathlib import Path

import click

from codesearch.cli.options import Invocation, json_option, pass_invocation

_DATA_VARIABLE = "CODESEARCH_DATA"
_data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar=_DATA_VARIABLE,
    required=True,
    metavar="DIR",
    help="Folder of the labelled training sets.",
)
_out_option = click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the result; left out, it replaces the shipped model and its checksums.",
)
_seed_option = click.option("--seed", type=int, default=0, show_default=True, help="Of every random draw.")
_jobs_option = click.option(
    "-j", "--jobs", type=click.IntRange(0, 1024), default=0, help="Parser processes; 0 means one per core."
)


@click.group("train", short_help="Make or fine-tune the models.")
def command() -> None:
    """Make the shipped models anew from the training splits of labelled data.

    The same data and seed give the same files.
    """


@command.command("embedder")
@_data_option
@_out_option
@click.option(
    "--sample", type=click.IntRange(1), default=4000, show_default=True, help="Fragments per unlicensed set."
)
@click.option("--licensed-only", is_flag=True, help="Leave out the sets whose code has no licence.")
@_seed_option
@_jobs_option
@json_option
@pass_invocation
def embedder(
    invocation: Invocation,
    data: Path,
    out: Path | None,
    sample: int,
    licensed_only: bool,
    seed: int,
    jobs: int,
    as_json: bool,
) -> None:
    """Count how rare each n-gram is: the IDF weights and mean vector of the hashed n-gram embedder."""
    from codesearch.cli.progress import StageProgress
    from codesearch.training.build_embedder import EmbedderPlan
    from codesearch.training.make import make_embedder

    plan = EmbedderPlan(fragments=sample, licensed_only=licensed_only, seed=seed, jobs=_jobs(jobs))
    with StageProgress(invocation) as progress:
        document = make_embedder(data, out, plan, progress)
    _emit(document, as_json)


@command.command("calibration")
@_data_option
@_out_option
@click.option(
    "--queries", type=click.IntRange(1), default=1000, show_default=True, help="Queries per contest set."
)
@click.option(
    "--real-queries",
    type=click.IntRange(1),
    default=3000,
    show_default=True,
    help="Queries per set of real functions.",
)
@_seed_option
@_jobs_option
@json_option
@pass_invocation
def calibration(
    invocation: Invocation,
    data: Path,
    out: Path | None,
    queries: int,
    real_queries: int,
    seed: int,
    jobs: int,
    as_json: bool,
) -> None:
    """Fit the probabilities and thresholds of verdicts on labelled retriever candidates."""
    from codesearch.cli.engine import open_engine
    from codesearch.cli.progress import StageProgress
    from codesearch.training.build_calibration import CalibrationPlan
    from codesearch.training.make import make_calibration

    plan = CalibrationPlan(queries=queries, real_queries=real_queries, seed=seed, jobs=_jobs(jobs))
    with StageProgress(invocation) as progress:
        document = make_calibration(open_engine(invocation), data, out, plan, progress)
    _emit(document, as_json)


def _jobs(jobs: int) -> int:
    from codesearch.core.cores import available_cores

    return jobs or available_cores()


def _emit(document: dict[str, object], as_json: bool) -> None:
    if as_json:
        from codesearch.cli.output import emit_json

        emit_json(document)
    else:
        from codesearch.report.printable import printable

        for key, value in document.items():
            if not isinstance(value, dict | list):
                click.echo(f"{key}: {printable(str(value))}")
