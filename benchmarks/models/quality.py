"""Every embedder on every test split: as written, without declared names, and beside a transformer."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from benchmarks.documents import Json
from benchmarks.models.contenders import Contender, Precomputed, choose, minilm, registered, whole
from benchmarks.models.yardsticks import SETS, Parsed, measure, parse, product, sample
from benchmarks.plan import Plan
from codesearch.engine import Engine

SAMPLED_FRAGMENTS = 1200  # a transformer reads 13 a second on two cores


def run(plan: Plan) -> Json:
    """The dense lane of every model; all fragments of a split are queries and haystack.

    Raises:
        InputError: The labelled data is not there.
        EnvironmentFailure: A model cannot be loaded.
    """
    engine = product()
    chosen = choose(registered(first=engine.settings.embedding.model), plan.only)
    default = chosen[0].name
    figures: Json = {"seed": plan.seed, "default": default, "retrieval": [], "sample": []}
    transformer = minilm(plan.only)
    for yardstick in SETS:
        parsed = parse(yardstick, plan, renamed=False)
        pairs_of = default if yardstick.language_pairs else ""
        figures["retrieval"] += compare(engine, chosen, parsed, pairs_of)
        blind = chosen if yardstick.templated else whole(chosen)
        figures["retrieval"] += compare(engine, blind, parse(yardstick, plan, renamed=True))
        if yardstick.sampled and transformer:
            some = sample(parsed, SAMPLED_FRAGMENTS, plan.seed)
            figures["sample"] += compare(engine, [*chosen, *transformer], some)
    return figures


def compare(
    engine: Engine, contenders: Sequence[Contender], parsed: Parsed, pairs_of: str = ""
) -> Iterator[Json]:
    """The dense lane of each model, which embeds every fragment once.

    Args:
        engine: Of the default settings.
        contenders: Shortened ones after the whole model.
        parsed: Queries and haystack.
        pairs_of: Name of the contender that is measured per pair of languages too.
    """
    for _, group in groupby(contenders, lambda contender: contender.model):
        members = list(group)
        vectors = Precomputed.of(members[0].embedder, parsed.data.fragments)
        for member in members:
            options = replace(parsed.options, language_pairs=member.name == pairs_of)
            yield {
                "set": parsed.title,
                "model": member.name,
                "document": measure(engine, vectors.leading(member.dim), parsed, options),
            }
        print(f"models: {parsed.title}, {members[0].name} measured", file=sys.stderr)
