"""The training and validation splits of all sets in one file, to be taken to a machine with a GPU."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from codesearch.core.errors import InputError
from codesearch.training.sets import TRAINING_SPLIT, VALIDATION_SPLIT, TrainingSet, labelled_file

_SPLITS = frozenset((TRAINING_SPLIT, VALIDATION_SPLIT))
_KEPT = ("id", "lang", "group", "code", "split")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of a zip file; with the time of day no two packs would be equal
_LARGEST = 1 << 30  # bytes of all sets: what is larger was not written by this module
_MAKE = "make one with 'train pack'"


def pack(data: Path, sets: Sequence[TrainingSet], out: Path) -> Mapping[str, int]:
    """Write one zip file of the sets in a folder; returns the number of fragments by set.

    Raises:
        InputError: A set is not in the folder, or the file cannot be written.
    """
    counts: dict[str, int] = {}
    temporary = out.with_name(out.name + ".new")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
            for item in sets:
                rows = _rows(labelled_file(data, item))
                counts[item.name] = len(rows)
                archive.writestr(zipfile.ZipInfo(f"{item.name}.jsonl.gz", _EPOCH), _compressed(rows))
        temporary.replace(out)
    except OSError as error:
        hint = "name a file in a folder that exists"
        raise InputError(f"cannot write {out}: {error.strerror}", hint) from error
    finally:
        temporary.unlink(missing_ok=True)
    return counts


def _rows(path: Path) -> list[bytes]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise InputError(f"cannot read {path}: {error}", "name the folder of the labelled data") from error
    kept = [row for row in rows if isinstance(row, dict) and row.get("split") in _SPLITS]
    return [json.dumps({key: row[key] for key in _KEPT if key in row}).encode() + b"\n" for row in kept]


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
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        try:
            with zipfile.ZipFile(data) as archive:
                _extract(data, archive, folder)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error) as error:
            raise InputError(f"cannot unpack {data}: {error}", "make it again with 'train pack'") from error
        yield folder


def _extract(data: Path, archive: zipfile.ZipFile, folder: Path) -> None:
    """Write the members, all in one folder, which are sets and of a size that a set has."""
    if sum(member.file_size for member in archive.infolist()) > _LARGEST:
        raise InputError(f"{data} unpacks to more than {_LARGEST >> 30} GiB, so it is no pack", _MAKE)
    for member in archive.infolist():
        name = member.filename
        if "/" in name or not name.endswith(".jsonl.gz"):
            raise InputError(f"{data} holds {name!r}, so it is no pack", _MAKE)
        with archive.open(member) as packed, (folder / name).open("wb") as file:
            shutil.copyfileobj(packed, file)
