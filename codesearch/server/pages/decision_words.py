"""A decision in words: who made it, and what the stages said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from codesearch.core.results import Decision
from codesearch.report.printable import printable

_DECIDERS: Mapping[str, str] = {
    "fingerprint": "equal fingerprints",
    "alignment": "aligned tokens",
    "reranker": "the reranker",
    "retriever": "retrieval alone",
    "precedents": "earlier verdicts",
}
_SCORES: Mapping[str, tuple[str, str]] = {
    "fingerprint": ("Copy", "1 for an exact copy, less for one with other names, 0 for none"),
    "near_miss": ("Near miss", "share of the text that is the same, names aside"),
    "lexical": ("Shared words", "parts of names that both have, rare ones counting more"),
    "dense": ("Meaning", "cosine of the embeddings"),
    "rerank": ("Reranker", "calibrated probability that this is a clone"),
}
_BANDS: Mapping[str, str] = {
    "VST3": "very similar",
    "ST3": "strongly similar",
    "MT3": "moderately similar",
    "WT3": "weakly similar",
}
"""BigCloneBench's bands of Type-3, of which explanations have the short names."""
_BAND = re.compile(rf"(?<=align \()({'|'.join(_BANDS)})(?=\))")


@dataclass(frozen=True, slots=True)
class Score:
    """What one stage said.

    Attributes:
        name: Of the stage, in words.
        value: The score, three digits.
        meaning: What it measures; empty where it is not known.
    """

    name: str
    value: str
    meaning: str


def decider(decided_by: str) -> str:
    """Who decided, as the end of "decided by"."""
    kind, _, model = decided_by.partition(":")
    return f"the model {model}" if model else _DECIDERS.get(kind, decided_by)


def explained(explanation: str) -> Markup:
    """An explanation for people: the name of its similarity band in words, the short one as their title."""
    text = str(escape(printable(explanation)))
    return Markup(_BAND.sub(_in_words, text))  # noqa: S704 - escaped above, and the bands are ours


def _in_words(band: re.Match[str]) -> str:
    return f'<abbr title="{band[0]} of BigCloneBench">{_BANDS[band[0]]}</abbr>'


def scores_of(decision: Decision) -> tuple[Score, ...]:
    """All scores in the order in which the stages run, those without words last."""
    known = [name for name in _SCORES if name in decision.scores]
    others = sorted(decision.scores.keys() - _SCORES.keys())
    return tuple(_score(name, decision.scores[name]) for name in (*known, *others))


def _score(name: str, score: float) -> Score:
    words, meaning = _SCORES.get(name, (name, ""))
    return Score(words, f"{score:.3g}", meaning)
