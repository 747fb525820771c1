"""The addresses of the class list: filters, order and page are in them, so that they can be shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar
from urllib.parse import quote, urlencode

from starlette.datastructures import QueryParams

from codesearch.core.errors import UsageError
from codesearch.core.results import CloneType
from codesearch.core.types import Role
from codesearch.report.audit_wording import short
from codesearch.server.work.audits import Order, Shown, WantedClasses

CLASSES = "/audits/classes"
PAGE = 30
_MAX_TEXT = 500
_MAX_NUMBER = 10_000_000

Word = TypeVar("Word", bound=StrEnum)


def wanted_classes(params: QueryParams) -> WantedClasses:
    """What an address asks for; fields that a form left empty are no filter.

    Raises:
        UsageError: A value does not fit.
    """
    return WantedClasses(
        types=frozenset(_words(params, "types", CloneType)),
        roles=frozenset(_words(params, "roles", Role)),
        languages=frozenset(filter(None, params.getlist("languages"))),
        folder=params.get("folder", "")[:_MAX_TEXT],
        text=params.get("text", "")[:_MAX_TEXT],
        min_lines=number(params, "min_lines"),
        shown=next(iter(_words(params, "shown", Shown)), Shown.REPORTED),
        order=next(iter(_words(params, "sort", Order)), Order.MERGE_VALUE),
    )


def number(params: QueryParams, name: str) -> int:
    """A number of an address; 0 where it is not given.

    Raises:
        UsageError: It is none.
    """
    text = params.get(name, "").strip()
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()) or int(text[:9]) > _MAX_NUMBER:
        raise UsageError(f"{name} is not a number: {short(text, 20)!r}", "write digits, such as 10")
    return int(text[:9])


def list_address(wanted: WantedClasses, offset: int = 0) -> str:
    """The page of the class list that shows what is wanted."""
    return _with(CLASSES, [*_pairs(wanted), *([("offset", str(offset))] if offset else [])])


def class_address(class_id: str, wanted: WantedClasses | None = None, **more: int | str) -> str:
    """The page of a class, from which the list that is wanted goes on."""
    pairs = _pairs(wanted) if wanted else []
    return _with(f"{CLASSES}/{quote(class_id, safe='')}", [*pairs, *((key, str(more[key])) for key in more)])


def folder_address(folder: str) -> str:
    """The classes with a member in a folder or file."""
    return list_address(replace(WantedClasses(), folder=folder.rstrip("/")))


def fields(wanted: WantedClasses) -> list[tuple[str, str]]:
    """The filters as fields of a form, those that are not used left out."""
    return _pairs(wanted)


def _with(path: str, pairs: Sequence[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _pairs(wanted: WantedClasses) -> list[tuple[str, str]]:
    pairs = [
        *(("types", kind) for kind in sorted(wanted.types)),
        *(("roles", role) for role in sorted(wanted.roles)),
        *(("languages", language) for language in sorted(wanted.languages)),
        ("folder", wanted.folder),
        ("text", wanted.text),
        ("min_lines", str(wanted.min_lines or "")),
        ("shown", wanted.shown if wanted.shown is not Shown.REPORTED else ""),
        ("sort", wanted.order if wanted.order is not Order.MERGE_VALUE else ""),
    ]
    return [(name, str(value)) for name, value in pairs if value]


def _words(params: QueryParams, name: str, kind: type[Word]) -> list[Word]:
    try:
        return [kind(word) for word in params.getlist(name) if word]
    except ValueError:
        raise UsageError(f"{name} is none that there is", f"use {', '.join(kind)}") from None
