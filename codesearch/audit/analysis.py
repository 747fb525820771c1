"""What the code alone says, before anything that the repository or the user accepts: kept for the next audit.

An audit of an index that did not change reads it back instead of comparing anything.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from codesearch.audit.classes.describing import UnnamedClass
from codesearch.audit.classes.finding import Findings
from codesearch.audit.classes.population import Population
from codesearch.audit.manipulations import CUT, Scan
from codesearch.core.audit import Action, CloneClass, ManipulationFinding, Member, RoleSummary, Variation
from codesearch.core.results import CloneType, Place
from codesearch.core.store.population import AnalysedFile
from codesearch.core.types import FragmentKind, Role
from reranker.judge.stage import NOT_CONFIGURED

log = logging.getLogger(__name__)

FILE = "analysis.json"

_LASTING = frozenset({NOT_CONFIGURED, CUT})
"""What stays as it is while the code and the settings do."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """Classes and counts.

    Attributes:
        classes: Of the roles that were asked for, largest first; with ids once they are named.
        by_role: Every role that the files have.
        fragments: Occurrences that were compared, by role.
        compared: Candidate pairs whose text was compared to make it.
        refused: Classes of the text that a judge took for none.
        manipulations: What talks to a judge, by corpus, path and line.
        degraded: What did not go as configured while it was made.
    """

    classes: Sequence[UnnamedClass]
    by_role: Mapping[Role, RoleSummary]
    fragments: Mapping[Role, int]
    compared: int
    refused: int = 0
    manipulations: tuple[ManipulationFinding, ...] = ()
    degraded: frozenset[str] = frozenset()

    @property
    def is_final(self) -> bool:
        """Whether the next audit of the same code would say the same: no judge failed or ran out of budget,
        and every file could be read.
        """
        return self.degraded <= _LASTING


def analyse(population: Population, findings: Findings, scan: Scan) -> Analysis:
    """Count what was found in a population and its files."""
    roles = [file.role for file in population.files]
    fragments = dict.fromkeys(roles, 0)
    for file in population.file.tolist():
        fragments[roles[file]] += 1
    return Analysis(
        classes=findings.classes,
        by_role=_by_role(population.files, findings),
        fragments=fragments,
        compared=findings.compared,
        refused=findings.refused,
        manipulations=scan.found,
        degraded=findings.degraded | scan.degraded,
    )


def _by_role(files: Sequence[AnalysedFile], findings: Findings) -> dict[Role, RoleSummary]:
    role_of = {(file.corpus, file.path): file.role for file in files}
    summaries = {}
    for role in sorted({file.role for file in files}, key=list(Role).index):
        places = [places for found, places in findings.places if found is role]
        own = (place for group in places for place in group if role_of[place.corpus, place.path] is role)
        lines = sum(file.lines for file in files if file.role is role)
        count = sum(file.role is role for file in files)
        summaries[role] = RoleSummary(count, lines, len(places), covered_lines(own))
    return summaries


def covered_lines(places: Iterable[Place]) -> int:
    """Number of lines that lie in one of the places, each counted once."""
    total = 0
    file: tuple[str, str] | None = None
    reach = 0
    for place in sorted(places, key=lambda place: (place.corpus, place.path, place.start_line)):
        if (place.corpus, place.path) != file:
            file, reach = (place.corpus, place.path), 0
        total += max(0, place.end_line - max(reach, place.start_line - 1))
        reach = max(reach, place.end_line)
    return total


def analysis_key(parts: Iterable[str]) -> str:
    """A name for everything that an analysis depends on."""
    return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def load_analysis(path: Path, key: str | None = None) -> Analysis | None:
    """The stored analysis, of this key unless it is None; None when there is none or it is damaged."""
    try:
        stored = json.loads(path.read_bytes())
        body = stored["analysis"]
        if key not in {None, stored["key"]} or stored["checksum"] != _checksum(body):
            return None
        return _analysis(json.loads(body))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as problem:
        log.info("%s cannot be used (%s); the audit is made anew", path, problem)
        return None


def save_analysis(path: Path, key: str, analysis: Analysis) -> None:
    """Keep an analysis for the next audit; a disk that takes none costs time only.

    One that is not final is kept to be looked at, under no key: the next audit is made anew.
    """
    key = key if analysis.is_final else ""
    body = json.dumps(_plain(analysis), ensure_ascii=True)
    try:
        path.parent.mkdir(exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(
            json.dumps({"key": key, "checksum": _checksum(body), "analysis": body}), encoding="ascii"
        )
        os.replace(partial, path)  # noqa: PTH105 - says what it does
    except OSError as problem:
        log.warning("cannot keep the audit in %s: %s", path, problem.strerror)


def _checksum(body: str) -> str:
    return blake2b(body.encode(), digest_size=16).hexdigest()


def _plain(analysis: Analysis) -> dict[str, object]:
    return {
        "classes": [[item.mark.hex(), asdict(item.found)] for item in analysis.classes],
        "by_role": {role: asdict(summary) for role, summary in analysis.by_role.items()},
        "fragments": dict(analysis.fragments),
        "compared": analysis.compared,
        "refused": analysis.refused,
        "manipulations": [asdict(found) for found in analysis.manipulations],
        "degraded": sorted(analysis.degraded),
    }


def _analysis(raw: dict[str, Any]) -> Analysis:
    return Analysis(
        [UnnamedClass(_clone_class(found), bytes.fromhex(mark)) for mark, found in raw["classes"]],
        {Role(role): RoleSummary(**summary) for role, summary in raw["by_role"].items()},
        {Role(role): count for role, count in raw["fragments"].items()},
        raw["compared"],
        raw["refused"],
        tuple(map(_manipulation, raw["manipulations"])),
        frozenset(raw["degraded"]),
    )


def _clone_class(raw: dict[str, Any]) -> CloneClass:
    varies = raw["variation"]
    names = tuple((ours, theirs) for ours, theirs in varies["names"])
    return CloneClass(
        **raw
        | {
            "clone_type": CloneType(raw["clone_type"]),
            "role": Role(raw["role"]),
            "members": tuple(map(_member, raw["members"])),
            "variation": Variation(**varies | {"names": names, "skeleton": tuple(varies["skeleton"])}),
            "action": Action(raw["action"]),
            "precedents": tuple(raw["precedents"]),
        }
    )


def _member(raw: dict[str, Any]) -> Member:
    return Member(
        **raw
        | {
            "place": Place(**raw["place"]),
            "kind": FragmentKind(raw["kind"]),
            "role": Role(raw["role"]),
        }
    )


def _manipulation(raw: dict[str, Any]) -> ManipulationFinding:
    return ManipulationFinding(**raw | {"place": Place(**raw["place"]), "role": Role(raw["role"])})
