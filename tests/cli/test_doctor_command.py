from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from commandline import call, tally, unique, write_tree


@pytest.fixture
def index(user: Path) -> Path:
    write_tree(user / "corpus", {f"m{number}.py": unique(number) for number in range(4)})
    write_tree(user, {"mine.py": unique(2)})
    assert call("index", "corpus").code == 0
    return user / ".codesearch"


def checks(code: int, *words: str) -> Mapping[str, bool]:
    done = call("doctor", "--json", *words)
    assert done.code == code, done.err
    document = json.loads(done.out)
    assert document["schema"] == "codesearch.doctor/1"
    assert document["healthy"] == (code == 0)
    return {check["name"]: check["healthy"] for check in document["checks"]}


def damage(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-8] + bytes(byte ^ 255 for byte in content[-8:]))


def test_healthy_installation_without_an_index(user: Path) -> None:
    assert all(checks(0).values())
    assert list(user.iterdir()) == []


def test_healthy_index_is_checked_part_by_part(index: Path) -> None:
    named = checks(0)
    assert {"python", "faiss", "grammars", "manifest", "segment 00000001", "store", "agreement"} <= set(named)
    assert call("doctor").out.count("\nok ") == len(named) - 1


@pytest.mark.parametrize("name", ["vectors.npy", "exact.npy"])
def test_damaged_segment_is_found_and_repaired(index: Path, name: str) -> None:
    damage(index / "segments" / "00000001" / name)
    assert not checks(3)["segment 00000001"]
    assert "broken" in call("doctor").out
    done = call("query", "mine.py")
    assert done.code == 3
    assert "run 'codesearch doctor --repair'" in done.error
    assert all(checks(0, "--repair").values())
    assert call("query", "mine.py", "--json").document["results"][0]["matches"][0]["path"] == "m2.py"


def test_missing_file_of_a_segment_is_found(index: Path) -> None:
    (index / "segments" / "00000001" / "exact.npy").unlink()
    assert not checks(3)["segment 00000001"]


def test_damaged_manifest_is_repaired(index: Path) -> None:
    (index / "manifest.json").write_text("{")
    assert not checks(3)["manifest"]
    assert all(checks(0, "--repair").values())


def test_store_that_is_none_any_more_is_rebuilt_and_what_is_lost_is_said(index: Path) -> None:
    for path in index.glob("index.db-*"):
        path.unlink()
    (index / "index.db").write_bytes(b"not a database" * 400)
    assert not checks(3)["store"]
    done = call("doctor", "--repair")
    assert done.code == 0
    assert "lost because the store is damaged: audits, " in done.out
    assert call("query", "mine.py", "--json").document["results"][0]["matches"][0]["path"] == "m2.py"


def test_index_that_names_no_corpora_any_more_is_not_repaired_and_says_what_to_do(index: Path) -> None:
    (index / "index.db").write_bytes(b"not a database" * 400)
    (index / "manifest.json").write_text("{")
    done = call("doctor", "--repair")
    assert done.code == 2
    assert "delete the folder and index the corpora again" in done.err


def test_what_a_repair_left_that_died_at_its_end_goes_with_the_next(index: Path) -> None:
    left = index / "manifest.json.damaged"
    left.write_text("{}")
    assert all(checks(0).values())
    assert left.exists()
    assert all(checks(0, "--repair").values())
    assert not left.exists()


def test_repair_of_a_healthy_index_does_nothing(index: Path) -> None:
    before = (index / "manifest.json").read_bytes()
    assert all(checks(0, "--repair").values())
    assert (index / "manifest.json").read_bytes() == before


def test_repair_reads_the_files_as_they_are_now(index: Path, user: Path) -> None:
    write_tree(user / "corpus", {"m2.py": tally("other")})
    damage(index / "segments" / "00000001" / "exact.npy")
    checks(0, "--repair")
    assert call("status", "--json").document["fragments"] == 4
    assert not (user / ".codesearch.repair").exists()
    assert not (user / ".codesearch.damaged").exists()
