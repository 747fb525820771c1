from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codesearch.core.errors import InputError
from codesearch.sources.spec import SourceKind, parse_list, parse_source


@pytest.mark.parametrize(
    ("word", "location", "ref", "name"),
    [
        ("https://example.org/g/app.git", "https://example.org/g/app.git", "", "app"),
        ("https://example.org:8443/g/app/#v1.2", "https://example.org:8443/g/app/", "v1.2", "app"),
        ("ssh://git@example.org:22/g/app.git", "ssh://git@example.org:22/g/app.git", "", "app"),
        ("git@example.org:g/app.git#feature/x", "git@example.org:g/app.git", "feature/x", "app"),
        ("file:///srv/git/app", "file:///srv/git/app", "", "app"),
        ("mine=https://example.org/g/app.git", "https://example.org/g/app.git", "", "mine"),
        ("HTTPS://example.org/a%20b", "https://example.org/a%20b", "", "a-20b"),
    ],
)
def test_git_urls_are_told_from_paths(word: str, location: str, ref: str, name: str) -> None:
    source = parse_source(word)
    assert (source.kind, source.location, source.ref, source.name) == (SourceKind.GIT, location, ref, name)


@pytest.mark.parametrize(
    "word",
    ["a.tar", "a.tar.gz", "a.TGZ", "a.tar.xz", "a.tar.bz2", "a.tar.zst", "a.zip"],
)
def test_archives_are_told_by_their_suffix(word: str, tmp_path: Path) -> None:
    source = parse_source(str(tmp_path / word))
    assert (source.kind, source.location, source.name) == (SourceKind.ARCHIVE, str(tmp_path / word), "a")


def test_what_exists_is_a_path_before_all_else(user: Path) -> None:
    for name in ("git@example.org:app", "a.zip", "x=b.zip"):
        (user / name).mkdir()
        assert parse_source(name).kind is SourceKind.FOLDER


@pytest.mark.parametrize(
    "url",
    [
        "https://me:SECRET@example.org/app.git",
        "https://SECRET@example.org/app.git",
        "https://example.org/app.git?private_token=SECRET",
        "ssh://git:SECRET@example.org/app.git",
    ],
)
def test_credentials_in_a_url_are_left_out(url: str) -> None:
    source = parse_source(url)
    assert source.stripped
    assert "SECRET" not in repr(source)


@pytest.mark.parametrize(
    "word",
    [
        "ext::sh -c touch% /tmp/x",
        "http://example.org/app.git",
        "git://example.org/app.git",
        "https://-oProxyCommand=x/app",
        "ssh://-oProxyCommand=x/app",
        "https://example.org",
        "https://[::1/app",
        "https://example.org/app#--upload-pack=x",
        "https://example.org/app#a..b",
        "https://example.org/app#a:b",
        "https://example.org/app#",
        "https://example.org/a b",
        "file://",
    ],
)
def test_urls_that_are_not_fetched_from_are_refused(word: str) -> None:
    with pytest.raises(InputError):
        parse_source(word)


def test_list_leaves_out_comments_and_empty_lines() -> None:
    lines = ["\ufeff# all of ours", "", "  https://example.org/a.git#main   # the old one", "src\r"]
    assert [source.origin for source in parse_list(lines, "list")] == [
        "https://example.org/a.git#main",
        "src",
    ]


def test_bad_line_of_a_list_is_named_by_its_number() -> None:
    for bad in ("ext::x", "--upload-pack=x", "a\0b"):
        with pytest.raises(InputError, match=r"^list, line 3: "):
            parse_list(["src", "", bad], "list")


def test_list_without_sources_is_refused() -> None:
    with pytest.raises(InputError, match="names no sources"):
        parse_list(["# nothing"], "list")


@given(st.text())
@example("x" * 300)
def test_name_of_a_source_is_one_plain_folder(word: str) -> None:
    try:
        source = parse_source(f"{word.replace(chr(0), '')}.zip")
    except InputError:
        return
    if source.kind is SourceKind.ARCHIVE:
        assert source.name == os.path.basename(source.name)  # noqa: PTH119
        assert not source.name.startswith((".", "-"))
        assert source.name.isprintable()
