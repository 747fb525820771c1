"""How every audit report tells of places that talk to the judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b

from codesearch.core.audit import AuditReport, ManipulationFinding
from codesearch.report.audit_wording import counted, short, short_path, shown_path

RULE = "judge-manipulation"
"""What the formats call such a finding; never changes, for alerts are known by it."""
MEANING = "Text that talks to whoever judges the code."
HELP = (
    "No judge reads it, and no verdict depends on it. See whether somebody means to talk a model into "
    "something; take it out, or keep it where it is test data."
)


def manipulations_headline(report: AuditReport) -> str:
    """Such as ``2 places talk to the judge``."""
    count = len(report.manipulations)
    return f"{counted(count, 'place')} {'talks' if count == 1 else 'talk'} to the judge"


def manipulation_place(report: AuditReport, found: ManipulationFinding) -> str:
    """Such as ``src/io.py:10``."""
    return f"{short_path(shown_path(report, found.place.corpus, found.place.path))}:{found.place.start_line}"


def manipulation_sentence(found: ManipulationFinding) -> str:
    """Such as ``Talks to the judge (fake-verdict): "these are clones"``, without a period."""
    return f'Talks to the judge ({short(found.kind)}): "{short(found.excerpt)}"'


def fingerprints(found: Sequence[ManipulationFinding]) -> Iterator[tuple[ManipulationFinding, str]]:
    """Each with 32 hexadecimal digits that stay when its line moves within its file."""
    copies: Counter[str] = Counter()
    for one in found:
        key = "\0".join((one.place.corpus, one.place.path, one.kind, one.excerpt))
        copies[key] += 1
        text = f"{RULE}\0{key}\0{copies[key]}"
        yield one, blake2b(text.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
