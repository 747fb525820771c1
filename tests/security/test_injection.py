"""Names and texts that somebody else chose are only shown, whoever shows them: terminal, log, table, page."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from audit_trees import python_function
from commandline import Outcome, call, write_tree
from markdown_it import MarkdownIt

ACTING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What a terminal acts on, but for tabs and line ends."""

NAMES = (
    "=HYPERLINK(1).py",
    "@SUM(1+1).py",
    "-2+3.py",
    "+1.py",
    "\x1b]0;owned\x07\x1b[2J.py",
    "a\nb\r\n::error::owned.py",
    "<img src=x onerror=alert(1)>.py",
    "]]><![CDATA[x.py",
    "](javascript:alert(1)).py",
    "{{7*7}}${7*7}#{7*7}.py",
    "\u202egnp.py",
    "%s%n{0}.py",
    "tab\there.py",
)
LABEL = "</script><script>alert(1)</script>\x1b[31m{{7*7}} @everyone ``` ]]> \u202e"
REASON = f"=1+1 {LABEL}\nforged line"
TEXTS = ("text", "markdown", "junit", "sarif", "gitlab", "html", "json", "csv")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user with a corpus of a hostile name, whose files are copies with hostile names and text."""
    folder = tmp_path_factory.mktemp("injection")
    with pytest.MonkeyPatch.context() as patch:
        enter(folder, patch)
        code = python_function("odd", "odd", f"    # {LABEL}\n    label = '{LABEL}'\n")
        write_tree(folder / "=corpus<b>\x1b[1m", dict.fromkeys(NAMES, code))
        assert call("index", "=corpus<b>\x1b[1m").code == 0
        assert call("audit", "--no-refresh", "--jobs", "1").code == 0
    return folder


def enter(folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    patch.chdir(folder)


@pytest.fixture(autouse=True)
def _at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(home, monkeypatch)


def harmless(outcome: Outcome) -> None:
    assert ACTING.findall(outcome.out) == []
    assert ACTING.findall(outcome.err) == []
    assert not any(line.startswith("::") for line in (outcome.out + outcome.err).splitlines())


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("status", "--json"),
        ("doctor",),
        ("index", "=corpus<b>\x1b[1m", "-vv"),
        ("index", "\x1b[2J/nowhere\u202e"),
        ("index", "https://example.org/\x1b[2J\u202eapp.git"),
        ("query", f"=corpus<b>\x1b[1m/{NAMES[4]}", "--show"),
        ("query", "\x1b[2J/nowhere\u202e"),
        ("query", f"=corpus<b>\x1b[1m/{NAMES[0]}", "--lang", "\x1b[2J"),
        ("compare", f"=corpus<b>\x1b[1m/{NAMES[4]}", f"=corpus<b>\x1b[1m/{NAMES[5]}", "--show"),
        ("audit", "--no-refresh", "--jobs", "1"),
        ("audit", "history"),
        ("feedback", "list"),
        ("config", "show", "--config", "\x1b[2J"),
        ("token", "revoke", "\x1b[2J\u202e"),
        ("schedule", "remove", "\x1b[2J\u202e"),
        ("remove", "\x1b[2J\u202e"),
        ("\x1b[2J\u202e",),
    ],
)
def test_no_command_writes_what_a_terminal_acts_on(words: tuple[str, ...]) -> None:
    harmless(call(*words))


def test_reason_and_name_of_a_verdict_are_shown_and_kept_as_text(home: Path) -> None:
    sides = [f"=corpus<b>\x1b[1m/{name}" for name in NAMES[:2]]
    harmless(call("feedback", "accept", *sides, "--reason", REASON, "--by", "=me\x1b[1m"))
    harmless(call("feedback", "list"))
    assert call("feedback", "export", "verdicts.jsonl").code == 0
    for line in (home / "verdicts.jsonl").read_text("utf-8").splitlines():
        json.loads(line)
        assert ACTING.findall(line) == []


@pytest.mark.parametrize("name", TEXTS)
def test_no_report_holds_what_its_reader_acts_on(home: Path, name: str) -> None:
    outcome = call("audit", "--no-refresh", "--jobs", "1", "-f", name, "-o", f"report.{name}")
    harmless(outcome)
    assert outcome.code == 0, outcome.err
    text = (home / f"report.{name}").read_text("utf-8")
    assert ACTING.findall(text.replace("\r\n", "\n")) == []
    if name == "markdown":  # with HTML let through, as on the pages of code hosts
        text = MarkdownIt("commonmark", {"html": True}).render(text)
        assert 'href="javascript' not in text
    assert "<script>alert" not in text or name in {"json", "sarif", "gitlab"}
    assert "<img src=x" not in text or name in {"json", "sarif", "gitlab", "text", "csv"}
    if name in {"json", "sarif", "gitlab"}:
        json.loads(text)
    elif name == "junit":
        ElementTree.fromstring(text)  # noqa: S314 - our own
    elif name == "csv":
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert len(cells) > len(NAMES)
        assert [cell for cell in cells if cell.startswith(("=", "@", "+", "\t", "\r"))] == []
        assert [cell for cell in cells if re.match(r"-(?![0-9.]+$)", cell)] == []
