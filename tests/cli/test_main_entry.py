from __future__ import annotations

import json
import logging
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import click
import pytest

import codesearch
from codesearch.cli import commands
from codesearch.cli.commands import COMMANDS
from codesearch.cli.main import main
from codesearch.cli.options import Invocation
from codesearch.cli.output import emit_json
from codesearch.cli.progress import PlainProgress, progress
from codesearch.core.errors import IndexFailure, Interrupted

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def command_that(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Makes ``codesearch status`` do something else."""

    def replace(action: Callable[[], object]) -> None:
        monkeypatch.setattr(commands, "load_command", lambda name: click.Command(name, callback=action))

    return replace


def fails_with(error: BaseException) -> Callable[[], object]:
    def action() -> object:
        raise error

    return action


def test_help_lists_every_command_with_its_purpose(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for name in COMMANDS:
        assert f"\n  {name} " in text


def test_no_arguments_print_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "Commands:" in capsys.readouterr().out


def test_help_imports_nothing_heavy() -> None:
    heavy = {
        "numpy",
        "sqlalchemy",
        "pydantic",
        "rich",
        "faiss",
        "alembic",
        "tree_sitter",
        "codesearch.cli.config",
    }
    program = (
        "import sys; from codesearch.cli.main import main; code = main(['--help']);"
        f"print(code, sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=CHECKOUT
    )
    assert done.stdout.endswith("0 []\n")


def test_version_is_that_of_the_distribution(capsys: pytest.CaptureFixture[str]) -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "version" in project.get("dynamic", []) or project["version"] == codesearch.__version__
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"codesearch {codesearch.__version__}\n"


def test_public_names_load_on_demand() -> None:
    for name in codesearch.__all__:
        assert getattr(codesearch, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = codesearch.nothing


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["qery"], "no command 'qery', did you mean 'query'?"),
        (["config", "shwo"], "shwo"),
        (["config"], "Missing command"),
        (["--nonsense"], "--nonsense"),
        (["config", "show", "--nonsense"], "--nonsense"),
        (["completion", "ksh"], "'bash', 'zsh', 'fish'"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(
    words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("codesearch: error: ")
    assert captured.err.count("\n") == 1
    assert expected in captured.err


@pytest.mark.parametrize(
    ("error", "code", "expected"),
    [
        (
            IndexFailure("no index in\n/x", "run `codesearch index`"),
            3,
            r"no index in\x0a/x: run `codesearch index`",
        ),
        (Interrupted("stopped"), 130, "stopped"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (ValueError("odd\x1b[0m"), 3, r"unexpected ValueError: odd\x1b[0m: run again with --debug"),
        (PermissionError(13, "Permission denied", "/x"), 3, "Permission denied: /x"),
        (OSError(28, "No space left on device", "/x"), 3, "No space left on device: /x: free some space"),
        (MemoryError(), 3, "out of memory"),
    ],
)
def test_failure_is_one_line_with_its_exit_code(
    error: BaseException,
    code: int,
    expected: str,
    command_that: Callable[[Callable[[], object]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    command_that(fails_with(error))
    assert main(["status"]) == code
    captured = capsys.readouterr().err
    assert captured.count("\n") == 1
    assert captured.startswith("codesearch: error: ")
    assert expected in captured


def test_debug_prints_the_traceback(
    command_that: Callable[[Callable[[], object]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    command_that(fails_with(IndexFailure("broken")))
    assert main(["--debug", "status"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_command_decides_its_exit_code(command_that: Callable[[Callable[[], object]], None]) -> None:
    command_that(lambda: 1)
    assert main(["status"]) == 1
    command_that(lambda: None)
    assert main(["status"]) == 0


def test_reader_that_goes_away_is_no_error() -> None:
    program = f"{sys.executable} -m codesearch config show --json | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True, cwd=CHECKOUT)
    assert done.stderr == ""
    assert done.stdout in {"0\n", "141\n"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert "_CODESEARCH_COMPLETE" in capsys.readouterr().out


def test_completion_offers_commands_without_importing_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_CODESEARCH_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "codesearch co")
    monkeypatch.setenv("COMP_CWORD", "1")
    main([])
    assert capsys.readouterr().out.splitlines() == ["plain,compare", "plain,config", "plain,completion"]


def test_json_is_valid_for_any_name(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    document = {"schema": "x/1", "path": "größe\udcff\x9b\u202e\x1b.py"}
    emit_json(document)
    raw = capfdbinary.readouterr().out
    assert "größe".encode() in raw
    assert not any(bad in raw.decode() for bad in "\x9b\u202e\x1b")
    assert json.loads(raw) == document


def test_progress_without_a_terminal_is_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    times = iter([0.0, 1.0, 6.0, 8.0])
    lines = PlainProgress("parsing", 3000, "files", lambda: next(times))
    lines.advance(1000)
    lines.advance(800)
    lines.finish()
    assert capsys.readouterr().err.splitlines() == [
        "parsing: 1,800 of 3,000 files, 300/s, 4.0 s left",
        "parsing: 1,800 of 3,000 files, 8.0 s",
    ]


def test_progress_is_silent_when_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(Invocation(quiet=True), "parsing", 10) as advance:
        advance(10)
    assert capsys.readouterr() == ("", "")


def test_progress_never_writes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(Invocation(), "embedding", None, "fragments") as advance:
        advance(10)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("embedding: 10 fragments, ")


def test_log_messages_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    Invocation(verbose=1).set_up_logging()
    logging.getLogger("indexer.corpus").info("skipped %s", "a\nb")
    logging.getLogger("indexer.corpus").debug("hidden")
    assert capsys.readouterr().err == "codesearch: info: skipped a\\x0ab\n"
