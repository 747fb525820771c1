"""The files that a request may have opened: those of indexed corpora, wherever links lead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from codesearch.core.errors import InputError
from codesearch.core.results import Place
from codesearch.packs.head import is_packed
from indexer.corpus.names import display_path, system_path
from indexer.corpus.reread import reread_source


@dataclass(frozen=True, slots=True)
class CorpusFiles:
    """Files below the roots of indexed corpora.

    Attributes:
        roots: Folder of every corpus by name.
        here: Folder from which relative paths count.
        max_bytes: Longer files are not read.
        packed: Gives the text of files of mounted packs, None of all others.
    """

    roots: Mapping[str, Path]
    here: Path
    max_bytes: int
    packed: Callable[[Place], bytes | None] = lambda place: None

    def locate(self, path: str) -> Path:
        """The resolved file that a request means: relative to :attr:`here` or to a corpus, or absolute.

        Raises:
            InputError: There is no such file in a corpus; what else there may be is not told.
        """
        for candidate in self._candidates(path):
            found = self._inside(candidate)
            if found is not None:
                return found
        known = ", ".join(display_path(str(root)) for root in self.roots.values())
        raise InputError(f"no file {_shown(path)} in an indexed corpus", f"name one below {known}")

    def lines(self, place: Place) -> list[str] | None:
        """The lines of a place as its file is now; None when that is gone, no text, or outside its corpus."""
        root = self.roots.get(place.corpus)
        path = None if root is None else self._inside(root / system_path(place.path), root)
        text = self.packed(place) if root is None else None
        if path is not None:
            text = reread_source(path, self.max_bytes)
        if text is None:
            return None
        return text.decode("utf-8", "replace").split("\n")[place.start_line - 1 : place.end_line]

    def shown(self, place: Place, here: Path | None) -> str:
        """A place as the client names it: ``src/io.py:10-31`` below ``here``, otherwise in full."""
        root = self.roots.get(place.corpus)
        if root is None and is_packed(place.corpus):
            return f"{place.corpus}/{place.path}:{place.start_line}-{place.end_line}"
        path = Path(system_path(place.path)) if root is None else root / system_path(place.path)
        if here is not None and path.is_relative_to(here):
            path = path.relative_to(here)
        return f"{display_path(str(path))}:{place.start_line}-{place.end_line}"

    def _candidates(self, path: str) -> Iterator[Path]:
        try:
            system = system_path(path)
        except UnicodeEncodeError:  # half a surrogate pair
            return
        yield self.here / system
        for name, root in self.roots.items():
            yield root / system
            yield root / system.removeprefix(f"{name}/")

    def _inside(self, path: Path, *roots: Path) -> Path | None:
        """The path with its links resolved; None unless it is a file in one of the roots, of all corpora if
        none is named.
        """
        try:
            resolved = path.resolve()
            homes = [root.resolve() for root in roots or self.roots.values()]
            inside = any(resolved.is_relative_to(home) for home in homes)
            return resolved if inside and resolved.is_file() else None
        except (OSError, RuntimeError, ValueError):  # a loop of links, a name too long, a NUL in it
            return None


def _shown(path: str) -> str:
    return path if len(path) <= 200 else f"{path[:200]}…"
