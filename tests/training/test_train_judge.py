"""Fine-tuning a local judge: what comes out, what it changes, what bad input says."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

import pytest
from commandline import Outcome, call
from hypothesis import given
from hypothesis import strategies as st
from labelled_programs import Quiet

from codesearch.core.errors import CodesearchError, ConfigError, EnvironmentFailure, InputError
from codesearch.core.feedback import Precedent, Side
from codesearch.core.results import CloneType, Verdict
from codesearch.core.settings import default_settings
from codesearch.report.feedback_document import write_precedents
from codesearch.training.judge.exercise import Exercise, write_exercises
from codesearch.training.judge.lesson import Lesson, balanced, make_lesson, one_each
from codesearch.training.judge.recipe import JudgeRecipe
from reranker.judge.asking.prompting import load_prompt
from reranker.judge.completer import Completer, Completion

needs_training = pytest.mark.skipif(
    not all(map(find_spec, ("torch", "transformers", "peft"))), reason="the extra torch is not installed"
)

RECIPE = JudgeRecipe(epochs=5, rank=4, rate=0.02, batch=4, every=5, device="cpu")


def precedent(
    number: int, verdict: Verdict, reason: str = "", sides: tuple[int, int] | None = None
) -> Precedent:
    first, second = sides or (2 * number, 2 * number + 1)
    word = "total" if verdict is Verdict.CLONE else "label"
    codes = (
        f"def total(v):\n    m = {first}\n    for x in v:\n        {terms('m', 'x', number)}\n    return m",
        f"def {word}(a):\n    n = {second}\n    for i in a:\n        {terms('n', 'i', number)}\n    return n",
    )
    made = [
        Side(blake2b(str(key).encode(), digest_size=16).hexdigest(), "python", code)
        for key, code in zip((first, second), codes, strict=True)
    ]
    return Precedent.between(made[0], made[1], verdict, reason=reason, by="", at=0)


def terms(result: str, name: str, number: int) -> str:
    """What tells the codes of one number from those of another, whatever their names and literals."""
    return f"{result} = {name}" + "".join(
        f" + {name}" if digit == "1" else f" - {name}" for digit in f"{number:b}"
    )


def precedents(count: int) -> list[Precedent]:
    return [precedent(n, (Verdict.CLONE, Verdict.NOT_CLONE)[n % 2]) for n in range(count)]


def exercises(found: Sequence[Precedent], prompt: str) -> list[tuple[Exercise, Exercise]]:
    return write_exercises(found, load_prompt(prompt), seed=0)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with random weights whose vocabulary knows the words of the prompts."""
    from tiny_causal import save_causal

    texts = [exercises(precedents(2), "direct")[0][0].prompt]
    sample = [part for text in texts for part in (text.system, text.user)]
    return save_causal(tmp_path_factory.mktemp("models") / "tiny", sample=sample)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "precedents.jsonl"
    with path.open("w") as out:
        write_precedents(precedents(12), out)
    return path


@pytest.fixture(scope="module")
def adapter(base: Path, file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter that was learnt."""
    out = tmp_path_factory.mktemp("out") / "mine"
    make(base, file, out)
    return out


def make(base: Path, file: Path, out: Path, recipe: JudgeRecipe = RECIPE) -> dict[str, object]:
    from codesearch.report.feedback_document import read_precedents
    from codesearch.training.judge.build import JudgePlan, make_judge

    plan = JudgePlan(str(base), load_prompt("direct"), recipe, (file,))
    return make_judge(plan, read_precedents(file.read_text(), file.name), out, Quiet())


def completer(base: Path, adapter: Path | None = None) -> Completer:
    from reranker.judge.local.load import local_completer

    changes = {"kind": "local", "model": str(base), "adapter": adapter, "answer_tokens": 64}
    return local_completer(default_settings().judge.model_copy(update=changes), "cpu")


def asked(model: Completer) -> Completion:
    return model.complete(exercises([precedent(77, Verdict.CLONE)], "direct")[0][0].prompt)


@needs_training
def test_a_learnt_adapter_lowers_the_loss_and_changes_what_the_judge_says(base: Path, adapter: Path) -> None:
    rows = [json.loads(line) for line in (adapter / "run.jsonl").read_text().splitlines()]
    assert rows[-1]["held_out_loss"] < 0.8 * rows[0]["held_out_loss"]
    plain, tuned = completer(base), completer(base, adapter)
    assert asked(plain).text != asked(tuned).text
    assert asked(plain).labels != asked(tuned).labels
    assert asked(plain).text not in set(Verdict)
    assert asked(tuned).text in set(Verdict)
    assert plain.fingerprint != tuned.fingerprint
    assert plain.name == tuned.name == "local:tiny"


@needs_training
def test_an_adapter_says_what_it_was_made_from(adapter: Path) -> None:
    assert {path.name for path in adapter.iterdir()} == {
        "MODEL_CARD.md",
        "adapter_config.json",
        "adapter_model.safetensors",
        "run.jsonl",
    }
    card = (adapter / "MODEL_CARD.md").read_text()
    for told in ("`tiny`", "precedents, 5 of them clones", "direct-1", "its licence holds"):
        assert told in card
    assert "codesearch train judge --lora --model tiny --precedents precedents.jsonl" in card
    assert str(adapter.parent) not in card + (adapter / "adapter_config.json").read_text()


@needs_training
def test_the_same_seed_gives_the_same_adapter(base: Path, file: Path, tmp_path: Path) -> None:
    short = replace(RECIPE, epochs=1)
    seeds = (1, 1, 2)
    runs = [
        make(base, file, tmp_path / str(n), replace(short, seed=seed))["files"]
        for n, seed in enumerate(seeds)
    ]
    assert runs[0] == runs[1] != runs[2]


@needs_training
def test_a_run_that_does_not_get_better_ends_early_and_changes_nothing(
    base: Path, file: Path, tmp_path: Path
) -> None:
    idle = replace(RECIPE, rate=1e-12, every=1, patience=2)
    document = make(base, file, tmp_path / "out", idle)
    steps = [json.loads(line)["step"] for line in (tmp_path / "out" / "run.jsonl").read_text().splitlines()]
    assert (document["step"], document["degraded"]) == (0, ["validation:no-better"])
    assert document["loss_after"] == document["loss_before"]
    assert steps[-1] == 2
    assert asked(completer(base, tmp_path / "out")).labels == asked(completer(base)).labels


@needs_training
def test_an_adapter_of_another_model_is_refused(adapter: Path, tmp_path: Path) -> None:
    from tiny_causal import save_causal

    other = save_causal(tmp_path / "other", hidden=32)
    with pytest.raises(EnvironmentFailure, match="does not fit the model other") as caught:
        completer(other, adapter)
    assert "\n" not in str(caught.value)


@needs_training
def test_prompts_that_are_too_long_are_left_out_and_counted(base: Path, file: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the prompts of 12 of 12 precedents are too long"):
        make(base, file, tmp_path / "out", replace(RECIPE, tokens=64))
    assert not (tmp_path / "out").exists()


@needs_training
def test_what_was_too_long_counts_nowhere(base: Path, tmp_path: Path) -> None:
    long = [with_lines(precedent(n, Verdict.CLONE), 400) for n in range(50, 53)]
    document = train_on(base, [*precedents(12), *long], tmp_path / "out")
    assert document["degraded"] == ["too-long:3"]
    counted = [document[name] for name in ("precedents", "held_out", "clone", "not_clone")]
    assert all(isinstance(count, int) for count in counted)
    assert document["precedents"] + document["held_out"] == 12  # type: ignore[operator]
    assert document["clone"] + document["not_clone"] == document["precedents"]  # type: ignore[operator]
    assert "Left out were 3 others" in (tmp_path / "out" / "MODEL_CARD.md").read_text()


@needs_training
def test_held_out_precedents_that_are_all_too_long_give_no_figure(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = make_lesson(precedents(12), RECIPE.seed)
    held_out = tuple(with_lines(one, 400) for one in lesson.held_out)
    monkeypatch.setattr(
        "codesearch.training.judge.build.make_lesson", lambda found, seed: Lesson(lesson.taught, held_out)
    )
    document = train_on(base, precedents(12), tmp_path / "out")
    assert document["degraded"] == [f"too-long:{len(held_out)}", "validation:too-long"]
    card = (tmp_path / "out" / "MODEL_CARD.md").read_text()
    assert f"the prompts of all {len(held_out)} held-out precedents are too long" in card


def with_lines(found: Precedent, count: int) -> Precedent:
    """The same with so many lines more."""
    sides = [replace(side, code=side.code + "\n" + "total(out)\n" * count) for side in found.sides]
    return Precedent.between(sides[0], sides[1], found.verdict, reason="", by="", at=0)


def train_on(base: Path, found: Sequence[Precedent], out: Path) -> dict[str, object]:
    from codesearch.training.judge.build import JudgePlan, make_judge

    recipe = replace(RECIPE, epochs=1, tokens=1000)
    return make_judge(JudgePlan(str(base), load_prompt("direct"), recipe), found, out, Quiet())


@needs_training
def test_a_loss_that_is_no_number_ends_the_run(base: Path, file: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the loss is not a number at step \d: lower --learning-rate"):
        make(base, file, tmp_path / "out", replace(RECIPE, rate=1e30, every=99))


@needs_training
def test_the_command_learns_from_the_users_verdicts_and_from_files(
    user: Path, base: Path, file: Path
) -> None:
    assert call("feedback", "import", file).code == 0
    more = user / "more.jsonl"
    with more.open("w") as out:
        write_precedents([*precedents(2), precedent(50, Verdict.NOT_CLONE)], out)
    done = train(base, "--precedents", more, "--epochs", "1", "--rank", "2", "--prompt", "direct", "--json")
    document = done.document
    assert document["schema"] == "codesearch.train-judge/1"
    assert document["precedents"] + document["held_out"] == 13
    assert document["prompt"] == "direct-1"
    assert (user / "mine" / "adapter_model.safetensors").is_file()
    assert "mine is there already" in train(base, "--precedents", more).error


@needs_training
def test_the_command_refuses_what_it_cannot_learn_from(user: Path, base: Path, file: Path) -> None:
    assert "there are no precedents to learn from" in train(base).error
    poisoned = user / "poisoned.jsonl"
    poisoned.write_text('{"verdict": "clone"}\n')
    assert "line 1 of poisoned.jsonl is no verdict" in train(base, "--precedents", "poisoned.jsonl").error
    assert "nowhere.jsonl" in train(base, "--precedents", "nowhere.jsonl").error
    assert "is not there" in train(Path("nowhere"), "--precedents", file).error
    assert "asks for thoughts" in train(base, "--precedents", file, "--prompt", "reasoning").error
    assert "needs a GPU" in train(base, "--precedents", file, "--precision", "8bit").error
    one_sided = user / "one-sided.jsonl"
    with one_sided.open("w") as out:
        write_precedents([precedent(n, Verdict.CLONE) for n in range(9)], out)
    assert "all 9 precedents say clone" in train(base, "--precedents", "one-sided.jsonl").error
    assert call("train", "judge", "--model", base, "--out", "mine").code == 2
    assert not (user / "mine").exists()


_SHORT = ("--own-only", "--out", "mine", "--device", "cpu")


def train(base: Path, *words: str | Path) -> Outcome:
    return call("train", "judge", "--lora", *_SHORT, "--model", base, *words)


@needs_training
def test_the_shipped_precedents_are_enough_to_learn_from(user: Path) -> None:
    given = ("train", "judge", "--lora", "--model", "nowhere", "--out", "mine")
    assert "the model folder 'nowhere' is not there" in call(*given).error
    assert "there are no precedents" in call(*given, "--own-only").error


def test_held_out_precedents_share_no_code_with_those_that_are_taught() -> None:
    chained = [precedent(n, (Verdict.CLONE, Verdict.NOT_CLONE)[n % 2], sides=(n, n + 1)) for n in range(0, 6)]
    found = [*chained, *(replace_number(p) for p in precedents(30))]
    lesson = make_lesson(found, seed=3)
    assert set(lesson.taught) | set(lesson.held_out) == set(found)
    assert contents(lesson.taught).isdisjoint(contents(lesson.held_out))
    assert {p.verdict for p in lesson.held_out} == {Verdict.CLONE, Verdict.NOT_CLONE}
    assert 3 <= len(lesson.held_out) <= 6
    assert make_lesson(found, seed=3) == lesson


@given(st.integers(0, 20))
def test_renamed_copies_are_not_held_out_from_what_is_taught(seed: int) -> None:
    copies = [renamed(p) for p in precedents(20)]
    lesson = make_lesson([*precedents(20), *copies], seed)
    held_out = {p.pair for p in lesson.held_out}
    assert held_out
    for original, copy in zip(precedents(20), copies, strict=True):
        assert (original.pair in held_out) == (copy.pair in held_out)


def renamed(found: Precedent) -> Precedent:
    """The same with other names, in contents of its own."""
    first, second = (
        replace(side, content=side.content[::-1], code=re.sub(r"\b(total|label|m|n)\b", r"\1_too", side.code))
        for side in found.sides
    )
    return Precedent.between(first, second, found.verdict, reason="", by="", at=0)


def replace_number(found: Precedent) -> Precedent:
    """The same with contents of its own."""
    first, second = (replace(side, content=side.content[::-1]) for side in found.sides)
    return Precedent.between(first, second, found.verdict, reason="", by="", at=0)


def contents(found: Sequence[Precedent]) -> set[str]:
    return {side.content for precedent in found for side in precedent.sides}


def test_few_precedents_are_all_taught() -> None:
    assert make_lesson(precedents(5), seed=0).held_out == ()


def test_the_rarer_verdict_is_seen_as_often() -> None:
    found = [*precedents(2), *(precedent(n, Verdict.CLONE) for n in range(5, 9))]
    seen = [found[place].verdict for place in balanced(found)]
    assert seen.count(Verdict.CLONE) == seen.count(Verdict.NOT_CLONE) == 5
    assert set(range(len(found))) == set(balanced(found))


def test_of_two_verdicts_on_a_pair_the_first_source_counts() -> None:
    ours, theirs = precedent(1, Verdict.CLONE), precedent(1, Verdict.NOT_CLONE)
    assert one_each([[ours], [theirs]]) == (ours,)


def test_an_exercise_is_a_prompt_with_the_answer_that_its_parser_reads() -> None:
    from reranker.judge.answers import parse_answer

    [both] = exercises([precedent(1, Verdict.CLONE, "Both  add\nup.")], "few-shot")
    answers = [parse_answer(load_prompt("few-shot").parser, Completion(item.answer)) for item in both]
    for answer in answers:
        assert answer is not None
        assert (answer.verdict, answer.reason) == (Verdict.CLONE, "Both add up.")
        assert answer.evidence == (((1, 5), (1, 5)),)
    assert both[0].prompt.user != both[1].prompt.user
    assert exercises([precedent(1, Verdict.NOT_CLONE)], "direct")[0][0].answer == "not_clone"


def test_the_clone_type_is_the_one_that_somebody_named_else_what_the_text_shows() -> None:
    found = [precedent(1, Verdict.CLONE)]
    for types, expected in (({}, "T2"), ({found[0].pair: CloneType.T4}, "T4")):
        [(exercise, _)] = write_exercises(found, load_prompt("few-shot"), 0, types)
        assert json.loads(exercise.answer)["clone_type"] == expected


def test_a_prompt_that_asks_for_thoughts_cannot_be_taught(tmp_path: Path) -> None:
    from codesearch.training.judge.build import JudgePlan, make_judge

    plan = JudgePlan("nowhere", load_prompt("chain-of-thought"), RECIPE)
    with pytest.raises(ConfigError, match="asks for thoughts"):
        make_judge(plan, precedents(4), tmp_path / "out", Quiet())


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    from codesearch.training.judge.build import JudgePlan, make_judge

    plan = JudgePlan("nowhere", load_prompt("direct"), RECIPE)
    (tmp_path / "notes.txt").write_text("mine")
    for taken in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(CodesearchError, match="is there already"):
            make_judge(plan, precedents(4), taken, Quiet())
    with pytest.raises(InputError, match=r"cannot write to .*Not a directory"):
        make_judge(plan, precedents(4), tmp_path / "notes.txt" / "below", Quiet())
