"""What the user said about a pair is final."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from codesearch.core.feedback import Precedent
from codesearch.core.judge import Case, Ruling
from codesearch.core.results import Verdict
from reranker.judge.clone_type import clone_type_of

CERTAIN = 0.99  # people err too, as do two of a hundred of the labels that we know


class UserVerdicts:
    """Rules on the very pairs that the user accepted or rejected, and on no others."""

    degraded: frozenset[str] = frozenset()

    def __init__(self, precedents: Iterable[Precedent]) -> None:
        self._said = {precedent.pair: precedent for precedent in precedents}

    def __bool__(self) -> bool:
        """Whether the user said anything at all."""
        return bool(self._said)

    def accepts(self, first: tuple[bytes, str], second: tuple[bytes, str]) -> bool:
        """Whether the user called a pair of contents, each given by its key and language, a clone."""
        if not self._said:  # every candidate of every query is asked about
            return False
        precedent = self._said.get(frozenset((key.hex(), language) for key, language in (first, second)))
        return precedent is not None and precedent.verdict is Verdict.CLONE

    def judge(self, cases: Sequence[Case]) -> list[Ruling | None]:
        """One ruling per case, in order; None where the user said nothing."""
        return [self._ruling(case) for case in cases] if self._said else [None] * len(cases)

    def _ruling(self, case: Case) -> Ruling | None:
        sides = (case.first.fragment, case.second.fragment)
        precedent = self._said.get(frozenset((side.exact_key.hex(), side.language) for side in sides))
        if precedent is None:
            return None
        is_clone = precedent.verdict is Verdict.CLONE
        said = "Accepted" if is_clone else "Rejected"
        by = f" by {precedent.by}" if precedent.by else ""
        return Ruling(
            verdict=precedent.verdict,
            clone_type=clone_type_of(case) if is_clone else None,
            probability=CERTAIN if is_clone else 1 - CERTAIN,
            decided_by="precedents",
            reason=f"{said}{by}: {precedent.reason}" if precedent.reason else f"{said}{by}",
        )
