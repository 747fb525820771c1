"""The shipped embedder: what its vectors are close to and what they do not see."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from snippets import JAVA_COPY, PYTHON_MEDIAN, embedder, fragment, real_fragments

from codesearch.core.errors import ConfigError, EnvironmentFailure
from codesearch.core.types import Fragment
from indexer.embedding.ngrams import BUCKETS, extract_features, unigram_buckets
from indexer.embedding.registry import load_embedder, model_entries
from indexer.normal.subtokens import distinct_terms


def cosine(ours: Fragment, theirs: Fragment) -> float:
    first, second = embedder().embed([ours, theirs])
    return float(first @ second)


def test_a_vector_does_not_see_layout_comments_or_repetition_of_a_name() -> None:
    spaced = JAVA_COPY.replace("\n", "\n\n// note\n")
    assert cosine(fragment(spaced, "java"), fragment(JAVA_COPY, "java")) == pytest.approx(1)


def test_an_adapted_copy_is_nearer_than_other_code_of_its_language() -> None:
    adapted = JAVA_COPY.replace("count", "length").replace("out.flush();", "log.debug(length);")
    others = [cosine(fragment(JAVA_COPY, "java"), part) for part in real_fragments()]
    assert cosine(fragment(JAVA_COPY, "java"), fragment(adapted, "java")) > max(others) + 0.2


def test_the_same_algorithm_in_another_language_is_nearer_than_unrelated_code() -> None:
    java = """double median(List<Double> values) {
        List<Double> ordered = sorted(values); int middle = ordered.size() / 2;
        if (ordered.isEmpty()) throw new IllegalArgumentException("no values");
        if (ordered.size() % 2 == 1) return ordered.get(middle);
        double total = ordered.get(middle - 1) + ordered.get(middle); return total / 2; }"""
    query = fragment(PYTHON_MEDIAN)
    assert cosine(query, fragment(java, "java")) > cosine(query, fragment(JAVA_COPY, "java"))


def test_features_are_distinct_and_in_order() -> None:
    rows = extract_features(real_fragments())
    for number in range(len(real_fragments())):
        buckets = rows.row(number)
        assert (np.diff(buckets) > 0).all()
        assert 0 <= buckets[0] <= buckets[-1] < BUCKETS


def test_the_parts_of_names_are_among_the_features() -> None:
    part = fragment(PYTHON_MEDIAN)
    assert np.isin(unigram_buckets(distinct_terms(part.tokens)), extract_features([part]).row(0)).all()


def test_no_ngram_spans_two_fragments() -> None:
    together = extract_features(real_fragments())
    for number, part in enumerate(real_fragments()):
        assert np.array_equal(together.row(number), extract_features([part]).row(0))


def test_an_unknown_model_names_the_closest() -> None:
    with pytest.raises(ConfigError, match=r"no embedder 'hashed-ngram-1': did you mean 'hashed-ngrams-1'\?"):
        load_embedder("hashed-ngram-1")
    with pytest.raises(ConfigError, match="codesearch models list"):
        load_embedder("zzz")
    with pytest.raises(ConfigError, match="no embedder 'calibration-1'"):
        load_embedder("calibration-1")


@pytest.mark.parametrize("name", sorted(model_entries()))
def test_the_shipped_files_are_those_of_the_registry(name: str) -> None:
    model_entries()[name].verify()


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    entry = replace(model_entries()["hashed-ngrams-1"], folder=tmp_path)
    with pytest.raises(EnvironmentFailure, match=r"model hashed-ngrams-1 lacks its file idf\.npy"):
        entry.verify()
    (tmp_path / "idf.npy").write_bytes(b"other")
    with pytest.raises(EnvironmentFailure, match=r"wrong checksum for idf\.npy"):
        entry.verify()
