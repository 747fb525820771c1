"""The search form: what was typed, as an address and as a search."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import TypeVar
from urllib.parse import quote, urlencode

from markupsafe import Markup, escape
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request

from codesearch.core.errors import UsageError
from codesearch.core.results import CloneType
from codesearch.core.types import Role
from codesearch.server.pages.search_link import MAX_LINK, pack, unpack
from codesearch.server.work.search import Wanted
from codesearch.serving.sources import Named
from indexer.parsing.languages import registry

MOST_MATCHES = 100
"""Matches per fragment that anybody looks through."""

_PACKED = "z"
_LEFT_OUT = "off"
_Choice = TypeVar("_Choice", bound=StrEnum)

Fields = FormData | QueryParams
"""A form that was sent, or the parameters of an address."""


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """A language that can be chosen.

    Attributes:
        id: Registry id.
        name: As people write it.
        endings: Endings of its files, without dots, space separated.
    """

    id: str
    name: str
    endings: str


@dataclass(frozen=True, slots=True)
class SearchForm:
    """What was typed, as it was typed: an answer that refuses it shows it again.

    Attributes:
        code: Pasted text with line feeds.
        language: Id or alias of its language; empty to detect it.
        path: A file of an indexed corpus instead of code.
        lines: ``10-31`` of that file.
        languages: Languages of matches, separated by commas or spaces.
        paths: Globs for their files, likewise.
        roles: Roles of their files.
        types: Clone types.
        percent: Least probability in percent.
        k: Matches per fragment.
        rerank: Compare the candidates.
        judge: Ask the judges.
    """

    code: str = ""
    language: str = ""
    path: str = ""
    lines: str = ""
    languages: str = ""
    paths: str = ""
    roles: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    percent: str = ""
    k: str = ""
    rerank: bool = True
    judge: bool = True

    @classmethod
    def read(cls, fields: Fields) -> SearchForm:
        """The form that an address or a sent form holds.

        Raises:
            InputError: The code in the address is damaged.
        """
        packed = _text(fields, _PACKED)
        form = cls(
            code=_text(fields, "code").replace("\r\n", "\n"),
            **{name: _text(fields, name).strip() for name in _WORDS},
            roles=_texts(fields, "roles"),
            types=_texts(fields, "types"),
            rerank=_text(fields, "rerank") != _LEFT_OUT,
            judge=_text(fields, "judge") != _LEFT_OUT,
        )
        return replace(form, code=unpack(packed)) if packed else form

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for yet."""
        return not self.code.strip() and not self.path

    @property
    def filtered(self) -> bool:
        """Whether anything is not as it is at first."""
        return bool(self._filters)

    @property
    def extent(self) -> str:
        """How much is asked about, such as ``12 lines``."""
        if self.path:
            return f"lines {self.lines}" if self.lines else "the whole file"
        lines = self.code.strip().count("\n") + 1
        return "1 line" if lines == 1 else f"{lines:,} lines"

    @property
    def unfiltered(self) -> SearchForm:
        """The same code without any filter."""
        return SearchForm(code=self.code, language=self.language, path=self.path, lines=self.lines)

    @property
    def address(self) -> str:
        """What asks for the same; only an address where it is :attr:`shareable`."""
        plain, packed = quote(self.code, safe=""), pack(self.code)
        code = {"code": self.code} if len(plain) <= len(packed) else {_PACKED: packed}
        source = {"path": self.path, "lines": self.lines} if self.path else code
        named = {name: value for name, value in {**source, "language": self.language}.items() if value}
        return f"/?{urlencode([*named.items(), *self._filters], errors='replace')}"

    @property
    def shareable(self) -> bool:
        """Whether the address is short enough to be one."""
        # Packing a megabyte to find that it is too long would cost more than the search.
        return len(self.code) <= 16 * MAX_LINK and len(self.address) <= MAX_LINK

    @property
    def text(self) -> Markup:
        """The code for a text field: escaped, and otherwise as it was typed."""
        return Markup("\n") + escape(self.code.encode("utf-8", "replace").decode())

    @property
    def wanted(self) -> Wanted:
        """The search.

        Raises:
            UsageError: A value does not fit.
        """
        # Numbers and choices before code: they are looked at in a moment.
        return Wanted(
            named=Named(self.code if not self.path else "", self.path, self.lines, self.language),
            k=_number("matches per fragment", self.k, 1, MOST_MATCHES) if self.k else None,
            rerank=self.rerank,
            judge=self.judge,
            languages=tuple(_split(self.languages)),
            paths=tuple(_split(self.paths)),
            roles=_chosen(Role, self.roles, "role"),
            types=_chosen(CloneType, self.types, "clone type"),
            min_probability=_number("the least probability", self.percent or "0", 0, 100) / 100,
        )

    @property
    def _filters(self) -> list[tuple[str, str]]:
        single = [(name, value) for name in _FILTERS if (value := str(getattr(self, name)))]
        several = [("roles", role) for role in self.roles] + [("types", kind) for kind in self.types]
        stages = [(name, _LEFT_OUT) for name in ("rerank", "judge") if not getattr(self, name)]
        return single + several + stages


_FILTERS = ("languages", "paths", "percent", "k")
_WORDS = ("language", "path", "lines", *_FILTERS)


async def sent_fields(request: Request, most: int) -> FormData:
    """The fields of a form that carries code; files in it are closed.

    Args:
        request: With the form.
        most: Bytes of one field, which are 1 MB otherwise; how long all may be is looked at before.
    """
    async with request.form(max_part_size=most) as fields:
        return fields


@cache
def language_choices() -> tuple[LanguageChoice, ...]:
    """All languages by name."""
    known = sorted(registry(), key=lambda language: language.name.lower())
    return tuple(
        LanguageChoice(language.id, language.name, " ".join(language.extensions)) for language in known
    )


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""


def _texts(fields: Fields, name: str) -> tuple[str, ...]:
    return tuple(value for value in fields.getlist(name) if isinstance(value, str) and value)


def _split(words: str) -> list[str]:
    return [word for word in re.split(r"[,\s]+", words) if word]


def _number(what: str, typed: str, least: int, most: int) -> int:
    # int() also takes "1_0", " 7 " and digits of other scripts; too long a number would raise.
    number = int(typed) if re.fullmatch(r"[0-9]{1,6}", typed) else -1
    if not least <= number <= most:
        raise UsageError(
            f"{what}: {typed[:40]!r} is no number from {least} to {most}", "change it under Filters"
        )
    return number


def _chosen(choices: type[_Choice], typed: tuple[str, ...], what: str) -> tuple[_Choice, ...]:
    try:
        return tuple(choices(value) for value in typed)
    except ValueError:
        raise UsageError(f"there is no such {what}", f"use {', '.join(choices)}") from None
