"""Cases about the functions of a small indexed corpus, with what is retrieved for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index_lab import Lab

from codesearch.core.judge import Case, CaseContext, CaseSide, ContextItem, ContextKind
from codesearch.core.results import Decision, Place, Verdict
from codesearch.core.store.definitions import definitions_in
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from codesearch.core.types import Fragment
from reranker.judge.context.corpus import IndexedCorpus
from reranker.judge.context.gather import EVERY_KIND, ContextSource

UNSURE = Decision(Verdict.UNSURE, None, 0.5, "reranker", {}, 0.3, (), "")
PLENTY = 100_000


def count_words(text: str) -> int:
    """A tokenizer that is easy to reckon with."""
    return len(text.split())


@dataclass
class CaseLab:
    """An indexed corpus; the context of two of its functions."""

    lab: Lab
    unreadable: set[str] = field(default_factory=set)

    @classmethod
    def over(cls, folder: Path, files: Mapping[str, str | None]) -> CaseLab:
        """Index files."""
        lab = Lab(folder).write(files)
        lab.index(embedder=None)
        return cls(lab)

    def read(self, place: Place) -> bytes | None:
        """A file of the corpus, unless it is to be unreadable."""
        path = self.lab.corpus / place.path
        return None if place.path in self.unreadable or not path.exists() else path.read_bytes()

    def side(self, path: str, name: str) -> CaseSide:
        """A definition of the corpus."""
        with self.lab.database() as database, database.read() as connection:
            snapshot = self.lab.snapshot()
            store = StoreSnapshot(connection, snapshot.manifest.snapshot)
            found = next(one for one in definitions_in(store, "corpus", path) if one.name == name)
            fragment = IndexedCorpus(snapshot, database).content(found)
        assert fragment is not None
        return CaseSide(fragment, found.place, found.name, found.container)

    def case(
        self, first: tuple[str, str], second: tuple[str, str], contrast: Sequence[Fragment] = ()
    ) -> Case:
        """A pair, each side given as path and name."""
        return Case(self.side(*first), self.side(*second), 0.8, UNSURE, tuple(contrast))

    def context(
        self,
        case: Case,
        limit_tokens: int = PLENTY,
        precedents: Sequence[ContextItem] = (),
        kinds: frozenset[ContextKind] = EVERY_KIND,
    ) -> CaseContext:
        """What is retrieved for a case."""
        with self.lab.database() as database:
            source = ContextSource(IndexedCorpus(self.lab.snapshot(), database), self.read)
            return source.context(case, precedents, limit_tokens, count_words, kinds)
