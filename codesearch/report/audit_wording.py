"""How every audit report calls things: places, classes, types; short, on one line, safe to print."""

from __future__ import annotations

from collections.abc import Sequence

from codesearch.core.audit import Action, AuditReport, CloneClass, Member
from codesearch.core.results import CloneType, Place
from codesearch.report.printable import printable
from indexer.corpus.names import display_path

TYPE_NAMES = {
    CloneType.T1: "exact copies",
    CloneType.T2: "renamed copies",
    CloneType.T3: "near-miss clones",
    CloneType.T4: "semantic clones",
}
MAX_NAME = 160
"""Characters of a name or path that a report for people shows: generated code has names of a megabyte."""
MAX_SENTENCE = 600
"""Characters of an explanation or reason; it quotes up to eight pairs of names."""

_PLACELESS = (Action.REVIEW, Action.BOILERPLATE)


def compared(report: AuditReport) -> bool:
    """Whether the audit knows what is new: it had a baseline or a revision to compare with."""
    return report.fixed is not None or any(found.new for found in report.classes)


def new_first(classes: Sequence[CloneClass]) -> list[CloneClass]:
    """New classes before the known ones, otherwise as given: what a limit cuts is never the news."""
    return sorted(classes, key=lambda found: not found.new)


def anchor(found: CloneClass) -> Member:
    """The member where a report that has one place per class puts it: the first new one, else the first."""
    return next((member for member in found.members if member.new), found.members[0])


def others(found: CloneClass) -> list[Member]:
    """All members but the :func:`anchor`."""
    first = anchor(found)
    return [member for member in found.members if member is not first]


def shown_path(report: AuditReport, corpus: str, path: str) -> str:
    """A path from the report's base where its corpus is at or below that, else from the corpus root.

    In the second case the name of the corpus comes first where there are several. The path of a corpus root
    is ``.``.
    """
    folder = corpus if len(report.roots) > 1 else ""
    if report.base:
        root, base = (name.rstrip("/") for name in (report.roots.get(corpus, ""), report.base))
        if f"{root}/".startswith(f"{base}/"):
            folder = display_path(root[len(base) + 1 :])
    if path == ".":
        return folder or path
    return f"{folder}/{path}" if folder else path


def place_text(report: AuditReport, place: Place) -> str:
    """Such as ``src/io.py:10-31``."""
    return f"{short_path(shown_path(report, place.corpus, place.path))}:{place.start_line}-{place.end_line}"


def name_of(member: Member) -> str:
    """Its name, or what it is where it has none."""
    return short(member.name) if member.name else f"a {member.kind}"


def headline(found: CloneClass) -> str:
    """Such as ``24 lines in 3 places, merging saves 48``."""
    saves = f", merging saves {found.saved_lines:,}" if found.saved_lines > 0 else ""
    return f"{counted(found.lines, 'line')} in {counted(len(found.members), 'place')}{saves}"


def explained(found: CloneClass) -> str:
    """Its explanation without a period; empty when it has none."""
    return short(found.explanation, MAX_SENTENCE).rstrip(".")


def advice(report: AuditReport, found: CloneClass) -> str:
    """What to do and where, such as ``extract a function, in src/io``."""
    if not found.target or found.action in _PLACELESS:
        return str(found.action)
    folder = shown_path(report, found.members[0].place.corpus, found.target)
    return f"{found.action}, in {'the root folder' if folder == '.' else short_path(folder)}"


def sentences(*parts: str) -> str:
    """Parts as sentences in one line, empty ones left out."""
    return " ".join(f"{part}." for part in parts if part)


def counted(number: int, noun: str) -> str:
    """Such as ``1 class`` and ``1,200 classes``."""
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def short(text: str, most: int = MAX_NAME) -> str:
    """Printable text of at most ``most`` characters, its end cut."""
    shown = printable(text[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def short_path(path: str) -> str:
    """A printable path of at most :data:`MAX_NAME` characters, its begin cut."""
    shown = printable(path[-MAX_NAME - 1 :])
    return shown if len(shown) <= MAX_NAME else f"…{shown[1 - MAX_NAME :]}"
