"""From the classes of the code to those that are reported: what is accepted, what is new, the gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codesearch.audit.accepted import Screened, screen
from codesearch.audit.accepted_file import ACCEPTED_FILE, read_accepted
from codesearch.audit.analysis import Analysis, covered_lines
from codesearch.audit.baseline import Baseline, Marked
from codesearch.audit.churn import recent_commits
from codesearch.audit.classes.assembly import without_members
from codesearch.audit.classes.order import by_merge_value
from codesearch.audit.gate import evaluate
from codesearch.audit.ignored import TextOf, hide_ignored
from codesearch.audit.options import AuditOptions
from codesearch.audit.since import ChangedLines, restrict
from codesearch.core.audit import AuditReport, AuditSummary, CloneClass, Hidden, RoleSummary
from codesearch.core.feedback import ContentPair
from codesearch.core.results import CloneType
from codesearch.core.store.population import AnalysedFile
from codesearch.core.types import Role


@dataclass(frozen=True, slots=True)
class Reference:
    """What tells new from old.

    Attributes:
        baseline: The known classes; None without any.
        changed: Changed lines by corpus; None to report unchanged code too.
    """

    baseline: Baseline | None = None
    changed: Mapping[str, ChangedLines] | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """The outcome.

    Attributes:
        report: What is reported.
        standing: The report as it were without ``--since``: what the history and a baseline keep.
    """

    report: AuditReport
    standing: AuditReport


class Judging:
    """Judges the classes of an analysis.

    Args:
        corpora: Folder of every audited corpus by name.
        files: What was analysed.
        options: What is wanted.
        rejected: Pairs that the user said are no clones.
    """

    def __init__(
        self,
        corpora: Mapping[str, Path],
        files: Sequence[AnalysedFile],
        options: AuditOptions,
        rejected: frozenset[ContentPair] = frozenset(),
    ) -> None:
        self._corpora = corpora
        self._files = files
        self._options = options
        self._rejected = rejected

    def judge(self, analysis: Analysis, reference: Reference, text_of: TextOf) -> Judged:
        """The report on named classes.

        Args:
            analysis: What the code alone says.
            reference: What is known.
            text_of: Reads a source file, for its comments.
        """
        options = self._options
        found = self._ordered(analysis)
        shown = hide_ignored(found, text_of, without_members)
        left, rejected = _without_rejected(shown.classes, self._rejected)
        screened = self._screened(left)
        standing = self.report(analysis, screened.classes)
        classes = screened.classes
        if reference.changed is not None:
            classes = restrict(classes, reference.changed)
        marked = self._marked(classes, found, reference.baseline)
        report = self.report(analysis, marked.classes)
        gone = reference.baseline is not None and not options.narrowed
        return Judged(
            replace(
                report,
                gate=evaluate(options.conditions, report.summary, marked.classes),
                hidden=Hidden(shown.hidden, len(screened.hidden), rejected, analysis.refused),
                fixed=marked.fixed if gone else None,
                degraded=() if options.narrowed else screened.degraded,
            ),
            standing,
        )

    def report(self, analysis: Analysis, classes: tuple[CloneClass, ...]) -> AuditReport:
        """A report of classes, with nothing judged."""
        return AuditReport(
            summary=self._summary(analysis, classes),
            classes=classes,
            roots={name: str(root) for name, root in self._corpora.items()},
            base=str(_work_tree(self._corpora.values()) or Path.cwd()),
            manipulations=analysis.manipulations,
        )

    def _ordered(self, analysis: Analysis) -> list[CloneClass]:
        """The classes that are likely enough, most worth merging first."""
        commits = {
            (name, path): count
            for name, root in self._corpora.items()
            for path, count in recent_commits(root).items()
        }
        found = [item.found for item in analysis.classes]
        least = self._options.min_probability
        return by_merge_value([item for item in found if item.probability >= least], commits)

    def _screened(self, classes: Sequence[CloneClass]) -> Screened:
        accepted = {
            name: read_accepted(root / ACCEPTED_FILE) for name, root in self._corpora.items() if root.is_dir()
        }
        return screen(classes, accepted)

    def _marked(
        self, classes: Sequence[CloneClass], found: Sequence[CloneClass], baseline: Baseline | None
    ) -> Marked:
        if baseline is None:
            return Marked(tuple(classes), ())
        reported = {item.id for item in classes}
        return baseline.mark(classes, [item.id for item in found if item.id not in reported])

    def _summary(self, analysis: Analysis, classes: Sequence[CloneClass]) -> AuditSummary:
        roles = self._options.roles
        audited = [file for file in self._files if file.role in roles]
        kinds = Counter(found.clone_type for found in classes)
        return AuditSummary(
            files=len(audited),
            lines=sum(file.lines for file in audited),
            fragments=sum(count for role, count in analysis.fragments.items() if role in roles),
            classes=len(classes),
            pairs=sum(found.pairs for found in classes),
            duplicated_lines=_covered(classes, audited),
            by_type={kind: kinds[kind] for kind in CloneType if kind in self._options.types},
            by_role={
                role: self._of_role(counts, role, classes) if role in roles else counts
                for role in Role
                if (counts := analysis.by_role.get(role)) is not None
            },
        )

    def _of_role(self, counts: RoleSummary, role: Role, classes: Sequence[CloneClass]) -> RoleSummary:
        """Counts of a reported role: of what is reported, not of what was found."""
        own = [found for found in classes if found.role is role]
        files = [file for file in self._files if file.role is role]
        return replace(counts, classes=len(own), duplicated_lines=_covered(own, files))


def _without_rejected(
    classes: Sequence[CloneClass], rejected: frozenset[ContentPair]
) -> tuple[list[CloneClass], int]:
    """The classes without members that are rejected against the first one, and how many those are; a class
    left with one member disappears.
    """
    left: list[CloneClass] = []
    hidden = 0
    for found in classes:
        first = found.members[0]
        members = tuple(
            other
            for other in found.members
            if other is first
            or frozenset(((first.content, first.language), (other.content, other.language))) not in rejected
        )
        hidden += len(found.members) - len(members)
        if len(members) == len(found.members):
            left.append(found)
        elif len(members) > 1:
            left.append(without_members(found, members))
    return left, hidden


def _covered(classes: Iterable[CloneClass], files: Iterable[AnalysedFile]) -> int:
    """Lines of some files that lie in a class."""
    wanted = {(file.corpus, file.path) for file in files}
    return covered_lines(
        member.place
        for found in classes
        for member in found.members
        if (member.place.corpus, member.place.path) in wanted
    )


def _work_tree(roots: Iterable[Path]) -> Path | None:
    """Top of the git work tree around the first corpus."""
    first = next(iter(roots))
    return next((folder for folder in (first, *first.parents) if (folder / ".git").exists()), None)
