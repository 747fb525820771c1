"""The code around labelled fragments: where they stand, what they call, what is near them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from codesearch.core.judge import CaseSide
from codesearch.core.results import Place
from codesearch.core.types import Fragment
from codesearch.engine import Engine
from codesearch.evaluation.datasets import LabelledFragment
from codesearch.evaluation.detection import write_fragments
from codesearch.evaluation.run import Progress
from codesearch.query.judging import contrast_of
from codesearch.query.search import Searcher
from indexer.corpus.reread import reread_member
from indexer.folder import FOLDER_NAME
from reranker.judge.context.corpus import NO_INDEX, Corpus, IndexedCorpus
from reranker.judge.context.gather import ContextSource

_LABELLED = "labelled"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known beside the fragments themselves.

    Attributes:
        source: Finds context.
        side: A labelled fragment, by its position, with its place.
        near: Fragments near one that the cascade says are no clones of it, nearest first.
    """

    source: ContextSource
    side: Callable[[int], CaseSide]
    near: Callable[[Fragment], tuple[Fragment, ...]]


def no_surroundings(fragments: Sequence[Fragment]) -> Surroundings:
    """The fragments alone, for studies that show nothing else of a corpus."""
    source = ContextSource(NO_INDEX, lambda place: None)
    return Surroundings(source, lambda position: CaseSide(fragments[position]), lambda fragment: ())


@contextmanager
def labelled_surroundings(
    engine: Engine,
    user_folder: Path,
    labelled: Sequence[LabelledFragment],
    fragments: Sequence[Fragment],
    progress: Progress,
) -> Iterator[Surroundings]:
    """Labelled fragments as the files of a corpus of their own, in a temporary index.

    Args:
        engine: Whose settings hold.
        user_folder: Where this installation's own files are.
        labelled: All fragments, those of ``fragments`` first.
        fragments: What pairs are made of, parsed.
        progress: Hears the stages of indexing.
    """
    with TemporaryDirectory(prefix="codesearch-study-") as name:
        root = Path(name) / _LABELLED
        written = list(write_fragments(labelled, root))
        places = [Place(_LABELLED, one.path, 1, max(one.lines, 1)) for one in written[: len(fragments)]]
        here = _engine_at(engine, user_folder, Path(name) / FOLDER_NAME)
        here.index([root], progress)
        with _opened(here, fragments, places) as found:
            yield found


@contextmanager
def corpus_surroundings(
    engine: Engine, user_folder: Path, corpus: Path, fragments: Sequence[Fragment], progress: Progress
) -> Iterator[Surroundings]:
    """The code of a folder, in a temporary index."""
    with TemporaryDirectory(prefix="codesearch-study-") as name:
        here = _engine_at(engine, user_folder, Path(name) / FOLDER_NAME)
        here.index([corpus], progress)
        with _opened(here, fragments) as found:
            yield found


@contextmanager
def indexed_surroundings(engine: Engine, fragments: Sequence[Fragment]) -> Iterator[Surroundings]:
    """The code of an index that exists.

    Raises:
        IndexFailure: There is none, or it cannot be used.
    """
    with _opened(engine, fragments) as found:
        yield found


def _engine_at(engine: Engine, user_folder: Path, folder: Path) -> Engine:
    """An engine whose index and store are files of a folder, whatever the user's own are."""
    index = engine.settings.index.model_copy(update={"dir": folder})
    store = engine.settings.store.model_copy(update={"url": SecretStr("")})
    return Engine(engine.settings.model_copy(update={"index": index, "store": store}), user_folder)


@contextmanager
def _opened(
    engine: Engine, fragments: Sequence[Fragment], places: Sequence[Place] | None = None
) -> Iterator[Surroundings]:
    """The open index of an engine.

    Args:
        engine: Whose index.
        fragments: What pairs are made of.
        places: Where they were written to, None to look them up.
    """
    with engine.searcher() as searcher, engine.open_database() as database:
        corpus = IndexedCorpus(searcher.snapshot, database)
        if places is None:
            found = corpus.places(fragments)
            standing = [found.get(fragment.exact_key) for fragment in fragments]
        else:
            standing = list(places)

        def side(position: int) -> CaseSide:
            found = _side(fragments[position], standing[position], corpus)
            # A fragment that was written to a file is a piece of one that nobody has: that the file imports
            # nothing does not mean that the piece calls nothing of the others.
            return found if places is None else replace(found, place=None)

        def near(fragment: Fragment) -> tuple[Fragment, ...]:
            return _near(searcher, fragment, engine.settings.retrieval.candidates)

        yield Surroundings(ContextSource(corpus, _reader(engine)), side, near)


def _side(fragment: Fragment, place: Place | None, corpus: Corpus) -> CaseSide:
    """A fragment with the name under which it stands at a place."""
    defined = corpus.defined_in(place) if place is not None else ()
    for one in defined:
        if one.key == fragment.exact_key:
            return CaseSide(fragment, place, one.name, one.container)
    return CaseSide(fragment, place)


def _near(searcher: Searcher, fragment: Fragment, candidates: int) -> tuple[Fragment, ...]:
    [hits] = searcher.retriever.search([fragment], candidates)
    [settled] = searcher.settle([fragment], [hits.rows])
    return tuple(contrast_of([(searcher.snapshot.fragment(row), pair.decision) for row, pair in settled]))


def _reader(engine: Engine) -> Callable[[Place], bytes | None]:
    """Reads files of the indexed corpora as they are now; None where that fails."""
    roots = engine.corpus_roots()
    most = engine.settings.corpus.max_file_bytes

    def read(place: Place) -> bytes | None:
        root = roots.get(place.corpus)
        return None if root is None else reread_member(root, place.path, most)

    return read
