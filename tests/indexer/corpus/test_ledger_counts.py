"""The ledger adds up, or there is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.types import Role
from indexer.corpus.ledger import Ledger, LedgerMismatch, SkipReason, Tally

FATES = st.lists(st.one_of(st.none(), st.sampled_from(SkipReason)))


def ledger(fates: list[SkipReason | None]) -> Ledger:
    tally = Tally()
    for fate in fates:
        tally.see()
        if fate is None:
            tally.analyse(Role.SOURCE, "python", "utf-8")
        else:
            tally.skip(fate)
    return tally.close()


@given(FATES, FATES)
def test_seen_is_analysed_plus_skipped_also_after_merging(
    one: list[SkipReason | None], two: list[SkipReason | None]
) -> None:
    merged = ledger(one) + ledger(two)
    assert merged == ledger(one + two)
    assert merged.seen == len(one) + len(two) == merged.analysed + sum(merged.skipped.values())
    assert list(merged.skipped) == sorted(merged.skipped)


def test_breakdowns_count_every_analysed_file() -> None:
    tally = Tally()
    for role, language, encoding in [(Role.SOURCE, "python", "utf-8"), (Role.TEST, "java", "latin-1")]:
        tally.see()
        tally.analyse(role, language, encoding)
    closed = tally.close()
    assert closed.roles == {"source": 1, "test": 1}
    assert closed.languages == {"java": 1, "python": 1}
    assert closed.encodings == {"latin-1": 1, "utf-8": 1}


def test_a_lost_file_fails_the_run() -> None:
    tally = Tally()
    tally.see()
    with pytest.raises(LedgerMismatch, match="1 files were seen, 0 analysed and 0 skipped"):
        tally.close()


def test_a_breakdown_that_forgets_a_file_fails_the_run() -> None:
    with pytest.raises(LedgerMismatch, match="by role"):
        Ledger(seen=1, analysed=1)


def test_a_reason_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="because"):
        Tally().skip("because")
