from __future__ import annotations

import os
import re
import subprocess
import textwrap
from pathlib import Path

import pytest
from commandline import CHECKOUT

_RECORD = '#!/bin/sh\nfor word in "$@"; do printf "%s\\n" "$word"; done\nexit 1\n'


def audit_step(folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the last step of the action with a codesearch that prints its words and closes the gate."""
    [script] = re.findall(
        r"^      run: \|\n((?:        .*\n)+)\Z", (CHECKOUT / "action.yml").read_text(), re.MULTILINE
    )
    program = folder / "codesearch-venv/bin/codesearch"
    program.parent.mkdir(parents=True)
    program.write_text(_RECORD)
    program.chmod(0o755)
    given = {
        "PATHS": ".",
        "TYPES": "",
        "BASELINE": "",
        "SINCE": "",
        "FAIL_ON": "",
        "FORMAT": "sarif",
        **inputs,
    }
    runner = {"RUNNER_TEMP": str(folder), "GITHUB_OUTPUT": str(folder / "output"), "PATH": os.environ["PATH"]}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", textwrap.dedent(script)],
        env={"OUTPUT": "out.sarif", **given, **runner},
        capture_output=True,
        text=True,
        check=False,
    )


def test_action_hands_on_its_inputs_and_its_exit_code(tmp_path: Path) -> None:
    done = audit_step(
        tmp_path,
        PATHS="src\nmy lib\n",
        TYPES="all",
        BASELINE="base.json",
        SINCE="origin/main",
        FAIL_ON="new\nduplication>3%\n",
    )
    assert done.stdout.splitlines() == [
        *("audit", "--format", "sarif", "--output", "out.sarif", "--types", "all", "--baseline", "base.json"),
        *("--since", "origin/main", "--fail-on", "new", "--fail-on", "duplication>3%", "src", "my lib"),
    ]
    assert (done.returncode, done.stderr) == (1, "")
    assert (tmp_path / "output").read_text() == "report=out.sarif\n"


def test_action_leaves_out_what_is_not_set(tmp_path: Path) -> None:
    assert audit_step(tmp_path).stdout.split() == ["audit", "--format", "sarif", "--output", "out.sarif", "."]


def test_action_never_runs_an_input(tmp_path: Path) -> None:
    hostile = '$(touch hacked) `touch hacked` "; touch hacked; *'
    done = audit_step(tmp_path, PATHS=hostile, SINCE=hostile)
    assert done.stdout.splitlines()[-3:] == ["--since", hostile, hostile]
    assert not list(tmp_path.rglob("hacked"))


@pytest.mark.parametrize("name", ["path", "types", "baseline", "since", "fail-on", "format", "output"])
def test_every_input_of_the_action_is_described_and_reaches_the_audit(name: str) -> None:
    text = (CHECKOUT / "action.yml").read_text()
    assert re.search(rf"^  {name}:\n    description: .+\n    default: ", text, re.MULTILINE)
    assert f": ${{{{ inputs.{name} }}}}\n" in text
    scripts = re.findall(r"^      run: \|\n((?:        .*\n)+)", text, re.MULTILINE)
    assert not [script for script in scripts if "${{" in script]
