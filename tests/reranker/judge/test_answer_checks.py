import pytest

from codesearch.core.judge import Answer, CaseContext, ContextItem, ContextKind, Lines
from codesearch.core.results import Verdict
from reranker.judge.answers.checks import problem_with, retry_note
from reranker.judge.asking.prompting import Side, load_prompt
from reranker.judge.view.code import View

COPY = View(
    (
        (1, "def copy_file(source, target):"),
        (3, "    with open(source) as stream:"),
        (4, "        write(target)"),
    ),
    frozenset(),
)
MOVE = View(
    ((1, "void moveFile(Path from, Path to) {"), (2, "  Files.move(from, to);"), (3, "}")), frozenset()
)
SIDES = (Side(COPY, "python"), Side(MOVE, "java"))
CONTEXT = CaseContext(
    (
        ContextItem(ContextKind.DEFINITION, "write", "def write(target): flushBuffer()", "a.py:3"),
        ContextItem(ContextKind.PRECEDENT, "clone", "rotateLogs()", "shipped-1"),
    )
)


def problem(
    reason: str = "",
    *evidence: tuple[Lines, Lines],
    verdict: Verdict = Verdict.NOT_CLONE,
    prompt: str = "few-shot",
) -> str:
    answer = Answer(verdict, None, 0.9, evidence, reason)
    return problem_with(answer, SIDES, CONTEXT, load_prompt(prompt))


def test_an_answer_that_cites_shown_lines_and_names_is_accepted() -> None:
    reason = "`copy_file` keeps its source while moveFile() removes it; `flushBuffer` changes nothing."
    assert problem(reason, ((1, 4), (1, 3)), verdict=Verdict.CLONE) == ""


@pytest.mark.parametrize("lines", [(0, 2), (1, 5), (3, 1), (2, 2), (-1, 3), (9, 9)])
def test_lines_that_are_not_there_are_named_with_the_side(lines: Lines) -> None:
    said = problem("", (lines, (1, 1)))
    assert said == f"it cites lines {lines[0]} to {lines[1]} of A, whose lines are 1 to 4"


def test_each_side_is_compared_with_its_own_fragment() -> None:
    assert problem("", ((4, 4), (3, 3))) == ""
    assert "of B, whose lines are 1 to 3" in problem("", ((3, 3), (4, 4)))


def test_a_fragment_without_lines_can_be_cited_by_nobody() -> None:
    answer = Answer(Verdict.CLONE, None, 0.9, (((1, 1), (1, 1)),))
    sides = (Side(View((), frozenset()), "python"), SIDES[1])
    assert "no lines" in problem_with(answer, sides, CONTEXT, load_prompt("few-shot"))


def test_a_clone_must_cite_lines_where_the_prompt_asks_for_them() -> None:
    assert "cites no lines" in problem(verdict=Verdict.CLONE)
    assert problem(verdict=Verdict.CLONE, prompt="direct") == ""
    assert problem(verdict=Verdict.NOT_CLONE) == ""
    assert problem(verdict=Verdict.UNSURE) == ""


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("Both call `deleteTree` at the end.", "deleteTree"),
        ("A uses 'checksum' and B does not.", "checksum"),
        ('Only "transfer()" matters.', "transfer"),
        ("B calls unlink(from) first.", "unlink"),
        ("The loop over open_handles differs.", "open_handles"),
        ("B fills a byteBuffer.", "byteBuffer"),
        ("A reads `stream.position` twice.", "position"),
    ],
)
def test_a_name_that_nothing_shown_has_is_a_problem(reason: str, name: str) -> None:
    assert problem(reason) == f"its reason names {name}, which stands nowhere in the code shown"


@pytest.mark.parametrize(
    "reason",
    [
        "Both copy bytes until the end, however the order differs.",
        "Java and JavaScript differ, PowerShell and C# too.",
        "A is a T3 of B, a Type-3 clone with renamed file(s).",
        "The verdict `not_clone` follows: `A` returns `None`, `B` throws.",
        "B doesn't keep what A's caller needs; it isn't the same.",
        "Names go from snake_case to camelCase.",
        "`Files.move(from, to)` removes what `open(source)` keeps.",
        "Both treat `files` and `CopyFile` alike.",
        "The order of `while` and `for` loops differs.",
        "Both read an M3U list of durations such as `1h30m`, `env=prod` or `FRI-MON`.",
        "",
    ],
)
def test_ordinary_words_and_shown_names_are_no_problem(reason: str) -> None:
    assert problem(reason) == ""


def test_a_name_of_context_that_the_prompt_leaves_out_is_unknown() -> None:
    assert problem("As in `rotateLogs`, files go.") == ""
    assert "rotateLogs" in problem("As in `rotateLogs`, files go.", prompt="zero-shot")


def test_the_note_of_a_retry_says_what_was_wrong() -> None:
    problem = problem_with(None, SIDES, CONTEXT, load_prompt("few-shot"))
    assert retry_note(problem) == (
        "Your last answer was not accepted, because no verdict could be read from it. "
        "Judge the pair once more and answer in the form that was asked for."
    )
