"""Labelled pairs by the names under which judges tell of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from codesearch.core.feedback import Precedent
from codesearch.engine import Engine


def named_precedents(engine: Engine, ids: Collection[str]) -> Mapping[str, Precedent]:
    """The precedents that have these ids, shipped ones and the user's; one that is gone is left out.

    Raises:
        EnvironmentFailure: The shipped precedents or the user's cannot be read.
    """
    if not ids:
        return {}
    from reranker.judge.precedents.memories import shipped_precedents, user_precedents

    pairs = (*shipped_precedents(), *user_precedents(engine.feedback.precedents()))
    return {pair.id: pair.precedent for pair in pairs if pair.id in ids}
