"""``python -m benchmarks judged``: draw a round, and score its labels."""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.documents import write_result
from benchmarks.environment import describe
from benchmarks.judged.decoys import DECOYS, draw_decoys
from benchmarks.judged.pairs import Drawing, DrawnPair, key_rows, sample_rows
from benchmarks.judged.reported import draw_reported, read_audit
from benchmarks.judged.score import label_rows, read_labels, read_round, score_round, table
from benchmarks.plan import CHECKOUT, data_folder
from codesearch.core.errors import UsageError

ROUNDS = CHECKOUT / "benchmarks" / "judged" / "rounds"
PAIRS = 100  # a share of 90 % is then known to six points


def main(arguments: Sequence[str]) -> bool:
    """Run ``draw`` or ``score``; True when results were published.

    Raises:
        CodesearchError: It cannot be done.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks judged", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="draw|score")
    draw = commands.add_parser("draw", help="draw a round from audits")
    draw.add_argument(
        "--audit",
        action="append",
        required=True,
        nargs=2,
        type=Path,
        metavar=("DOCUMENT", "FOLDER"),
        help="an audit's JSON and the folder it is of; can be repeated",
    )
    draw.add_argument("--output", type=Path, required=True, help="folder for sample.jsonl and key.jsonl")
    draw.add_argument("--pairs", type=int, default=PAIRS, help="reported pairs (default %(default)s)")
    draw.add_argument("--seed", type=int, default=0, help="of the draw (default 0)")
    draw.set_defaults(run=_draw)
    score = commands.add_parser("score", help="score the labels of a round")
    score.add_argument("labels", type=Path, help='rows {"pair", "verdict"}')
    score.add_argument("--key", type=Path, required=True, help="the round's key.jsonl")
    score.add_argument("--keep", metavar="NAME", help="keep the labels and publish all rounds")
    score.set_defaults(run=_score)
    options = parser.parse_args(arguments)
    published: bool = options.run(options)
    return published


def draw_round(audits: Iterable[tuple[Path, Path]], data: Path, pairs: int, seed: int) -> list[DrawnPair]:
    """Reported pairs and decoys in random order, the sides of each in random order too.

    Args:
        audits: Document and folder of each audit.
        data: Folder of the labelled data.
        pairs: How many reported pairs.
        seed: Of every draw.

    Raises:
        InputError: An audit, its code or the labelled data cannot be used.
    """
    draw = random.Random(seed)
    classes = [found for document, folder in audits for found in read_audit(document, folder)]
    drawing = Drawing()
    drawn = draw_reported(classes, pairs, draw, drawing) + draw_decoys(data, DECOYS, draw, drawing)
    draw.shuffle(drawn)
    return [
        DrawnPair(pair.origin, pair.sides if draw.random() < 0.5 else (pair.sides[1], pair.sides[0]))
        for pair in drawn
    ]


def _draw(options: argparse.Namespace) -> bool:
    output: Path = options.output.resolve()
    if output.is_relative_to(CHECKOUT):
        raise UsageError(f"{output} lies in the repository", "the text of decoys must stay outside of it")
    drawn = draw_round(options.audit, data_folder(), options.pairs, options.seed)
    output.mkdir(parents=True, exist_ok=True)
    for name, rows in (("sample.jsonl", sample_rows(drawn)), ("key.jsonl", key_rows(drawn))):
        _write(output / name, rows)
        print("wrote", output / name, file=sys.stderr)
    return False


def _score(options: argparse.Namespace) -> bool:
    labels = read_labels(options.labels, options.key)
    if options.keep is None:
        print("\n".join(table({"rounds": [score_round(options.labels.stem, labels.values())]})))
        return False
    ROUNDS.mkdir(exist_ok=True)
    _write(ROUNDS / f"{options.keep}.jsonl", label_rows(labels))
    rounds = [score_round(path.stem, read_round(path)) for path in sorted(ROUNDS.glob("*.jsonl"))]
    print("wrote", write_result("judged", describe(), {"rounds": rounds}), file=sys.stderr)
    return True


def _write(path: Path, rows: Iterable[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
