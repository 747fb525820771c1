"""One sentence for a person: what is equal, renamed, added and removed."""

from __future__ import annotations

from collections.abc import Sequence

from codesearch.core.results import CloneType, Evidence, EvidenceKind
from retriever.alignment import Alignment, Rename

_RENAMES_SHOWN = 3
_TELLING = 0.5  # from this similarity on a pair is Type-3 by its text (Svajlenko et al. 2014)


def explain(alignment: Alignment, evidence: Sequence[Evidence], clone_type: CloneType | None) -> str:
    """The sentence, such as ``84 % of the tokens align (ST3); 2 lines added; renamed: ifp→in, ofp→out``.

    Lines and names are told where half of the tokens align; under that they would be a list of accidents.
    """
    parts = [_opening(alignment, clone_type)]
    if alignment.similarity < _TELLING:
        return parts[0]
    for kind, verb in (
        (EvidenceKind.ADDED, "added"),
        (EvidenceKind.REMOVED, "removed"),
        (EvidenceKind.CHANGED, "changed"),
    ):
        if lines := _lines(evidence, kind):
            parts.append(f"{lines} line{'s' if lines > 1 else ''} {verb}")
    if renames := alignment.renames():
        parts.append(f"renamed: {_mapping(renames)}")
    return "; ".join(parts)


def band(similarity: float) -> str:
    """BigCloneBench's Type-3 band of a similarity (Svajlenko et al. 2014), empty under 50 %."""
    for floor, name in ((0.9, "VST3"), (0.7, "ST3"), (0.5, "MT3")):
        if similarity >= floor:
            return name
    return ""


def _opening(alignment: Alignment, clone_type: CloneType | None) -> str:
    share = f"{100 * alignment.similarity:.0f} % of the tokens align"
    match clone_type:
        case CloneType.T1:
            return "Identical but for layout and comments"
        case CloneType.T2:
            return "Same statements with other names, literals or types"
        case CloneType.T3:
            name = band(alignment.similarity)
            return f"{share} ({name})" if name else share
        case CloneType.T4:
            return f"Other syntax, alike in names and operations ({share})"
        case None:
            return f"{share}, {100 * alignment.agreement:.0f} % with the same text"


def _lines(evidence: Sequence[Evidence], kind: EvidenceKind) -> int:
    ranges = [row.query_lines or row.match_lines or (1, 0) for row in evidence if row.kind is kind]
    return sum(last - first + 1 for first, last in ranges)


def _mapping(renames: Sequence[Rename]) -> str:
    shown = ", ".join(f"{rename.query}→{rename.match}" for rename in renames[:_RENAMES_SHOWN])
    rest = len(renames) - _RENAMES_SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown
