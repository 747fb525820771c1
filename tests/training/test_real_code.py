from __future__ import annotations

import csv
import difflib
import fractions
import gzip
import inspect
import io
import json
import shlex
import statistics
import tarfile
import textwrap
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

from codesearch.core.errors import InputError
from codesearch.evaluation.datasets import read_fragments
from codesearch.training.licences import permissive_licence
from codesearch.training.packages import ArchiveLimits, Package, package_archives, read_package
from codesearch.training.real_code import MiningOptions, MiningSummary, mine_real_code
from codesearch.training.real_functions import package_functions, telling_words

LEVENSHTEIN = '''\
def levenshtein_distance(first, second):
    """Edits from one text to the other."""
    previous = list(range(len(second) + 1))
    for row, left in enumerate(first, start=1):
        current = [row]
        for column, right in enumerate(second, start=1):
            substitution = previous[column - 1] + (left != right)
            current.append(min(previous[column] + 1, current[-1] + 1, substitution))
        previous = current
    return previous[-1]
'''

LEVENSHTEIN_TABLE = """\
export function levenshteinDistance(a, b) {
  const current = [];
  const previous = [];
  for (let column = 0; column <= b.length; column++) previous[column] = column;
  for (let row = 1; row <= a.length; row++) {
    current[0] = row;
    for (let column = 1; column <= b.length; column++) {
      const substitution = previous[column - 1] + (a[row - 1] === b[column - 1] ? 0 : 1);
      current[column] = Math.min(previous[column] + 1, current[column - 1] + 1, substitution);
    }
    for (let column = 0; column <= b.length; column++) previous[column] = current[column];
  }
  return previous[b.length];
}
"""

EASTER_DAY = """\
def easter_sunday(year):
    golden = year % 19
    century = year // 100
    epact = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    days = epact - (epact // 28) * (1 - (29 // (epact + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + days + 2 - century + century // 4) % 7
    offset = days - weekday
    month = 3 + (offset + 40) // 44
    return month, offset + 28 - 31 * (month // 4)
"""

UNRELATED = """\
def levenshtein_distance(settings, folder):
    connection = settings.open_connection(folder)
    if connection is None:
        raise RuntimeError(f"cannot connect to {folder}")
    for message in connection.pending():
        settings.logger.warning("left behind: %s", message)
        message.acknowledge()
    connection.close()
    return settings
"""


def sdist(
    folder: Path, name: str, files: Mapping[str, str], version: str = "1.0", licence: str = "MIT"
) -> Path:
    """A source distribution with these files below its top folder."""
    path = folder / f"{name}-{version}.tar.gz"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nLicense: {licence}\n"
    write_tar(path, f"{name}-{version}", {"PKG-INFO": metadata, **files})
    return path


def npm_pack(folder: Path, name: str, files: Mapping[str, str], licence: str = "MIT") -> Path:
    """What ``npm pack`` writes."""
    path = folder / f"{name}-1.0.0.tgz"
    described = json.dumps({"name": name, "version": "1.0.0", "license": licence})
    write_tar(path, "package", {"package.json": described, **files})
    return path


def write_tar(path: Path, top: str, files: Mapping[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:xz") if path.suffix == ".xz" else tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))


def background(folder: Path) -> None:
    """A package of other functions: what is rare shows only among many."""
    modules = (csv, difflib, fractions, shlex, statistics, textwrap)
    sdist(folder, "background", {f"{module.__name__}.py": inspect.getsource(module) for module in modules})


def mine(folder: Path) -> tuple[MiningSummary, dict[str, list[dict[str, str]]]]:
    """The summary, and the rows by group."""
    out = folder / "out" / "real.jsonl.gz"
    background(folder)
    summary = mine_real_code([folder], out, MiningOptions(), lambda _: None)
    groups = defaultdict(list)
    for line in gzip.decompress(out.read_bytes()).splitlines():
        row = json.loads(line)
        groups[row["group"]].append(row)
    return summary, dict(groups)


def test_functions_of_one_rare_name_meet_across_packages_and_languages(tmp_path: Path) -> None:
    sdist(tmp_path, "textual-edits", {"edits.py": LEVENSHTEIN, "calendar.py": EASTER_DAY})
    npm_pack(tmp_path, "spelling", {"src/spell.js": LEVENSHTEIN_TABLE})
    summary, groups = mine(tmp_path)
    ((name, rows),) = groups.items()
    assert name == "name:levenshtein_distance:0"
    assert {(row["lang"], row["source"], row["license"]) for row in rows} == {
        ("python", "pkg:pypi/textual-edits@1.0", "MIT"),
        ("javascript", "pkg:npm/spelling@1.0.0", "MIT"),
    }
    assert {row["code"].strip() for row in rows} == {LEVENSHTEIN.strip(), LEVENSHTEIN_TABLE.strip()}
    assert summary.name_groups == 1
    assert summary.languages == {"python": 1, "javascript": 1}


def test_rows_are_labelled_fragments_of_one_split_per_group(tmp_path: Path) -> None:
    sdist(tmp_path, "textual-edits", {"edits.py": LEVENSHTEIN})
    npm_pack(tmp_path, "spelling", {"src/spell.js": LEVENSHTEIN_TABLE})
    mine(tmp_path)
    fragments = read_fragments(tmp_path / "out" / "real.jsonl.gz")
    assert len({fragment.group for fragment in fragments}) == 1
    assert len({fragment.split for fragment in fragments} & {"train", "valid"}) == 1


def test_the_same_packages_give_the_same_bytes(tmp_path: Path) -> None:
    sdist(tmp_path, "textual-edits", {"edits.py": LEVENSHTEIN})
    npm_pack(tmp_path, "spelling", {"src/spell.js": LEVENSHTEIN_TABLE})
    background(tmp_path)
    for name in ("one.jsonl.gz", "two.jsonl.gz"):
        mine_real_code([tmp_path], tmp_path / "out" / name, MiningOptions(jobs=2), lambda _: None)
    one, two = ((tmp_path / "out" / name).read_bytes() for name in ("one.jsonl.gz", "two.jsonl.gz"))
    assert one == two


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("vendored", LEVENSHTEIN),
        ("renamed", LEVENSHTEIN.replace("first", "a").replace("second", "b").replace("previous", "above")),
        ("unlike", UNRELATED),
        ("textual-other", LEVENSHTEIN_TABLE),
    ],
    ids=["a copy", "a renamed copy", "another purpose", "a sister project"],
)
def test_a_shared_name_alone_makes_no_group(tmp_path: Path, name: str, code: str) -> None:
    sdist(tmp_path, "textual-edits", {"edits.py": LEVENSHTEIN})
    sdist(tmp_path, name, {"other.js" if "export" in code else "other.py": code})
    with pytest.raises(InputError, match="no two functions"):
        mine(tmp_path)


def test_versions_of_a_changed_function_make_a_group(tmp_path: Path) -> None:
    changed = LEVENSHTEIN.replace(
        "    previous = list(range(len(second) + 1))\n",
        "    if len(first) < len(second):\n        first, second = second, first\n"
        "    if not second:\n        return len(first)\n    previous = [*range(len(second) + 1)]\n",
    )
    sdist(tmp_path, "edits", {"edits.py": LEVENSHTEIN + EASTER_DAY}, version="1.9")
    sdist(tmp_path, "edits", {"edits.py": changed + EASTER_DAY}, version="1.10")
    summary, groups = mine(tmp_path)
    ((name, rows),) = groups.items()
    assert name == "version:pkg:pypi/edits:edits.py:.levenshtein_distance"
    assert [row["source"] for row in rows] == ["pkg:pypi/edits@1.10", "pkg:pypi/edits@1.9"]
    assert summary.version_groups == 1


def test_packages_that_are_not_permissive_are_counted_and_left_out(tmp_path: Path) -> None:
    npm_pack(tmp_path, "spelling", {"src/spell.js": LEVENSHTEIN_TABLE})
    npm_pack(tmp_path, "other", {"src/spell.js": LEVENSHTEIN_TABLE.replace("=== b", "== b")})
    sdist(tmp_path, "edits", {"edits.py": LEVENSHTEIN})
    sdist(tmp_path, "copyleft", {"edits.py": LEVENSHTEIN}, licence="GPL-3.0-or-later")
    summary, _ = mine(tmp_path)
    assert summary.unlicensed == ("copyleft-1.0.tar.gz",)
    assert "pkg:pypi/copyleft@1.0" not in summary.used


def test_a_damaged_archive_is_reported_and_the_others_are_read(tmp_path: Path) -> None:
    npm_pack(tmp_path, "spelling", {"src/spell.js": LEVENSHTEIN_TABLE})
    whole = sdist(tmp_path, "edits", {"edits.py": LEVENSHTEIN})
    (tmp_path / "cut-1.0.tar.gz").write_bytes(whole.read_bytes()[:200])
    (tmp_path / "text-1.0.zip").write_text("no archive at all")
    summary, groups = mine(tmp_path)
    assert len(groups) == 1
    assert summary.unreadable.keys() == {"cut-1.0.tar.gz", "text-1.0.zip"}


def test_tests_vendored_generated_and_tiny_code_give_no_functions(tmp_path: Path) -> None:
    path = sdist(
        tmp_path,
        "edits",
        {
            "tests/test_edits.py": LEVENSHTEIN,
            "edits/_vendor/edits.py": LEVENSHTEIN,
            "edits/tables.py": "# Code generated by a tool. DO NOT EDIT.\n" + LEVENSHTEIN,
            "edits/tiny.py": "def twice_as_much(value):\n    return 2 * value\n",
            "edits/words.txt": LEVENSHTEIN,
        },
    )
    assert package_functions(path, ArchiveLimits()).functions == ()


def test_links_and_paths_out_of_the_archive_are_passed_over(tmp_path: Path) -> None:
    path = sdist(tmp_path, "edits", {"edits.py": LEVENSHTEIN, "../../escape.py": EASTER_DAY})
    hostile = tmp_path / "hostile-1.0.tar.gz"
    with tarfile.open(path) as read, tarfile.open(hostile, "w:gz") as write:
        for member in read:
            write.addfile(member, read.extractfile(member))
        link = tarfile.TarInfo("edits-1.0/passwd.py")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        write.addfile(link)
    _, files = read_package(hostile, lambda _: True)
    assert [file.path for file in files] == ["edits.py"]


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = sdist(tmp_path, "bomb", {f"{number}.py": "x" * 1000 for number in range(50)})
    with pytest.raises(InputError, match="unpacks to more"):
        read_package(path, lambda _: True, ArchiveLimits(unpacked=10_000))
    with pytest.raises(InputError, match="unpacks to more"):
        read_package(path, lambda _: True, ArchiveLimits(members=10))


def test_a_wheel_is_read_by_its_own_metadata(tmp_path: Path) -> None:
    path = tmp_path / "edits-2.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("edits/core.py", LEVENSHTEIN)
        archive.writestr(
            "edits-2.0.dist-info/METADATA",
            "Name: Textual.Edits\nVersion: 2.0\nLicense-Expression: MIT OR GPL-2.0\nLicense: see file\n",
        )
        archive.writestr("bundled/package.json", '{"name": "other", "version": "1.0", "license": "GPL-3.0"}')
    package, files = read_package(path, lambda name: name.endswith(".py"))
    assert (package.url, package.licence) == ("pkg:pypi/textual-edits@2.0", "MIT")
    assert [file.path for file in files] == ["edits/core.py"]


def test_debian_licences_are_those_of_each_file(tmp_path: Path) -> None:
    copyright_file = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2020 Someone
License: Expat

Files: contrib/*
       src/[odd].c
Copyright: 2021 Someone Else
License: GPL-2+

License: Expat
 Permission is hereby granted
"""
    orig = tmp_path / "tool_1.2.orig.tar.xz"
    write_tar(orig, "tool-1.2", {"src/main.c": "int a;", "contrib/x.c": "int b;", "src/[odd].c": "int c;"})
    write_tar(tmp_path / "tool_1.2-3.debian.tar.xz", "debian", {"copyright": copyright_file})
    package, files = read_package(orig, lambda _: True)
    assert (package.url, package.licence) == ("pkg:deb/debian/tool@1.2", "MIT")
    assert [file.path for file in files] == ["src/main.c"]
    assert package_archives([tmp_path]) == [orig]


def test_releases_sort_from_old_to_new() -> None:
    versions = ["0.9", "1.0a2", "1.0rc1", "1.0", "1.0.1", "1.9", "1.10", "2024.1", "9" * 5000]
    packages = [Package("npm", "edits", version, ()) for version in versions]
    shuffled = packages[1::2] + packages[::2]
    assert sorted(shuffled, key=lambda package: package.version_order) == packages


def test_no_archives_is_an_error_that_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no source package"):
        package_archives([tmp_path])
    with pytest.raises(InputError, match="no source package at"):
        package_archives([tmp_path / "missing"])


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("MIT", "MIT"),
        ("MIT License", "MIT"),
        ("Expat", "MIT"),
        ("(MIT OR GPL-3.0)", "MIT"),
        ("GPL-2+ or BSD-3-clause", "BSD"),
        ("Apache-2.0 AND BSD-3-Clause", "Apache AND BSD"),
        ("MIT AND GPL-2.0-only", None),
        ("License :: OSI Approved :: BSD License", "BSD"),
        ("License :: OSI Approved :: Python Software Foundation License", "PSF"),
        ("License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)", None),
        ("Apache License, Version 2.0", "Apache"),
        ("3-Clause BSD License", "BSD"),
        ("new BSD", "BSD"),
        ("MPL-2.0", None),
        ("BUSL-1.1", None),
        ("UNLICENSED", None),
        ("Apache License 2.0 with Commons Clause", None),
        ("MIT-like non-commercial", None),
        ("X11 non-free", None),
        ("The Unlicense", "Unlicense"),
        ("", None),
        ("SEE LICENSE IN LICENSE.md", None),
        ("Permission is hereby granted, free of charge, to any person obtaining a copy of this " * 2, "MIT"),
    ],
)
def test_only_surely_permissive_licences_pass(text: str, family: str | None) -> None:
    assert permissive_licence(text) == family


@pytest.mark.parametrize("name", ["parseHttpDate", "parse_http_date", "ParseHTTPDate", "_parse_http_date"])
def test_spellings_of_one_name_are_one_name(name: str) -> None:
    assert telling_words(name) == (b"parse", b"http", b"date")


@pytest.mark.parametrize(
    "name", ["getName", "to_string", "setUp", "main", "__init__", "onClick", "visit_Name"]
)
def test_names_that_say_nothing_are_passed_over(name: str) -> None:
    assert telling_words(name) == ()
