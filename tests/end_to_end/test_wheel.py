"""The built wheel, installed into an empty folder and run away from the checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from commandline import CHECKOUT, EXAMPLES, Outcome, finished, spawn

pytestmark = pytest.mark.slow

SOURCES = (
    "codesearch",
    "indexer",
    "retriever",
    "reranker",
    "configs",
    "models",
    "web",
    "pyproject.toml",
    "README.md",
    "LICENSE",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the sources as they are now."""
    project = tmp_path_factory.mktemp("project")
    for name in SOURCES:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, project / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, project)
    _run("-m", "build", "--wheel", "--no-isolation", "--outdir", project / "dist", project)
    [built] = (project / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An otherwise empty folder that holds the wheel's packages."""
    target = tmp_path_factory.mktemp("installed")
    _run("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", target, wheel)
    return target


def _run(*words: str | Path) -> None:
    done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_wheel_holds_what_runs_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for name in (
        "codesearch/_configs/defaults.toml",
        "codesearch/_configs/languages.toml",
        "codesearch/_configs/models.toml",
        "codesearch/_configs/roles.toml",
        "codesearch/_models/calibration-1/calibration.json",
        "codesearch/_models/hashed-ngrams-1/idf.npy",
        "codesearch/_models/static-1/rows.npy",
        "codesearch/_web/templates/audit/page.html",
        "codesearch/_web/static/audit/page.css",
        "codesearch/_web/templates/site/base.html",
        "codesearch/_web/static/site/site.css",
        "codesearch/_web/static/vendor/htmx.min.js",
        "indexer/features/concepts.toml",
        "codesearch/core/store/migrations/versions/0001_first_schema.py",
        "codesearch/py.typed",
        "indexer/py.typed",
        "retriever/py.typed",
        "reranker/py.typed",
    ):
        assert name in names
    queries = [
        str(path.relative_to(CHECKOUT))
        for package in ("indexer", "codesearch")
        for path in (CHECKOUT / package).rglob("*.scm")
    ]
    assert queries
    assert set(queries) <= set(names)
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "codesearch",
        "indexer",
        "retriever",
        "reranker",
    }
    assert not [name for name in names if "test" in name.split("/")[0] or "__pycache__" in name]


def test_installed_product_works_outside_the_checkout(installed: Path, user: Path) -> None:
    shutil.copytree(EXAMPLES, user / "examples")

    def run(*words: str) -> Outcome:
        return finished(spawn(*words, folder=user, python_path=installed))

    where = subprocess.run(
        [
            sys.executable,
            "-c",
            "import codesearch, indexer, reranker, retriever;"
            "print(codesearch.__file__, indexer.__file__, reranker.__file__, retriever.__file__)",
        ],
        cwd=user,
        env={"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(Path(name).is_relative_to(installed) for name in where.stdout.split())
    assert run("index", "examples/corpus", "--json").document["files"]["analysed"] == 9
    results = run("query", "examples/query/FileTools.java", "--json").document["results"]
    assert {match["clone_type"] for result in results for match in result["matches"]} >= {"T1", "T2", "T3"}
    pair = "examples/query/FileTools.java", "examples/corpus/StreamTools.java"
    assert run("compare", *pair, "--json").document["verdict"] == "clone"
    assert run("doctor", "--json").document["healthy"]
    assert run("audit", "--no-refresh", "-f", "html", "-o", "report.html").code == 0
    assert "Clone audit" in (user / "report.html").read_text(encoding="utf-8")
