"""A pair is never shown what was said about the pair itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from snippets import JAVA_COPY, PYTHON_MEDIAN

from codesearch.core.feedback import MAX_CODE, Precedent, Side
from codesearch.core.judge import Case, CaseSide
from codesearch.core.results import Decision, Verdict
from codesearch.core.types import Fragment
from codesearch.evaluation.study.exhibits import other_pairs
from indexer.fragments import whole_fragment
from indexer.parsing.languages import registry
from reranker.judge.precedents.memory import RememberedPair

OPEN = Decision(Verdict.UNSURE, None, 0.5, "reranker", {}, 0.3, (), "")
RENAMED = JAVA_COPY.replace("buffer", "block").replace("count", "size").replace("4096", "512")
OTHER = "int area(int wide, int high) {\n    int found = wide * high;\n    return found;\n}\n"
CODES = {"copy": (JAVA_COPY, "java"), "median": (PYTHON_MEDIAN, "python"), "other": (OTHER, "java")}


def parsed(code: str, language: str) -> Fragment:
    return whole_fragment(code.encode(), registry().get(language))


def case(first: tuple[str, str], second: tuple[str, str]) -> Case:
    return Case(CaseSide(parsed(*first)), CaseSide(parsed(*second)), 0.5, OPEN)


def side(code: str, language: str, content: str = "") -> Side:
    return Side(content or parsed(code, language).exact_key.hex(), language, code[:MAX_CODE])


def remembered(first: Side, second: Side) -> RememberedPair:
    said = Precedent.between(first, second, Verdict.CLONE, reason="", by="", at=0)
    return RememberedPair("feedback-1", said, None)


@given(st.permutations(["copy", "median"]), st.permutations(["copy", "median"]))
def test_the_verdict_on_the_pair_is_left_out_in_either_order(asked: list[str], kept: list[str]) -> None:
    own = remembered(*(side(*CODES[name]) for name in kept))
    assert other_pairs([own], case(*(CODES[name] for name in asked))) == []


def test_the_verdict_on_a_renamed_copy_is_left_out() -> None:
    copy = remembered(side(RENAMED, "java"), side(PYTHON_MEDIAN, "python"))
    assert other_pairs([copy], case(CODES["median"], CODES["copy"])) == []


def test_a_pair_of_equal_codes_is_known_again() -> None:
    twins = remembered(side(*CODES["copy"]), side(*CODES["copy"]))
    assert other_pairs([twins], case(CODES["copy"], CODES["copy"])) == []
    assert other_pairs([twins], case(CODES["copy"], CODES["median"])) == [twins]


def test_code_that_is_kept_in_part_is_known_again() -> None:
    lines = "".join(f"    total = total + values[{n}] * {n}\n" for n in range(1000))
    long = f"def weigh(values):\n    total = 0\n{lines}    return total\n"
    assert len(long) > MAX_CODE
    whole = remembered(side(long, "python"), side(*CODES["copy"]))
    assert other_pairs([whole], case((long, "python"), CODES["copy"])) == []
    # As `--examples` reads it: what is kept is all that there is.
    assert other_pairs([whole], case((long[:MAX_CODE], "python"), CODES["copy"])) == []


def test_verdicts_on_other_pairs_stay_in_their_order() -> None:
    pairs = [
        remembered(side(*CODES["copy"]), side(*CODES["other"])),
        remembered(side(*CODES["median"]), side(*CODES["copy"])),
        remembered(side(*CODES["other"]), side(*CODES["median"])),
    ]
    assert other_pairs(pairs, case(CODES["copy"], CODES["median"])) == [pairs[0], pairs[2]]
