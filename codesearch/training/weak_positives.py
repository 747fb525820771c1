"""Weak positives: functions that nobody has labelled, but that probably do the same thing.

By name: unrelated projects that give a function the same rare name of several words, with a like number of
parameters, a like length and a like vocabulary, mostly mean the same by it. By version: a function that a
project changed between two releases mostly still does what it did.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from codesearch.core.types import F32, U32, U64
from codesearch.training.packages import Package
from codesearch.training.real_functions import RealFunction


@dataclass(frozen=True, slots=True)
class GroupRules:
    """What makes a group.

    Attributes:
        packages: A name that more projects use is not rare.
        definitions: A name that one project defines more often is a slot that classes fill, each its way.
        length_ratio: Longer over shorter member, in tokens.
        parameters: By how many the numbers of parameters may differ.
        copied: Share of the winnowed fingerprints of the smaller side from which on two functions count as
            copies of each other, not as two ways to say the same.
        alike: Least cosine of the weighted vocabularies of two members of one language. Read by eye, nearly
            nine of ten groups were right above, half between .18 and .30, a third between .12 and .18.
        alike_across: Likewise, of two languages; below .15 a third were right.
        per_word: Each word of a name beyond the second lowers those two by this factor: a long name is shared
            by chance less often. Of the groups that it lets in three of four were right.
        members: Functions of a group at most.
        per_package: Functions of one project in a group at most.
        changed: Most fingerprints that versions may share: one edited line teaches nothing.
        kept: Least fingerprints that versions must share: below, one was replaced, not changed.
        per_project: Groups by version of a project at most, the most changed ones: large projects would
            otherwise drown the rest.
    """

    packages: int = 25
    definitions: int = 3
    length_ratio: float = 2.5
    parameters: int = 1
    copied: float = 0.6
    alike: float = 0.3
    alike_across: float = 0.18
    per_word: float = 0.7
    members: int = 6
    per_package: int = 2
    changed: float = 0.9
    kept: float = 0.2
    per_project: int = 150


@dataclass(frozen=True, slots=True)
class Candidate:
    """A function of a release, with what comparing it needs unpacked once.

    Attributes:
        package: The release.
        function: The function.
        terms: Ascending and distinct, as in the function.
        weights: Of each term; of length 1 together, or all 0.
        fingerprints: Ascending and distinct.
    """

    package: Package
    function: RealFunction
    terms: U64
    weights: F32
    fingerprints: U32


@dataclass(frozen=True, slots=True)
class WeakGroup:
    """Functions that probably do the same thing.

    Attributes:
        id: ``name:read_csv_file`` and a number, or ``version:`` with the project and qualified name.
        words: Of the name that they share.
        members: Two at least.
    """

    id: str
    words: tuple[bytes, ...]
    members: tuple[tuple[Package, RealFunction], ...]


Found = Sequence[tuple[Package, RealFunction]]


class TermWeights:
    """How much a term tells: the inverse of how many functions use it."""

    def __init__(self, functions: Sequence[RealFunction]) -> None:
        every = np.concatenate([np.zeros(0, np.uint64), *(_terms(function) for function in functions)])
        self._terms, counts = np.unique(every, return_counts=True)
        self._weights = np.log((1 + len(functions)) / counts).astype(np.float32)

    def candidate(self, package: Package, function: RealFunction) -> Candidate:
        """A function with the normalised weights of its terms."""
        terms = _terms(function)
        weights = self._weights[np.searchsorted(self._terms, terms)]
        norm = float(np.linalg.norm(weights))
        weights = weights / norm if norm else weights
        return Candidate(package, function, terms, weights, _fingerprints(function))


def name_groups(found: Found, rules: GroupRules) -> Iterator[WeakGroup]:
    """Groups by name, each function in one at most; in order of the names.

    Args:
        found: Functions of one release per project.
        rules: What makes a group.
    """
    weights = TermWeights([function for _, function in found])
    by_name: dict[tuple[bytes, ...], list[tuple[Package, RealFunction]]] = defaultdict(list)
    for package, function in found:
        by_name[function.words].append((package, function))
    for words in sorted(by_name):
        sharing = by_name[words]
        projects = Counter(package.project for package, _ in sharing)
        if 2 <= len(projects) <= rules.packages and max(projects.values()) <= rules.definitions:
            candidates = [weights.candidate(*entry) for entry in sharing]
            for number, members in enumerate(_cliques(candidates, rules)):
                name = "_".join(word.decode("utf-8", "replace") for word in words)
                yield WeakGroup(
                    f"name:{name}:{number}", words, tuple((m.package, m.function) for m in members)
                )


def version_groups(found: Found, rules: GroupRules) -> Iterator[WeakGroup]:
    """Groups of one function in several releases, the newest first; those of one project together.

    Args:
        found: Functions of projects that come in several releases.
        rules: What makes a group.
    """
    by_place: dict[tuple[str, str, str, str], list[tuple[Package, RealFunction]]] = defaultdict(list)
    for package, function in found:
        place = package.project, function.path, function.container, function.name
        by_place[place].append((package, function))
    by_project: dict[str, list[tuple[float, WeakGroup]]] = defaultdict(list)
    for (project, path, container, name), releases in by_place.items():
        versions = Counter(package.version for package, _ in releases)
        if max(versions.values()) > 1:  # overloads: which one became which is not known
            continue
        shared, kept = _changing(releases, rules)
        if len(kept) > 1:
            group = WeakGroup(f"version:{project}:{path}:{container}.{name}", kept[0][1].words, tuple(kept))
            by_project[project].append((shared, group))
    for project in sorted(by_project):
        most_changed = sorted(by_project[project], key=lambda entry: (entry[0], entry[1].id))
        yield from (group for _, group in most_changed[: rules.per_project])


def are_related(a: Package, b: Package) -> bool:
    """Whether two projects may share authors and code: by a word that both are named by."""
    return not _name_words(a.name).isdisjoint(_name_words(b.name))


def similarity(a: Candidate, b: Candidate) -> float:
    """Cosine of the weighted vocabularies of two functions, 0 to 1; the words of their names play no part."""
    _, ours, theirs = np.intersect1d(a.terms, b.terms, assume_unique=True, return_indices=True)
    return float(a.weights[ours] @ b.weights[theirs])


def _changing(releases: Found, rules: GroupRules) -> tuple[float, list[tuple[Package, RealFunction]]]:
    """Versions that differ from the next one kept, newest first, and the share that the last two share."""
    newest, *older = sorted(releases, key=lambda entry: entry[0].version_order, reverse=True)
    kept, last = [newest], 1.0
    for entry in older:
        shared = _overlap(_fingerprints(kept[-1][1]), _fingerprints(entry[1]))
        if rules.kept <= shared <= rules.changed and len(kept) < rules.members:
            kept.append(entry)
            last = shared
    return last, kept


def _cliques(candidates: Sequence[Candidate], rules: GroupRules) -> Iterator[list[Candidate]]:
    """Sets in which every two fit, greedily from the most alike pair on, each candidate in one at most."""
    fits = {}
    for i, a in enumerate(candidates):
        for j in range(i):
            if _is_like(a, candidates[j], rules):
                alike = similarity(a, candidates[j])
                if alike >= _bar(a.function, candidates[j].function, rules):
                    fits[j, i] = alike
    used: set[int] = set()
    for pair in sorted((p for p in fits if _unrelated(candidates, p)), key=lambda p: (-fits[p], p)):
        if used & set(pair):
            continue
        members = list(pair)
        for other in range(len(candidates)):
            if other not in used and other not in members and len(members) < rules.members:
                edges = [(min(other, member), max(other, member)) for member in members]
                crowded = sum(
                    candidates[m].package.project == candidates[other].package.project for m in members
                )
                if crowded < rules.per_package and all(edge in fits for edge in edges):
                    members.append(other)
        used.update(members)
        yield [candidates[member] for member in members]


def _bar(f: RealFunction, g: RealFunction, rules: GroupRules) -> float:
    alike = rules.alike if f.language == g.language else rules.alike_across
    return alike * rules.per_word ** (len(f.words) - 2)


def _unrelated(candidates: Sequence[Candidate], pair: tuple[int, int]) -> bool:
    return not are_related(candidates[pair[0]].package, candidates[pair[1]].package)


def _is_like(a: Candidate, b: Candidate, rules: GroupRules) -> bool:
    """Whether two functions have a like shape and are no copies."""
    f, g = a.function, b.function
    if abs(f.parameters - g.parameters) > rules.parameters:
        return False
    if max(f.length, g.length) > rules.length_ratio * min(f.length, g.length):
        return False
    return f.renamed_key != g.renamed_key and _overlap(a.fingerprints, b.fingerprints) < rules.copied


def _overlap(a: U32, b: U32) -> float:
    """Shared fingerprints as a share of those of the smaller side; 0 when a side has none."""
    smaller = min(len(a), len(b))
    return len(np.intersect1d(a, b, assume_unique=True)) / smaller if smaller else 0.0


def _terms(function: RealFunction) -> U64:
    return np.frombuffer(function.terms, np.uint64)


def _fingerprints(function: RealFunction) -> U32:
    return np.frombuffer(function.fingerprints, np.uint32)


# Where a project is from; not its name.
_ECOSYSTEM_WORDS = frozenset({"python", "py", "lib", "ruby", "rust", "php", "node", "js", "golang", "github"})
_LONG_WORD = 5  # letters: projects share "core", "cli" and "io" without being kin


def _name_words(name: str) -> set[str]:
    """The words that a project may share with its kin only: its first one, and those that are long."""
    words = re.findall(r"[a-z]+", name.lower())
    own = [word for word in words if word not in _ECOSYSTEM_WORDS] or words
    return {*own[:1], *(word for word in own if len(word) >= _LONG_WORD)}
