"""Precedents as a judge is shown them: both sides, the verdict, and what decided it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, zip_longest

from codesearch.core.feedback import Precedent
from codesearch.core.judge import Case, ContextItem, ContextKind
from codesearch.core.results import Verdict
from indexer.fragments import whole_fragment
from indexer.parsing.languages import registry
from reranker.judge.precedents.memory import RememberedPair
from reranker.judge.view.code import view_of

CONSIDERED = 16  # of each label, from which those of the case's languages come first
SHOWN = 3  # of each label; more crowd out what is known of the pair itself
_VERDICTS = {Verdict.CLONE: "clone", Verdict.NOT_CLONE: "not_clone"}


def precedent_items(nearest: Sequence[RememberedPair], case: Case) -> list[ContextItem]:
    """Clones and look-alikes in turns, those of the case's languages first, most alike first.

    Args:
        nearest: Precedents of a case, most alike first.
        case: The case.
    """
    languages = {case.first.fragment.language, case.second.fragment.language}
    ranked = sorted(nearest, key=lambda pair: len(_languages(pair.precedent) ^ languages))
    clones = [pair for pair in ranked if pair.is_clone][:SHOWN]
    others = [pair for pair in ranked if not pair.is_clone][:SHOWN]
    turns = chain.from_iterable(zip_longest(clones, others))
    return [_item(pair) for pair in turns if pair is not None]


def _item(pair: RememberedPair) -> ContextItem:
    precedent = pair.precedent
    verdict = _VERDICTS[precedent.verdict]
    sides = [
        f"{name}, {registry().get(side.language).id}:\n{_code(side.code, side.language)}"
        for name, side in zip(("A", "B"), precedent.sides, strict=True)
    ]
    # Words of others are free text, and a list of what they may not say is never complete.
    reason = f"\nbecause: {precedent.reason}" if pair.shipped else ""
    decided = f"verdict: {verdict}{reason}"
    return ContextItem(ContextKind.PRECEDENT, f"judged {verdict}", "\n".join([*sides, decided]), pair.id)


def _code(code: str, language: str) -> str:
    """As code is always shown; a precedent that somebody else wrote is no more trusted than a corpus."""
    return view_of(whole_fragment(code.encode("utf-8", "replace"), registry().get(language))).text


def _languages(precedent: Precedent) -> set[str]:
    return {side.language for side in precedent.sides}
