"""Running ``codesearch eval`` on a part of a labelled data set, as a user would."""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.documents import Json
from benchmarks.hard_pairs import hard_pairs
from benchmarks.peers.codesearch import Codesearch
from codesearch.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One call of ``codesearch eval``.

    Attributes:
        name: As the report shows it.
        data: Stem of the data set's files.
        splits: Splits to keep; empty keeps all.
        options: Further command-line options.
        undisputed: Leave out the clone pairs for which the data records a witness of different behaviour.
        hard_negatives: Instead of the data's own negatives those of :mod:`benchmarks.hard_pairs`.
    """

    name: str
    data: str
    splits: tuple[str, ...]
    options: tuple[str, ...] = ()
    undisputed: bool = False
    hard_negatives: bool = False


def evaluate(kind: str, evaluation: Evaluation, folder: Path) -> Json:
    """The JSON document of ``codesearch eval KIND`` (``retrieval`` or ``pairs``).

    Args:
        kind: The sub-command; ``pairs`` gets the pairs file too.
        evaluation: What to evaluate.
        folder: Where the labelled data lies.

    Raises:
        InputError: The labelled data is not there.
        EnvironmentFailure: The command fails.
    """
    print(f"eval {kind}: {evaluation.name} ...", file=sys.stderr)
    with tempfile.TemporaryDirectory() as root:
        fragments = Path(root) / "fragments.jsonl"
        arguments = ["eval", kind, "--json", "--fragments", str(fragments), *evaluation.options]
        # Pairs may join fragments of any split, so their fragments file stays whole.
        kept = evaluation.splits if kind == "retrieval" else ()
        _copy_rows(folder / f"{evaluation.data}.jsonl.gz", fragments, kept)
        if kind == "pairs":
            pairs = Path(root) / "pairs.jsonl"
            if evaluation.hard_negatives:
                [split] = evaluation.splits
                rows = hard_pairs(folder, evaluation.data, split)
                pairs.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
            else:
                source = folder / f"{evaluation.data}.pairs.jsonl.gz"
                _copy_rows(source, pairs, evaluation.splits, undisputed=evaluation.undisputed)
            arguments += ["--pairs", str(pairs)]
        document: Json = json.loads(Codesearch().run(arguments, Path(root)).output)
        return document


def run_all(kind: str, evaluations: Sequence[Evaluation], folder: Path) -> Json:
    """The documents of several evaluations, in order, each with what was evaluated."""
    return {
        "evaluations": [
            {"name": item.name, "splits": list(item.splits), "document": evaluate(kind, item, folder)}
            for item in evaluations
        ]
    }


def _copy_rows(source: Path, target: Path, splits: Collection[str], undisputed: bool = False) -> None:
    """Rows of the splits, as they are; all rows when ``splits`` is empty."""
    if not source.is_file():
        raise InputError(f"no labelled data at {source}", "set CODESEARCH_DATA to its folder")
    with gzip.open(source, "rt", encoding="utf-8") as rows, target.open("w", encoding="utf-8") as kept:
        for line in rows:
            row: Mapping[str, object] = json.loads(line)
            disputed = undisputed and row.get("label") == 1 and "witness" in row
            if not disputed and (not splits or row.get("split") in splits):
                kept.write(line)
