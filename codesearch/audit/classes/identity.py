"""Ids of clone classes that survive moves, renamed files and edits of some members.

An id is made of what the members share: the smallest winnowed n-grams that most of them hold. Nothing in it
is a path, a line or a name, and an edit of one member rarely takes these away from most. Where it does, the
class is recognised by the contents that it had in a baseline or in the last audit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

import numpy as np

from codesearch.core.types import Fragment
from indexer.normal.keys import blind_tokens
from indexer.normal.winnow import winnow

ID_DIGITS = 12  # hexadecimal, 48 bits: two of 100,000 classes collide in 1 of 50,000 repositories
_MOST_CONTENTS = 8  # by key, so that they are the same ones in the next audit


def shared_mark(contents: Sequence[Fragment]) -> bytes:
    """What most of the contents of a class share, as bytes."""
    distinct = {(content.exact_key, content.language): content for content in contents}
    chosen = [distinct[key] for key in sorted(distinct)][:_MOST_CONTENTS]
    grams = [winnow(blind_tokens(content.tokens)) for content in chosen]
    values, counts = np.unique(np.concatenate(grams), return_counts=True)
    shared = values[2 * counts > len(chosen)] if len(chosen) > 1 else values
    if not len(shared):
        return min(content.renamed_key for content in chosen)
    # Mixed, because the smallest winnowed hash is the same in all code that shares one common idiom.
    mixed = shared * np.uint32(0x9E3779B1)
    mixed ^= mixed >> np.uint32(15)
    return b"".join(int(value).to_bytes(4) for value in np.sort(mixed)[:3])


def name_classes(
    marks: Sequence[bytes],
    contents: Sequence[Counter[str]],
    known: Iterable[Mapping[str, Mapping[str, int]]],
) -> list[str]:
    """One id per class, all different.

    Args:
        marks: What each class is recognised by, in the order of report.
        contents: Multiset of the member contents of each class.
        known: Member contents by id, of the baseline and of earlier audits, the most binding first.
    """
    ids: dict[int, str] = {}
    for earlier in known:
        ids |= _inherited(contents, earlier, ids)
    taken = set(ids.values())
    for number, mark in enumerate(marks):
        if number in ids:
            continue
        salt = b""
        while (name := blake2b(mark + salt, digest_size=ID_DIGITS // 2).hexdigest()) in taken:
            salt = salt + b"\0" if salt else min(contents[number]).encode()
        ids[number] = name
        taken.add(name)
    return [ids[number] for number in range(len(marks))]


def _inherited(
    contents: Sequence[Counter[str]], earlier: Mapping[str, Mapping[str, int]], given: Mapping[int, str]
) -> dict[int, str]:
    """Ids of earlier classes for those that share the most contents with them, each given once.

    At least half of the smaller side are shared: of a pair that is one member after an edit of the other, and
    one content that many classes hold says nothing.
    """
    holders: dict[str, list[str]] = {}
    for name in sorted(earlier):
        for content in earlier[name]:
            holders.setdefault(content, []).append(name)
    shared: Counter[tuple[int, str]] = Counter()
    for number, counts in enumerate(contents):
        if number not in given:
            for content, count in counts.items():
                for name in holders.get(content, ()):
                    shared[number, name] += min(count, earlier[name][content])
    found: dict[int, str] = {}
    taken = set(given.values())
    for (number, name), common in sorted(shared.items(), key=lambda item: (-item[1], item[0])):
        smaller = min(contents[number].total(), sum(earlier[name].values()))
        if number not in found and name not in taken and 2 * common >= smaller:
            found[number] = name
            taken.add(name)
    return found
