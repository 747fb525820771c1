"""``codesearch-accepted.toml``: read strictly, and extended without touching what it holds already."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from codesearch.audit.accepted import Acceptance
from codesearch.audit.contents import content_word, contents_of, parse_content
from codesearch.audit.textfiles import read_text, replace_text
from codesearch.core.audit import CloneClass
from codesearch.core.errors import InputError, UsageError
from codesearch.core.toml import parse_toml

ACCEPTED_FILE = "codesearch-accepted.toml"

_MAX_BYTES = 1 << 22  # 100,000 members
_KEYS = ("id", "reason", "contents", "by", "date")
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_HEADER = "# Clone classes that we live with; each is hidden while no member is added or changed.\n"


def read_accepted(path: Path) -> tuple[Acceptance, ...]:
    """The entries of a file in their order; none when there is no file.

    Raises:
        InputError: It cannot be read, is a link, is not TOML or has an entry that does not fit; the message
            names the line or the entry and key.
    """
    return _parse(_read(path), path)


def accept(path: Path, found: CloneClass, reason: str, by: str = "", on: date | None = None) -> None:
    """Append an entry that hides a class as it is now; what the file holds already stays byte for byte.

    Args:
        path: The corpus's :data:`ACCEPTED_FILE`; made when there is none.
        found: The class.
        reason: Why it may stay.
        by: Who says so.
        on: When.

    Raises:
        UsageError: The reason is empty or no text, or the class is accepted already.
        InputError: The file does not fit, or cannot be written.
        EnvironmentFailure: The disk is full.
    """
    if not reason.strip():
        raise UsageError(f"no reason to accept clone class {found.id}", "say why it may stay with --reason")
    if not _is_text(reason + by):
        raise UsageError(f"the reason to accept clone class {found.id} is not UTF-8 text", "write it anew")
    text = _read(path)
    if any(entry.covers(found) for entry in _parse(text, path)):
        raise UsageError(f"clone class {found.id} is accepted already", f"see {path}")
    gap = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
    extended = (text or f"{_HEADER}\n") + gap + _entry(found, reason, by, on)
    _parse(extended, path)
    replace_text(path, extended, "accepted classes")


def _read(path: Path) -> str:
    if not os.path.lexists(path):
        return ""
    return read_text(path, "accepted classes", _MAX_BYTES)


def _parse(text: str, path: Path) -> tuple[Acceptance, ...]:
    try:
        document = parse_toml(text.removeprefix("\ufeff"))
    except ValueError as error:
        raise InputError(f"the accepted classes {path} are not valid TOML", str(error)) from error
    entries = document.pop("accepted", [])
    if document or not isinstance(entries, list):
        name = next(iter(document), "accepted")
        raise InputError(
            f"unexpected key {name!r} in {path}", "it holds [[accepted]] tables and nothing else"
        )
    return tuple(_acceptance(entry, f"entry {number} of {path}") for number, entry in enumerate(entries, 1))


def _acceptance(entry: object, where: str) -> Acceptance:
    if not isinstance(entry, dict):
        raise InputError(f"{where} is not a table", "write it as [[accepted]] and its keys below")
    for key in entry:
        if key not in _KEYS:
            raise InputError(f"unknown key {key!r} in {where}", f"its keys are {', '.join(_KEYS)}")
    if not isinstance(entry.get("date", date.min), date):
        raise InputError(f"'date' in {where} is not a date", "write it as 2026-01-31, without quotes")
    if "by" in entry:
        _text(entry, "by", where)
    id_, reason = _text(entry, "id", where), _text(entry, "reason", where)
    contents = entry.get("contents")
    if isinstance(contents, int) and not isinstance(contents, bool) and contents > 1:
        return Acceptance(id_, reason, None, contents)
    counts = _counts(contents)
    if counts is None:
        raise InputError(
            f"'contents' in {where} does not fit",
            "list what `codesearch audit --json` gives as content of each member, or say how many there are",
        )
    return Acceptance(id_, reason, counts, counts.total())


def _text(entry: Mapping[str, object], key: str, where: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{key!r} in {where} is missing, empty or not a string", f'add {key} = "..."')
    return value


def _counts(words: object) -> Counter[str] | None:
    """The multiset that a list of content words means; None when it is no such list."""
    if not isinstance(words, list) or not words:
        return None
    counts: Counter[str] = Counter()
    for word in words:
        content = parse_content(word) if isinstance(word, str) else None
        if content is None:
            return None
        counts[content[0]] += content[1]
    return counts


def _is_text(words: str) -> bool:
    """False for what the command line could not decode, which arrives as lone surrogates."""
    return words.encode("utf-8", "ignore").decode("utf-8") == words


def _entry(found: CloneClass, reason: str, by: str, on: date | None) -> str:
    lines = ["[[accepted]]", f"id = {_quoted(found.id)}", f"reason = {_quoted(reason.strip())}"]
    lines += [f"by = {_quoted(by.strip())}"] if by.strip() else []
    lines += [f"date = {on.isoformat()}"] if on else []
    words = [content_word(*item) for item in sorted(contents_of(found.members).items())]
    lines += ["contents = [", *(f"  {_quoted(word)}," for word in words), "]"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML basic string on one line; what would reorder or hide text in a review is escaped."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
