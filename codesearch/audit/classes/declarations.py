"""Classes that only declare fields: two of them look alike by their syntax, whoever wrote them."""

from __future__ import annotations

import numpy as np

from codesearch.audit.classes.atoms import Atoms, make_atoms
from codesearch.audit.classes.population import Population
from codesearch.core.types import I64, FragmentKind, Mask
from indexer.features.hashing import text_hash
from indexer.segments.snapshot import Snapshot

LEAST_AGREEMENT = 0.9  # of the tokens; under it two declarations of fields have no more than types in common

_CODE_WORDS = (
    *(b"def", b"fn", b"func", b"fun", b"function", b"sub", b"lambda", b"=>", b"->", b"void", b"operator"),
    *(b"return", b"if", b"for", b"while", b"this", b"self"),
)
"""Tokens that code inside a class has in one language or another; a class with one of them is compared as any
other content."""


def only_declare(population: Population) -> Mask:
    """bool [rows of the snapshot]: classes without code, such as records, structs and enumerations."""
    snapshot = population.snapshot
    classes = np.flatnonzero([kind == FragmentKind.CLASS for kind in population.fragments.kinds])
    declaring = np.zeros(len(snapshot), bool)
    declaring[population.rows[np.isin(population.fragment, classes)]] = True
    words = np.array([text_hash(word) for word in _CODE_WORDS], np.uint64)
    for segment, start in snapshot.parts():
        arrays = segment.arrays
        firsts = arrays.token_starts[:-1]
        if len(firsts):
            code = np.isin(arrays.vocabulary_hashes, words)[arrays.token_ids]
            declaring[start : start + len(firsts)] &= ~np.logical_or.reduceat(code, firsts)
    return declaring


def join_renamed(snapshot: Snapshot, atoms: Atoms, declaring: Mask, *, cross_language: bool) -> Atoms:
    """Atoms of which those that only declare are one when their contents are equal but for names and
    literals, and nearly all of these are equal too.

    Args:
        snapshot: Where the contents are.
        atoms: Those that declare are grouped by their T1 key.
        declaring: bool [rows of the snapshot], from :func:`only_declare`.
        cross_language: Also contents of different languages.
    """
    rows = atoms.representatives
    chosen = rows[declaring[rows]]
    position = {row: number for number, row in enumerate(rows.tolist())}
    leader = np.arange(len(rows))
    shapes = make_atoms(snapshot, chosen, np.ones(len(chosen), bool), cross_language=cross_language)
    for shape in shapes.members:
        positions = np.array([position[row] for row in shape.tolist()], np.int64)
        leader[positions] = positions[_leaders(snapshot, shape)]
    members: dict[int, list[I64]] = {}  # by leader, which comes before those that it leads
    for number, own in zip(leader.tolist(), atoms.members, strict=True):
        members.setdefault(number, []).append(own)
    return Atoms(rows[np.array(list(members), np.int64)], [np.concatenate(own) for own in members.values()])


def _leaders(snapshot: Snapshot, rows: I64) -> I64:
    """int64 [n]: for each of some contents of one shape the first one before it, or itself, that leads and
    agrees with it. Not with its neighbour: a series of declarations, each with one more name, would be one.
    """
    leaders = np.arange(len(rows))
    if len(rows) == 1:
        return leaders
    tokens = np.stack([snapshot.fragment(row).tokens.hashes for row in rows.tolist()])
    for number in range(1, len(rows)):
        leading = np.flatnonzero(leaders[:number] == np.arange(number))
        agreement = (tokens[leading] == tokens[number]).mean(axis=1)
        agreeing = leading[agreement >= LEAST_AGREEMENT]
        if len(agreeing):
            leaders[number] = agreeing[0]
    return leaders
