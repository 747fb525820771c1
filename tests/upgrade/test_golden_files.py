"""Packs, baselines and accepted classes that another version wrote say what they said.

When one of these fails, a file that a team keeps in its repository, or gave to others, is read wrongly. Where
a format changes on purpose, raise its version, run ``PYTHONPATH=tests python -m upgrade.make_golden_files``,
and commit what it writes beside the old ones. Where only detection changed on purpose, ``--expect`` writes
the answer anew, and what a new detection makes of old baselines belongs into the changelog.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from pack_lab import unpacked_members
from upgrade.golden import CORPORA, OF_A_MACHINE, about
from upgrade.make_golden_files import (
    ACCEPTED,
    ANSWER,
    BASELINE,
    FOLDER,
    PACK,
    answer,
    as_somebody,
    audit,
    trusted,
)

pytest.importorskip("cryptography", reason="packs need the extra 'pack'")


PACKS = sorted(FOLDER.glob("*.codesearch-pack"))
BASELINES = sorted(FOLDER.glob("baseline-*.txt"))


@pytest.fixture(autouse=True)
def _somebody(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_somebody(user, monkeypatch)


def test_this_version_has_golden_files() -> None:
    missing = [file for file in (PACK, ANSWER, BASELINE, ACCEPTED) if not file.is_file()]
    assert not missing, "run PYTHONPATH=tests python -m upgrade.make_golden_files"


@pytest.mark.parametrize("file", sorted(FOLDER.iterdir()), ids=lambda file: file.name)
def test_a_golden_file_names_no_machine(file: Path) -> None:
    assert not OF_A_MACHINE.search(file.read_bytes())
    if file in PACKS:
        assert not OF_A_MACHINE.search(b"".join(unpacked_members(file).values()))


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_a_golden_pack_answers_as_it_did(pack: Path) -> None:
    trusted(pack)
    expected = json.loads(pack.with_suffix(".json").read_text(encoding="utf-8"))["answer"]
    assert expected["results"][0]["matches"]
    assert answer(pack) == about(expected)


@pytest.mark.parametrize("baseline", BASELINES, ids=lambda baseline: baseline.name)
def test_a_golden_baseline_knows_every_class_of_its_code(baseline: Path) -> None:
    found = audit("--baseline", baseline, "--fail-on", "new")
    assert found["classes"]
    assert [member for one in found["classes"] for member in one["members"] if member["new"]] == []


def test_golden_accepted_classes_hide_theirs() -> None:
    before = audit()
    shutil.copyfile(ACCEPTED, Path(CORPORA[0]) / "codesearch-accepted.toml")
    after = audit()
    assert len(after["classes"]) == len(before["classes"]) - 1
    assert not [note for note in after["degraded"] if "accepted" in note]
