from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from codesearch.cli.main import main


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project of a user without settings."""
    for name in [name for name in os.environ if name.upper().startswith("CODESEARCH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_show_prints_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "fragments.min_lines = 5" in lines
    assert "verdict.clone_threshold = (unset)" in lines


def test_show_origin_points_to_file_and_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "codesearch.toml").write_text("[retrieval]\nk = 7\n")
    assert main(["config", "show", "--origin"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (line,) = [line for line in lines if line.startswith("retrieval.k = 7")]
    assert line.endswith(f"# {project / 'codesearch.toml'}:2")


def test_show_json_is_one_document(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "codesearch.toml").write_text('[judge]\nbase_url = "http://evil"\n')
    monkeypatch.setenv("CODESEARCH_JUDGE__API_KEY", "sesame")
    assert main(["config", "show", "--json"]) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["schema"] == "codesearch.config/1"
    assert document["settings"]["retrieval.weights.dense"] == 1.0
    assert document["settings"]["judge.base_url"] == ""
    assert document["origins"]["judge.api_key"] == "environment CODESEARCH_JUDGE__API_KEY"
    assert [entry["key"] for entry in document["ignored"]] == ["judge.base_url"]
    assert "sesame" not in captured.out + captured.err
    assert "warning: ignored judge.base_url" in captured.err


def test_global_options_are_taken_before_and_after_the_command(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["--index", "there", "config", "show"], ["config", "show", "--index", "there"]):
        assert main([*words, "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["settings"]["index.dir"] == str(project / "there")
        assert document["origins"]["index.dir"] == "command line"


def test_quiet_hides_warnings(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "codesearch.toml").write_text('[judge]\nmodel = "x"\n')
    assert main(["-q", "config", "show"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "# ignored: judge.model" in captured.out


def test_broken_settings_are_one_line_and_exit_2(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "codesearch.toml").write_text("[parsing]\njbos = 1\n")
    assert main(["config", "show"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "did you mean parsing.jobs" in captured.err


@pytest.mark.parametrize("password", ["hunter2", "hunt/er2", "hunter2/", "hunter2?", "hunter2#"])
def test_credentials_in_an_address_are_refused_and_not_repeated(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("CODESEARCH_JUDGE__BASE_URL", f"http://me:{password}@host/v1")
    assert main(["config", "show"]) == 2
    shown = capsys.readouterr()
    assert "write the address without credentials, and the key as judge.api_key" in shown.err
    assert password not in shown.out + shown.err
