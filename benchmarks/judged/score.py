"""Shares of a labelled round: how often what is reported is right, and whether the labels can be trusted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from benchmarks.documents import Json, markdown_table, percent
from benchmarks.judged.pairs import REPORTED, Origin
from codesearch.core.errors import InputError
from codesearch.evaluation.metrics import wilson_interval

LEAST_ACCURACY = 0.9  # of the decoys; a round below says nothing


class Verdict(StrEnum):
    """What whoever labels says."""

    CLONE = "clone"
    NOT_CLONE = "not_clone"


Label = tuple[Origin, Verdict]


def read_labels(labels: Path, key: Path) -> dict[str, Label]:
    """Origin and verdict by the hash of the pair; every pair of the key has one verdict.

    Raises:
        InputError: A file cannot be read, a pair has no verdict or two, or it is not of this round.
    """
    origins = {row["pair"]: Origin(row["origin"]) for row in _rows(key, {"origin": set(Origin)})}
    found: dict[str, Label] = {}
    for row in _rows(labels, {"verdict": set(Verdict)}):
        pair = row["pair"]
        if pair not in origins:
            raise InputError(f"{labels} labels the pair {pair}, which is not in {key}", "give its own key")
        if pair in found:
            raise InputError(f"{labels} labels the pair {pair} twice", "keep one of the verdicts")
        found[pair] = origins[pair], Verdict(row["verdict"])
    if missing := sorted(origins.keys() - found.keys()):
        raise InputError(
            f"{labels} has no verdict about {len(missing)} of {len(origins)} pairs", f"such as {missing[0]}"
        )
    return found


def label_rows(labels: Mapping[str, Label]) -> list[dict[str, object]]:
    """What is kept of a round, by hash."""
    return [
        {"pair": pair, "origin": str(origin), "verdict": str(verdict)}
        for pair, (origin, verdict) in sorted(labels.items())
    ]


def read_round(path: Path) -> list[Label]:
    """The labels of a round that was kept.

    Raises:
        InputError: It cannot be read.
    """
    rows = _rows(path, {"origin": set(Origin), "verdict": set(Verdict)})
    return [(Origin(row["origin"]), Verdict(row["verdict"])) for row in rows]


def score_round(name: str, labels: Iterable[Label]) -> Json:
    """Share of clones among the reported pairs by type with its 95 % Wilson interval, and decoy accuracy."""
    by_origin: dict[Origin, list[bool]] = {}
    for origin, verdict in labels:
        by_origin.setdefault(origin, []).append(verdict is Verdict.CLONE)
    right = by_origin.get(Origin.CLONE, []) + [not clone for clone in by_origin.get(Origin.LOOK_ALIKE, [])]
    accuracy = sum(right) / len(right) if right else None
    return {
        "name": name,
        "reported": {origin.name: _share(by_origin[origin]) for origin in REPORTED if origin in by_origin},
        "decoys": {"pairs": len(right), "right": sum(right), "accuracy": accuracy},
        "valid": accuracy is not None and accuracy >= LEAST_ACCURACY,
    }


def table(figures: Json) -> list[str]:
    """A row per round and clone type."""
    rows = [
        [
            f"{judged['name']}: {kind}" + ("" if judged["valid"] else " (void)"),
            str(share["pairs"]),
            percent(share["share"]),
            f"{percent(share['low'])} to {percent(share['high'])}",
            f"{percent(judged['decoys']['accuracy'], 0)} % of {judged['decoys']['pairs']}",
        ]
        for judged in figures["rounds"]
        for kind, share in judged["reported"].items()
    ]
    return [
        "Pairs of classes that audits report, one per class, shuffled with known clones and known",
        "look-alikes and labelled by a language model that sees neither score nor origin, after short near",
        "copies and the cosine of semantic pairs were chosen on earlier rounds over the same repositories",
        "and the judge was asked less strictly than in these; in percent, with the 95 %",
        f"Wilson interval. A round with under {percent(LEAST_ACCURACY, 0)} % of the decoys right is void.",
        "",
        *markdown_table(["round, type", "pairs", "clones", "interval", "decoys right"], rows),
    ]


def _share(clones: Sequence[bool]) -> Json:
    low, high = wilson_interval(sum(clones), len(clones))
    return {
        "pairs": len(clones),
        "clones": sum(clones),
        "share": sum(clones) / len(clones),
        "low": low,
        "high": high,
    }


def _rows(path: Path, allowed: Mapping[str, set[str]]) -> list[dict[str, str]]:
    """The rows of a file, each with a pair and one of the allowed values of every other key."""
    rows = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path} ({error})", "see benchmarks/judged/__init__.py") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            rows.append({"pair": row["pair"], **{key: row[key] for key in allowed}})
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path}:{number}: not a row with pair, {', '.join(allowed)}", "one JSON object per line"
            ) from error
        for key, values in allowed.items():
            if row[key] not in values:
                raise InputError(
                    f"{path}:{number}: {key} is {row[key]!r}", f"use one of: {', '.join(sorted(values))}"
                )
    return rows
