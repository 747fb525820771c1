"""The static embedder from the licensed sets alone: what those give up who need it, kept from its run.

The document holds, beside ``environment``::

    {"figures": {"command": ..., "minutes": ..., "retrieval": [{"model", "set", "document"}, ...]}}

with the documents of ``codesearch eval retrieval --lane dense`` on test splits, of the shipped model first.
"""

from __future__ import annotations

from benchmarks.documents import Json, markdown_table
from benchmarks.models.cells import with_interval
from benchmarks.models.page import HEADLINES


def table(figures: Json) -> list[str]:
    """One row per model."""
    documents = {
        (item["model"], item["set"], bool(item["document"]["options"]["renamed"])): item["document"]
        for item in figures["retrieval"]
    }
    rows = [
        [
            model,
            *(
                with_interval(documents[model, title, renamed], metric, scope)
                for title, renamed, scope, metric in HEADLINES.values()
            ),
        ]
        for model in dict.fromkeys(item["model"] for item in figures["retrieval"])
    ]
    return [
        "The contest programs of POJ-104 and AtCoder carry no licence of their own. Who cannot use weights",
        f"that were learnt from them makes others ({figures['minutes']} minutes on one core) with",
        "",
        "```",
        figures["command"],
        "```",
        "",
        "which learns from LeetCode solutions and open-source functions only. The dense lane alone on test",
        "splits, percent, 95 % intervals in brackets.",
        "",
        *markdown_table(["model", *HEADLINES], rows),
    ]
