"""The clone classes as data for the page's scripts, within the limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from codesearch.core.audit import AuditReport, CloneClass, Member, Variation
from codesearch.core.results import Place
from codesearch.report.audit_html.encoding import Interned, Json, encode, encoded_list
from codesearch.report.audit_html.limits import Cuts, Limits
from codesearch.report.printable import printable

MAX_SENTENCE = 2000
"""Characters of an explanation; a model may have written it."""


@dataclass(frozen=True, slots=True)
class ClassTable:
    """The shown classes.

    Attributes:
        json: An object: ``paths``, ``names`` and ``words`` (languages, kinds, roles), to which the members'
            numbers point, and ``classes``. A member is a list: path, first line, last line, name, kind,
            language, role, 1 when it is new.
        listed: Its members that are in the data, for every class.
        languages: Registry ids of all listed members, sorted.
    """

    json: str
    listed: tuple[tuple[Member, ...], ...]
    languages: tuple[str, ...]


def path_labels(report: AuditReport) -> Callable[[Place], str]:
    """How the page names the file of a place: its path, behind the corpus where there are several."""
    corpora = {member.place.corpus for found in report.classes for member in found.members}
    several = len(corpora.union(found.place.corpus for found in report.manipulations)) > 1

    def label(place: Place) -> str:
        return printable(f"{place.corpus}/{place.path}" if several else place.path)

    return label


def class_table(
    classes: Sequence[CloneClass], label: Callable[[Place], str], limits: Limits, cuts: Cuts
) -> ClassTable:
    """The first classes that fit, with as many members as fit; ``cuts`` counts the others."""
    shown = classes[: limits.classes]
    most = limits.members_per_class(shown)
    encoder = _Encoder(label)
    encoded: list[str] = []
    listed: list[tuple[Member, ...]] = []
    room = limits.class_bytes
    for found in shown:
        members = found.members[:most]
        text = encoder.encode(found, members)
        room -= len(text.encode("utf-8")) + encoder.table_growth()
        if room < 0:
            break
        encoded.append(text)
        listed.append(members)
        cuts.members += len(found.members) - len(members)
    cuts.classes += len(classes) - len(encoded)
    languages = {member.language for members in listed for member in members}
    return ClassTable(encoder.document(encoded), tuple(listed), tuple(sorted(languages)))


class _Encoder:
    """Classes as JSON, paths and names by number."""

    def __init__(self, label: Callable[[Place], str]) -> None:
        self._label = label
        self._paths = Interned()
        self._names = Interned()
        self._words = Interned()

    def encode(self, found: CloneClass, members: Sequence[Member]) -> str:
        value: Json = {
            "id": printable(found.id),
            "type": found.clone_type.value,
            "probability": round(found.probability, 4),
            "decided": printable(found.decided_by),
            "similarity": round(found.similarity, 4),
            "role": found.role.value,
            "lines": found.lines,
            "saved": found.saved_lines,
            "new": found.new,
            "action": found.action.value,
            "target": printable(found.target),
            "variation": _variation(found.variation),
            "explanation": printable(found.explanation[:MAX_SENTENCE]),
            "places": len(found.members),
            "members": [self._member(member) for member in members],
        }
        return encode(value)

    def table_growth(self) -> int:
        """Bytes that the tables have grown by since the last call."""
        return sum(table.growth() for table in (self._paths, self._names, self._words))

    def document(self, classes: Sequence[str]) -> str:
        return (
            f'{{"paths":{encode(self._paths.values())},"names":{encode(self._names.values())}'
            f',"words":{encode(self._words.values())},"classes":{encoded_list(classes)}}}'
        )

    def _member(self, member: Member) -> list[Json]:
        return [
            self._paths.number(self._label(member.place)),
            member.place.start_line,
            member.place.end_line,
            self._names.number(printable(member.name)),
            self._words.number(member.kind.value),
            self._words.number(printable(member.language)),
            self._words.number(member.role.value),
            int(member.new),
        ]


def _variation(variation: Variation) -> Json:
    return {
        "names": [[printable(first), printable(other)] for first, other in variation.names],
        "renamed": variation.renamed,
        "literals": variation.literals,
        "statements": variation.statements,
    }
