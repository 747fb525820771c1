"""The manifest: the one switch between index states, and what is believed of one from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from codesearch.core.errors import EnvironmentFailure, IndexFailure
from indexer.segments.files import StoredFile
from indexer.segments.manifest import (
    FORMAT_VERSION,
    MANIFEST,
    Manifest,
    SegmentEntry,
    read_manifest,
    signing_key,
    write_manifest,
)

KEY = b"k" * 32
ENTRY = SegmentEntry("00000001", 3, "model-1", ("java", "python"), {"exact.npy": StoredFile(9, "ab")}, 0.98)
SAMPLE = Manifest(
    snapshot=4,
    segments=(ENTRY,),
    dead=(0, 2),
    settings={"fragments.min_lines": 6},
    started="2026-01-02T03:04:05+00:00",
    analysis={"/code": "00ff"},
)


def edited(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """A folder with the sample manifest after a change of its JSON."""
    write_manifest(folder, SAMPLE.signed(KEY))
    raw = json.loads((folder / MANIFEST).read_text())
    change(raw)
    (folder / MANIFEST).write_text(json.dumps(raw))
    return folder


def test_a_manifest_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_manifest(tmp_path, SAMPLE.signed(KEY))
    found = read_manifest(tmp_path)
    assert found == SAMPLE.signed(KEY)
    assert found.signed_by(KEY)


def test_another_installation_did_not_sign_it(tmp_path: Path) -> None:
    write_manifest(tmp_path, SAMPLE.signed(b"x" * 32))
    assert not read_manifest(tmp_path).signed_by(KEY)


@pytest.mark.parametrize(
    "other",
    [
        replace(SAMPLE, snapshot=5),
        replace(SAMPLE, dead=()),
        replace(SAMPLE, segments=(replace(ENTRY, files={"exact.npy": StoredFile(9, "cd")}),)),
        replace(SAMPLE, analysis={}),
    ],
)
def test_the_signature_covers_every_part(other: Manifest) -> None:
    assert not replace(other, signature=SAMPLE.signed(KEY).signature).signed_by(KEY)


def test_writing_leaves_only_the_manifest(tmp_path: Path) -> None:
    write_manifest(tmp_path, SAMPLE)
    write_manifest(tmp_path, replace(SAMPLE, snapshot=5))
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST]
    assert read_manifest(tmp_path).snapshot == 5


def test_no_manifest_says_how_to_make_an_index(tmp_path: Path) -> None:
    with pytest.raises(IndexFailure, match=r"no index in .*: run 'codesearch index PATH' first"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_json_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / MANIFEST).write_bytes(content)
    with pytest.raises(IndexFailure, match=r"cannot read .*manifest\.json") as caught:
        read_manifest(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("version", [0, FORMAT_VERSION - 1, FORMAT_VERSION + 1, "1", None])
def test_another_format_version_is_refused_in_one_line(tmp_path: Path, version: object) -> None:
    edited(tmp_path, lambda raw: raw.update(format=version))
    with pytest.raises(IndexFailure, match=rf"has index format {version}, this codesearch reads") as caught:
        read_manifest(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/b", "..", ".", "", "a\0b", 7])
def test_names_that_lead_out_of_the_folder_are_refused(tmp_path: Path, name: object) -> None:
    edited(tmp_path, lambda raw: raw["segments"][0].update(name=name))
    with pytest.raises(IndexFailure, match="is damaged"):
        read_manifest(tmp_path)
    edited(tmp_path, lambda raw: raw["segments"][0].update(files={str(name): {"size": 1, "checksum": ""}}))
    if isinstance(name, str):
        with pytest.raises(IndexFailure, match="is damaged"):
            read_manifest(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.pop("segments"),
        lambda raw: raw.update(dead=[3]),
        lambda raw: raw.update(dead=[-1]),
        lambda raw: raw.update(dead="x"),
        lambda raw: raw["segments"][0].update(rows=-1),
        lambda raw: raw["segments"][0].update(files=[1]),
        lambda raw: raw["segments"][0]["files"]["exact.npy"].update(extra=1),
        lambda raw: raw.update(settings=3),
        lambda raw: raw.update(snapshot="now"),
    ],
)
def test_a_manifest_with_wrong_values_is_damaged(
    tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    edited(tmp_path, change)
    with pytest.raises(IndexFailure, match=r"manifest\.json is damaged"):
        read_manifest(tmp_path)


def _set_signature(signature: object, raw: dict[str, Any]) -> None:
    raw["signature"] = signature


def test_a_signature_of_any_kind_is_only_not_ours(tmp_path: Path) -> None:
    for signature in ("", "é", 5, None):
        edited(tmp_path, partial(_set_signature, signature))
        assert not read_manifest(tmp_path).signed_by(KEY)


def test_the_signing_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    path = tmp_path / "config" / "signing.key"
    key = signing_key(path)
    assert signing_key(path) == key
    assert path.stat().st_mode & 0o077 == 0


def test_a_damaged_signing_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "signing.key"
    path.write_bytes(b"short")
    with pytest.raises(EnvironmentFailure, match=r"signing\.key is damaged"):
        signing_key(path)


def test_a_signing_key_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file")
    with pytest.raises(EnvironmentFailure, match=r"cannot use the signing key .*signing\.key"):
        signing_key(tmp_path / "config" / "signing.key")
