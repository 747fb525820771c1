"""``codesearch eval``: measure retrieval and verdicts on labelled data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from codesearch.cli.options import Invocation, device_option, json_option, pass_invocation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codesearch.evaluation.documents import Document

_FILE = click.Path(path_type=Path)
_fragments_option = click.option(
    "--fragments", type=_FILE, required=True, metavar="F.jsonl[.gz]", help="Labelled fragments."
)
_pairs_option = click.option(
    "--pairs", type=_FILE, required=True, metavar="P.jsonl[.gz]", help="Labelled pairs of them."
)
_split_option = click.option(
    "--split", "splits", multiple=True, metavar="NAME", help="Only this split; can be repeated."
)
_jobs_option = click.option(
    "-j", "--jobs", type=click.IntRange(0, 1024), default=0, help="Parser processes; 0 means one per core."
)


@click.group("eval", short_help="Measure retrieval and verdicts on labelled data.")
def command() -> None:
    """Measure the product's own code path on labelled data.

    Fragments are rows {"id", "lang", "group", "code"}, pairs are rows {"a", "b", "label", "type"}: one JSON
    object per line.
    """


class _RetrievalFlags(TypedDict):
    fragments: Path
    splits: tuple[str, ...]
    queries: int | None
    seed: int
    lane: str
    rerank: bool
    renamed: bool
    language_pairs: bool
    model: str | None
    device: str | None
    jobs: int
    as_json: bool


@command.command("retrieval")
@_fragments_option
@_split_option
@click.option("--queries", type=click.IntRange(1), metavar="N", help="Only N fragments drawn at random ask.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of that draw.")
@click.option(
    "--lane",
    type=click.Choice(["dense", "lexical", "near_miss", "fused"]),
    default="fused",
    show_default=True,
    help="What ranks.",
)
@click.option("--rerank", is_flag=True, help="Rank the first candidates again by P(clone).")
@click.option("--renamed", is_flag=True, help="Replace every name that a fragment declares itself.")
@click.option("--language-pairs", is_flag=True, help="Measure each language against each other one too.")
@click.option("--model", metavar="ID", help="Embedder instead of the configured one; see embedding.model.")
@device_option
@_jobs_option
@json_option
@pass_invocation
def retrieval(invocation: Invocation, /, **flags: Unpack[_RetrievalFlags]) -> None:
    """Every fragment asks for the others of its group: MAP@R, P@1, recall@10 and @100.

    The JSON document has the 95 % interval of every figure, by resampling groups.
    """
    from codesearch.cli.engine import open_engine
    from codesearch.cli.progress import StageProgress
    from codesearch.evaluation.lanes import LaneName
    from codesearch.evaluation.run import RetrievalOptions, run_retrieval
    from codesearch.evaluation.text import retrieval_lines

    options = RetrievalOptions(
        fragments=flags["fragments"],
        splits=flags["splits"],
        queries=flags["queries"],
        seed=flags["seed"],
        lane=LaneName(flags["lane"]),
        rerank=flags["rerank"],
        renamed=flags["renamed"],
        language_pairs=flags["language_pairs"],
        jobs=_jobs(flags["jobs"]),
    )
    with StageProgress(invocation) as progress:
        settings = {"embedding.model": flags["model"], "embedding.device": flags["device"]}
        engine = open_engine(invocation, settings)
        document = run_retrieval(engine, options, progress)
    _emit(document, retrieval_lines, flags["as_json"])


class _PairFlags(TypedDict):
    fragments: Path
    pairs: Path
    splits: tuple[str, ...]
    stage: str | None
    device: str | None
    jobs: int
    as_json: bool


@command.command("pairs")
@_fragments_option
@_pairs_option
@_split_option
@click.option(
    "--stage",
    type=click.Choice(["reranker", "judge"]),
    help="Stop after this stage; the whole product when left out.",
)
@device_option
@_jobs_option
@json_option
@pass_invocation
def pairs(invocation: Invocation, /, **flags: Unpack[_PairFlags]) -> None:
    """Settle labelled pairs: precision, recall, calibration, recall by clone type, who decided."""
    from codesearch.cli.engine import open_engine
    from codesearch.cli.progress import StageProgress
    from codesearch.evaluation.run import PairOptions, run_pairs
    from codesearch.evaluation.text import pairs_lines

    options = PairOptions(
        fragments=flags["fragments"],
        pairs=flags["pairs"],
        splits=flags["splits"],
        stage=flags["stage"],
        jobs=_jobs(flags["jobs"]),
    )
    with StageProgress(invocation) as progress:
        engine = open_engine(invocation, {"embedding.device": flags["device"]})
        document = run_pairs(engine, options, progress)
    _emit(document, pairs_lines, flags["as_json"])


class _DetectionFlags(TypedDict):
    fragments: Path
    pairs: Path
    splits: tuple[str, ...]
    types: str
    min_lines: int | None
    min_tokens: int | None
    device: str | None
    jobs: int
    as_json: bool


@command.command("detection")
@_fragments_option
@_pairs_option
@_split_option
@click.option("--types", default="T1,T2,T3", show_default=True, metavar="LIST", help="Clone types, or all.")
@click.option("--min-lines", type=click.IntRange(1, 10_000), metavar="N", help="Lines of a clone at least.")
@click.option("--min-tokens", type=click.IntRange(1, 100_000), metavar="N", help="Tokens of it at least.")
@device_option
@_jobs_option
@json_option
@pass_invocation
def detection(invocation: Invocation, /, **flags: Unpack[_DetectionFlags]) -> None:
    """Audit the fragments as files of a corpus: recall by clone type.

    A pair is found when the members of one class cover 70 % of the lines of both its files.
    """
    from codesearch.cli.clone_types import parse_types
    from codesearch.cli.engine import open_engine
    from codesearch.cli.progress import StageProgress
    from codesearch.evaluation.detection import DetectionOptions, run_detection
    from codesearch.evaluation.text import detection_lines

    options = DetectionOptions(
        fragments=flags["fragments"],
        pairs=flags["pairs"],
        splits=flags["splits"],
        types=parse_types(flags["types"]),
    )
    settings = {
        "fragments.min_lines": flags["min_lines"],
        "fragments.min_tokens": flags["min_tokens"],
        "parsing.jobs": flags["jobs"],
        "embedding.device": flags["device"],
    }
    with StageProgress(invocation) as progress:
        engine = open_engine(invocation, settings)
        document = run_detection(engine, options, progress)
    _emit(document, detection_lines, flags["as_json"])


def _jobs(jobs: int) -> int:
    from codesearch.core.cores import available_cores

    return jobs or available_cores()


def _emit(document: Document, lines: Callable[[Mapping[str, object]], Iterator[str]], as_json: bool) -> None:
    if as_json:
        from codesearch.cli.output import emit_json

        emit_json(document)
    else:
        for line in lines(document):
            click.echo(line)
