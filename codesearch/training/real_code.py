"""Mines source packages of real projects for weak positives: the embedder's training set of real code.

Archives enter; rows of the labelled-data format leave (see :mod:`codesearch.evaluation.datasets`), one per
function, those of one group being probably the same function. Contest programs alone would teach the embedder
a language that repositories do not speak.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from pathlib import Path
from threading import Lock

from codesearch.core.errors import InputError
from codesearch.training.packages import ArchiveLimits, Package, package_archives
from codesearch.training.real_functions import PackageFunctions, RealFunction, package_functions
from codesearch.training.weak_positives import GroupRules, WeakGroup, name_groups, version_groups
from indexer.parsing.process import WorkerDied, WorkerLimits, WorkerProcess

_Reader = WorkerProcess[Path, PackageFunctions]

VALID_SHARE = 20  # one group in so many is kept for validation

Tell = Callable[[str], None]
"""Hears of each archive, once it is read, in a few words."""


@dataclass(frozen=True, slots=True)
class MiningOptions:
    """How packages are read and grouped.

    Attributes:
        rules: What makes a group.
        limits: What is read of one archive.
        jobs: Worker processes.
        seconds: What one archive may take.
        memory: Bytes that a worker process may take.
    """

    rules: GroupRules = field(default_factory=GroupRules)
    limits: ArchiveLimits = field(default_factory=ArchiveLimits)
    jobs: int = 1
    seconds: float = 300.0
    memory: int = 4 << 30


@dataclass(frozen=True, slots=True)
class MiningSummary:
    """What was read and what came of it.

    Attributes:
        used: Releases that gave functions to groups, by package URL, with their licence families.
        unlicensed: Archives whose licence is not permissive, or is not known.
        unreadable: Archives that could not be read or parsed, with the reason.
        candidates: Functions that were compared.
        name_groups: Groups by name.
        version_groups: Groups by version.
        languages: Functions written, by language.
        splits: Functions written, by split.
    """

    used: dict[str, str]
    unlicensed: tuple[str, ...]
    unreadable: dict[str, str]
    candidates: int
    name_groups: int
    version_groups: int
    languages: dict[str, int]
    splits: dict[str, int]


def mine_real_code(sources: Sequence[Path], out: Path, options: MiningOptions, tell: Tell) -> MiningSummary:
    """Write the weak positives of source packages as one ``.jsonl.gz``; the same packages give the same file.

    Args:
        sources: Archives, or folders that hold them. Of a project in several releases, the newest takes part
            in the groups by name, all in the groups by version.
        out: Where the rows go: ``id``, ``lang``, ``group``, ``code``, ``split``, ``license`` and ``source``.
        options: How.
        tell: Hears of each archive.

    Raises:
        InputError: There is no archive, no two functions are alike, or the file cannot be written.
    """
    read: list[PackageFunctions] = []
    unlicensed: list[str] = []
    unreadable: dict[str, str] = {}
    for path, outcome in _outcomes(package_archives(sources), options):
        if isinstance(outcome, str):
            unreadable[path.name] = outcome
        elif outcome.package.licence is None:
            unlicensed.append(path.name)
        else:
            read.append(outcome)
        tell(f"{path.name}: {outcome if isinstance(outcome, str) else f'{len(outcome.functions)} functions'}")
    releases = _releases(read)
    groups = list(name_groups(_found(project[-1:] for project in releases), options.rules))
    taken = {id(function) for group in groups for _, function in group.members}
    several = _found(project for project in releases if len(project) > 1)
    versions = [
        group
        for group in version_groups(several, options.rules)
        if not any(id(function) in taken for _, function in group.members)
    ]
    rows = [row for group in (*groups, *versions) for row in _rows(group)]
    if not rows:
        raise InputError("no two functions of these packages are alike", "give more packages")
    _write(out, rows)
    return MiningSummary(
        used=dict(sorted(_used((*groups, *versions)))),
        unlicensed=tuple(unlicensed),
        unreadable=unreadable,
        candidates=sum(len(release.functions) for release in read),
        name_groups=len(groups),
        version_groups=len(versions),
        languages=dict(Counter(row["lang"] for row in rows).most_common()),
        splits=dict(Counter(row["split"] for row in rows).most_common()),
    )


def _releases(read: Iterable[PackageFunctions]) -> list[list[PackageFunctions]]:
    """The releases of each project, oldest first, each version once; projects by name."""
    projects: dict[str, dict[str, PackageFunctions]] = defaultdict(dict)
    for release in read:
        projects[release.package.project].setdefault(release.package.version, release)
    return [
        sorted(projects[name].values(), key=lambda release: release.package.version_order)
        for name in sorted(projects)
    ]


def _found(releases: Iterable[Sequence[PackageFunctions]]) -> list[tuple[Package, RealFunction]]:
    return [(one.package, function) for project in releases for one in project for function in one.functions]


def _used(groups: Iterable[WeakGroup]) -> set[tuple[str, str]]:
    return {(package.url, package.licence or "") for group in groups for package, _ in group.members}


def _rows(group: WeakGroup) -> Iterator[dict[str, str]]:
    # By the name, so that no function of one name is trained on and validated with.
    digest = blake2b(b"_".join(group.words), digest_size=8).digest()
    split = "valid" if int.from_bytes(digest, "little") % VALID_SHARE == 0 else "train"
    for package, function in group.members:
        yield {
            "id": f"{package.url}#{function.path}:{function.line}",
            "lang": function.language,
            "group": group.id,
            "code": function.code,
            "split": split,
            "license": function.licence,
            "source": package.url,
        }


def _write(out: Path, rows: Sequence[dict[str, str]]) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # Without a time stamp: the same rows are the same bytes.
        with out.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as stream:
            for row in rows:
                stream.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    except OSError as error:
        raise InputError(f"cannot write {out}", error.strerror or str(error)) from error


_Outcome = PackageFunctions | str


def _outcomes(archives: Sequence[Path], options: MiningOptions) -> Iterator[tuple[Path, _Outcome]]:
    """What each archive gives, or why it gives nothing, in order; at most ``jobs`` are read at a time."""
    # The readers are closed first: that is what ends the threads.
    with ThreadPoolExecutor(options.jobs) as threads, closing(_Readers(options)) as readers:
        yield from zip(archives, threads.map(readers.read, archives), strict=True)


class _Readers:
    """Processes that read archives: one that is killed by a hostile file takes no other archive with it."""

    def __init__(self, options: MiningOptions) -> None:
        self._work = partial(package_functions, limits=options.limits)
        self._limits = WorkerLimits(options.seconds, options.memory)
        self._lock = Lock()
        self._closed = False
        self._alive: list[_Reader] = []
        self._idle: list[_Reader] = []

    def read(self, archive: Path) -> _Outcome:
        """The functions of an archive, or why there are none; safe to call from several threads."""
        reader = self._take()
        if reader is None:
            return "stopped"
        try:
            (outcome,) = reader.ask([archive])
        except WorkerDied as death:
            return death.reason.value
        except InputError as error:
            self._idle.append(reader)
            return str(error)
        self._idle.append(reader)
        return outcome

    def close(self) -> None:
        """Kill all processes; archives that are still waiting are not read."""
        with self._lock:
            self._closed = True
            for reader in self._alive:
                reader.kill()

    def _take(self) -> _Reader | None:
        with self._lock:
            if self._closed:
                return None
            if self._idle:
                return self._idle.pop()
            reader: _Reader = WorkerProcess(self._work, self._limits)
            self._alive.append(reader)
        reader.greet()
        return reader
