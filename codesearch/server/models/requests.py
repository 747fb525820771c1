"""What a client asks: code, given as text or as lines of an indexed file, and what it wants to know of it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from codesearch.core.results import CloneType
from codesearch.core.types import Role
from codesearch.server.work.search import Wanted
from codesearch.serving.globs import Glob
from codesearch.serving.sources import LINES, MOST_CODE, Named

MOST_NAMED = 50  # entries of one filter: more are a list that a program made, and each is a condition

CODE = "def total(orders):\n    found = 0\n    for one in orders:\n        found += one.price\n"
"""Of the examples."""

_JUDGE = "Ask the configured judge about what is left open."

Name = Annotated[str, Field(min_length=1, max_length=100)]
PathGlob = Annotated[Glob, Field(min_length=1, max_length=1000)]


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Code(_Request):
    """Code as text."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"code": CODE, "language": "python"}]}
    )

    code: str = Field(min_length=1, description=f"Source text, at most {MOST_CODE:,} bytes of UTF-8.")
    language: str = Field("", max_length=100, description="Its language; left out, it is detected.")

    def named(self) -> Named:
        """The same as a value."""
        return Named(code=self.code, language=self.language)


class Lines(_Request):
    """A file of an indexed corpus, or lines of it."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"path": "shop/orders.py", "lines": "10-31"}]}
    )

    path: str = Field(
        min_length=1, max_length=4096, description="Relative to a corpus root, also after the corpus's name."
    )
    lines: str = Field(
        "",
        pattern=LINES,
        description="First and last line, such as `10-31`; left out, all fragments of the file.",
    )

    def named(self) -> Named:
        """The same as a value."""
        return Named(code="", path=self.path, lines=self.lines)


class Filters(_Request):
    """What is wanted of a search; an empty filter lets everything through."""

    k: int | None = Field(
        None, ge=1, le=1000, description="Matches per fragment; left out, as many as configured."
    )
    rerank: bool = Field(
        True,
        description="Compare candidates with the code; false gives them as retrieved, a tenth of the work.",
    )
    judge: bool = Field(True, description=_JUDGE)
    languages: list[Name] = Field([], max_length=MOST_NAMED, description="Only matches in these languages.")
    paths: list[PathGlob] = Field(
        [], max_length=MOST_NAMED, description="Only matches in files that fit a glob, such as `src/**/*.py`."
    )
    roles: list[Role] = Field([], max_length=MOST_NAMED, description="Only matches in files of these roles.")
    types: list[CloneType] = Field([], max_length=MOST_NAMED, description="Only clones of these types.")
    min_probability: float = Field(0.0, ge=0, le=1, description="Leave out matches below.")

    def wanted(self, named: Named) -> Wanted:
        """The same as a value."""
        return Wanted(
            named,
            self.k,
            rerank=self.rerank,
            judge=self.judge,
            languages=tuple(self.languages),
            paths=tuple(self.paths),
            roles=tuple(self.roles),
            types=tuple(self.types),
            min_probability=self.min_probability,
        )


class CodeQuery(Filters, Code):
    """Search for clones of code that is given as text."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [{"code": CODE, "k": 5, "paths": ["src/**/*.py"], "roles": ["source"]}]
        }
    )


class LinesQuery(Filters, Lines):
    """Search for clones of code that is in the index; its own place is no match."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"path": "shop/orders.py", "lines": "10-31", "min_probability": 0.5}]}
    )


class FileQuery(Filters):
    """Search for clones of an uploaded file; a field that is a list is sent once per entry."""

    file: UploadFile = Field(description=f"Source file, at most {MOST_CODE:,} bytes, in any usual encoding.")
    language: str = Field("", max_length=100, description="Its language; left out, it is detected.")


def _kind(value: object) -> Literal["code", "path"]:
    """Which of two forms a client means."""
    fields = value if isinstance(value, dict) else vars(value) if isinstance(value, BaseModel) else {}
    return "path" if "path" in fields else "code"


Query = Annotated[
    Annotated[CodeQuery, Tag("code")] | Annotated[LinesQuery, Tag("path")], Discriminator(_kind)
]
"""Body of a search."""

Side = Annotated[Annotated[Code, Tag("code")] | Annotated[Lines, Tag("path")], Discriminator(_kind)]


class Comparison(_Request):
    """Two pieces of code."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [{"a": {"code": CODE}, "b": {"path": "shop/orders.py", "lines": "10-31"}}]
        }
    )

    a: Side = Field(description="The first one, `query` in the answer.")
    b: Side = Field(description="The second one, `match` in the answer.")
    judge: bool = Field(True, description=_JUDGE)
