"""Places in the audited files that talk to whoever judges them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice

from codesearch.audit.ignored import TextOf
from codesearch.core.audit import ManipulationFinding
from codesearch.core.results import Place
from codesearch.core.store.population import AnalysedFile
from codesearch.core.types import Role
from reranker.judge.manipulation.detector import Manipulation, find_manipulations

MOST_PER_FILE = 100  # a file that says so much has been told; a generated one could fill the disk with it
UNREAD = "manipulations:files-changed"
CUT = "manipulations:cut"


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found.

    Attributes:
        found: By corpus, path and line, at most :data:`MOST_PER_FILE` of a file.
        degraded: What was not looked at, or left out.
    """

    found: tuple[ManipulationFinding, ...]
    degraded: frozenset[str]


def scan_files(files: Sequence[AnalysedFile], roles: Collection[Role], text_of: TextOf) -> Scan:
    """Look for manipulations in files, each content once.

    Args:
        files: By corpus and path.
        roles: Roles of the files that are looked at.
        text_of: Reads a file.
    """
    found: list[ManipulationFinding] = []
    degraded: set[str] = set()
    known: dict[bytes, tuple[Manipulation, ...]] = {}
    for file in files:
        if file.role not in roles:
            continue
        if file.hash not in known:
            text = text_of(file.corpus, file.path)
            if text is None:
                degraded.add(UNREAD)
                continue
            known[file.hash] = find_manipulations(text)
        places = known[file.hash]
        if len(places) > MOST_PER_FILE:
            degraded.add(CUT)
        found += (_finding(file, place) for place in islice(places, MOST_PER_FILE))
    return Scan(tuple(found), frozenset(degraded))


def _finding(file: AnalysedFile, found: Manipulation) -> ManipulationFinding:
    place = Place(file.corpus, file.path, found.line, found.line)
    return ManipulationFinding(place, str(found.kind), found.excerpt, file.role)
