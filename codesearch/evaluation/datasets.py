"""Labelled fragments and pairs, read from JSON lines and checked row by row."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, TypeVar, cast

import numpy as np

from codesearch.core.errors import InputError
from codesearch.core.types import I64

PAIRS_PER_EXACT_CLASS = 20  # BigCloneBench's T1 pairs come mostly from three functions copied a hundred times

# POJ-104 labels its programs "c", but they were accepted by a C++ compiler and use its headers and keywords.
_CPP_LABELLED_C = "poj:"


@dataclass(frozen=True, slots=True)
class LabelledFragment:
    """A fragment whose group (problem, task, clone cluster) is known.

    Attributes:
        id: Unique in its file.
        lang: Language as labelled; decides what counts as same-language.
        group: Fragments of one group are relevant to each other; the fragment's own id when it has none.
        code: Source text.
        split: ``train``, ``valid`` or ``test``; empty when the file has no splits.
        exact_class: Names the set of exact copies it belongs to (``t1class``); empty when unknown.
    """

    id: str
    lang: str
    group: str
    code: str
    split: str
    exact_class: str

    @property
    def language(self) -> str:
        """Registry id to parse the code with."""
        return "cpp" if self.lang == "c" and self.id.startswith(_CPP_LABELLED_C) else self.lang


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """Two fragments, by id, and whether they are clones.

    Attributes:
        a: Id of one fragment.
        b: Id of the other, never equal to ``a``.
        label: True for a clone pair.
        type: ``T1``, ``T2``, ``VST3``, ``ST3`` or ``MT3``; empty when unknown.
        split: ``train``, ``valid`` or ``test``; empty when the file has no splits.
        cross_language: None when the file does not say.
    """

    a: str
    b: str
    label: bool
    type: str
    split: str
    cross_language: bool | None


class _HasSplit(Protocol):
    @property
    def split(self) -> str: ...


Item = TypeVar("Item", bound=_HasSplit)


def read_fragments(path: Path) -> list[LabelledFragment]:
    """Fragments of a ``.jsonl`` or ``.jsonl.gz`` file, in file order.

    Raises:
        InputError: The file cannot be read, a row is not as described, or an id comes twice; the message
            names file and line.
    """
    fragments: list[LabelledFragment] = []
    seen: set[str] = set()
    for row in _rows(path):
        fragment_id = row.text("id")
        if fragment_id in seen:
            raise row.error(f"the id {fragment_id!r} was used before")
        seen.add(fragment_id)
        fragments.append(
            LabelledFragment(
                id=fragment_id,
                lang=row.text("lang"),
                group=row.optional_text("group") or fragment_id,
                code=row.text("code"),
                split=row.optional_text("split"),
                exact_class=row.optional_text("t1class"),
            )
        )
    return fragments


def read_pairs(path: Path) -> list[LabelledPair]:
    """Pairs of a ``.jsonl`` or ``.jsonl.gz`` file, in file order.

    Raises:
        InputError: The file cannot be read or a row is not as described; the message names file and line.
    """
    return [_pair(row) for row in _rows(path)]


def in_splits(items: Sequence[Item], splits: Collection[str]) -> list[Item]:
    """The items of these splits, in order; all items when ``splits`` is empty.

    Raises:
        InputError: A split has no item.
    """
    if not splits:
        return list(items)
    present = {item.split for item in items}
    if missing := sorted(set(splits) - present):
        known = ", ".join(sorted(present - {""})) or "none"
        raise InputError(f"the data has no split {', '.join(map(repr, missing))}", f"its splits are: {known}")
    return [item for item in items if item.split in splits]


def cap_exact_copies(
    pairs: Sequence[LabelledPair],
    fragments: Sequence[LabelledFragment],
    limit: int = PAIRS_PER_EXACT_CLASS,
    seed: int = 0,
) -> list[LabelledPair]:
    """Keep at most ``limit`` pairs, drawn at random, inside any one set of exact copies; the order stays.

    Pairs whose two fragments are in different sets, or in no known set, are all kept.
    """
    exact_class = {fragment.id: fragment.exact_class for fragment in fragments}
    members: dict[str, list[int]] = defaultdict(list)
    for position, pair in enumerate(pairs):
        name = exact_class.get(pair.a, "")
        if name and name == exact_class.get(pair.b, ""):
            members[name].append(position)
    draw = random.Random(seed)  # noqa: S311  a reproducible sample, not a secret
    dropped: set[int] = set()
    for name in sorted(members):
        positions = members[name]
        if len(positions) > limit:
            dropped |= set(positions) - set(draw.sample(positions, limit))
    return [pair for position, pair in enumerate(pairs) if position not in dropped]


def pair_rows(pairs: Sequence[LabelledPair], fragments: Sequence[LabelledFragment]) -> tuple[I64, I64]:
    """Positions in ``fragments`` of the two sides of each pair: int64 [p] and int64 [p].

    Raises:
        InputError: A pair names a fragment that is not there.
    """
    row_of = {fragment.id: row for row, fragment in enumerate(fragments)}
    for pair in pairs:
        for side in (pair.a, pair.b):
            if side not in row_of:
                raise InputError(
                    f"a pair names the fragment {side!r}, which is not among the {len(fragments)} fragments",
                    "give the fragments file that belongs to the pairs",
                )
    return (
        np.array([row_of[pair.a] for pair in pairs], dtype=np.int64),
        np.array([row_of[pair.b] for pair in pairs], dtype=np.int64),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """One parsed line and where it stands."""

    values: Mapping[str, object]
    where: str

    def error(self, what: str) -> InputError:
        return InputError(
            f"{self.where}: {what}", "each line is one JSON object; see the labelled-data format"
        )

    def text(self, key: str) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or not value:
            raise self.error(f"{key!r} must be a non-empty string, not {_shown(value)}")
        return value

    def optional_text(self, key: str) -> str:
        value = self.values.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.error(f"{key!r} must be a string, not {_shown(value)}")
        return value


def _shown(value: object) -> str:
    """A bad value short enough for a one-line message."""
    return "missing" if value is None else repr(value)[:60]


def _pair(row: _Row) -> LabelledPair:
    label = row.values.get("label")
    if label not in (0, 1):
        raise row.error(f"'label' must be 0 or 1, not {_shown(label)}")
    cross_language = row.values.get("cross_language")
    if not isinstance(cross_language, bool | None):
        raise row.error(f"'cross_language' must be true or false, not {_shown(cross_language)}")
    a, b = row.text("a"), row.text("b")
    if a == b:
        raise row.error(f"the pair names the fragment {a!r} twice")
    return LabelledPair(
        a=a,
        b=b,
        label=bool(label),
        type=row.optional_text("type"),
        split=row.optional_text("split"),
        cross_language=cross_language,
    )


def _rows(path: Path) -> Iterator[_Row]:
    """The JSON objects of a file with their places; blank lines are skipped."""
    try:
        with _open(path) as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield _parse(line, f"{path}:{number}")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot read labelled data from {path}", reason) from error


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return cast("IO[str]", gzip.open(path, "rt", encoding="utf-8"))
    return path.open(encoding="utf-8")


def _parse(line: str, where: str) -> _Row:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON ({error})", "each line is one JSON object") from error
    if not isinstance(values, dict):
        raise InputError(f"{where}: not a JSON object", "each line is one JSON object")
    return _Row(values, where)
