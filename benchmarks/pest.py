"""Estimated precision of reported pairs, judged by a textual rule that belongs to no detector.

BigCloneBench's labelled precision saturates, because most of what a detector reports has no label. So the
unlabelled pairs are sampled, and a sampled pair counts as right when the two fragments are alike line by line
once comments are dropped and names, numbers and strings are blinded (the rule behind the bands of Svajlenko
et al. 2014).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

SAMPLE = 400
CLASS_SAMPLE = 2000  # pairs inside classes: a share of 2 % is known to .6 points
ALIKE = 0.5  # the lower edge of BigCloneBench's MT3 band: below it pairs count as Type-4

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_TOKEN = re.compile(r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[A-Za-z_]\w*|\d[\w.]*|\S""")
_LINE_ENDS = frozenset("{};")
_KEPT_WORDS = frozenset(
    # The words that structure a line are not blinded: Java's, then what other languages add.
    word
    for line in (
        "abstract assert boolean break byte case catch char class const continue default do double else",
        "enum extends final finally float for goto if implements import instanceof int interface long",
        "native new package private protected public return short static super switch synchronized this",
        "throw throws transient try void volatile while true false null",
        "def elif except from lambda pass raise with yield in is not and or None True False func var let",
        "fn mut struct using namespace string bool",
    )
    for word in line.split()
)

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Estimate:
    """Pest = (TP + share_alike · unlabelled) / reported.

    Attributes:
        reported: Distinct unordered pairs.
        true_positive: Reported pairs labelled clones.
        false_positive: Reported pairs labelled not clones.
        unlabelled: Reported pairs without a label.
        sampled: How many of these were compared, at most :data:`SAMPLE`.
        share_alike: Share of the sample that is alike, 0.0 without a sample.
        pest: The estimate; None when nothing was reported.
    """

    reported: int
    true_positive: int
    false_positive: int
    unlabelled: int
    sampled: int
    share_alike: float
    pest: float | None


def estimate_precision(
    reported: Iterable[Pair],
    label_of: Mapping[frozenset[str], bool],
    code_of: Mapping[str, str],
    seed: int = 0,
) -> Estimate:
    """Estimate the precision of reported pairs (ids, in any order, repeated or not; self pairs are ignored).

    Raises:
        KeyError: A sampled pair names a fragment without code.
    """
    distinct = sorted({(min(a, b), max(a, b)) for a, b in reported if a != b})
    labels = [label_of.get(frozenset(pair)) for pair in distinct]
    unlabelled = [pair for pair, label in zip(distinct, labels, strict=True) if label is None]
    sample = random.Random(seed).sample(unlabelled, min(SAMPLE, len(unlabelled)))
    alike = sum(blinded_similarity(code_of[a], code_of[b]) >= ALIKE for a, b in sample)
    share = alike / len(sample) if sample else 0.0
    right = labels.count(True)
    return Estimate(
        reported=len(distinct),
        true_positive=right,
        false_positive=labels.count(False),
        unlabelled=len(unlabelled),
        sampled=len(sample),
        share_alike=share,
        pest=(right + share * len(unlabelled)) / len(distinct) if distinct else None,
    )


@dataclass(frozen=True, slots=True)
class Unlike:
    """Pairs inside clone classes that the rule does not call alike.

    Attributes:
        pairs: Pairs of members of one class.
        sampled: How many of these were compared, at most :data:`CLASS_SAMPLE`.
        share: Share of them that is unlike; None when there are none.
    """

    pairs: int
    sampled: int
    share: float | None


def share_unlike(classes: Iterable[Sequence[str]], seed: int = 0) -> Unlike:
    """Whether classes chain: of members that are only alike through others, many are unlike each other.

    Args:
        classes: Text of every member of each class.
        seed: Of the draw of pairs.
    """
    pairs = [pair for members in classes for pair in combinations(members, 2)]
    sample = random.Random(seed).sample(pairs, min(CLASS_SAMPLE, len(pairs)))
    unlike = sum(blinded_similarity(a, b) < ALIKE for a, b in sample)
    return Unlike(len(pairs), len(sample), unlike / len(sample) if sample else None)


def blinded_similarity(a: str, b: str) -> float:
    """Longest common subsequence of blinded lines / lines of the longer side, 0 to 1; 0 if one is empty."""
    left, right = list(_blinded_lines(a)), list(_blinded_lines(b))
    longer = max(len(left), len(right))
    return _common_subsequence(left, right) / longer if left and right else 0.0


def _blinded_lines(code: str) -> Iterator[str]:
    """One line per statement or brace, with ``S``, ``I`` and ``N`` for strings, names and numbers."""
    line: list[str] = []
    for match in _TOKEN.finditer(_COMMENT.sub(" ", code)):
        text = match.group()
        line.append(_blinded(text))
        if text in _LINE_ENDS:
            yield " ".join(line)
            line.clear()
    if line:
        yield " ".join(line)


def _blinded(token: str) -> str:
    """What stands for a token; the first character decides, so a quote left open counts as a string."""
    first = token[0]
    if first in "\"'":
        return "S"
    if first.isdigit():
        return "N"
    if (first.isalpha() or first == "_") and token not in _KEPT_WORDS:
        return "I"
    return token


def _common_subsequence(left: list[str], right: list[str]) -> int:
    """Length of the longest common subsequence, by dynamic programming over one row."""
    best = [0] * (len(right) + 1)
    for item in left:
        diagonal = 0
        for column, other in enumerate(right, start=1):
            above = best[column]
            best[column] = diagonal + 1 if item == other else max(above, best[column - 1])
            diagonal = above
    return best[-1]
