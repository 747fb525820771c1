"""Answers in words: ``Verdict: not a clone``."""

from __future__ import annotations

import re

from codesearch.core.judge import Answer
from reranker.judge.answers.values import read_answer
from reranker.judge.completer import Completion

# Every repetition is bounded and every word ends at a boundary: no text takes more than linear time.
_KEYWORD = r"\b(?:verdict|answer|conclusion|decision|judge?ment|classification|label)"
_SAYS = r"[\s\"'*_`)]{0,6}(?::|=|->|→|[-–—](?=\s)|\bis\b:?)[\s*_`\"'(<\[{]{0,12}"
# Only these words may stand before a label, so that no negation in another form is overlooked.
_FILLER = (
    r"(?:(?:the|this|these|those|two|both|fragments?|functions?|methods?|pair|code|snippets?|a|an|and|b|is|are|they"
    r"|it|that|type[ -]?[1-4]|t[1-4]|clearly|definitely|likely|probably)\b[\s,*_`\"']{1,3}){0,10}"
)
_LABEL = (
    r"(not[\s_-]{1,2}(?:an?[\s_-])?clones?|no[nt]?[\s_-]?clones?|clones?|unsure|uncertain|undecided|yes|no)"
)
# A label in a list of labels repeats the question, and one that goes on in other words may be taken back.
_ENDS = (
    r"(?=[\"'`*_)\]}>]{0,6}[^\S\n]{0,3}(?:\Z|[.;:!\n(\[{]"
    r"|,(?!\s{0,3}[\"'`]?(?:no[nt][ _-]|(?:clone|unsure|or)\b))"
    r"|[-–—](?!\w)|(?:because|since|as|with|of|confidence|type|t[1-4])\b))"
)
_VERDICT = re.compile(_KEYWORD + _SAYS + _FILLER + _LABEL + _ENDS, re.IGNORECASE)
_CONFIDENCE = re.compile(
    r"\bconfidence[\s\"'*_`)]{0,6}(?::|=|\bis\b|of)[\s*_`\"']{0,6}(\d{0,3}\.?\d{1,20} ?%?)", re.IGNORECASE
)
_TYPE = re.compile(
    r"\bclone[ _-]?type[\s\"'*_`)]{0,6}(?::|=|\bis\b:?)[\s*_`\"']{0,6}((?:type|t)[ _-]?[1-4])\b",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:reason|explanation|rationale)[\"'*_`]{0,4}[:=][\s*_`\"']{0,6}([^\n]{1,1000})", re.IGNORECASE
)


def read_prose(completion: Completion) -> Answer | None:
    """The last ``verdict: <label>`` of a text, with the last confidence, type and reason stated likewise.

    Lines cited in prose are not read: such an answer has no evidence.
    """
    parts = {"verdict": _VERDICT, "confidence": _CONFIDENCE, "clone_type": _TYPE, "reason": _REASON}
    found = {name: _last(pattern, completion.text) for name, pattern in parts.items()}
    return read_answer(found, completion.labels)


def _last(pattern: re.Pattern[str], text: str) -> str | None:
    last = None
    for found in pattern.finditer(text):
        last = found[1]
    return last
