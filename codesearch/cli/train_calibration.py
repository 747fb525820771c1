"""``codesearch train calibration``: fit probabilities and thresholds, or thresholds to one's own verdicts."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TypedDict, Unpack

import click
from click.core import ParameterSource

from codesearch.cli.options import Invocation, json_option, pass_invocation
from codesearch.cli.train_options import (
    DATA_VARIABLE,
    emit,
    jobs_of,
    jobs_option,
    out_option,
    precedents_option,
    read_precedents_file,
    seed_option,
)

_OF_DATA = ("data", "out", "queries", "real_queries", "seed", "jobs")
_OF_FEEDBACK = ("precedents", "precision")
_CLONE_PRECISION = 0.975  # what the shipped thresholds promise; a test holds the two together


class _Flags(TypedDict):
    data: Path | None
    out: Path | None
    queries: int
    real_queries: int
    feedback: bool
    precedents: tuple[Path, ...]
    precision: float
    seed: int
    jobs: int
    as_json: bool


def _require_number(_context: click.Context, _parameter: click.Parameter, precision: float) -> float:
    """A range of click's lets NaN pass.

    Raises:
        click.BadParameter: It is NaN.
    """
    if math.isnan(precision):
        raise click.BadParameter("it is not a number")
    return precision


@click.command("calibration")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar=DATA_VARIABLE,
    metavar="DIR",
    help="Folder of the labelled training sets.",
)
@out_option
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
@click.option("--feedback", is_flag=True, help="Fit thresholds to your own verdicts instead of --data.")
@precedents_option
@click.option(
    "--precision",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    callback=_require_number,
    default=_CLONE_PRECISION,
    show_default=True,
    metavar="P",
    help="What a verdict `clone` is to promise, with --feedback.",
)
@seed_option
@jobs_option
@json_option
@pass_invocation
def calibration(invocation: Invocation, /, **flags: Unpack[_Flags]) -> None:
    """Fit the probabilities and thresholds of verdicts on labelled retriever candidates.

    With --feedback, find the thresholds that suit your own verdicts and those of the files, and print the
    settings; nothing is written. Each pair is rated without the verdicts about its own code. Import the files
    too, so that they are weighed in your queries and audits.
    """
    _require_one_mode(click.get_current_context(), feedback=flags["feedback"])
    if flags["feedback"]:
        _fit_to_feedback(invocation, flags)
    elif flags["data"] is None:
        raise click.UsageError(
            "name the labelled sets with --data, or fit to your own verdicts with --feedback"
        )
    else:
        _fit_to_sets(invocation, flags["data"], flags)


def _require_one_mode(context: click.Context, *, feedback: bool) -> None:
    """Refuse options of the other mode; what the environment names may stand there for other commands.

    Raises:
        click.UsageError: There is one.
    """
    for name in _OF_DATA if feedback else _OF_FEEDBACK:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(f"{option} {'does not go with' if feedback else 'needs'} --feedback")


def _fit_to_sets(invocation: Invocation, data: Path, flags: _Flags) -> None:
    from codesearch.cli.engine import open_engine
    from codesearch.cli.progress import StageProgress
    from codesearch.training.build_calibration import CalibrationPlan
    from codesearch.training.make import make_calibration

    plan = CalibrationPlan(
        queries=flags["queries"],
        real_queries=flags["real_queries"],
        seed=flags["seed"],
        jobs=jobs_of(flags["jobs"]),
    )
    with StageProgress(invocation) as progress:
        document = make_calibration(open_engine(invocation), data, flags["out"], plan, progress)
    emit(document, flags["as_json"])


def _fit_to_feedback(invocation: Invocation, flags: _Flags) -> None:
    from codesearch.cli.engine import open_engine
    from codesearch.cli.progress import StageProgress
    from codesearch.training.judge.lesson import one_each
    from codesearch.training.refit import refit_document, refit_text, refit_thresholds

    engine = open_engine(invocation)
    read = map(read_precedents_file, flags["precedents"])
    precedents = one_each([engine.feedback.precedents(), *read])
    with StageProgress(invocation) as progress:
        refit = refit_thresholds(engine, precedents, flags["precision"], progress)
    if flags["as_json"]:
        emit(refit_document(refit), as_json=True)
    else:
        click.echo(refit_text(refit))
