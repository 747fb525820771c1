"""``codesearch study`` as its user meets it, with models that say what a test wants."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from commandline import Outcome, call, tally, unique, write_tree
from scripted_server import ScriptedServer, verdict

from codesearch.core.settings.sections import Judge
from reranker.judge.completer import Completion, FailureKind, ModelFailure, Prompt

pytest.importorskip("matplotlib")

CLONE = '{"verdict": "clone", "clone_type": "T2", "confidence": 0.9, "evidence": [{"a_lines": [1, 1], "b_lines": [1, 1]}], "reason": "same"}'  # noqa: E501
OTHER = CLONE.replace('"clone", "clone_type": "T2"', '"not_clone", "clone_type": null')
HOSTILE = '<script>alert(1)</script><img src="http://x.invalid/a.png" onerror=alert(1)>'
Reply = Callable[[str], str]


@dataclass
class Model:
    """Answers prompts; keeps them with the temperature at which they came."""

    reply: Reply
    asked: list[tuple[float, Prompt]] = field(default_factory=list)
    name: str = "llm:scripted"
    lock: Lock = field(default_factory=Lock)

    def connect(self, settings: Judge, device: str = "auto") -> Connected:
        return Connected(self, settings.temperature)

    @property
    def texts(self) -> list[str]:
        return [prompt.user for _, prompt in self.asked]


@dataclass
class Connected:
    """The model at a temperature."""

    model: Model
    temperature: float
    concurrency: int = 1

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def fingerprint(self) -> str:
        return f"{self.model.name} {self.temperature}"

    def count_tokens(self, text: str) -> int:
        return len(text) // 4

    def complete(self, prompt: Prompt) -> Completion:
        with self.model.lock:
            self.model.asked.append((self.temperature, prompt))
        return Completion(self.model.reply(prompt.user), read=1000, written=10)


def pair_in(text: str) -> str:
    """What a prompt says behind its context: the two fragments."""
    return text[text.rindex("Fragment A,") :]


def by_name(text: str) -> str:
    """Two tallies are clones, whatever else is shown."""
    return OTHER if "merge_" in pair_in(text) else CLONE


@pytest.fixture
def scripted(user: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Reply], Model]:
    """Puts a model in the place of the configured one."""

    def connect(reply: Reply) -> Model:
        model = Model(reply)
        monkeypatch.setattr("codesearch.evaluation.study.model.connect", model.connect)
        return model

    return connect


@pytest.fixture
def data(user: Path) -> tuple[str | Path, ...]:
    """Two clones and two others; the words that name them to the command."""
    codes = {f"t{n}": tally(f"count_{n}") for n in range(3)} | {f"u{n}": unique(n) for n in range(3)}
    rows = [{"id": name, "lang": "python", "code": code} for name, code in codes.items()]
    clones = [{"a": "t0", "b": "t1", "label": 1}, {"a": "t1", "b": "t2", "label": 1}]
    others = [{"a": "t0", "b": "u0", "label": 0}, {"a": "u1", "b": "u2", "label": 0}]
    return "--fragments", lines(user / "f.jsonl", rows), "--pairs", lines(user / "p.jsonl", clones + others)


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def study(*words: str | Path) -> Outcome:
    return call("-q", "study", *words, "-o", "out")


def cells(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(cell["prompt"], cell["context"]): cell for cell in document["cells"]}


def test_the_figures_are_those_of_the_answers(
    scripted: Callable[[Reply], Model], data: tuple[str | Path, ...], user: Path
) -> None:
    # Of the clones one is missed, of the others one is reported.
    answers = {"count_1(": CLONE, "count_2(": OTHER, "only_0(": CLONE, "only_2(": OTHER}

    def reply(text: str) -> str:
        shown = pair_in(text)
        return next(answers[name] for name in ("count_2(", "only_2(", "only_0(", "count_1(") if name in shown)

    scripted(reply)
    found = study(*data, "--contexts", "none", "--prompts", "zero-shot", "--prices", "1,2", "--json").document
    assert found["schema"] == "codesearch.study/1"
    assert (found["degraded"], found["complete"], found["model"]) == ([], True, "llm:scripted")
    assert found["counts"] == {
        **{"fragments": 6, "pairs": 4, "clones": 2, "not_clones": 2},
        **{"planned": 4, "outcomes": 4, "calls": 4},
    }
    [cell] = found["cells"]
    assert (cell["answers"], cell["tokens_read"], cell["tokens_written"]) == (4, 4000, 40)
    assert cell["cost"] == pytest.approx((4000 + 2 * 40) / 1e6)
    figures = cell["by_parser"]["auto"]
    names = ("accuracy", "precision", "recall", "f1", "coverage")
    assert [figures[name] for name in names] == [0.5, 0.5, 0.5, 0.5, 1.0]
    assert figures["intervals"]["accuracy"] == pytest.approx([0.150039, 0.849961])
    assert cell["by_parser"]["exact-label"]["unread"] == 4
    assert json.loads((user / "out" / "study.json").read_text())["cells"] == found["cells"]


def test_every_prompt_context_and_temperature_is_asked_once_per_repeat(
    scripted: Callable[[Reply], Model], data: tuple[str | Path, ...]
) -> None:
    model = scripted(by_name)
    words = ("--temperatures", "0,0.7", "--repeats", "2", "--contexts", "none,precedents,neighbours")
    found = study(*data, *words, "--json").document
    # Two prompts by three contexts, but that zero-shot shows no precedents.
    [left_out] = found["left_out"]
    assert (left_out["prompt"], left_out["context"]) == ("zero-shot-1", "precedents")
    assert len(found["cells"]) == 5 * 2
    assert len(model.asked) == found["counts"]["planned"] == 10 * 4 * 2
    assert {temperature for temperature, _ in model.asked} == {0.0, 0.7}
    assert all(cell["by_parser"]["auto"]["agreement"] == 1.0 for cell in found["cells"])
    assert len({prompt.user for _, prompt in model.asked}) == len(model.asked)
    compared = {(one["tried"]["context"], one["base"]["context"]) for one in found["comparisons"]}
    # Prompts and temperatures are compared where the context is the same.
    same = {(context, context) for context in ("none", "precedents", "neighbours")}
    assert compared == {("precedents", "none"), ("neighbours", "none"), *same}
    families = {one["family"] for one in found["comparisons"]}
    assert families == {"context", "prompt", "temperature"}


def test_a_rerun_asks_only_what_is_missing(
    scripted: Callable[[Reply], Model], data: tuple[str | Path, ...], user: Path
) -> None:
    model = scripted(by_name)
    first = study(*data, "--contexts", "none", "--budget", "3", "--json").document
    assert (first["complete"], first["counts"]["calls"], first["counts"]["outcomes"]) == (False, 3, 3)
    assert first["degraded"] == ["judge:budget-exhausted"]
    log = user / "out" / "answers.jsonl"
    log.write_bytes(log.read_bytes()[:-20])  # as a crash leaves it
    second = study(*data, "--contexts", "none", "--json").document
    assert (second["complete"], second["counts"]["calls"]) == (True, 6)
    third = study(*data, "--contexts", "none", "--json").document
    assert third["counts"]["calls"] == 0
    assert third["cells"] == second["cells"]
    assert len(model.asked) == 9


def test_a_budget_of_zero_asks_nothing_and_reports_no_figure(
    scripted: Callable[[Reply], Model], data: tuple[str | Path, ...]
) -> None:
    model = scripted(by_name)
    outcome = study(*data, "--contexts", "none", "--budget", "0")
    assert outcome.code == 0
    assert "0 of 8 questions" in outcome.out
    assert "budget-exhausted" in outcome.out
    assert model.asked == []


def test_each_context_stands_in_the_prompts_of_its_cell_alone(
    scripted: Callable[[Reply], Model], user: Path
) -> None:
    caller = "def {name}(rows):\n" + "".join(f"    rows = tidy_rows(rows, {n})\n" for n in range(6))
    rows = [
        {"id": "a", "lang": "python", "code": caller.format(name="first") + "    return rows\n"},
        {"id": "b", "lang": "python", "code": caller.format(name="second") + "    return len(rows)\n"},
        {"id": "c", "lang": "python", "code": tally("tidy_rows")},
        *({"id": f"u{n}", "lang": "python", "code": unique(n)} for n in range(3)),
    ]
    words = (
        *("--fragments", lines(user / "f.jsonl", rows)),
        *("--pairs", lines(user / "p.jsonl", [{"a": "a", "b": "b", "label": 1}])),
    )
    model = scripted(by_name)
    found = cells(study(*words, "--prompts", "few-shot", "--json").document)
    # Cells are asked in the order of the plan, with one call at a time.
    shown = dict(zip((context for _, context in found), model.texts, strict=True))
    headings = {
        "precedents": "Precedents: pairs",
        "callees": "Definitions of what A or B calls:",
        "neighbours": "For contrast, code",
    }
    for context, heading in headings.items():
        assert {name for name, text in shown.items() if heading in text} == {context, "all"}
        assert found["few-shot-1", context]["pairs_with_context"] == 1
    assert "def tidy_rows(" in shown["callees"]
    assert found["few-shot-1", "none"]["pairs_with_context"] == 0


def test_a_context_that_no_pair_has_is_not_asked_about(
    scripted: Callable[[Reply], Model], data: tuple[str | Path, ...]
) -> None:
    model = scripted(by_name)
    words = ("--prompts", "zero-shot", "--contexts")
    outcome = study(*data, *words, "none,callees")
    assert "left out: zero-shot-1 with callees: nothing was found for any pair" in outcome.out
    assert "comparison" not in outcome.out
    assert len(model.asked) == 4
    assert "no pair has any of these contexts" in study(*data, *words, "callees").error
    found = study(*data, *words, "none,callees", "--json").document
    assert [cell["context"] for cell in found["cells"]] == ["none"]
    assert found["counts"]["planned"] == 4


def test_a_context_that_few_pairs_have_is_told(
    scripted: Callable[[Reply], Model], data: tuple[str | Path, ...], user: Path
) -> None:
    scripted(by_name)
    write_tree(user / "code", {"lib.py": tally("call_1_0")})
    words = ("--prompts", "zero-shot", "--contexts", "callees", "--corpus", "code")
    assert (
        "few pairs have the context that is shown: zero-shot-1 · callees · 0 (1/4)"
        in study(*data, *words).out
    )
    page = (user / "out" / "study.html").read_text()
    assert "Few pairs have the context" in page
    assert "<td>1/4</td>" in page


def test_what_needs_no_model_stands_beside_what_the_model_says(
    scripted: Callable[[Reply], Model], data: tuple[str | Path, ...], user: Path
) -> None:
    scripted(by_name)
    words = ("--prompts", "zero-shot", "--contexts", "none")
    found = study(*data, *words, "--json").document["baselines"]
    assert (found["always clone"]["accuracy"], found["always clone"]["recall"]) == (0.5, 1.0)
    # The tallies differ in a name alone, which makes them renamed copies.
    assert found["cascade alone"]["recall"] == 1.0
    out = study(*data, *words).out
    assert "always clone" in out
    assert "cascade alone" in out
    assert "cascade alone" in (user / "out" / "study.html").read_text()


def test_comparisons_say_what_can_be_told_from_chance(
    scripted: Callable[[Reply], Model], data: tuple[str | Path, ...], user: Path
) -> None:
    scripted(by_name)
    assert "1 comparison: none can be told from chance with 4 pairs" in study(*data, "--contexts", "none").out
    assert "1 comparison: none can be told" in (user / "out" / "study.html").read_text()


def test_callees_come_from_the_corpus_that_is_named(
    scripted: Callable[[Reply], Model], data: tuple[str | Path, ...], user: Path
) -> None:
    model = scripted(by_name)
    write_tree(user / "code", {"lib.py": tally("call_1_0")})
    study(*data, "--prompts", "zero-shot", "--contexts", "callees", "--corpus", "code")
    assert any("def call_1_0(" in text for text in model.texts)
    assert call("index", "code").code == 0
    study(
        *data, "--prompts", "zero-shot", "--contexts", "callees", "--index", ".codesearch", "--repeats", "2"
    )
    assert sum("def call_1_0(" in text for text in model.texts) == 2  # the first repeat is known


def test_a_pair_is_shown_the_precedents_that_the_judge_shows(
    data: tuple[str | Path, ...], user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model(by_name)
    monkeypatch.setattr("codesearch.judges.connect", model.connect)
    files = {"t0.py": tally("count_0"), "u0.py": unique(0)}
    write_tree(user, files)
    monkeypatch.setenv("CODESEARCH_JUDGE__MODEL", "coder")
    monkeypatch.setenv("CODESEARCH_JUDGE__BASE_URL", "http://localhost:1/v1")
    assert call("compare", "t0.py", "u0.py", "--judge", "llm", "--judge-always").code == 0
    study(*data, "--judge", "llm", "--prompts", "few-shot", "--contexts", "precedents")
    asked = [text for text in model.texts if all(name in pair_in(text) for name in ("count_0(", "only_0("))]
    by_judge, by_study = asked[0], asked[-1]
    assert len(precedents_in(by_judge)) > 3
    assert precedents_in(by_judge) == precedents_in(by_study)


def precedents_in(text: str) -> list[str]:
    """The precedents of a prompt, one text each, without the tokens that part data from instructions."""
    shown = text.replace(pair_in(text), "")
    shown = re.sub(r"[0-9a-f]{16}", "", shown[shown.index("Precedents: pairs") :])
    return re.split(r"judged (?=clone|not_clone)", shown)


def test_a_pair_never_sees_its_own_verdict_among_the_precedents(
    scripted: Callable[[Reply], Model], user: Path
) -> None:
    files = {f"f{n}.py": tally(f"count_{n}") if n < 2 else unique(n) for n in range(6)}
    write_tree(user, files)
    pairs = [(0, 1), (2, 3), (4, 5), (1, 2)]
    for a, b in pairs:
        said = "accept" if a == 0 else "reject"
        assert call("feedback", said, f"f{a}.py", f"f{b}.py", "--reason", f"verdict {a} {b}").code == 0
    assert call("feedback", "export", "mine.jsonl").code == 0
    model = scripted(by_name)
    found = study(
        "--examples", "mine.jsonl", "--prompts", "few-shot", "--contexts", "precedents", "--json"
    ).document
    assert found["counts"]["pairs"] == 4
    assert found["options"]["data"] == ["mine.jsonl"]
    names = [f"count_{n}(" if n < 2 else f"only_{n}(" for n in range(6)]
    others = 0
    for text in model.texts:
        own = [(a, b) for a, b in pairs if all(names[n] in pair_in(text) for n in (a, b))]
        assert len(own) == 1
        precedents = text.replace(pair_in(text), "").split("verdict: ")
        assert not any(all(names[n] in one for n in own[0]) for one in precedents)
        others += any(name in text.replace(pair_in(text), "") for name in names)
    assert others  # the memory does hold them, for other pairs


def test_a_model_that_refuses_everything_is_reported_as_such(
    scripted: Callable[[Reply], Model], data: tuple[str | Path, ...], user: Path
) -> None:
    def refuse(text: str) -> str:
        raise ModelFailure(FailureKind.REFUSED, "the model declines")

    model = scripted(refuse)
    found = study(*data, "--contexts", "none", "--json").document
    assert found["complete"]
    for cell in found["cells"]:
        assert (cell["answers"], cell["failures"], cell["tokens_read"]) == (0, {"refused": 4}, None)
        figures = cell["by_parser"]["auto"]
        assert (figures["failed"], figures["accuracy"], figures["precision"]) == (4, 0.0, None)
    assert "refused 4" in (user / "out" / "study.html").read_text()
    study(*data, "--contexts", "none")
    assert len(model.asked) == 8


def test_a_model_that_is_not_there_ends_the_study_with_what_there_is(
    scripted: Callable[[Reply], Model], data: tuple[str | Path, ...], user: Path
) -> None:
    def fail(text: str) -> str:
        if len(model.asked) > 2:
            raise ModelFailure(FailureKind.UNREACHABLE, "no server at localhost", "start it")
        return CLONE

    model = scripted(fail)
    outcome = study(*data, "--contexts", "none", "--json")
    assert outcome.code == 3
    assert "no server at localhost" in outcome.error
    assert "2 of 8 questions" in outcome.error
    assert len(model.asked) == 5  # three failures in a row
    found = json.loads((user / "out" / "study.json").read_text())
    assert found["degraded"] == ["judge:unreachable"]
    assert sum(cell["failures"].get("unreachable", 0) for cell in found["cells"]) == 3
    assert (user / "out" / "study.html").exists()


def test_an_interrupt_keeps_what_was_answered(
    scripted: Callable[[Reply], Model],
    data: tuple[str | Path, ...],
    user: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(self: object, done: int) -> None:
        if done and model.asked:
            raise KeyboardInterrupt

    model = scripted(by_name)
    with monkeypatch.context() as patch:
        patch.setattr("codesearch.cli.progress.StageProgress.advance", interrupted)
        outcome = study(*data, "--contexts", "none")
    assert outcome.code == 130
    assert "the same command goes on" in outcome.error
    kept = json.loads((user / "out" / "study.json").read_text())
    assert kept["degraded"] == ["study:interrupted"]
    assert kept["counts"]["outcomes"] >= 1
    assert study(*data, "--contexts", "none", "--json").document["complete"]
    assert len(model.asked) <= 8 + 1  # at most the call that was under way is made again


def test_the_page_holds_text_as_text_and_loads_nothing(
    scripted: Callable[[Reply], Model], user: Path
) -> None:
    name = user / "<script>alert(1)<"
    name.mkdir()
    rows = [{"id": HOSTILE + str(n), "lang": "python", "code": tally(f"c_{n}")} for n in range(2)]
    pairs = [{"a": rows[0]["id"], "b": rows[1]["id"], "label": 1, "split": "<b>bold"}]
    words = (
        *("--fragments", lines(name / "script>.jsonl", rows)),
        *("--pairs", lines(user / "<img src=x>.jsonl", pairs), "--split", "<b>bold"),
    )
    model = scripted(lambda text: CLONE.replace('"same"', json.dumps(HOSTILE)))
    model.name = f"llm:{HOSTILE}"
    assert study(*words, "--contexts", "none").code == 0
    page = (user / "out" / "study.html").read_text()
    seen = Tags()
    seen.feed(page)
    assert not seen.names & {"script", "img", "b", "iframe", "object", "embed"}
    assert not {name for name in seen.attributes if name.startswith("on")}
    assert seen.loaded <= {"data:,"}
    assert "default-src 'none'" in page
    assert re.findall(r"url\((?!#)", page) == []
    assert "&lt;img src=x&gt;.jsonl" in page


class Tags(HTMLParser):
    """Names of elements and attributes of a page, and the addresses that it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.loaded: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        links = {value or "" for name, value in attrs if name in {"src", "href", "xlink:href"}}
        self.loaded |= {link for link in links if not link.startswith("#")}


@pytest.mark.enable_socket
def test_a_server_is_studied_and_the_key_stands_nowhere(
    data: tuple[str | Path, ...], user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("langchain_openai")
    monkeypatch.setenv("CODESEARCH_JUDGE__API_KEY", "sk-very-secret")
    with ScriptedServer([verdict()]) as server:
        words = ("--judge", "llm", "--model", "coder", "--base-url", server.url, "--contexts", "none")
        outcome = study(*data, *words, "--json")
    assert outcome.document["model"] == "llm:coder"
    assert outcome.document["settings"]["base_url"] == server.url
    assert len(server.requests) == 8
    assert server.requests[0].headers["authorization"] == "Bearer sk-very-secret"
    written = "".join(path.read_text() for path in (user / "out").iterdir())
    assert "very-secret" not in written + outcome.out + outcome.err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--examples", "no.jsonl"), "no.jsonl"),
        (("--fragments", "f.jsonl"), "give --fragments and --pairs"),
        (("--examples", "f.jsonl"), "must be what `codesearch feedback export` wrote: line 1"),
        (("--prompts", "poem"), "--prompts: there is no prompt 'poem'"),
        (("--prompts", ","), "--prompts is empty"),
        (("--contexts", "weather"), "no 'weather'"),
        (("--prompts", "zero-shot", "--contexts", "precedents"), "add 'none'"),
        (("--temperatures", "hot"), "'hot' is no temperature"),
        (("--temperatures", "nan"), "'nan' is no temperature"),
        (("--parsers", "auto,oracle"), "no parser 'oracle'"),
        (("--prices", "1"), "'1' are no prices"),
        (("--prices", "inf,1"), "are no prices"),
        (("--split", "moon"), "no split 'moon'"),
        (("--judge", "llm"), "judge.model"),
        ((), "judge.kind is 'precedents'"),
    ],
)
def test_bad_input_is_one_line(
    words: tuple[str, ...], problem: str, data: tuple[str | Path, ...], user: Path
) -> None:
    pytest.importorskip("langchain_openai")
    alone = words[:1] in {("--examples",), ("--fragments",)}
    outcome = study(*(() if alone else data), *words)
    assert outcome.code == 2
    assert problem in outcome.error
    assert not (user / "out").exists()


def test_a_missing_extra_is_named_before_anything_is_asked(
    scripted: Callable[[Reply], Model], data: tuple[str | Path, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = scripted(by_name)
    monkeypatch.setattr("codesearch.evaluation.study.charts.find_spec", lambda name: None)
    outcome = study(*data)
    assert outcome.code == 3
    assert "codesearch-clones[study]" in outcome.error
    assert model.asked == []
