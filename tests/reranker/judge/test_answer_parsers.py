import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.judge import Answer
from codesearch.core.results import CloneType, Verdict
from reranker.judge.answers.parsers import PARSERS, parse_answer
from reranker.judge.completer import Completion

FULL = {
    "verdict": "clone",
    "clone_type": "T3",
    "confidence": 0.9,
    "evidence": [{"a_lines": [1, 3], "b_lines": [2, 4]}],
    "reason": "Both copy a file.",
}
READ = Answer(Verdict.CLONE, CloneType.T3, 0.9, (((1, 3), (2, 4)),), "Both copy a file.")
CLONE, NOT_CLONE, UNSURE = Verdict


def read(text: str, parser: str = "auto", labels: dict[Verdict, float] | None = None) -> Answer | None:
    return parse_answer(parser, Completion(text, labels=labels))


def verdict(text: str, parser: str = "auto") -> Verdict | None:
    answer = read(text, parser)
    return None if answer is None else answer.verdict


def with_part(name: str, value: object) -> Answer:
    answer = read(json.dumps({**FULL, name: value}))
    assert answer is not None
    return answer


@pytest.mark.parametrize("parser", ["json", "json-in-prose", "answer-tag", "auto"])
def test_the_documented_answer_is_read_in_full(parser: str) -> None:
    assert read(json.dumps(FULL, indent=1), parser) == READ


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        *(("clone", CLONE), ("CLONE", CLONE), ("a clone", CLONE), ("Yes", CLONE), (True, CLONE)),
        *(
            ("not_clone", NOT_CLONE),
            ("not-clone", NOT_CLONE),
            ("Not a clone.", NOT_CLONE),
            ("non-clone", NOT_CLONE),
        ),
        *(("no", NOT_CLONE), (False, NOT_CLONE), ("unsure", UNSURE), ("Not sure", UNSURE)),
    ],
)
def test_verdicts_are_read_in_any_usual_spelling(said: object, meant: Verdict) -> None:
    assert with_part("verdict", said).verdict is meant


@pytest.mark.parametrize(
    "said", ["clone|not_clone|unsure", "maybe", "", None, 1, [], {"verdict": 1}, "clone not_clone"]
)
def test_a_verdict_that_is_none_is_not_guessed(said: object) -> None:
    assert read(json.dumps({**FULL, "verdict": said})) is None


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (0.85, 0.85),
        (85, 0.85),
        ("85%", 0.85),
        ("0.85", 0.85),
        (" 85 % ", 0.85),
        (1, 1.0),
        (0, 0.0),
        ("1%", 0.01),
    ],
)
def test_confidence_is_a_share_or_percent(said: object, meant: float) -> None:
    assert with_part("confidence", said).confidence == pytest.approx(meant)


@pytest.mark.parametrize("said", [None, "high", -1, 250, True, [0.9], 10**400, "9" * 5000])
def test_a_confidence_that_is_none_counts_as_even(said: object) -> None:
    assert with_part("confidence", said).confidence == 0.5


def test_a_missing_confidence_is_that_of_the_label() -> None:
    answer = read("not_clone", labels={CLONE: 0.2, NOT_CLONE: 0.7, UNSURE: 0.1})
    assert answer is not None
    assert answer.confidence == 0.7


@pytest.mark.parametrize("said", ["T3", "t3", "Type-3", "type 3", "TYPE_3", "Type III", "MT3", 3, "3"])
def test_clone_types_are_read_in_any_usual_spelling(said: object) -> None:
    assert with_part("clone_type", said).clone_type is CloneType.T3


@pytest.mark.parametrize("said", [None, "none", "null", "", "T5", "T3/T4", 7, True, ["T3"], {}])
def test_a_clone_type_that_is_none_is_left_open(said: object) -> None:
    assert with_part("clone_type", said).clone_type is None


def test_only_a_clone_has_a_type() -> None:
    assert with_part("verdict", "not_clone").clone_type is None


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ([3, 5], (3, 5)),
        (4, (4, 4)),
        ([4], (4, 4)),
        ([3, 4, 5], (3, 5)),
        ("3-5", (3, 5)),
        ("lines 3 to 5", (3, 5)),
        ("L4", (4, 4)),
        (["3", 5.0], None),
        ([3.0, 5.0], (3, 5)),
        ([True, False], None),
        ([], None),
        ("all", None),
        ([[1, 2]], None),
        ([1.5, 2], None),
    ],
)
def test_cited_lines_are_a_range_or_one_line(said: object, meant: tuple[int, int] | None) -> None:
    evidence = with_part("evidence", [{"a_lines": said, "b_lines": [1, 1]}]).evidence
    assert evidence == (((meant, (1, 1)),) if meant else ())


@pytest.mark.parametrize("said", [None, True, "lines 1-3", [], {}, [1, 2], [{"a_lines": [1, 2]}]])
def test_evidence_that_is_no_pair_of_ranges_is_left_out(said: object) -> None:
    assert with_part("evidence", said).evidence == ()


def test_evidence_without_end_is_cut_and_repeats_count_once() -> None:
    pairs = [{"a_lines": [k, k], "b_lines": [k, k]} for k in range(1, 1000)]
    assert len(with_part("evidence", pairs).evidence) == 50
    assert len(with_part("evidence", pairs[:1] * 90).evidence) == 1


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Both sort. And more.", "Both sort."),
        ("Both sort, e.g. Lists and\n\tmaps", "Both sort, e.g. Lists and maps"),
        ("red \x1b[31mtext\u202e here\x00", "red [31mtext here"),
        ("uses io.Reader. it stays", "uses io.Reader. it stays"),
        (None, ""),
        (["x"], ""),
    ],
)
def test_a_reason_is_one_printable_sentence(said: object, meant: str) -> None:
    assert with_part("reason", said).reason == meant


def test_a_long_reason_is_cut_between_words() -> None:
    reason = with_part("reason", "lorem " * 1000).reason
    assert len(reason) <= 300
    assert reason.endswith("lorem …")
    assert len(with_part("reason", "x" * 5000).reason) <= 300


def test_json_is_found_in_prose_and_fences() -> None:
    text = f"A does `{{x}}` and {{so on}}.\n```json\n{json.dumps(FULL)}\n```\nThat is all {{really}}."
    assert read(text, "json-in-prose") == READ
    assert read(text, "json") is None


def test_an_object_without_a_verdict_is_passed_over() -> None:
    assert read('{"thought": "hm"} {"result": ' + json.dumps(FULL) + "}", "json-in-prose") == READ


def test_an_object_inside_one_that_never_closes_is_found() -> None:
    assert read('{"steps": [1, 2, ' + json.dumps(FULL), "json-in-prose") == READ


def test_line_breaks_inside_strings_are_forgiven_and_trailing_commas_are_not() -> None:
    assert verdict('{"verdict": "clone", "reason": "two\nlines"}', "json") is CLONE
    assert verdict('{"verdict": "clone",}', "json-in-prose") is None


@pytest.mark.parametrize(
    "text",
    [
        '{"verdict": "clone", "verdict": "not_clone"}',
        '{"verdict": "clone"} or rather {"verdict": "not_clone"}',
        "<answer>clone</answer> <answer>not_clone</answer>",
        '<answer>{"verdict": "clone"}</answer>\n<answer>no</answer>',
    ],
)
def test_an_answer_that_contradicts_itself_is_not_understood(text: str) -> None:
    assert parse_answer("auto", Completion(text, labels={CLONE: 0.9, NOT_CLONE: 0.1})) is None


@pytest.mark.parametrize("text", ["clone", " Clone.\n", "**not_clone**", '"unsure"', "`not a clone`", "no"])
def test_a_label_may_be_the_whole_answer(text: str) -> None:
    assert verdict(text, "exact-label") is not None
    assert verdict(text) is verdict(text, "exact-label")


def test_an_exact_label_is_nothing_but_the_label() -> None:
    assert read("clone, I think", "exact-label") is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Verdict: clone", CLONE),
        ("**Verdict:** not_clone", NOT_CLONE),
        ("Final verdict - The two functions are not clones.", NOT_CLONE),
        ("The answer is: not a clone (T4 at best)", NOT_CLONE),
        ("My verdict is that they are clones because both copy.", CLONE),
        ("Verdict: non-clone", NOT_CLONE),
        ("verdict = UNSURE\nwhat else", UNSURE),
        ('{"verdict": "clone", "clone_type": "T3", "conf', CLONE),
        ("Verdict: clone\nOn reflection.\nVerdict: not_clone.", NOT_CLONE),
        ("Verdict: clone?", None),
        ("Verdict: clone or not_clone", None),
        ("Verdict: clone, not_clone or unsure", None),
        ("Verdict: clone | not_clone", None),
        ("Verdict: hardly a clone", None),
        ("Verdict: isn't a clone", None),
        ("Verdict: clone is what one might say", None),
        ("These are clones.", None),
        ("I cannot help with that.", None),
        ("", None),
    ],
)
def test_a_verdict_in_words_is_read_with_its_negation(text: str, meant: Verdict | None) -> None:
    assert verdict(text, "regex") is meant
    assert verdict(text) is meant


def test_words_may_state_the_other_parts_too() -> None:
    text = "Verdict: clone\nClone type: Type-2\nConfidence: 85%\nReason: Only names differ. Really."
    assert read(text, "regex") == Answer(CLONE, CloneType.T2, 0.85, (), "Only names differ.")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("<think>verdict: clone</think>\n<answer>not_clone</answer>", NOT_CLONE),
        ("I first took it for one. </think> <answer>" + json.dumps(FULL) + "</answer>", CLONE),
        ("<THINK>a</THINK><Answer>```json\n" + json.dumps(FULL) + "\n```</Answer>", CLONE),
        ("<think>a</think>" + json.dumps(FULL), CLONE),
        ("<answer>clone", CLONE),
        ("<think>It is surely <answer>clone</answer>, or", None),
        ("<think>a</think> It depends.", None),
        ("<answer>...</answer>", None),
    ],
)
def test_what_was_only_thought_is_no_answer(text: str, meant: Verdict | None) -> None:
    assert verdict(text, "answer-tag") is meant
    assert verdict(text) is meant


def test_the_most_probable_label_is_the_answer() -> None:
    labels = {CLONE: 0.2, NOT_CLONE: 0.7, UNSURE: 0.1}
    assert read("whatever", "label-probabilities", labels) == Answer(NOT_CLONE, None, 0.7)
    assert read("I wonder.", "auto", labels) == Answer(NOT_CLONE, None, 0.7)


@pytest.mark.parametrize("labels", [None, {}, {CLONE: 0.5, NOT_CLONE: 0.5}, {CLONE: float("nan")}])
def test_labels_that_decide_nothing_are_no_answer(labels: dict[Verdict, float] | None) -> None:
    assert read("clone", "label-probabilities", labels) is None


FRAGMENTS = st.sampled_from(
    (
        *("{", "}", '"', "[", "]", ":", ",", "\\", "\n", "```", "true", "NaN", "\ud800", "9" * 30, "a_lines"),
        *(
            '{"verdict": ',
            '"clone"',
            '"not_clone"',
            "<answer>",
            "</answer>",
            "<think>",
            "</think>",
            "Verdict: ",
        ),
        *("not ", "clone"),
    )
)


@given(text=st.one_of(st.text(), st.lists(FRAGMENTS).map("".join)), parser=st.sampled_from(sorted(PARSERS)))
def test_no_text_breaks_a_parser(text: str, parser: str) -> None:
    answer = read(text, parser)
    assert answer is None or (0 <= answer.confidence <= 1 and len(answer.reason) <= 300)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@given(parts=st.fixed_dictionaries({name: JSON_VALUES for name in FULL if name != "verdict"}))
def test_no_part_of_an_answer_takes_its_verdict_away(parts: dict[str, object]) -> None:
    answer = read(json.dumps({"verdict": "unsure", **parts}))
    assert answer is not None
    assert answer.verdict is UNSURE
    assert answer.reason.isprintable()


@pytest.mark.parametrize(
    "piece",
    (
        *(
            '{"a":',
            '{"a": "',
            '{"a":[1,',
            '{"',
            '\\"{',
            "{ ",
            "[",
            "*",
            "a ",
            "<answer>",
            '<answer>{"a":',
            "<think>",
        ),
        *(
            "verdict: ",
            "verdict is the ",
            "answer: not_",
            "confidence: 1",
            "reason: x",
            '{"verdict": "clone"',
        ),
    ),
)
@pytest.mark.parametrize("parser", sorted(PARSERS))
def test_a_long_text_of_anything_is_read(piece: str, parser: str) -> None:
    read(piece * (200_000 // len(piece)), parser)
