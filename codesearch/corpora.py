"""Which corpora a command is about, and which of them are indexed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from codesearch.core.errors import InputError
from codesearch.core.store.corpora import read_corpora
from codesearch.core.store.database import Database


def require_apart(roots: Sequence[Path], database: Database, fetched: Path | None = None) -> None:
    """Refuse a corpus that overlaps an indexed one, whose files would be copies of themselves.

    Args:
        roots: Of the corpora.
        database: The store of the index.
        fetched: Folder of its fetched sources, which no walk of a corpus around it enters; None for none.

    Raises:
        InputError: It lies inside an indexed corpus, or one inside it.
    """
    with database.read() as connection:
        indexed = [corpus.root for corpus in read_corpora(connection)]
    for root in roots:
        for other in indexed:
            if _overlaps(root, other, fetched):
                raise InputError(f"{root} lies inside the indexed corpus {other}", f"index {other} again")
            if _overlaps(other, root, fetched):
                raise InputError(
                    f"the indexed corpus {other} lies inside {root}",
                    "index the larger one into another --index",
                )


def named_corpora(roots: Iterable[Path], database: Database) -> dict[str, Path]:
    """The indexed corpora at these folders by name.

    Raises:
        InputError: One is not indexed.
    """
    with database.read() as connection:
        names = {corpus.root: corpus.name for corpus in read_corpora(connection)}
    found = {}
    for root in roots:
        resolved = root.resolve()
        resolved = resolved.parent if resolved.is_file() else resolved  # a file's corpus is its folder
        if resolved not in names:
            raise InputError(f"{root} is not in the index", "leave --no-refresh out to index it")
        found[names[resolved]] = resolved
    return dict(sorted(found.items()))


def distinct_paths(paths: Sequence[Path], fetched: Path | None = None) -> list[Path]:
    """The paths without repeats; for ``fetched`` see :func:`require_apart`.

    Raises:
        InputError: One lies inside another, so that its files would count twice.
    """
    resolved = {path.resolve(): path for path in paths}
    for inner, shown in resolved.items():
        outer = next((other for other in resolved if _overlaps(inner, other, fetched)), None)
        if outer is not None:
            raise InputError(f"{shown} lies inside {resolved[outer]}", "index the outer one alone")
    return list(resolved.values())


def _overlaps(inner: Path, outer: Path, fetched: Path | None) -> bool:
    """Whether a walk of ``outer`` sees the files of ``inner``."""
    hidden = fetched is not None and fetched.is_relative_to(outer) and inner.is_relative_to(fetched)
    return inner != outer and inner.is_relative_to(outer) and not hidden
