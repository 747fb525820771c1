"""Layout, comments and names: what may be changed without changing what ``compare`` says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from metamorphic.library_code import every_module, example_functions, library_functions
from metamorphic.local_names import local_names
from metamorphic.source_code import Code
from metamorphic.transformations import (
    ALL,
    COMMENTS,
    LAYOUT,
    Transformation,
    add_comments,
    loosest,
    rename_locals,
    transformed,
)
from metamorphic.verdicts import decided, source_of, verdict, verdict_of_wholes, without_places

from codesearch.core.results import CloneType, Verdict

FEW = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
MANY = settings(max_examples=1_500, suppress_health_check=[HealthCheck.too_slow], derandomize=True)

SEEDS = st.integers(0, 2**32 - 1)
HARMLESS = st.lists(st.sampled_from((*LAYOUT, *COMMENTS)), min_size=1, max_size=4)
ANY = st.lists(st.sampled_from(ALL), min_size=1, max_size=4)


def functions() -> tuple[Code, ...]:
    return (*example_functions(), *library_functions())


FUNCTIONS = st.deferred(lambda: st.sampled_from(functions()))
EVERY_FUNCTION = st.deferred(
    lambda: (
        st.sampled_from(every_module())
        .map(lambda name: library_functions((name,)))
        .filter(bool)
        .flatmap(st.sampled_from)
    )
)


def assert_clone(code: Code, steps: Sequence[Transformation], seed: int) -> None:
    """The code and what steps make of it are clones of the type that the steps keep, or of a closer one."""
    other = transformed(code, steps, Random(seed))  # noqa: S311
    found = verdict(code, other)
    assert found.verdict is Verdict.CLONE, (found, other.text.decode())
    assert found.clone_type is not None
    assert found.clone_type <= loosest(code, steps), (found, other.text.decode())
    assert found.decided_by == "fingerprint"
    assert found.similarity == 1.0


def assert_same_verdict(code: Code, other: Code, steps: Sequence[Transformation], seed: int) -> None:
    """No step on one side changes anything that is said about a pair, to the last digit."""
    changed = transformed(code, steps, Random(seed))  # noqa: S311
    expected = without_places(verdict_of_wholes(code, other))
    assert without_places(verdict_of_wholes(changed, other)) == expected
    assert without_places(verdict_of_wholes(code, transformed(other, steps, Random(seed)))) == expected  # noqa: S311


def assert_symmetric(first: Code, second: Code) -> None:
    """Which side is asked about does not matter; only the order in which lines and names are told does."""
    there, back = verdict_of_wholes(first, second), verdict_of_wholes(second, first)
    assert without_places(there) == without_places(back)


@pytest.mark.parametrize("step", ALL, ids=lambda step: step.name)
def test_one_transformation_of_a_function_in_any_language_keeps_its_type(step: Transformation) -> None:
    for seed, code in enumerate(example_functions()):
        assert_clone(code, [step], seed)


@pytest.mark.parametrize("step", ALL, ids=lambda step: step.name)
def test_one_transformation_of_a_library_function_keeps_its_type(step: Transformation) -> None:
    if step.fits("python"):
        for seed, code in enumerate(library_functions()[::7]):
            assert_clone(code, [step], seed)


@FEW
@given(FUNCTIONS, ANY, SEEDS)
def test_transformations_compose(code: Code, steps: list[Transformation], seed: int) -> None:
    assert_clone(code, steps, seed)


@pytest.mark.nightly
@MANY
@given(EVERY_FUNCTION, ANY, SEEDS)
def test_transformations_of_the_whole_library_compose(
    code: Code, steps: list[Transformation], seed: int
) -> None:
    assert_clone(code, steps, seed)


@FEW
@given(FUNCTIONS, FUNCTIONS, HARMLESS, SEEDS)
def test_layout_and_comments_change_no_verdict_about_a_pair(
    code: Code, other: Code, steps: list[Transformation], seed: int
) -> None:
    assert_same_verdict(code, other, steps, seed)


@pytest.mark.nightly
@MANY
@given(EVERY_FUNCTION, EVERY_FUNCTION, HARMLESS, SEEDS)
def test_layout_and_comments_change_no_verdict_about_any_pair_of_the_library(
    code: Code, other: Code, steps: list[Transformation], seed: int
) -> None:
    assert_same_verdict(code, other, steps, seed)


@FEW
@given(FUNCTIONS, FUNCTIONS)
def test_a_pair_has_one_verdict_whichever_side_is_asked_about(first: Code, second: Code) -> None:
    assert_symmetric(first, second)


@pytest.mark.nightly
@MANY
@given(EVERY_FUNCTION, EVERY_FUNCTION)
def test_any_pair_of_the_library_has_one_verdict_whichever_side_is_asked_about(
    first: Code, second: Code
) -> None:
    assert_symmetric(first, second)


@FEW
@given(FUNCTIONS, SEEDS)
def test_a_renamed_copy_of_a_renamed_copy_is_one_of_the_first(code: Code, seed: int) -> None:
    random = Random(seed)  # noqa: S311
    second = rename_locals(add_comments(code, random), random)
    third = rename_locals(second, random)
    for first, other in ((code, second), (second, third), (code, third)):
        assert verdict(first, other).clone_type in {CloneType.T1, CloneType.T2}


ENCODED: Mapping[str, Callable[[str], bytes]] = {
    "windows line ends": lambda text: text.replace("\n", "\r\n").encode(),
    "old line ends": lambda text: text.replace("\n", "\r").encode(),
    "a byte order mark": lambda text: text.encode("utf-8-sig"),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16 the other way round": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "utf-32": lambda text: text.encode("utf-32"),
    "no last line end": lambda text: text.rstrip("\n").encode(),
    "form feeds between functions": lambda text: f"\f\n{text}\f\n".encode(),
}


@pytest.mark.parametrize("how", ENCODED)
def test_the_same_text_in_other_bytes_is_the_same_code(how: str) -> None:
    for code in (*example_functions(), *library_functions()[::40]):
        noted = add_comments(code, Random(1))  # noqa: S311 - with letters outside ASCII
        other = source_of(ENCODED[how](noted.text.decode()), code.language)
        found = decided(source_of(code.text, code.language), other)
        assert (found.verdict, found.clone_type) == (Verdict.CLONE, CloneType.T1), code.language


WORDS = {
    "python": "match type case print self _ async_",
    "java": "record module open to with permits sealed",
    "javascript": "get set from",
    "typescript": "get set from type",
    "csharp": "value record add remove get set",
    "kotlin": "data get set value out",
    "rust": "union",
    "swift": "get set prefix required",
}
"""Words that are keywords in some places and are free to name a variable in all others."""

NAMED = {
    "python": "def f(values, {0}):\n    {0} = {0} or []\n    for value in values:\n"
    "        if value in {0}:\n            {0}.append(value + 1)\n    return sorted({0}, key=len)\n",
    "java": "int f(List<String> values, Map<String, Integer> {0}) {{\n  for (String x : values) {{\n"
    "    if ({0}.containsKey(x)) {{ {0}.put(x, {0}.get(x) + 1); }}\n  }}\n  return {0}.size();\n}}\n",
    "javascript": "function f(values, {0}) {{\n  for (const x of values) {{\n"
    "    if (x in {0}) {{ {0}[x] += 1; }}\n  }}\n  return values.filter((y) => {0}[y] > 1);\n}}\n",
    "csharp": "int F(List<string> xs, Dictionary<string, int> {0}) {{\n  foreach (var x in xs) {{\n"
    "    if ({0}.ContainsKey(x)) {{ {0}[x] += 1; }}\n  }}\n  return {0}.Count;\n}}\n",
    "kotlin": "fun f(xs: List<String>, {0}: MutableMap<String, Int>): Int {{\n    for (x in xs) {{\n"
    "        if (x in {0}) {{ {0}[x] = {0}[x]!! + 1 }}\n    }}\n    return {0}.size\n}}\n",
    "rust": "fn f(xs: &[String], {0}: &mut HashMap<String, u32>) -> usize {{\n    for x in xs {{\n"
    "        if {0}.contains_key(x) {{ *{0}.get_mut(x).unwrap() += 1; }}\n    }}\n    {0}.len()\n}}\n",
    "swift": "func f(_ xs: [String], _ {0}: inout [String: Int]) -> Int {{\n    for x in xs {{\n"
    "        if {0}[x] != nil {{ {0}[x]! += 1 }}\n    }}\n    return {0}.count\n}}\n",
}


@pytest.mark.parametrize(
    ("language", "word"), [(language, word) for language in WORDS for word in WORDS[language].split()]
)
def test_a_variable_that_is_called_like_a_contextual_keyword_may_be_renamed(language: str, word: str) -> None:
    template = NAMED.get(language, NAMED["javascript"])
    first, second = (Code(template.format(name).encode(), language) for name in (word, "found"))
    found = verdict(first, second)
    assert (found.verdict, found.clone_type) == (Verdict.CLONE, CloneType.T2)


METHOD = (
    "    @property\n    @cache\n    def limit(self):\n        if not self.rows:\n            return 0\n"
    "        return max(row.size for row in self.rows)\n"
)


@pytest.mark.parametrize("step", ["\t", "  ", " " * 8])
def test_a_method_is_pasted_with_the_indentation_that_it_had(step: str) -> None:
    """Also where two of its lines begin with the same white space, as decorators do."""
    first, second = (Code(text.encode(), "python") for text in (METHOD, METHOD.replace(" " * 4, step)))
    found = verdict(first, second)
    assert (found.verdict, found.clone_type) == (Verdict.CLONE, CloneType.T1)


SHARED = (
    "def total(self, items, count):\n"
    "    self.count = count\n"
    "    for item in items:\n"
    "        if item.price > self.limit:\n"
    "            self.count += item.price * count\n"
    "        else:\n"
    "            self.skip(item, reason='cheap')\n"
    "    return self.count\n"
)


def test_known_exception_a_variable_that_shares_its_name_with_an_attribute() -> None:
    """To rename the one and not the other is no consistent renaming of names (Baker 1995): the pair is a
    clone, but Type-3.
    """
    code = Code(SHARED.encode(), "python")
    assert b"count" not in local_names(code)
    other = SHARED.replace("count)", "number)").replace("= count", "= number").replace("* count", "* number")
    found = verdict(code, Code(other.encode(), "python"))
    assert (found.verdict, found.clone_type) == (Verdict.CLONE, CloneType.T3)
