"""Files that people and repositories write: settings, baselines, accepted classes, ignore files."""

from __future__ import annotations

import os
from pathlib import Path

from fuzz.target import Target, refusals, scratch

from codesearch.audit.accepted_file import read_accepted
from codesearch.audit.baseline import read_baseline, read_replaceable
from codesearch.core.errors import ConfigError, InputError
from codesearch.core.resources import resource_dir
from codesearch.core.settings import load_settings
from codesearch.core.settings.keys import shown_values
from indexer.corpus.ignore import IgnoreFiles

_CONTENTS = ("0123456789abcdef" * 2, "f" * 32)
_PATHS = (
    "a",
    "a/",
    "build/",
    "build/out.py",
    "src/deep/er/file.min.js",
    "src/deep/",
    ".hidden",
    "name with space.py",
    "ü/ö.c",
    "x[1].h",
    "docs/#notes",
    "!important",
    "a/b/c/a/b/c/a/b/c",
    "\udcff\udcfe.py",
)


def _file(name: str, data: bytes) -> Path:
    path = scratch("files") / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path


def _configures(data: bytes) -> None:
    """The user's own settings, then those of a project: what they refuse, they refuse by one error."""
    path = _file("config.toml", data)
    elsewhere = scratch("elsewhere")
    with refusals():
        try:
            loaded = load_settings(config_file=path, start=elsewhere)
        except ConfigError:
            pass
        else:
            assert shown_values(loaded.settings).keys() == loaded.origins.keys()
            assert not loaded.ignored
    project = _file("project/codesearch.toml", data)
    with refusals():
        try:
            loaded = load_settings(start=project.parent)
        except ConfigError:
            return
        assert not loaded.settings.judge.base_url
        assert not loaded.settings.judge.api_key.get_secret_value()
        assert not loaded.settings.store.url.get_secret_value()


def _baselines(data: bytes) -> None:
    path = _file("baseline.txt", data)
    with refusals():
        try:
            found = read_baseline(path)
        except InputError:
            found = None
        if found is not None:
            assert all(count >= 1 for contents in found.classes.values() for count in contents.values())
            assert found.mark(()).fixed == tuple(sorted(found.classes))
        try:
            replaceable = read_replaceable(path)
        except InputError:
            assert found is None
        else:
            assert replaceable == found


def _accepts(data: bytes) -> None:
    path = _file("codesearch-accepted.toml", data)
    with refusals():
        for entry in read_accepted(path):
            assert entry.id.strip()
            assert entry.reason.strip()


def _ignores(data: bytes) -> None:
    """Two ignore files, of the tree and of a folder in it, in the order of their precedence."""
    outer, _, inner = data.partition(b"\n%%\n")
    root = scratch("tree")
    _write(root / ".gitignore", outer)
    _write(root / "src" / ".gitignore", inner)
    found = IgnoreFiles(str(root), (".gitignore",))
    verdicts = {path: found.ignores(path) for path in _PATHS}
    again = IgnoreFiles(os.fspath(root), (".gitignore",))
    assert {path: again.ignores(path) for path in reversed(_PATHS)} == verdicts
    if verdicts["build/"]:  # what is below an ignored folder cannot come back
        assert verdicts["build/out.py"]


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)


_DEFAULTS = (resource_dir("configs") / "defaults.toml").read_bytes()

TARGETS = (
    Target(
        "settings",
        "configuration",
        _configures,
        (
            *(b"[" + section for section in _DEFAULTS.split(b"\n[")[1:]),
            b'[judge]\nbase_url = "http://a"\napi_key = "k"\nkind = "llm"\n',
            b'[store]\nurl = "postgresql://u:p@h/d"\n[index]\ndir = "../x"\nmemory = "4GB"\n',
            b'corpus.include = ["**/*.py"]\ncorpus.exclude = [1, {a = 2}]\n',
            b"[retrieval.weights]\ndense = nan\nlexical = -inf\n",
        ),
    ),
    Target(
        "baseline",
        "baseline and accepted classes",
        _baselines,
        (
            f"codesearch-baseline 1\nc1 {_CONTENTS[0]}\nc1 {_CONTENTS[1]}*3\n".encode(),
            f"codesearch-baseline 1\n<<<<<<< a\nc1 {_CONTENTS[0]}\n=======\n>>>>>>> b\n".encode(),
            b"codesearch-baseline 2\n",
            b"\xef\xbb\xbfcodesearch-baseline 1\r\n\x85\n",
        ),
    ),
    Target(
        "accepted",
        "baseline and accepted classes",
        _accepts,
        (
            f'[[accepted]]\nid = "c"\nreason = "r"\nby = "me"\ndate = 2026-01-31\n'
            f'contents = ["{_CONTENTS[0]}", "{_CONTENTS[1]}*2"]\n'.encode(),
            b'[[accepted]]\nid = "c"\nreason = "r"\ncontents = 3\n',
            b'accepted = [{id = "c", reason = "r", contents = 99999999999999999999}]\n',
        ),
    ),
    Target(
        "ignore-files",
        "configuration",
        _ignores,
        (
            b"build/\n*.min.js\n!important\n\\#notes\n/a/**/c\n",
            b"**/deep/**\n%%\n!deep/\n*\n!*/\n",
            b"[[:alpha:]]*\nx[[]1].h\nname\\ with space.py\n\\!important   \n[!a-\\]]\n",
            b"*a*b\n%%\n?\n\xff*\n",
        ),
    ),
)
