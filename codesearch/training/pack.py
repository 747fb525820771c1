"""The training and validation splits of all sets in one file, to be taken to a machine with a GPU."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from codesearch.core.errors import InputError
from codesearch.training.sets import TRAINING_SPLIT, VALIDATION_SPLIT, TrainingSet, labelled_file

_SPLITS = frozenset((TRAINING_SPLIT, VALIDATION_SPLIT))
_KEPT = ("id", "lang", "group", "code", "split")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of a zip file; with the time of day no two packs would be equal
_LARGEST = 1 << 30  # bytes of a set, packed: what is larger was not written by this module


def pack(data: Path, sets: Sequence[TrainingSet], out: Path) -> Mapping[str, int]:
    """Write one zip file of the sets in a folder; returns the number of fragments by set.

    Raises:
        InputError: A set is not in the folder, or the file cannot be written.
    """
    counts: dict[str, int] = {}
    try:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for item in sets:
                rows = list(_rows(labelled_file(data, item)))
                counts[item.name] = len(rows)
                archive.writestr(zipfile.ZipInfo(f"{item.name}.jsonl.gz", _EPOCH), _compressed(rows))
    except OSError as error:
        raise InputError(
            f"cannot write {out}: {error.strerror}", "name a file in a folder that exists"
        ) from error
    return counts


def _rows(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if row.get("split") in _SPLITS:
                yield json.dumps({key: row[key] for key in _KEPT if key in row}).encode() + b"\n"


def _compressed(rows: Sequence[bytes]) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0) as file:
        file.writelines(rows)
    return packed.getvalue()


@contextmanager
def unpacked(data: Path) -> Iterator[Path]:
    """The folder of a pack for as long as the block runs; anything else as it is.

    Raises:
        InputError: It is a zip file, but not a pack.
    """
    if not zipfile.is_zipfile(data):
        yield data
        return
    with TemporaryDirectory() as temporary, zipfile.ZipFile(data) as archive:
        folder = Path(temporary)
        for member in archive.infolist():
            name = member.filename
            if "/" in name or not name.endswith(".jsonl.gz") or member.file_size > _LARGEST:
                raise InputError(f"{data} holds {name!r}, so it is no pack", "make one with 'train pack'")
            (folder / name).write_bytes(archive.read(member))
        yield folder
