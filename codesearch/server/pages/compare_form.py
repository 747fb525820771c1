"""The form of the compare page: two sides, as they were typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import quote, urlencode

from markupsafe import Markup, escape

from codesearch.core.errors import UsageError
from codesearch.server.pages.search_link import MAX_LINK, pack, unpack
from codesearch.serving.sources import MOST_CODE, Named

SIDES = ("a", "b")
_PACKED = "z"
_PAIR = "pair"


class Fields(Protocol):
    """The fields of a form or an address."""

    def get(self, key: str, default: str) -> object:
        """The last value of a name."""
        ...


@dataclass(frozen=True, slots=True)
class SideForm:
    """One side, as it was typed: an answer that refuses it shows it again.

    Attributes:
        code: Pasted text with line feeds.
        path: A file of an indexed corpus instead.
        lines: ``10-31`` of it.
        language: Id or alias of the language of the code; empty to detect it.
        name: Name of the file that the code was uploaded as; empty for pasted code.
    """

    code: str = ""
    path: str = ""
    lines: str = ""
    language: str = ""
    name: str = ""

    @classmethod
    def read(cls, fields: Fields, side: str) -> SideForm:
        """A side from fields such as ``a_code``.

        Raises:
            InputError: The code in the address is damaged.
        """
        code, path, lines, language, name, packed = (
            _text(fields, f"{side}_{field}")
            for field in ("code", "path", "lines", "language", "name", _PACKED)
        )
        return cls(
            code=unpack(packed) if packed else code.replace("\r\n", "\n"),
            path=path.strip(),
            lines=lines.strip(),
            language=language.strip(),
            name=name.strip(),
        )

    @property
    def empty(self) -> bool:
        """Whether nothing is named."""
        return not self.code.strip() and not self.path

    @property
    def named(self) -> Named:
        """The side as requests name it."""
        return Named(self.code, self.path, self.lines, self.language, self.name)

    @property
    def title(self) -> str:
        """What it is called: a path or name of a file; empty for pasted code."""
        return self.path or self.name

    @property
    def text(self) -> Markup:
        """The code for a text field: escaped, and otherwise as it was typed."""
        # Browsers drop a line feed at the beginning of a text field.
        return Markup("\n") + escape(self.code.encode("utf-8", "replace").decode())

    def fields(self, side: str) -> Iterator[tuple[str, str]]:
        """Its fields for an address, the code in the shorter of both ways; empty ones are left out."""
        plain, packed = quote(self.code, safe=""), pack(self.code)
        code = ("code", self.code) if len(plain) <= len(packed) else (_PACKED, packed)
        values = (
            ("path", self.path),
            ("lines", self.lines),
            ("language", self.language),
            ("name", self.name),
        )
        for field, value in (code if self.code else ("code", ""), *values):
            if value:
                yield f"{side}_{field}", value


@dataclass(frozen=True, slots=True)
class CompareForm:
    """Both sides, and which pair of fragments is looked at.

    Attributes:
        a: The left side.
        b: The right side.
        pair: 1 for the best pair of their fragments.
    """

    a: SideForm = SideForm()
    b: SideForm = SideForm()
    pair: int = 1

    @classmethod
    def read(cls, fields: Fields) -> CompareForm:
        """The form that an address or a sent form holds.

        Raises:
            UsageError: The number of the pair is none, or the code in the address is damaged.
        """
        pair = _text(fields, _PAIR) or "1"
        if not re.fullmatch(r"[1-9][0-9]{0,5}", pair):
            raise UsageError("there is no such pair", "choose one of the list")
        return cls(SideForm.read(fields, "a"), SideForm.read(fields, "b"), int(pair))

    @property
    def sides(self) -> tuple[SideForm, SideForm]:
        """Left and right."""
        return self.a, self.b

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for yet."""
        return self.a.empty and self.b.empty

    @property
    def address(self) -> str:
        """What asks for the same; only an address where it is :attr:`shareable`."""
        pair = [(_PAIR, str(self.pair))] if self.pair > 1 else []
        fields = [*self.a.fields("a"), *self.b.fields("b"), *pair]
        return f"/compare?{urlencode(fields, errors='replace')}"

    @property
    def shareable(self) -> bool:
        """Whether the address is short enough to be one."""
        # Packing much code to find that it is too long would cost more than the comparison.
        small = len(self.a.code) + len(self.b.code) <= 16 * MAX_LINK
        return small and len(self.address) <= MAX_LINK

    def swapped(self) -> CompareForm:
        """Left for right."""
        return CompareForm(self.b, self.a)

    def at(self, pair: int) -> CompareForm:
        """The same with another pair looked at."""
        return replace(self, pair=pair)

    def require_both(self) -> None:
        """Refuse a form that lacks a side, or holds too much.

        Raises:
            UsageError: It says which side.
        """
        for side, which in zip(self.sides, ("left", "right"), strict=True):
            if side.empty:
                raise UsageError(
                    f"the {which} side is empty", "paste code, choose a file, or name one of a corpus"
                )
            if side.code.strip() and side.path:
                raise UsageError(
                    f"the {which} side has both code and a file of a corpus", "clear one of them"
                )
            if len(side.code) > MOST_CODE:
                raise UsageError(
                    f"the {which} side has more than {MOST_CODE:,} characters",
                    "compare the function that matters",
                )


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""
