from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.pest import SAMPLE, blinded_similarity, estimate_precision, share_unlike

LOOP = "int f(int n) { int s = 0; for (int i = 0; i < n; i++) { s += i; } return s; }"


def test_names_numbers_strings_comments_and_layout_do_not_matter() -> None:
    renamed = """
        // adds them up
        int total(int count) {
            int sum = 10; /* start */
            for (int k = 5; k < count; k++) { sum += k; }
            return sum;
        }
    """
    assert blinded_similarity(LOOP, renamed) == 1.0
    assert blinded_similarity('f("a;b");', "g('x');") == 1.0


def test_similarity_is_the_common_lines_of_the_longer_side() -> None:
    assert blinded_similarity("a = 1; b(); c += 2;", "a = 1; c += 2; while (x) d--;") == 2 / 3


def test_keywords_are_not_names() -> None:
    assert blinded_similarity("return x;", "throw x;") == 0.0


@given(st.text(max_size=60), st.text(max_size=60))
def test_similarity_is_symmetric_and_bounded(a: str, b: str) -> None:
    assert blinded_similarity(a, b) == blinded_similarity(b, a)
    assert 0.0 <= blinded_similarity(a, b) <= 1.0


def test_labels_count_as_they_are_and_the_rest_by_its_sample() -> None:
    code = {"a": LOOP, "b": LOOP, "c": "void g() { h(); }", "d": "x.y(z, 3, w);"}
    label_of = {frozenset("ab"): True, frozenset("ac"): False}
    reported = [("a", "b"), ("b", "a"), ("c", "a"), ("b", "c"), ("c", "d"), ("d", "d")]
    estimate = estimate_precision(reported, label_of, code)
    assert (estimate.true_positive, estimate.false_positive, estimate.unlabelled) == (1, 1, 2)
    assert estimate.share_alike == 0.0
    assert estimate.pest == 1 / 4


def test_a_large_report_is_sampled_and_the_same_seed_gives_the_same_estimate() -> None:
    code = {f"f{i}": LOOP if i % 2 else f"g{i}.h({i}, {'k,' * (i + 1)});" for i in range(60)}
    reported = [(a, b) for a in code for b in code]
    estimate = estimate_precision(reported, {}, code)
    assert estimate.sampled == SAMPLE
    assert estimate == estimate_precision(reported[::-1], {}, code)
    assert estimate.pest is not None
    assert 0.0 < estimate.pest < 1.0


def test_nothing_reported_has_no_precision() -> None:
    assert estimate_precision([], {}, {}).pest is None


def test_pairs_inside_a_class_that_are_unlike_show_that_it_chains() -> None:
    first, middle, last = "a = 1; b(); c += 2;", "b(); c += 2; if (x) {", "c += 2; if (x) { while (y) {"
    chained = share_unlike([[first, middle, last]])
    assert (chained.pairs, chained.sampled, chained.share) == (3, 3, 1 / 3)
    assert share_unlike([[LOOP, LOOP], [LOOP]]).share == 0.0
    assert share_unlike([]).share is None
