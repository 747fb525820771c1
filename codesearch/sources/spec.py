"""What a user named: a folder, an archive or a git URL, on the command line or in a list."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from codesearch.core.errors import InputError
from indexer.corpus.names import display_path

ARCHIVE = re.compile(r"(?i)\.(tar|tar\.(gz|xz|bz2|zst)|tgz|txz|tbz2?|tzst|zip)$")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(//|:)")
_SCP = re.compile(
    r"[A-Za-z0-9._-]+@(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:]+\]):(?P<path>.+)", re.DOTALL
)
_NAMED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._+-]{0,99})=(.+)", re.DOTALL)
_REF = re.compile(r"(?![-+/.])(?!.*\.\.)(?!.*@\{)[^\x00-\x20\x7f~^:?*\[\\]{1,250}")
_SCHEMES = frozenset({"https", "ssh", "file"})
_MAX_NAME = 100


class SourceKind(StrEnum):
    """Where a corpus comes from."""

    FOLDER = "folder"
    ARCHIVE = "archive"
    GIT = "git"


@dataclass(frozen=True, slots=True)
class CorpusSource:
    """One corpus as a user named it.

    Attributes:
        kind: What it is.
        location: The path as written, for an archive absolute, or the URL without credentials.
        ref: Branch, tag or commit of a git URL; empty for the default branch.
        name: Of the corpus and of its folder; empty for a folder, which has one.
        stripped: Whether the URL held credentials, which are used for nothing.
    """

    kind: SourceKind
    location: str
    ref: str = ""
    name: str = ""
    stripped: bool = False

    @property
    def origin(self) -> str:
        """What users see: the URL with the ref, or the path."""
        return shown_origin(self.kind, self.location, self.ref)


def shown_origin(kind: SourceKind, location: str, ref: str) -> str:
    """Where a corpus comes from, on one line; URLs hold no character that would break it."""
    if kind is SourceKind.GIT:
        return f"{location}#{ref}" if ref else location
    return display_path(location)


def parse_source(word: str) -> CorpusSource:
    """The source that a word means: ``PATH``, ``ARCHIVE``, ``URL`` or ``URL#REF``; both latter ``NAME=``.

    What exists is taken for a path before all else.

    Raises:
        InputError: It is a URL that cannot be fetched from, or its ref cannot be one.
    """
    if not os.path.lexists(word):
        if url := _git_source(word):
            return url
        named = _NAMED.fullmatch(word)
        if named and (ARCHIVE.search(named[2]) or _git_source(named[2])):
            inner = parse_source(named[2])
            return CorpusSource(inner.kind, inner.location, inner.ref, named[1], inner.stripped)
    if ARCHIVE.search(word) and not os.path.isdir(word):  # noqa: PTH112 - pathlib's raises for a long name
        path = Path(word).absolute()
        return CorpusSource(SourceKind.ARCHIVE, str(path), name=_folder_name(ARCHIVE.sub("", path.name)))
    return CorpusSource(SourceKind.FOLDER, word)


def parse_list(lines: Iterable[str], shown: str) -> list[CorpusSource]:
    """The sources of a list, one per line; ``#`` at the start of a line or after a space begins a comment.

    Args:
        lines: With or without their line ends.
        shown: What messages call the list.

    Raises:
        InputError: A line names no source, or the list names none at all; the message has its number.
    """
    sources = []
    for number, line in enumerate(lines, 1):
        word = re.sub(r"(^|\s)#.*", "", line.strip("\ufeff\r\n")).strip()
        if not word:
            continue
        try:
            if "\0" in word or word.startswith("-"):
                raise InputError("names no source", "write a path, an archive or a git URL on each line")
            sources.append(parse_source(word))
        except InputError as error:
            raise InputError(f"{shown}, line {number}: {error.message}", error.hint) from None
    if not sources:
        raise InputError(f"{shown} names no sources", "write a path, an archive or a git URL on each line")
    return sources


def _git_source(word: str) -> CorpusSource | None:
    """The git URL that a word is; None for anything else.

    Raises:
        InputError: It is one that is not fetched from.
    """
    url, _, ref = word.partition("#")
    scheme, scp = _SCHEME.match(url), _SCP.fullmatch(url)
    if not scheme and not scp:
        return None
    stripped = False
    if scheme:
        url, stripped = _checked(url, scheme[1].lower())
    if not url.isprintable() or " " in url:
        raise InputError(f"not a URL: {url!r}", "write spaces and other such characters as %20")
    if ("#" in word and not ref) or (ref and not _REF.fullmatch(ref)):
        raise InputError(f"{url}: {ref!r} is no branch, tag or commit", "as in URL#main")
    path = scp["path"] if scp else urlsplit(url).path
    name = _folder_name(path.rstrip("/").rpartition("/")[2].removesuffix(".git"))
    return CorpusSource(SourceKind.GIT, url, ref, name, stripped)


def _checked(url: str, scheme: str) -> tuple[str, bool]:
    """A URL without its credentials, and whether it held any.

    Raises:
        InputError: It is malformed, or its scheme is not fetched from.
    """
    if scheme not in _SCHEMES or "://" not in url:
        shown = url.partition(":")[0]
        raise InputError(f"cannot fetch from a {shown} URL", "use https://, ssh://, git@HOST:PATH or file://")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise InputError(f"malformed {scheme} URL", "as in https://example.org/group/project.git") from None
    secret = _secret(parts, scheme)
    user = f"{parts.username}@" if scheme == "ssh" and parts.username else ""
    host = parts.netloc.rpartition("@")[2]
    if (
        (scheme != "file" and not parts.hostname)
        or f"{user}{host}".startswith("-")
        or not parts.path.strip("/")
    ):
        raise InputError(
            f"the {scheme} URL names no repository", "as in https://example.org/group/project.git"
        )
    return f"{scheme}://{user}{host}{parts.path}", secret


def _secret(parts: SplitResult, scheme: str) -> bool:
    """Whether a URL holds what may be one: a lone user name of https is often a token."""
    in_user = parts.password is not None or (scheme == "https" and parts.username is not None)
    return in_user or bool(parts.query)


def is_folder_name(name: str) -> bool:
    """Whether a name is what :func:`parse_source` gives: one plain folder."""
    return name == _folder_name(name)


def _folder_name(text: str) -> str:
    """A name that is one plain folder on every file system."""
    return re.sub(r"[^\w.+-]+", "-", text).strip("-.")[:_MAX_NAME] or "source"
