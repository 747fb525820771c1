"""The tool ``index_status``: what is indexed, and how fresh it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from codesearch.core.errors import InputError
from codesearch.core.status import CorpusStatus
from codesearch.mcp_server.request import Answer, Request
from codesearch.mcp_server.wording import joined
from codesearch.report.audit_wording import counted, short, short_path
from codesearch.report.status import corpus_place, status_document
from codesearch.serving.live_index import LiveIndex
from indexer.corpus.names import display_path

MAX_LANGUAGES = 8


class IndexStatus(Request):
    """Nothing to say."""

    tool: ClassVar[str] = "index_status"
    title: ClassVar[str] = "What is indexed"
    description: ClassVar[str] = (
        "Which code is indexed, since when, in which languages, and was it audited? Call it when find_clones "
        "finds nothing where you expect something, or to learn the names of the corpora. Files changed after "
        "the index was made are not in it: `codesearch index` brings it up to date, no restart needed."
    )

    def answer(self, index: LiveIndex) -> Answer:
        """The state of the index as the command line tells it."""
        status = index.engine.status()
        document = status_document(status)
        text = joined(
            f"Index {display_path(str(status.index))}, snapshot {status.snapshot} of "
            f"{status.started[:19]} UTC.",
            *(_corpus_text(corpus) for corpus in status.corpora),
            *(
                f"{difference.key} is {difference.now} now, the index was built with {difference.built_with}."
                for difference in status.differences
            ),
            _audit_text(index),
        )
        return Answer(text, document)


def _corpus_text(corpus: CorpusStatus) -> str:
    counts = corpus.counts
    skipped = sum(counts.skipped.values())
    return (
        f"{short(corpus.name)} ({short_path(corpus_place(corpus))}): "
        f"{counted(counts.analysed, 'file')}, {counted(counts.lines, 'line')}, "
        f"{counted(counts.fragments, 'fragment')}; {_most(counts.by_language)}"
        + (f"; {counted(skipped, 'file')} skipped" if skipped else "")
    )


def _most(by_language: Mapping[str, int]) -> str:
    ordered = sorted(by_language.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{language} {count:,}" for language, count in ordered[:MAX_LANGUAGES]]
    more = [f"{len(ordered) - MAX_LANGUAGES} more languages"] if len(ordered) > MAX_LANGUAGES else []
    return ", ".join(shown + more)


def _audit_text(index: LiveIndex) -> str:
    try:
        report = index.audit().report
    except InputError:
        return "Not audited yet: `codesearch audit` finds its clone classes."
    new = sum(found.new for found in report.classes)
    return f"The last audit found {counted(len(report.classes), 'clone class')}, {new:,} of them new."
