"""Damage to every file of an index: it is named, answers are right or refused, a repair brings all back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from commandline import Outcome, call, tally, unique, write_tree
from crash.operations import comparable

DAMAGES: dict[str, Callable[[Path], object]] = {
    "flipped": lambda path: path.write_bytes(_flipped(path.read_bytes())),
    "cut": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "empty": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
    "another's": lambda path: shutil.copyfile(_counterpart(path), path),
}
DERIVED = {".gitignore", "seen.json", "writer.lock", "writer.json"}
"""What is made again without a word."""


def _flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0x5A]) + content[middle + 1 :]


def _counterpart(path: Path) -> Path:
    """The same file of another index, with the same names of segments."""
    [index] = [parent for parent in path.parents if parent.name == ".codesearch"]
    return index.with_name("elsewhere") / path.relative_to(index)


@pytest.fixture
def index(user: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index with FAISS's own files, a schedule, a token and a verdict, and another one beside it."""
    monkeypatch.setattr("indexer.vectors.choice.FLAT_LIMIT", 8)
    write_tree(user, {f"corpus/m{number}.py": unique(number) for number in range(8)})
    write_tree(user, {f"corpus/t{number}.py": tally(f"t{number}") for number in range(2)})
    write_tree(user, {f"other/m{number}.py": unique(number + 50) for number in range(10)})
    write_tree(user, {"mine.py": unique(2)})
    for words in (
        "--index elsewhere index other",
        "index corpus",
        "feedback accept corpus/t0.py corpus/t1.py",
        "token create --name ci",
    ):
        assert call(*words.split()).code == 0, words
    schedule = call("schedule", "add", "corpus", "--cron", "0 3 * * *", "--name", "nightly")
    assert schedule.code == 0
    return user / ".codesearch"


def damageable(index: Path) -> list[str]:
    """Every file of the index, relative."""
    return sorted(str(path.relative_to(index)) for path in index.rglob("*") if path.is_file())


@contextmanager
def as_it_was(index: Path) -> Iterator[None]:
    kept = index.with_name("kept")
    shutil.copytree(index, kept)
    yield
    shutil.rmtree(index)
    kept.rename(index)


def asked() -> list[Outcome]:
    return [call("query", "mine.py", "--json"), call("schedule", "list", "--json")]


def assert_clear(done: Outcome) -> None:
    """An answer, or a refusal that a person can act on."""
    assert done.code in {0, 3}, done
    assert "Traceback" not in done.err, done
    assert "unexpected" not in done.err, done


def assert_survived(index: Path, name: str, damage: str) -> None:
    """Let a file be damaged, ask, have it repaired and ask again."""
    healthy = [comparable(done.document) for done in asked()]
    with as_it_was(index):
        DAMAGES[damage](index / name)
        answers = asked()
        doctor = call("doctor", "--json")
        for done in (*answers, call("status", "--json"), doctor):
            assert_clear(done)
        for done, right in zip(answers, healthy, strict=True):
            assert done.code == 3 or comparable(json.loads(done.out)) == right, (name, damage)
        if name in DERIVED:
            assert doctor.code == 0, doctor.out
            return
        broken = [check for check in json.loads(doctor.out)["checks"] if not check["healthy"]]
        assert any(name in json.dumps(check) for check in broken), (name, damage, broken)
        repaired = call("doctor", "--repair", "--json")
        assert repaired.code == 0, repaired
        again = [comparable(done.document) for done in asked()]
        assert again[0] == healthy[0], (name, damage)
        if again[1] != healthy[1]:
            assert "lost because the store is damaged" in repaired.document["repaired"]
            assert name == "index.db"
        assert call("feedback", "list", "--json").document["precedents"]


def test_one_damage_to_every_file_is_named_and_repaired(index: Path) -> None:
    arrays = [name for name in damageable(index) if name.endswith(".npy")]
    chosen = [name for name in damageable(index) if name not in arrays] + arrays[::5]
    for number, name in enumerate(chosen):
        assert_survived(index, name, list(DAMAGES)[number % len(DAMAGES)])


@pytest.mark.nightly
@pytest.mark.parametrize("damage", DAMAGES)
def test_every_damage_to_every_file_is_named_and_repaired(index: Path, damage: str) -> None:
    for name in damageable(index):
        if (_counterpart(index / name)).is_file() or damage != "another's":
            assert_survived(index, name, damage)


def test_faiss_never_reads_a_file_whose_checksum_differs(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reader is not memory-safe; that the time of modification was set back deceives nobody."""
    import os

    [path] = index.glob("segments/*/vectors.faiss")
    assert call("query", "mine.py").code == 0  # seen, and noted as sound
    before = path.stat()
    path.write_bytes(_flipped(path.read_bytes()))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    monkeypatch.setattr("faiss.read_index", lambda *_: pytest.fail("hostile bytes reached FAISS"))
    done = call("query", "mine.py")
    assert done.code == 3
    assert f"{path} is damaged: its checksum differs" in done.error


def test_a_repair_keeps_tokens_schedules_and_fetched_corpora(index: Path, user: Path) -> None:
    shutil.make_archive("packed", "zip", user / "other")
    assert call("index", "packed.zip").code == 0
    [array] = index.glob("segments/*1/exact.npy")
    array.write_bytes(_flipped(array.read_bytes()))
    assert call("doctor", "--repair").code == 0
    named = [corpus["name"] for corpus in call("status", "--json").document["corpora"]]
    assert named == ["corpus", "packed"]
    assert [one["name"] for one in call("schedule", "list", "--json").document["schedules"]] == ["nightly"]
    assert "ci" in call("token", "list").out


def test_a_repair_leaves_out_a_corpus_that_is_gone_and_says_so(index: Path, user: Path) -> None:
    assert call("index", "other").code == 0
    shutil.rmtree(user / "other")
    [array] = index.glob("segments/*1/exact.npy")
    array.unlink()
    done = call("doctor", "--repair")
    assert done.code == 0
    assert f"{user / 'other'} is not there and was left out" in done.out
