"""Features of fragments: what they share across languages and names, and what they do not depend on."""

from __future__ import annotations

import numpy as np
import pytest
from snippets import JAVA_COPY, fragment, numbered_fragment, real_fragments

from codesearch.core.types import Fragment
from indexer.features.concepts import concepts
from indexer.features.extract import Occurrences, occurrences
from indexer.features.table import FeatureTable

PYTHON_LOOP = """\
def total(values):
    sum = 0
    for value in values:
        sum += value
    return sum
"""
RENAMED_LOOP = """\
def f(xs):
    acc = 0
    for x in xs:
        acc += x
    return acc
"""


def found(*fragments: Fragment) -> Occurrences:
    [(count, every)] = list(occurrences(fragments))
    assert count == len(fragments)
    return every


def hashes(code: str, language: str = "python", *, own: bool = True) -> set[int]:
    every = found(fragment(code, language))
    kept = every.hashes if own else every.hashes[~every.own]
    return set(kept.tolist())


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("System.out.println(total)", "java"),
        ("Console.WriteLine(total)", "csharp"),
        ("cout << total", "cpp"),
        ("fmt.Println(total)", "go"),
    ],
)
def test_printing_is_one_thing_in_every_language(code: str, language: str) -> None:
    assert len(hashes("print(total)") & hashes(code, language)) >= 2, "the concept and the name printed"


def test_a_word_has_one_meaning_only() -> None:
    table = concepts()
    assert not set(table.hashes) & {b"", b" "}
    assert table.control <= set(table.hashes.values())


def test_renaming_own_names_changes_no_other_feature() -> None:
    assert hashes(PYTHON_LOOP, own=False) == hashes(RENAMED_LOOP, own=False)
    assert hashes(PYTHON_LOOP) != hashes(RENAMED_LOOP)


def test_names_of_what_is_called_are_not_the_fragment_s_own() -> None:
    every = found(fragment(JAVA_COPY, "java"))
    own = set(every.hashes[every.own].tolist())
    called = hashes("in.read(buffer)", "java", own=False)
    assert called - own, "read stays when names are taken away"


def test_a_function_that_calls_itself_owns_its_name() -> None:
    recursive = "int fact(int n) { return n < 2 ? 1 : n * fact(n - 1); }"
    other = "int g(int k) { return k < 2 ? 1 : k * g(k - 1); }"
    assert hashes(recursive, "c", own=False) == hashes(other, "c", own=False)


@pytest.mark.parametrize("spelling", ["16", "0x10", "16L", "0b10000"])
def test_a_number_is_its_value_however_it_is_spelled(spelling: str) -> None:
    assert hashes("16") <= hashes(f"x = {spelling}")


def test_features_do_not_depend_on_the_batch() -> None:
    every = found(*real_fragments())
    together = set(zip(every.owners.tolist(), every.hashes.tolist(), strict=True))
    for position, part in enumerate(real_fragments()):
        alone = set(found(part).hashes.tolist())
        assert alone == {value for owner, value in together if owner == position}


def test_a_table_finds_its_keys_and_nothing_else() -> None:
    every = found(*real_fragments())
    keys = np.unique(every.hashes)
    known, unknown = keys[::2], keys[1::2]
    table = FeatureTable(known, 4)
    lexical = np.zeros(len(keys), bool)
    rows = table.look_up(Occurrences(keys, np.zeros(len(keys), np.int64), lexical, lexical))
    assert np.array_equal(rows[::2], np.arange(len(known)))
    assert (rows[1::2] == -1).all() and len(rows[1::2]) == len(unknown)


def test_unknown_words_share_the_tail_and_unknown_runs_are_left_out() -> None:
    table = FeatureTable(np.empty(0, np.uint64), 7)
    rows = table.rows([fragment("a + b"), numbered_fragment([])])
    assert rows.starts[1] >= 1
    assert rows.rows.max() < table.size
    assert rows.rows[rows.starts[1] :].tolist() == [table.size - 1], "an empty fragment has a row too"
