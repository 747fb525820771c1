"""What the paths of an audit mean: corpora of their own, or a folder or file in an indexed one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codesearch.audit.options import AuditOptions
from codesearch.core.errors import InputError
from indexer.corpus.names import display_path


@dataclass(frozen=True, slots=True)
class AuditScope:
    """What an audit indexes, the corpora whose classes it finds, and its options within them."""

    indexed: Sequence[Path]
    roots: Sequence[Path]
    options: AuditOptions


def audit_scope(paths: Sequence[Path], options: AuditOptions, indexed: Sequence[Path]) -> AuditScope:
    """What to index and to audit.

    Args:
        paths: As the user named them; none for all that is indexed, or the current folder where nothing is.
        options: What is wanted.
        indexed: Roots of the corpora that the index has.

    Raises:
        InputError: A path does not exist, or narrows what a baseline is to hold.
    """
    for path in paths:
        if not path.exists():
            raise InputError(f"no file or folder {path}", "name what is to be audited")
    if not paths:
        roots = list(indexed) or [Path.cwd()]
        return AuditScope(roots, roots, options)
    inside = _inside(paths[0], options, indexed) if len(paths) == 1 else None
    return inside or AuditScope(paths, paths, options)


def _inside(path: Path, options: AuditOptions, indexed: Sequence[Path]) -> AuditScope | None:
    """The scope of a path that is a part of a corpus; None for one that is a corpus."""
    resolved = path.resolve()
    # The corpus of a file is its folder, of which only the file is read.
    alone = resolved.is_file() and (resolved.parent in indexed or not indexed)
    root = resolved.parent if alone else next((root for root in indexed if root in resolved.parents), None)
    if root is None:
        return None
    if options.update_baseline and not alone:
        raise InputError(f"a baseline of {path} would forget the rest of {root}", f"audit {root} for it")
    below = replace(options.filters, under=display_path(str(resolved.relative_to(root))))
    return AuditScope([path if alone else root], [root], replace(options, filters=below))
