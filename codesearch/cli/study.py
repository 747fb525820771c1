"""``codesearch study``: how well a model judges labelled pairs, by prompt, context and temperature."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, TypeVar, Unpack

import click

from codesearch.cli.options import Invocation, json_option, pass_invocation

if TYPE_CHECKING:
    from codesearch.evaluation.study.data import StudyData
    from codesearch.evaluation.study.plan import Plan, Prices
    from codesearch.evaluation.study.run import Ended

_FILE = click.Path(path_type=Path)
Item = TypeVar("Item")


class _Flags(TypedDict):
    fragments: Path | None
    pairs: Path | None
    splits: tuple[str, ...]
    examples: Path | None
    sample: int | None
    seed: int
    prompts: str
    contexts: str
    temperatures: str | None
    repeats: int
    parsers: str | None
    judge: str | None
    model: str | None
    base_url: str | None
    budget: int | None
    corpus: Path | None
    prices: str | None
    jobs: int
    out: Path
    as_json: bool


@click.command()
@click.option("--fragments", type=_FILE, metavar="F.jsonl[.gz]", help="Labelled fragments.")
@click.option("--pairs", type=_FILE, metavar="P.jsonl[.gz]", help="Labelled pairs of them.")
@click.option("--split", "splits", multiple=True, metavar="NAME", help="Only this split; can be repeated.")
@click.option(
    "--examples", type=_FILE, metavar="FILE", help="Your own verdicts instead (`codesearch feedback export`)."
)
@click.option("--sample", type=click.IntRange(1), metavar="N", help="Only N pairs drawn at random.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of every random draw.")
@click.option(
    "--prompts", default="few-shot,zero-shot", show_default=True, metavar="LIST", help="Ids of prompts."
)
@click.option(
    "--contexts",
    default="none,precedents,callees,neighbours,all",
    show_default=True,
    metavar="LIST",
    help="What pairs are shown with.",
)
@click.option("--temperatures", metavar="LIST", help="Such as 0,0.7; left out, `judge.temperature`.")
@click.option(
    "--repeats", type=click.IntRange(1, 100), default=1, show_default=True, help="Times each pair is asked."
)
@click.option("--parsers", metavar="LIST", help="What reads the answers; left out, all of them, auto first.")
@click.option("--judge", type=click.Choice(["llm", "local"]), help="Kind of the model.")
@click.option("--model", metavar="NAME", help="As `judge.model`.")
@click.option("--base-url", metavar="URL", help="As `judge.base_url`.")
@click.option("--budget", type=click.IntRange(0), metavar="N", help="Calls of this run at most.")
@click.option(
    "--corpus",
    type=_FILE,
    metavar="DIR",
    help="Code that callees and neighbours come from; left out, the index that --index names, else the "
    "fragments.",
)
@click.option("--prices", metavar="IN,OUT", help="Of a million tokens read and written.")
@click.option(
    "-j", "--jobs", type=click.IntRange(0, 1024), default=0, help="Parser processes; 0 means one per core."
)
@click.option("-o", "--output", "out", type=_FILE, required=True, metavar="FOLDER", help="Where it all goes.")
@json_option
@pass_invocation
def command(invocation: Invocation, /, **flags: Unpack[_Flags]) -> None:
    """Try prompts, contexts and temperatures of a judge on labelled pairs.

    Every pair is asked about in every combination; FOLDER gets every answer, study.json and study.html. The
    same command goes on where it ended. Fragments and pairs are as `codesearch eval` reads them.
    """
    from codesearch.cli.engine import open_engine
    from codesearch.cli.progress import StageProgress
    from codesearch.core.cores import available_cores
    from codesearch.core.settings.load import user_config_file
    from codesearch.evaluation.study.answer_log import AnswerLog
    from codesearch.evaluation.study.charts import require_charts
    from codesearch.evaluation.study.exhibits import Sources
    from codesearch.evaluation.study.model import connect
    from codesearch.evaluation.study.run import run_study

    require_charts()
    settings = {
        "judge.kind": flags["judge"],
        "judge.model": flags["model"],
        "judge.base_url": flags["base_url"],
    }
    engine = open_engine(invocation, settings)
    plan = _plan(flags, engine.settings.judge.temperature)
    data = _data(flags).sampled(plan.sample, plan.seed)
    sources = Sources(
        engine,
        user_config_file().parent,
        flags["corpus"],
        indexed=invocation.index is not None and flags["corpus"] is None,
        jobs=flags["jobs"] or available_cores(),
    )
    device = engine.settings.embedding.device
    log = AnswerLog(flags["out"])
    with StageProgress(invocation) as progress:
        ended = run_study(data, plan, sources, lambda judge: connect(judge, device), log, progress)
    _report(ended, flags)


def _report(ended: Ended, flags: _Flags) -> None:
    """Write the reports, and say what there is.

    Raises:
        CodesearchError: The study ended early for a reason that is no part of its plan.
    """
    from codesearch.core.errors import Interrupted
    from codesearch.evaluation.study.document import study_document
    from codesearch.evaluation.study.page import write_page
    from codesearch.evaluation.study.text import study_lines
    from codesearch.report.json_text import write_json
    from codesearch.report.report_file import report_file

    study, folder = ended.study, flags["out"]
    folder.mkdir(parents=True, exist_ok=True)  # not there yet where nothing was answered
    document = study_document(study)
    with report_file(str(folder / "study.json")) as out:
        write_json(document, out)
    with report_file(str(folder / "study.html")) as out:
        write_page(study, out)
    done = f"{study.counts['outcomes']:,} of {study.counts['planned']:,} questions"
    where = f"the report of {done} is in {folder}; the same command goes on"
    if ended.interrupted:
        raise Interrupted("interrupted", where)
    if ended.failure is not None:
        ended.failure.hint = "; ".join(part for part in (ended.failure.hint, where) if part)
        raise ended.failure
    if flags["as_json"]:
        from codesearch.cli.output import emit_json

        emit_json(document)
        return
    for line in study_lines(study):
        click.echo(line)
    click.echo(f"report: {folder / 'study.html'}")


def _plan(flags: _Flags, temperature: float) -> Plan:
    from codesearch.core.errors import ConfigError, UsageError
    from codesearch.evaluation.study.plan import Plan, Variant
    from reranker.judge.answers import PARSERS
    from reranker.judge.asking.prompting import PromptTemplate, load_prompt

    def prompt(name: str) -> PromptTemplate:
        try:
            return load_prompt(name)
        except ConfigError as problem:
            raise UsageError(f"--prompts: there is no prompt {name!r}", problem.hint) from None

    def parser(name: str) -> str:
        if name not in PARSERS:
            raise UsageError(f"--parsers: there is no parser {name!r}", f"use some of {', '.join(PARSERS)}")
        return name

    def variant(name: str) -> Variant:
        try:
            return Variant(name)
        except ValueError:
            raise UsageError(
                f"--contexts: there is no {name!r}", f"use some of {', '.join(Variant)}"
            ) from None

    warmth = flags["temperatures"]
    plan = Plan(
        prompts=_listed("--prompts", flags["prompts"], prompt),
        variants=_listed("--contexts", flags["contexts"], variant),
        temperatures=(temperature,) if warmth is None else _listed("--temperatures", warmth, _temperature),
        repeats=flags["repeats"],
        parsers=tuple(PARSERS)
        if flags["parsers"] is None
        else _listed("--parsers", flags["parsers"], parser),
        budget=flags["budget"],
        splits=flags["splits"],
        sample=flags["sample"],
        seed=flags["seed"],
        prices=_prices(flags["prices"]),
    )
    if not plan.cells:
        raise UsageError("these prompts show none of these contexts", "add 'none' to --contexts")
    return plan


def _listed(option: str, text: str, read: Callable[[str], Item]) -> tuple[Item, ...]:
    """The parts of a list, each once, in order.

    Raises:
        UsageError: There are none, or one does not fit.
    """
    from codesearch.core.errors import UsageError

    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise UsageError(f"{option} is empty", "name one or more, separated by commas")
    return tuple(dict.fromkeys(map(read, parts)))


def _temperature(text: str) -> float:
    from codesearch.core.errors import UsageError

    value = _number(text)
    if not 0 <= value <= 2:
        raise UsageError(f"--temperatures: {text!r} is no temperature", "use numbers from 0 to 2")
    return value


def _prices(text: str | None) -> Prices | None:
    from codesearch.core.errors import UsageError
    from codesearch.evaluation.study.plan import Prices

    if text is None:
        return None
    values = [_number(part) for part in text.split(",")]
    if len(values) != 2 or not all(0 <= value < float("inf") for value in values):
        raise UsageError(f"--prices: {text!r} are no prices", "write two numbers, such as 0.15,0.60")
    return Prices(*values)


def _number(text: str) -> float:
    """A number, NaN for what is none."""
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _data(flags: _Flags) -> StudyData:
    from codesearch.core.errors import UsageError
    from codesearch.evaluation.study.data import read_labelled

    fragments, pairs, examples = flags["fragments"], flags["pairs"], flags["examples"]
    if examples is not None and fragments is None and pairs is None:
        if flags["splits"]:
            raise UsageError("--split: your own verdicts have no splits", "leave it out")
        return _examples(examples)
    if examples is None and fragments is not None and pairs is not None:
        return read_labelled(fragments, pairs, flags["splits"])
    raise UsageError("which pairs?", "give --fragments and --pairs, or --examples alone")


def _examples(path: Path) -> StudyData:
    from codesearch.core.errors import InputError
    from codesearch.evaluation.study.data import read_examples

    try:
        return read_examples(path)
    except InputError as problem:
        raise InputError(
            f"--examples must be what `codesearch feedback export` wrote: {problem.message}", problem.hint
        ) from problem
