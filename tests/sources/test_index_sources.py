"""``codesearch index`` over archives, git URLs and lists of them, as its user runs it."""

from __future__ import annotations

import errno
import io
import json
import os
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from commandline import Outcome, call, tally, unique, write_tree
from git_trees import commit, git, plant

from codesearch.sources.shelf import SourceShelf


def repository(root: Path, files: dict[str, str]) -> str:
    """A committed repository; its URL."""
    root.mkdir()
    git(root, "init")
    commit(root, dict(files))
    return f"file://{root}"


def tarball(path: Path, files: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


def corpora() -> dict[str, dict[str, Any]]:
    return {corpus["name"]: corpus for corpus in call("status", "--json").document["corpora"]}


def shelf(user: Path) -> SourceShelf:
    return SourceShelf.of_index(user / ".codesearch")


def failed(*words: str | Path, code: int) -> str:
    done: Outcome = call("index", *words)
    assert done.code == code, done.err
    return done.error


def test_repository_archive_and_folder_become_corpora_of_one_index(user: Path) -> None:
    url = repository(user / "app.git", {"a.py": unique(1), "lib/b.py": unique(2)})
    archive = tarball(user / "old-1.0.tar.gz", {"old/c.py": unique(3)})
    folder = write_tree(user / "src", {"d.py": unique(4)})
    document = call("index", url, archive, folder, "--json").document
    assert document["files"]["analysed"] == 4
    origins = {name: corpus["origin"] for name, corpus in corpora().items()}
    assert origins == {"app": url, "old-1.0": str(archive), "src": None}
    text = call("status").out
    assert url in text.replace("\n", "")
    assert "sources/app" not in text


def test_paths_in_a_report_are_relative_to_the_fetched_corpus(user: Path) -> None:
    url = repository(user / "app", {"lib/a.py": tally("one"), "lib/b.py": tally("one")})
    call("index", url, "--no-embed")
    done = call("audit", "--types", "T1", "--json")
    assert {place["path"] for found in done.document["classes"] for place in found["members"]} == {
        "lib/a.py",
        "lib/b.py",
    }


def test_refresh_takes_what_was_committed_since(user: Path) -> None:
    url = repository(user / "app", {"a.py": unique(1), "b.py": unique(2)})
    call("index", url, "--no-embed")
    commit(user / "app", {"c.py": unique(3)})
    (user / "app" / "a.py").unlink()
    commit(user / "app")
    document = call("index", url, "--no-embed", "--json").document
    assert (document["files"]["analysed"], document["parsed"]) == (2, 1)


def test_history_that_was_rewritten_is_followed(user: Path) -> None:
    url = repository(user / "app", {"a.py": unique(1)})
    call("index", url, "--no-embed")
    plant(user / "app", {"a.py": unique(2)})
    git(user / "app", "commit", "--all", "--amend", "-m", "other")
    assert call("index", url, "--no-embed", "--json").document["parsed"] == 1


def test_what_did_not_change_is_not_written_again(user: Path) -> None:
    url = repository(user / "app", {"a.py": unique(1)})
    archive = tarball(user / "old.tgz", {"b.py": unique(2)})
    call("index", url, archive, "--no-embed")
    before = [(shelf(user).tree(name).stat().st_ino) for name in ("app", "old")]
    os.utime(archive)  # another time, the same content
    assert call("index", url, archive, "--no-embed", "--json").document["parsed"] == 0
    assert [(shelf(user).tree(name).stat().st_ino) for name in ("app", "old")] == before


def test_changed_archive_is_unpacked_again(user: Path) -> None:
    archive = tarball(user / "old.tgz", {"b.py": unique(2)})
    call("index", archive, "--no-embed")
    tarball(archive, {"b.py": unique(3), "c.py": unique(4)})
    assert call("index", archive, "--no-embed", "--json").document["files"]["analysed"] == 2


def test_changed_archive_is_read_with_the_globs_that_were_named_for_it(user: Path) -> None:
    archive = tarball(user / "app.tar.gz", {"a.py": unique(1), "gen/b.py": unique(2)})
    assert call("index", archive, "--exclude", "gen/**").code == 0
    tarball(user / "app.tar.gz", {"a.py": unique(3), "gen/b.py": unique(4), "gen/c.py": unique(5)})
    assert call("index", archive, "--json").document["files"]["skipped"] == {"excluded": 2}


def test_one_source_is_refreshed_without_the_others(user: Path) -> None:
    first = repository(user / "one", {"a.py": unique(1)})
    second = repository(user / "two", {"b.py": unique(2)})
    call("index", first, second, "--no-embed")
    commit(user / "two", {"c.py": unique(3)})
    assert call("index", first, "--no-embed", "--json").document["files"]["analysed"] == 2


def test_branch_tag_or_commit_can_be_named(user: Path) -> None:
    url = repository(user / "app", {"a.py": unique(1)})
    git(user / "app", "tag", "-a", "-m", "first", "v1")
    commit(user / "app", {"b.py": unique(2)})
    git(user / "app", "branch", "feature/x")
    commit(user / "app", {"c.py": unique(3)})
    sources = [f"tagged={url}#v1", f"branched={url}#feature/x", url]
    call("index", *sources, "--no-embed")
    assert [corpora()[name]["files"]["seen"] for name in ("tagged", "branched", "app")] == [1, 2, 3]
    assert corpora()["tagged"]["origin"] == f"{url}#v1"


def test_list_names_many_sources(user: Path) -> None:
    url = repository(user / "app", {"a.py": unique(1)})
    tarball(user / "old.tgz", {"b.py": unique(2)})
    text = f"# ours\n\n{url}\nlegacy=old.tgz  # of 2009\n"
    (user / "list.txt").write_text(text)
    assert call("index", "--from", "list.txt", "--no-embed").code == 0
    assert set(corpora()) == {"app", "legacy"}
    assert call("index", "--from", "-", "--no-embed", stdin=text.encode()).code == 0


def test_bad_line_of_a_list_is_one_clear_line(user: Path) -> None:
    (user / "list.txt").write_text("src\next::sh -c id\n")
    assert failed("--from", "list.txt", code=2).startswith("list.txt, line 2: cannot fetch from a ext URL")
    assert "cannot read the list" in failed("--from", "none.txt", code=2)


def test_one_failure_does_not_lose_the_others(user: Path) -> None:
    url = repository(user / "app", {"a.py": unique(1)})
    (user / "broken.tar.gz").write_bytes(b"\x1f\x8bno")
    done = call("index", url, "broken.tar.gz", f"file://{user}/nowhere", "--no-embed", "--json")
    assert done.code == 3
    assert json.loads(done.out)["files"]["analysed"] == 1
    assert "broken.tar.gz is truncated or damaged" in done.err
    assert f"cannot fetch file://{user}/nowhere" in done.err
    assert "2 of 3 sources could not be fetched" in done.err.splitlines()[-1]
    assert "Traceback" not in done.err


def test_empty_source_among_others_is_said_and_the_others_are_indexed(user: Path) -> None:
    folder = write_tree(user / "src", {"d.py": unique(4)})
    (user / "empty").mkdir()
    nothing = tarball(user / "nothing.tgz", {})
    done = call("index", "empty", nothing, folder, "--no-embed", "--json")
    document = done.document
    assert document["files"]["analysed"] == 1
    assert {"empty:empty", "empty:nothing"} <= set(document["degraded"])
    assert set(corpora()) == {"src"}
    assert "degraded: empty:empty" in call("index", folder, "empty", "--no-embed").out


def test_sources_that_are_all_empty_are_an_error(user: Path) -> None:
    (user / "empty").mkdir()
    nothing = tarball(user / "nothing.tgz", {})
    assert "holds no files" in failed("empty", nothing, code=2)
    assert "holds no files" in failed(nothing, code=2)


def test_archive_that_became_empty_is_a_failure_and_its_old_state_stays(user: Path) -> None:
    folder = write_tree(user / "src", {"d.py": unique(4)})
    archive = tarball(user / "old.tgz", {"b.py": unique(2)})
    call("index", archive, "--no-embed")
    tarball(archive, {})
    done = call("index", folder, archive, "--no-embed")
    assert done.code == 2
    assert "old.tgz holds no files" in done.err
    assert set(corpora()) == {"src", "old"}


def test_failure_leaves_the_old_state(user: Path) -> None:
    archive = tarball(user / "old.tgz", {"b.py": unique(2)})
    call("index", archive, "--no-embed")
    archive.write_bytes(archive.read_bytes()[:40])
    assert "old.tgz is truncated or damaged" in failed(archive, code=2)
    assert (shelf(user).tree("old") / "b.py").read_text() == unique(2)
    assert call("audit", "--types", "T1").code == 0


def test_process_that_was_killed_while_folders_changed_places_loses_nothing(user: Path) -> None:
    archive = tarball(user / "old.tgz", {"b.py": unique(2)})
    call("index", archive, "--no-embed")
    place = shelf(user)
    place.tree("old").rename(place.path / ".replaced" / "old")  # the first of the two renames
    write_tree(place.path / ".incoming" / "old", {"half.py": "x"})
    document = call("index", archive, "--no-embed", "--json").document
    assert (document["files"]["analysed"], document["parsed"]) == (1, 0)
    assert not any((place.path / ".incoming").glob("*"))


def test_ref_that_is_not_there_is_one_clear_line(user: Path) -> None:
    url = repository(user / "app", {"a.py": unique(1)})
    assert f"{url} has no branch, tag or commit 'none'" in failed(f"{url}#none", code=2)


def test_repository_without_commits_is_one_clear_line(user: Path) -> None:
    (user / "app").mkdir()
    git(user / "app", "init")
    assert "has no commits" in failed(f"file://{user}/app", code=2)


def test_missing_library_of_zstandard_is_named(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    (user / "app.tar.zst").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(60))
    assert "needs the package zstandard: pip install zstandard" in failed("app.tar.zst", code=3)


def test_missing_git_is_one_clear_line(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = repository(user / "app", {"a.py": unique(1)})
    monkeypatch.setenv("PATH", str(user))
    assert "cannot run git" in failed(url, code=3)


def test_two_sources_of_one_name_are_told_apart_by_the_user(user: Path) -> None:
    first = repository(user / "app", {"a.py": unique(1)})
    archive = tarball(user / "app.tgz", {"b.py": unique(2)})
    call("index", first, "--no-embed")
    assert f"the name app of {archive} is that of {first}" in failed(archive, code=2)
    assert call("index", f"other={archive}", "--no-embed").code == 0
    assert set(corpora()) == {"app", "other"}


def test_credentials_are_neither_used_nor_shown(user: Path) -> None:
    done = call("index", "https://me:SECRET@localhost:1/app.git")
    assert done.code == 3
    assert "SECRET" not in done.err
    assert "credential helper" in done.err
    assert not (shelf(user).path / "origins.json").exists()


def test_a_repository_starts_no_program(user: Path) -> None:
    url = repository(user / "app", {"a.py": unique(1)})
    mark = user / "started"
    (user / "filter.sh").write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    (user / "filter.sh").chmod(0o755)
    attributes = "*.py filter=evil export-subst\nb.py export-ignore\n"
    commit(user / "app", {".gitattributes": attributes, "b.py": unique(2)})
    (user / "home.gitconfig").write_text(
        f'[filter "evil"]\nsmudge = {user}/filter.sh\nclean = {user}/filter.sh\n'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", str(user / "home.gitconfig"))
        assert call("index", url, "--no-embed", "--json").document["files"]["analysed"] == 2
    assert not mark.exists()


def test_submodules_and_links_are_not_followed(user: Path) -> None:
    inner = repository(user / "inner", {"x.py": unique(9)})
    url = repository(user / "app", {"a.py": unique(1)})
    git(user / "app", "submodule", "add", inner, "inner")
    (user / "app" / "link.py").symlink_to("/etc/passwd")
    commit(user / "app")
    document = call("index", url, "--no-embed", "--json").document
    assert document["files"]["analysed"] == 1
    assert document["degraded"] == ["not-unpacked:app:link:1"]


def test_fetched_corpus_counts_no_ignore_files_of_the_work_tree_around_the_index(user: Path) -> None:
    git(user, "init")
    archive = tarball(user / "old.tgz", {"b.py": unique(2)})
    document = call("index", archive, "--no-embed", "--json").document
    assert (document["files"]["analysed"], document["degraded"]) == (1, [])


def test_origin_is_known_in_an_index_that_took_the_corpus_over(user: Path) -> None:
    url = repository(user / "app", {"a.py": unique(1)})
    write_tree(user / "src", {"d.py": unique(4)})
    assert call("index", f"{url}#HEAD", "--no-embed", "--index", "other").code == 0
    assert call("index", "src", "--no-embed").code == 0
    assert call("index", "--merge", "other").code == 0
    assert {name: corpus["origin"] for name, corpus in corpora().items()} == {
        "app": f"{url}#HEAD",
        "src": None,
    }


def test_removed_corpus_takes_its_folder_along(user: Path) -> None:
    url = repository(user / "app", {"a.py": unique(1)})
    archive = tarball(user / "old.tgz", {"b.py": unique(2)})
    call("index", url, archive, "--no-embed")
    assert call("remove", "app", "--yes").code == 0
    assert not shelf(user).tree("app").exists()
    assert not shelf(user).repository("app").exists()
    assert set(shelf(user).origins()) == {"old"}


def test_audit_refreshes_a_fetched_corpus_without_its_origin(user: Path) -> None:
    archive = tarball(user / "old.tgz", {"a.py": tally("x"), "b.py": tally("x")})
    call("index", archive, "--no-embed")
    archive.unlink()
    assert len(call("audit", "--types", "T1", "--json").document["classes"]) == 1


def test_limits_are_settings(user: Path) -> None:
    archive = tarball(user / "old.tgz", {"a.py": unique(1), "b.py": unique(2)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CODESEARCH_SOURCES__MAX_MEMBERS", "1")
        assert "holds over 1 entries: see sources.max_members" in failed(archive, code=2)


def test_git_that_hangs_is_ended(user: Path) -> None:
    server = user / "ssh"
    server.write_text("#!/bin/sh\nsleep 600\n")
    server.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_SSH_COMMAND", str(server))
        patch.setenv("CODESEARCH_SOURCES__TIMEOUT_SECONDS", "1")
        assert "git took over 1 s for git@host:app.git" in failed("git@host:app.git", code=3)


def test_repository_that_a_stranger_left_in_the_index_starts_no_program(user: Path) -> None:
    url = repository(user / "app", {"a.py": unique(1)})
    call("index", url, "--no-embed")
    mark = user / "started"
    evil = f"[core]\n\tsshCommand = touch {mark}\n[uploadpack]\n\tpackObjectsHook = touch {mark}\n"
    place = shelf(user).repository("app")
    write_tree(user / "common", {"config": evil})
    write_tree(place, {"config": evil, "commondir": f"{user}/common", "shallow.lock": ""})
    commit(user / "app", {"b.py": unique(2)})
    assert call("index", url, "--no-embed", "--json").document["files"]["analysed"] == 2
    assert not mark.exists()
    assert "touch" not in (place / "config").read_text()


def test_damaged_repository_in_the_index_never_leads_to_the_one_around_it(user: Path) -> None:
    git(user, "init")
    url = repository(user / "app", {"a.py": unique(1)})
    call("index", url, "--no-embed")
    (shelf(user).repository("app") / "HEAD").unlink()
    commit(user / "app", {"b.py": unique(2)})
    assert call("index", url, "--no-embed", "--json").document["files"]["analysed"] == 2
    assert "codesearch" not in git(user, "for-each-ref")


def test_link_in_place_of_the_folder_of_sources_is_refused(user: Path) -> None:
    archive = tarball(user / "old.tgz", {"a.py": unique(1)})
    (user / "elsewhere").mkdir()
    (user / ".codesearch").mkdir()
    (user / ".codesearch" / "sources").symlink_to(user / "elsewhere")
    assert "is a link" in failed(archive, code=3)
    assert list((user / "elsewhere").iterdir()) == []


def test_full_disk_is_one_clear_line(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tarball(user / "old.tgz", {"a.py": unique(1)})
    call("index", archive, "--no-embed")
    tarball(archive, {"a.py": unique(2)})

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("codesearch.sources.tree.os.write", full)
    assert f"no space left to unpack {archive}" in failed(archive, code=3)
    assert (shelf(user).tree("old") / "a.py").read_text() == unique(1)


def test_repository_that_is_too_large_is_not_fetched_to_its_end(user: Path) -> None:
    (user / "app").mkdir()
    git(user / "app", "init")
    commit(user / "app", {"noise.bin": os.urandom(3 << 20)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CODESEARCH_SOURCES__MAX_BYTES", "1MB")
        assert "holds over 1,000,000 bytes: see sources.max_bytes" in failed(f"file://{user}/app", code=2)


def test_audit_puts_back_what_a_killed_process_had_moved_away(user: Path) -> None:
    archive = tarball(user / "old.tgz", {"a.py": tally("x"), "b.py": tally("x")})
    call("index", archive, "--no-embed")
    place = shelf(user)
    place.tree("old").rename(place.path / ".replaced" / "old")
    assert len(call("audit", "--types", "T1", "--json").document["classes"]) == 1


def test_folder_around_the_index_and_a_fetched_corpus_are_two_corpora(user: Path) -> None:
    write_tree(user, {"own.py": tally("x")})
    archive = tarball(user.parent / "old.tgz", {"a.py": tally("x")})
    assert call("index", ".", archive, "--no-embed", "--json").document["files"]["analysed"] == 2
    assert call("index", ".", "--no-embed", "--json").document["files"]["analysed"] == 2
    [found] = call("audit", "--types", "T1", "--json").document["classes"]
    assert [(member["corpus"], member["path"]) for member in found["members"]] == [
        (user.name, "own.py"),
        ("old", "a.py"),
    ]
    assert call("audit", ".", "--types", "T1", "--json").document["classes"] == []
