"""A pack answers as the index that it was made of, alone and beside another index."""

from __future__ import annotations

import getpass
import shutil
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from commandline import call, tally, write_tree
from pack_lab import (
    CANARY,
    PACK,
    QUERY,
    answers,
    become,
    head_of,
    stored_members,
    unpacked_members,
)

from codesearch.packs import cache
from codesearch.packs.signing import fingerprint


def test_pack_with_source_answers_as_its_index(readable: Path) -> None:
    assert answers("query.py") == answers("query.py", "--index", "none", "--with", readable)


def test_pack_without_source_gives_the_same_verdicts_scores_and_lines(sealed: Path) -> None:
    def without_names(found: list[Any]) -> list[Any]:
        untold = {"name", "explanation"}
        return [
            (fragment, [{key: match[key] for key in match.keys() - untold} for match in matches])
            for fragment, matches in found
        ]

    here = without_names(answers("query.py", "--judge", "off"))
    there = without_names(answers("query.py", "--judge", "off", "--index", "none", "--with", sealed))
    assert here == there
    assert {match["decided_by"] for _, matches in here for match in matches} >= {"fingerprint", "reranker"}


def test_missing_source_is_said(sealed: Path) -> None:
    document = call("query", "query.py", "--with", sealed, "--json").document
    told = [entry for entry in document["degraded"] if entry.startswith("pack:")]
    assert told == ["pack:ref:no-source"]


def test_pack_without_source_holds_no_text_of_it(sealed: Path) -> None:
    assert call("query", "query.py", "--with", sealed).code == 0
    unpacked = unpacked_members(sealed)
    files = [path for path in (sealed.parents[1] / "cache").rglob("*") if path.is_file()]
    assert files
    for content in (sealed.read_bytes(), *unpacked.values(), *(path.read_bytes() for path in files)):
        for text in (CANARY, "println", "call_1_", "merge_1", "__name__"):
            assert text.encode() not in content


def test_pack_with_source_does_hold_it(readable: Path) -> None:
    assert CANARY.encode() in b"".join(unpacked_members(readable).values())


def test_pack_says_nothing_of_the_machine_and_the_user(readable: Path) -> None:
    content = readable.read_bytes() + b"".join(unpacked_members(readable).values())
    for text in (str(readable.parent), socket.gethostname(), f"/{getpass.getuser()}/", "/home", "/tmp"):
        assert text.encode() not in content


def test_equal_input_gives_equal_members(maker: Path) -> None:
    assert call("pack", "-o", "a.codesearch-pack").code == 0
    assert call("index", "corpus", "--index", "again").code == 0
    assert call("pack", "-o", "b.codesearch-pack", "--index", "again").code == 0
    first, second = maker / "a.codesearch-pack", maker / "b.codesearch-pack"
    assert stored_members(first) == stored_members(second)
    assert head_of(first).manifest.members == head_of(second).manifest.members


def test_only_named_corpora_are_packed(maker: Path) -> None:
    write_tree(maker / "secret", {"own.py": f"def {CANARY}_two(a):\n" + "    a += 1\n" * 9})
    assert call("index", "secret").code == 0
    done = call("pack", "corpus", "-o", PACK, "--with-source", "--licence", "MIT", "--json").document
    assert [corpus["name"] for corpus in done["corpora"]] == ["corpus"]
    assert f"{CANARY}_two".encode() not in b"".join(unpacked_members(maker / PACK).values())
    assert head_of(maker / PACK).manifest.licence == "MIT"
    assert "no corpus 'other'" in call("pack", "other", "-o", PACK).error


def test_pack_is_read_elsewhere_by_who_trusts_its_maker(
    readable: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_home = answers("query.py")
    moved = readable.rename(tmp_path / PACK)
    shutil.rmtree(readable.parent)
    write_tree(become(monkeypatch, tmp_path / "other"), {"query.py": QUERY})
    assert call("trust", "add", fingerprint(head_of(moved).key)).code == 0
    assert answers("query.py", "--with", moved) == at_home
    shown = call("query", "query.py", "--with", moved, "--show").out
    assert "pack:ref/corpus/src/tally.py:1-9" in shown
    assert "total += value * 2" in shown


def test_content_of_index_and_pack_is_one_match_with_all_places(
    readable: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = become(monkeypatch, tmp_path / "other")
    write_tree(work, {"query.py": QUERY, "zebra/mine.py": "# mine\n\n\n" + tally("first")})
    assert call("index", "zebra").code == 0
    assert call("trust", "add", fingerprint(head_of(readable).key)).code == 0
    document = call("query", "query.py:1-9", "--with", readable, "--json").document
    matches = document["results"][0]["matches"]
    [shared] = [match for match in matches if match["path"] == "mine.py"]
    places = [(place["corpus"], place["path"], place["start_line"]) for place in shared["occurrences"]]
    assert places == [
        ("zebra", "mine.py", 4),
        ("pack:ref/corpus", "src/copy.py", 3),
        ("pack:ref/corpus", "src/tally.py", 1),
    ]
    assert shared["evidence"][0]["match_lines"][0] == 4
    assert [match["rank"] for match in matches] == list(range(1, len(matches) + 1))


def test_what_an_index_finds_does_not_depend_on_packs(
    readable: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = become(monkeypatch, tmp_path / "other")
    write_tree(work, {"query.py": QUERY, "own/mine.py": tally("mine").replace("value * 2", "value * 7")})
    assert call("index", "own").code == 0
    assert call("trust", "add", fingerprint(head_of(readable).key)).code == 0

    def scores(*words: str | Path) -> dict[str, Any]:
        results = call("query", "query.py:1-9", *words, "--json").document["results"]
        matches = [match for one in results for match in one["matches"]]
        return {match["path"]: match["scores"] for match in matches}

    both = scores("--with", readable)
    assert both["mine.py"] == scores()["mine.py"]
    assert both["src/copy.py"] == scores("--with", readable, "--index", "none")["src/copy.py"]


def test_filters_hold_for_packs(sealed: Path) -> None:
    def paths(*words: str | Path) -> set[str]:
        found = answers("query.py", "--index", "none", "--with", sealed, *words)
        return {place["path"] for _, matches in found for match in matches for place in match["occurrences"]}

    assert "src/tally.py" in paths()
    assert paths("--path", "lib/**") == {"lib/Reader.java", "lib/only.py"}
    assert paths("--role", "test") == {"tests/test_tally.py"}
    assert paths("--lang-filter", "java") == {"lib/Reader.java"}


def test_verdict_of_the_user_holds_for_a_match_of_a_pack(sealed: Path) -> None:
    assert call("feedback", "reject", "query.py:12-20", "corpus/src/tally.py:1-9").code == 0
    document = call("query", "query.py:12-20", "--index", "none", "--with", sealed, "--json").document
    told = {match["path"]: match["verdict"] for match in document["results"][0]["matches"]}
    assert told["src/copy.py"] == "not_clone"


def test_mounting_again_reads_no_member(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = answers("query.py", "--with", sealed)
    monkeypatch.setattr(cache, "read_members", None)
    assert answers("query.py", "--with", sealed) == expected


def test_setting_mounts_packs_and_a_project_cannot(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (sealed.parent / "codesearch.toml").write_text(f"[index]\npacks = ['{sealed}']\n")
    done = call("query", "query.py", "--json")
    assert "pack:ref:no-source" not in done.document["degraded"]
    assert "ignored index.packs" in done.err
    monkeypatch.setenv("CODESEARCH_INDEX__PACKS", str(sealed))
    assert "pack:ref:no-source" in call("query", "query.py", "--json").document["degraded"]


def test_audit_says_that_it_leaves_packs_out(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "packs:not-audited" not in call("audit", "corpus", "--json").document["degraded"]
    monkeypatch.setenv("CODESEARCH_INDEX__PACKS", str(sealed))
    assert "packs:not-audited" in call("audit", "corpus", "--json").document["degraded"]


def test_doctor_tells_of_packs(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODESEARCH_INDEX__PACKS", str(sealed))
    assert "ref with" in call("doctor").out
    sealed.write_bytes(b"")
    done = call("doctor")
    assert (done.code, "is no pack" in done.out) == (3, True)


def test_changed_source_is_not_packed(maker: Path) -> None:
    (maker / "corpus/lib/only.py").write_text("something = 'else'\n")
    done = call("pack", "-o", PACK, "--with-source")
    assert done.code == 2
    assert "lib/only.py of corpus 'corpus' is not what was indexed" in done.error
    assert not (maker / PACK).exists()


def test_index_without_embeddings_is_packed_with_source_alone(maker: Path) -> None:
    assert call("index", "corpus", "--no-embed", "--index", "bare").code == 0
    done = call("pack", "-o", PACK, "--index", "bare")
    assert (done.code, "has no embeddings" in done.error) == (2, True)
    assert call("pack", "-o", PACK, "--index", "bare", "--with-source").code == 0
    document = call("query", "query.py", "--index", "none", "--with", PACK, "--json").document
    assert "pack:ref:no-embeddings" in document["degraded"]
    assert document["results"][0]["matches"]


@pytest.mark.parametrize(
    "name", ["ref.zip", ".codesearch-pack", "a b.codesearch-pack", "nowhere/a.codesearch-pack"]
)
def test_name_that_fits_no_pack_is_refused(maker: Path, name: str) -> None:
    done = call("pack", "-o", name)
    assert (done.code, "\n" in done.error) == (2, False)


def test_library_for_signatures_that_is_missing_is_named(
    sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("cryptography")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    for words in (["pack", "-o", PACK], ["query", "query.py", "--with", PACK]):
        done = call(*words)
        assert (done.code, "codesearch-clones[pack]" in done.error) == (3, True)
