"""The peers are really run, on four small files: a loop, its copy, its renamed copy and something else."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.documents import Json
from benchmarks.environment import describe, installed_version
from benchmarks.peers.codesearch_audit import CodesearchAudit
from benchmarks.peers.copydetect import Copydetect
from benchmarks.peers.jscpd import Jscpd, covered_lines
from benchmarks.process import run_measured
from codesearch.core.errors import EnvironmentFailure

SUM = """\
public static int evenSum(int[] values, int limit) {
    int total = 0;
    for (int i = 0; i < values.length; i++) {
        if (values[i] % 2 == 0 && values[i] < limit) {
            total += values[i];
        } else if (values[i] > limit) {
            total -= limit;
        }
    }
    System.out.println("total " + total);
    return total;
}
"""
RENAMED = (
    SUM.replace("values", "numbers").replace("total", "acc").replace("evenSum", "addEven").replace("2", "4")
)
OTHER = """\
public String shorten(String text, Map<String, String> words) throws IOException {
    StringBuilder out = new StringBuilder();
    try (BufferedReader reader = new BufferedReader(new StringReader(text))) {
        String line;
        while ((line = reader.readLine()) != null) {
            out.append(words.getOrDefault(line.trim(), line)).append('\\n');
        }
    }
    return out.toString();
}
"""

needs_psutil = pytest.mark.skipif(find_spec("psutil") is None, reason="psutil is not installed")
needs_jscpd = pytest.mark.skipif(not installed_version("jscpd"), reason="jscpd is not installed")
needs_copydetect = pytest.mark.skipif(find_spec("copydetect") is None, reason="copydetect is not installed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, code in {"a": SUM, "b": SUM, "c": RENAMED, "d": OTHER}.items():
        (tmp_path / f"{name}.java").write_text(code, encoding="utf-8")
    return tmp_path


@needs_jscpd
def test_jscpd_reports_the_exact_copy_by_default(folder: Path) -> None:
    assert Jscpd("default").reported_pairs(folder) == {("a.java", "b.java")}


@needs_jscpd
def test_jscpd_reports_the_renamed_copy_when_names_are_ignored(folder: Path) -> None:
    setting = Jscpd("renamed", ("--min-tokens=30", "--ignore-identifiers", "--ignore-literals"))
    pairs = setting.reported_pairs(folder)
    assert any("c.java" in pair for pair in pairs)
    assert not any("d.java" in pair for pair in pairs)


def listed(first: tuple[str, int, int], second: tuple[str, int, int]) -> Json:
    sides = [{"name": name, "start": start, "end": end} for name, start, end in (first, second)]
    return {"firstFile": sides[0], "secondFile": sides[1]}


def test_clones_of_one_pair_of_files_are_joined_whatever_their_direction() -> None:
    report: Json = {
        "duplicates": [
            listed(("x", 1, 3), ("y", 11, 13)),
            listed(("y", 13, 14), ("x", 7, 8)),
            listed(("x", 1, 3), ("x", 7, 9)),
        ]
    }
    assert covered_lines(report) == {("x", "y"): ({1, 2, 3, 7, 8}, {11, 12, 13, 14})}


@needs_copydetect
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("both_sides", [True, False])
@pytest.mark.parametrize("threshold", [0.33, 0.5, 0.9])
def test_copydetect_reports_what_its_own_comparison_of_all_pairs_would(
    folder: Path, threshold: float, both_sides: bool
) -> None:
    from copydetect import CodeFingerprint, compare_files

    names = sorted(path.name for path in folder.iterdir())
    prints = {name: CodeFingerprint(str(folder / name), 25, 1) for name in names}
    expected = set()
    for a in names:
        for b in names:
            _, similarities, _ = compare_files(prints[a], prints[b])
            reach = [similarity >= threshold for similarity in similarities]
            if a < b and (all(reach) if both_sides else any(reach)):
                expected.add((a, b))
    assert {("a.java", "b.java"), ("a.java", "c.java")} <= expected
    assert Copydetect("copydetect", threshold, both_sides).reported_pairs(folder) == expected


@needs_psutil
def test_an_audit_reports_the_pairs_of_its_classes(folder: Path) -> None:
    audit = CodesearchAudit("codesearch audit")
    [members] = audit.classes(folder)
    assert [place.path for place in members] == ["a.java", "b.java", "c.java"]
    copies = {("a.java", "b.java"), ("a.java", "c.java"), ("b.java", "c.java")}
    assert audit.reported_pairs(folder) == copies
    assert CodesearchAudit("large", "[fragments]\nmin_lines = 100\n").reported_pairs(folder) == set()


@needs_psutil
def test_memory_of_child_processes_is_counted(tmp_path: Path) -> None:
    child = "block = bytearray(80_000_000); import time; time.sleep(0.5); print(len(block))"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    measured = run_measured([sys.executable, "-c", parent], tmp_path)
    assert measured.output.strip() == b"80000000"
    assert measured.peak_bytes > 80_000_000


@needs_psutil
def test_a_command_that_fails_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match="ended with code 3: the reason"):
        run_measured(
            [sys.executable, "-c", "import sys; print('the reason', file=sys.stderr); sys.exit(3)"], tmp_path
        )


def test_a_tool_that_is_not_installed_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match="cannot run no-such-tool"):
        run_measured(["no-such-tool"], tmp_path)


def test_the_environment_names_machine_and_versions() -> None:
    environment = describe()
    assert environment["cores"] >= 1
    assert environment["packages"]["numpy"]
