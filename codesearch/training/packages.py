"""Source packages as registries hand them out: PyPI's sdists and wheels, npm's packs, Debian's archives.

They are read in memory and member by member. Nothing is unpacked to disk, nothing of a package is run, links
and devices are passed over, and sizes are bounded: an archive is as untrusted as the code in it.
"""

from __future__ import annotations

import json
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from fnmatch import translate
from pathlib import Path
from urllib.parse import quote

from codesearch.core.errors import InputError
from codesearch.training.licences import permissive_licence

_ENDINGS = (".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".zip", ".whl")
_METADATA = re.compile(r"(?:[^/]+/PKG-INFO|[^/]+\.dist-info/METADATA|[^/]+/package\.json)\Z")
_DEBIAN = re.compile(r"(?P<name>[a-z0-9][a-z0-9+.-]+)_(?P<version>[^_]+)\.orig\.tar\.\w+\Z")
_HINT = "leave it out, or fetch it again"


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What is read of one archive at most; all in bytes but ``members``.

    Attributes:
        file: Larger files are passed over: people do not write them.
        taken: Content that is kept; what comes later in the archive is passed over.
        unpacked: An archive that unpacks to more is refused.
        members: An archive with more entries is refused.
    """

    file: int = 512 << 10
    taken: int = 24 << 20
    unpacked: int = 2 << 30
    members: int = 200_000


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A regular file of an archive; ``path`` is relative to its top folder, ``/`` separated."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Package:
    """One release of one project.

    Attributes:
        ecosystem: ``pypi``, ``npm`` or ``deb``.
        name: The project's name, unique in its ecosystem.
        version: As the project writes it.
        licences: Pattern of paths and licence family, None where it is not permissive; the last that fits a
            path counts.
    """

    ecosystem: str
    name: str
    version: str
    licences: tuple[tuple[re.Pattern[str], str | None], ...]

    @property
    def project(self) -> str:
        """The project without its version, as a package URL: ``pkg:pypi/requests``."""
        space = "deb/debian" if self.ecosystem == "deb" else self.ecosystem
        return f"pkg:{space}/{quote(self.name)}"

    @property
    def url(self) -> str:
        """Package URL of the release: ``pkg:pypi/requests@2.32.3``."""
        return f"{self.project}@{quote(self.version)}"

    @property
    def version_order(self) -> list[tuple[int, str]]:
        """Sorts releases from old to new: 1.10 after 1.9, a final release after its candidates."""
        parts = re.findall(r"(\d+)|([a-z]+)", self.version.lower())
        # Cut to 18 digits: Python refuses to read numbers of thousands, and a version may be anything.
        return [*((int(number[:18] or -1), letters) for number, letters in parts), (0, "")]

    @property
    def licence(self) -> str | None:
        """Family of the licence of the package as a whole; None when it is not permissive or unknown."""
        return self.licences[0][1] if self.licences else None

    def licence_of(self, path: str) -> str | None:
        """Family of the licence of one file; None when it is not permissive or unknown."""
        return next((name for files, name in reversed(self.licences) if files.match(path)), None)


def package_archives(sources: Sequence[Path]) -> list[Path]:
    """The archives among these files and directly in these folders, by name; Debian's own additions are none.

    Raises:
        InputError: A path does not exist, or there is no archive at all.
    """
    found: set[Path] = set()
    for source in sources:
        if source.is_dir():
            found.update(path for path in source.iterdir() if _is_archive(path))
        elif source.is_file():
            found.add(source)
        else:
            raise InputError(f"no source package at {source}", "name archives or folders that hold them")
    if not found:
        raise InputError("there is no source package to read", f"archives end in {', '.join(_ENDINGS)}")
    return sorted(found, key=lambda path: (path.name, path))


def read_package(
    path: Path, wanted: Callable[[str], bool], limits: ArchiveLimits | None = None
) -> tuple[Package, list[ArchivedFile]]:
    """A release and those of its files that are wanted and come under permissive terms, in archive order.

    Args:
        path: An archive. Beside one of Debian (``NAME_VERSION.orig.tar.*``) its ``debian.tar.*`` is
            looked for, which holds the licences.
        wanted: Says by path (relative to the top folder) whether a file is read.
        limits: What is read at most.

    Raises:
        InputError: The archive is damaged or too large, or does not say what it is.
    """
    bounds = limits or ArchiveLimits()
    metadata: dict[str, bytes] = {}
    files: list[ArchivedFile] = []
    taken = 0
    has_top = path.suffix != ".whl"
    for name, read in _members(path, bounds):
        if _METADATA.match(name):
            metadata[name] = read()
        elif taken < bounds.taken and wanted(inner := name.partition("/")[2] if has_top else name):
            files.append(ArchivedFile(inner, read()))
            taken += len(files[-1].content)
    package = _debian_package(path, bounds) or _described(metadata)
    if package is None:
        raise InputError(
            f"{path} does not say which package it is",
            "give sdists and wheels of PyPI, packs of npm, orig archives of Debian",
        )
    return package, [file for file in files if package.licence_of(file.path) is not None]


def _is_archive(path: Path) -> bool:
    return path.name.endswith(_ENDINGS) and ".debian.tar." not in path.name and path.is_file()


def _members(path: Path, limits: ArchiveLimits) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Path and content of every regular file of fitting size; to be read before the next is asked for."""
    try:
        if zipfile.is_zipfile(path):
            yield from _zip_members(path, limits)
        else:
            yield from _tar_members(path, limits)
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError) as error:
        raise InputError(f"cannot read the archive {path} ({error})", _HINT) from error
    except (NotImplementedError, RuntimeError) as error:  # zipfile: other compression, encryption
        raise InputError(f"cannot read the archive {path} ({error})", _HINT) from error


def _zip_members(path: Path, limits: ArchiveLimits) -> Iterator[tuple[str, Callable[[], bytes]]]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        _check(path, len(entries), sum(entry.file_size for entry in entries), limits)
        for entry in entries:
            if not entry.is_dir() and entry.file_size <= limits.file and _is_plain(entry.filename):

                def read(entry: zipfile.ZipInfo = entry) -> bytes:
                    with archive.open(entry) as stream:
                        return stream.read(limits.file)

                yield entry.filename, read


def _tar_members(path: Path, limits: ArchiveLimits) -> Iterator[tuple[str, Callable[[], bytes]]]:
    with tarfile.open(path, "r|*") as archive:
        for number, entry in enumerate(archive, start=1):
            _check(path, number, entry.offset_data + entry.size, limits)
            name = entry.name.removeprefix("./")
            if entry.isreg() and entry.size <= limits.file and _is_plain(name):

                def read(entry: tarfile.TarInfo = entry) -> bytes:
                    stream = archive.extractfile(entry)
                    return stream.read() if stream is not None else b""

                yield name, read


def _check(path: Path, members: int, unpacked: int, limits: ArchiveLimits) -> None:
    if members > limits.members or unpacked > limits.unpacked:
        raise InputError(
            f"{path} unpacks to more than {limits.unpacked:,} bytes or {limits.members:,} files", _HINT
        )


def _is_plain(name: str) -> bool:
    return not name.startswith("/") and ".." not in name.split("/")


def _described(metadata: dict[str, bytes]) -> Package | None:
    """The package that a metadata file at the top of its archive describes.

    Python's come first: a wheel may hold a folder with a ``package.json`` of something else.
    """
    for name in sorted(metadata, key=lambda name: (name.endswith("package.json"), name)):
        text = metadata[name].decode("utf-8", "replace")
        package = _npm_package(text) if name.endswith("package.json") else _pypi_package(text)
        if package is not None:
            return package
    return None


def _pypi_package(text: str) -> Package | None:
    """From core metadata; the SPDX expression counts first, then the classifiers, then the free field."""
    fields = HeaderParser().parsestr(text)
    name, version = fields.get("Name"), fields.get("Version")
    if not name or not version:
        return None
    classifiers = [str(entry) for entry in fields.get_all("Classifier", [])]
    licences = " AND ".join(entry for entry in classifiers if entry.startswith("License ::"))
    expression = fields.get("License-Expression") or licences or fields.get("License") or ""
    normal = re.sub(r"[-_.]+", "-", str(name)).lower()
    return Package("pypi", normal, str(version), _everywhere(permissive_licence(str(expression))))


def _npm_package(text: str) -> Package | None:
    """From ``package.json``, whose licence is a string or, in old packages, objects with a ``type``."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    name, version = fields.get("name"), fields.get("version")
    if not isinstance(name, str) or not isinstance(version, str):
        return None
    licences = fields.get("license", fields.get("licenses"))
    entries = licences if isinstance(licences, list) else [licences]
    names = [entry.get("type") if isinstance(entry, dict) else entry for entry in entries]
    expression = " AND ".join(entry for entry in names if isinstance(entry, str))
    return Package("npm", name, version, _everywhere(permissive_licence(expression)))


def _everywhere(licence: str | None) -> tuple[tuple[re.Pattern[str], str | None], ...]:
    return ((re.compile(""), licence),)


def _debian_package(path: Path, limits: ArchiveLimits) -> Package | None:
    """By the archive's name, with the licences of ``debian/copyright`` from the archive beside it."""
    match = _DEBIAN.match(path.name)
    if match is None:
        return None
    beside = sorted(path.parent.glob(f"{match['name']}_{match['version']}-*.debian.tar.*"))
    licences: list[tuple[re.Pattern[str], str | None]] = []
    for archive in beside[-1:]:
        for name, read in _members(archive, limits):
            if name == "debian/copyright":
                licences = list(_copyright_stanzas(read().decode("utf-8", "replace")))
    return Package("deb", match["name"], match["version"], tuple(licences))


def _copyright_stanzas(text: str) -> Iterator[tuple[re.Pattern[str], str | None]]:
    """Patterns of paths and their licences, in order; none unless the file is machine-readable (DEP-5)."""
    for stanza in re.split(r"\n[ \t]*\n", text):
        fields = {
            match[1].lower(): match[2]
            for match in re.finditer(r"^([A-Za-z-]+):((?:.*(?:\n[ \t].*)*))", stanza, re.MULTILINE)
        }
        if "files" in fields and "license" in fields:
            licence = permissive_licence(fields["license"].strip().partition("\n")[0])
            for glob in fields["files"].split():
                yield re.compile(translate(glob.replace("[", "[[]"))), licence
